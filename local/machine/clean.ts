// Removes what runs left behind: processes, namespaces, links, mounts, control groups, folders. A run whose owner lives is left alone.
// `npm run local:clean` starts this file.
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { attempt } from './command.ts'
import { withLock } from './lock.ts'
import { namespacesOf, removeNetwork } from './network/network.ts'
import { cacheFolder, RUN_MARK, RUNS, sweepRunFolders } from './paths.ts'
import { alive, forgetRun, type RunRecord, registeredRuns } from './runs.ts'

export interface Cleaned {
  /** Runs whose remains were removed. */
  readonly removed: readonly string[]
  /** Runs that are under way and were left alone. */
  readonly alive: readonly string[]
}

export const runsLock = join(RUNS, 'lock')

/** Cleans every dead run. Call `cleanDeadRuns` instead while the lock on `runsLock` is already held. */
export const clean = (): Promise<Cleaned> => withLock(runsLock, cleanDeadRuns)

export async function cleanDeadRuns(): Promise<Cleaned> {
  const runs = registeredRuns()
  const living = runs.filter(alive)
  const removed: string[] = []
  for (const record of runs.filter((one) => !alive(one))) {
    await removeRun(record)
    removed.push(`rse-${record.run}`)
  }
  removed.push(...(await removeStrays(new Set(living.map(({ run }) => `rse-${run}`)))))
  return { removed: [...new Set(removed)], alive: living.map(({ run, pid }) => `rse-${run} (process ${pid})`) }
}

/** Everything of one run; its record last, so that an interrupted cleaning is taken up again. */
export async function removeRun({ run, folder }: Pick<RunRecord, 'run' | 'folder'>): Promise<void> {
  const prefix = `rse-${run}`
  await endProcesses(run, prefix)
  await removeNetwork(prefix)
  await unmountBelow(folder)
  await removeControlGroups(prefix)
  await removeNspawnTraces(prefix)
  // What was just killed may still write.
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  forgetRun(run)
}

/** What no record speaks of: a registry that was lost, a cache folder from before the last boot of this machine. */
async function removeStrays(living: ReadonlySet<string>): Promise<string[]> {
  const namespaces = await namespacesOf('rse')
  const folders = await readdir(join(cacheFolder(), 'runs')).catch(() => [] as string[])
  const groups = controlGroupRoots().flatMap((root) => readdirSync(root).filter((name) => name.startsWith('rse-')))
  for (const name of readdirSync(RUNS).filter((one) => one.startsWith('draft-'))) await rm(join(RUNS, name))
  const names = [...namespaces, ...folders, ...groups].map((name) => /^rse-\d+/.exec(name)?.[0])
  const strays = new Set(names.filter((name): name is string => name !== undefined && !living.has(name)))
  for (const name of strays) await removeRun({ run: Number(name.slice(4)), folder: join(cacheFolder(), 'runs', name) })
  return [...strays]
}

/** Milliseconds. A killed process ends only after its write to a busy disk. */
const END_LIMIT = 120_000

/** Kills until none is left: a process that is being killed may have just started another. */
async function endProcesses(run: number, prefix: string): Promise<void> {
  for (const limit = Date.now() + END_LIMIT; Date.now() < limit; ) {
    const pids = await processesOf(run, prefix)
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {} // It ended by itself.
    }
    await delay(50)
  }
  throw new Error(
    `processes of ${prefix}: found ${(await processesOf(run, prefix)).join(' ')} after SIGKILL, wanted none`,
  )
}

/** By the mark in the environment, and by namespace: a host's own processes have an environment of their own. */
async function processesOf(run: number, prefix: string): Promise<number[]> {
  const mark = `${RUN_MARK}=${run}`
  const marked = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && environmentOf(pid).includes(mark) && !isZombie(pid))
  const inside = await Promise.all(
    (await namespacesOf(prefix)).map(async (name) => (await attempt(['ip', 'netns', 'pids', name])) ?? ''),
  )
  return [...new Set([...marked, ...inside.join('\n').split(/\s+/).filter(Boolean).map(Number)])]
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse())
    await attempt(['umount', '-l', mount])
}

/** systemd-nspawn leaves a folder per machine when it is killed. */
async function removeNspawnTraces(prefix: string): Promise<void> {
  const folder = '/run/systemd/nspawn/propagate'
  const names = await readdir(folder).catch(() => [] as string[])
  for (const name of names.filter((one) => one.startsWith(`${prefix}-`)))
    await rm(join(folder, name), { recursive: true })
}

/** Each controller's tree on cgroup v1, the one tree on v2. */
export function controlGroupRoots(): string[] {
  const top = '/sys/fs/cgroup'
  if (!existsSync(top)) return []
  if (existsSync(join(top, 'cgroup.procs'))) return [top]
  return readdirSync(top)
    .map((name) => join(top, name))
    .filter((path) => existsSync(join(path, 'cgroup.procs')))
}

/** A group can be removed once the kernel has let go of its last process; that may lag behind the process. */
async function removeControlGroups(prefix: string): Promise<void> {
  for (const root of controlGroupRoots())
    for (let round = 0; existsSync(join(root, prefix)); round++) {
      if (removeGroup(join(root, prefix))) break
      if (round === 1500) throw new Error(`control group ${join(root, prefix)}: still in use, wanted empty`)
      await delay(20)
    }
}

function removeGroup(path: string): boolean {
  const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const emptied = children.map((child) => removeGroup(join(path, child.name))).every(Boolean)
  try {
    if (emptied) rmdirSync(path)
    return emptied
  } catch {
    return false
  }
}

// ./edge imports it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const folders = sweepRunFolders()
    const { removed, alive: left } = await clean()
    const gone = [...folders, ...removed]
    console.log(gone.length ? `removed: ${gone.join(', ')}` : 'nothing of ours was left behind')
    for (const run of left) console.log(`under way, left alone: ${run}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' && (error as NodeJS.ErrnoException).code !== 'EPERM')
      throw error
    console.error(`a run of root was left behind: run this as root (${(error as Error).message})`)
    process.exitCode = 1
  }
}
