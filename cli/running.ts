// Local clouds that run now, each as a file in the cache folder: written by `./edge start --keep`, read by `--local`.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, isRunning } from '../local/machine/paths.ts'

export interface RunningCloud {
  /** Of every service. */
  readonly endpoint: string
  /** Its name server, `address:port`. */
  readonly nameServer?: string
  /** Of the access key `local-admin`. */
  readonly secretAccessKey: string
  readonly region: string
  readonly stage: string
  readonly pid: number
  /** ISO 8601. */
  readonly since: string
}

/** For the environment of the SDK's clients. */
export const credentialsFor = ({ secretAccessKey }: RunningCloud) => ({
  ...{ AWS_ACCESS_KEY_ID: 'local-admin', AWS_SECRET_ACCESS_KEY: secretAccessKey },
})

const folder = (): string => join(cacheFolder(), 'running')

/** Until this process ends; one that is killed hard leaves its file, which `findRunning` then tells and removes. */
export function announce(cloud: Omit<RunningCloud, 'pid' | 'since'>): void {
  mkdirSync(folder(), { recursive: true, mode: 0o700 })
  const file = join(folder(), `${process.pid}.json`)
  const running: RunningCloud = { ...cloud, pid: process.pid, since: new Date().toISOString() }
  // Whoever has its secret may do everything there. A file of a dead process of this number would keep its mode.
  rmSync(file, { force: true })
  writeFileSync(file, `${JSON.stringify(running, undefined, 2)}\n`, { mode: 0o600 })
  process.once('exit', () => rmSync(file, { force: true }))
}

export interface Found {
  /** The one that was started last comes first. */
  readonly running: readonly RunningCloud[]
  /** Processes that ended without taking their file away; it is gone now. */
  readonly stale: readonly number[]
}

export function findRunning(): Found {
  const pids = readFolder().flatMap((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0) || [])
  const stale = pids.filter((pid) => !isRunning(pid))
  for (const pid of stale) rmSync(join(folder(), `${pid}.json`), { force: true })
  const running = pids.filter(isRunning).flatMap((pid) => read(join(folder(), `${pid}.json`)) ?? [])
  return { running: running.toSorted((a, b) => (a.since < b.since ? 1 : -1)), stale }
}

function readFolder(): string[] {
  try {
    return readdirSync(folder())
  } catch {
    return []
  }
}

/** Undefined when it was taken away meanwhile. */
function read(file: string): RunningCloud | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunningCloud
  } catch {
    return undefined
  }
}
