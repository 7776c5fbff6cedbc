// Whether a process lives, for tests that end one.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
// Real time also where a test holds the timers.
import { setTimeout as pause } from 'node:timers/promises'

/** A zombie is dead: in a container there may be nobody who collects an orphan. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) throw new Error(`pid: found ${pid}, wanted the number of a process`)
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    // Gone meanwhile; or there is no /proc here, and the signal has told.
    return process.platform !== 'linux'
  }
}

/** Resolves once it is dead: the kernel takes its time over a signal. No event tells of the end of a process that is not a child. */
export async function death(pid: number): Promise<void> {
  const until = process.uptime() + 60
  while (isAlive(pid)) {
    if (process.uptime() > until) throw new Error(`process ${pid} still lives after 60 s`)
    await pause(5)
  }
}

/**
 * Resolves once a child of this very process is dead and its end was heard here. A program with several threads is a zombie from the end of its
 * first thread on, its parent hears of it after the end of the last: in between `death` says that it is dead.
 */
export async function heardDeath(pid: number): Promise<void> {
  await death(pid)
  while (existsSync(`/proc/${pid}`)) await pause(1)
}

/** Processes that were started with these variables, `NAME=value` each. */
export const processesWith = (...variables: readonly string[]): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        return variables.every((one) => environment.includes(one))
      } catch {
        return false // ended meanwhile, or not ours
      }
    })
    .map(Number)
