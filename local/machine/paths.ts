// Where the bench keeps its things: one cache folder that stays, one registry of runs that the next boot forgets.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `${XDG_CACHE_HOME:-~/.cache}/ragstream-edge` */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ragstream-edge')

/** Removes the folders `start-<pid>-…` of runs whose process is gone; says which. */
export function sweepRunFolders(): string[] {
  const runs = join(cacheFolder(), 'runs')
  if (!existsSync(runs)) return []
  const dead = readdirSync(runs).filter((name) => {
    const pid = /^start-(\d+)-/.exec(name)?.[1]
    return pid !== undefined && !isRunning(Number(pid))
  })
  for (const name of dead) rmSync(join(runs, name), { recursive: true, force: true })
  return dead
}

/** Whether a process of that number is there, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Same place for every cache folder, so that any run finds what any other left behind. */
export const RUNS = '/run/ragstream-edge'

/** Present in the environment of every process that a run starts; its value is the run's number. */
export const RUN_MARK = 'RAGSTREAM_EDGE_RUN'
