// A program of the bench that runs until it is told to end: started, awaited until it serves, its output kept line by line.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Daemon {
  readonly pid: number
  /** What it printed so far, stdout and stderr. */
  readonly lines: readonly string[]
  stop(): Promise<void>
}

export interface DaemonOptions {
  readonly argv: readonly string[]
  /** The line that says that it serves. */
  readonly ready: RegExp
  /** File that takes a copy of the output. */
  readonly log?: string
  readonly env?: Readonly<Record<string, string>>
}

// The kernel ends the program together with this process, also when this process is killed with SIGKILL.
export const WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL'] as const

export async function startDaemon({ argv, ready, log, env }: DaemonOptions): Promise<Daemon> {
  const [program, ...rest] = [...WITH_PARENT, ...argv]
  // Detached: Ctrl-C on a terminal is for this process, which ends its daemons in its own order.
  const child = spawn(program as string, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  })
  const lines: string[] = []
  const file = log === undefined ? undefined : createWriteStream(log, { flags: 'a' })
  const ended = once(child, 'exit')
  const serving = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        file?.write(`${line}\n`)
        if (ready.test(line)) resolve()
      })
  })
  const died = ended.then(() => {
    throw new Error(
      `${argv.join(' ')} ended before it served, wanted a line like ${ready}:\n${lines.slice(-20).join('\n')}`,
    )
  })
  await Promise.race([serving, died])
  died.catch(() => {}) // From here on its end is asked for by stop().
  return {
    pid: child.pid as number,
    lines,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
      file?.end()
    },
  }
}
