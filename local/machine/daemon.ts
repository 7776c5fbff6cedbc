// A program of the bench that runs until it is told to end: started, awaited until it serves, its output kept line by line.
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { WITH_PARENT } from './command.ts'

export interface Daemon {
  readonly pid: number
  /** What it printed so far, stdout and stderr. */
  readonly lines: readonly string[]
  /** Resolves to the first line like that, printed already or to come; rejects when the program ends without. */
  line(pattern: RegExp): Promise<string>
  /** The same of lines to come alone. */
  nextLine(pattern: RegExp): Promise<string>
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

export async function startDaemon({ argv, ready, log, env }: DaemonOptions): Promise<Daemon> {
  const [program, ...rest] = [...WITH_PARENT, ...argv]
  // Detached: Ctrl-C on a terminal is for this process, which ends its daemons in its own order.
  const child = spawn(program as string, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  })
  const lines: string[] = []
  const printed = new EventEmitter().setMaxListeners(0)
  const file = log === undefined ? undefined : createWriteStream(log, { flags: 'a' })
  const ended = once(child, 'exit')
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (text) => {
      lines.push(text)
      file?.write(`${text}\n`)
      printed.emit('line', text)
    })
  const nextLine = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      printed.on('line', (text: string) => pattern.test(text) && resolve(text))
      ended.then(() =>
        reject(new Error(`${argv.join(' ')} ended, wanted a line like ${pattern}:\n${lines.slice(-20).join('\n')}`)),
      )
    })
  const line = async (pattern: RegExp) => lines.find((text) => pattern.test(text)) ?? nextLine(pattern)
  await line(ready)
  return {
    pid: child.pid as number,
    lines,
    line,
    nextLine,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
      file?.end()
    },
  }
}
