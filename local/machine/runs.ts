// The registry of runs: who holds which number, and whether the holder still lives. What a dead run left is removed before its number is
// given away again.
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RUNS } from './paths.ts'

export interface RunRecord {
  readonly run: number
  readonly pid: number
  /** Field 22 of /proc/<pid>/stat: a pid can be given away again, the pair cannot. */
  readonly startedAt: string
  /** The run's own folder, with the disks of its hosts. */
  readonly folder: string
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

export const alive = (record: RunRecord): boolean => startTime(record.pid) === record.startedAt

const file = (run: number) => join(RUNS, `${run}.json`)

/** Everything that is registered, dead or alive. */
export function registeredRuns(): RunRecord[] {
  mkdirSync(RUNS, { recursive: true })
  return readdirSync(RUNS)
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(RUNS, name), 'utf8')) as RunRecord)
}

const NUMBERS = 256
const LAST = join(RUNS, 'last')

/**
 * Registers this process under the free number that was given away longest ago, so that what is seen of a run just closed
 * is not of another one. Its record exists before anything else of the run does. Call it with the lock on `runsLock` held.
 */
export function registerRun(folderOf: (run: number) => string): RunRecord {
  const taken = new Set(registeredRuns().map(({ run }) => run))
  const last = existsSync(LAST) ? Number(readFileSync(LAST, 'utf8')) : -1
  for (let step = 1; step <= NUMBERS; step++) {
    const run = (last + step) % NUMBERS
    if (taken.has(run)) continue
    const record: RunRecord = {
      run,
      pid: process.pid,
      startedAt: startTime(process.pid) as string,
      folder: folderOf(run),
    }
    const draft = join(RUNS, `draft-${process.pid}`)
    writeFileSync(draft, JSON.stringify(record))
    linkSync(draft, file(run)) // Whole or not at all, and never over another's.
    rmSync(draft)
    writeFileSync(LAST, String(run))
    return record
  }
  throw new Error(`runs: found ${NUMBERS} live ones, wanted fewer`)
}

export const forgetRun = (run: number): void => rmSync(file(run), { force: true })
