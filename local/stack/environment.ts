// One execution environment: a process that runs one invocation at a time and talks to its own Runtime API over HTTP.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Server } from 'node:http'
import { createInterface } from 'node:readline'
import { FunctionError, type Invocation, runtimeApi } from './runtime-api.ts'

export interface EnvironmentOptions {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Address on which the Runtime API listens: one that the process reaches. */
  readonly address: string
  readonly functionArn: string
  readonly timeoutMs: number
  /** A line of its output; the request is undefined before the first and between invocations. */
  readonly onLine: (line: string, requestId: string | undefined) => void
}

export interface Environment {
  readonly alive: boolean
  /** The answer as JSON text. Rejects with FunctionError. */
  invoke(requestId: string, payload: string): Promise<string>
  /** Ends the process at once. */
  close(): Promise<void>
}

/**
 * Lambda's own limit for loading the function, outside the function's timeout. After this limit, Lambda loads the function once more, within the
 * function's timeout. Here the first loading goes on for that long.
 */
const INIT_LIMIT_MS = 10_000

export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  let current: Invocation | undefined
  let died: FunctionError | undefined
  const api = runtimeApi(options, { current: () => current, onInitError: (error) => end(error) })
  const port = await listen(api.server, options.address)
  const child = start(options, `${options.address}:${port}`)
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => options.onLine(line, current?.requestId))
  }
  child.once('error', (error) => end(new FunctionError('Runtime.InvalidEntrypoint', error.message)))
  child.once('exit', (code, signal) => {
    const status = signal ? `signal: ${signal.toLowerCase().slice(3)}` : `exit status ${code}`
    end(new FunctionError('Runtime.ExitError', `Runtime exited with error: ${status}`))
  })

  /** The first reason counts: a process that was killed for its time limit also exits. */
  function end(error: FunctionError): void {
    if (died) return
    died = error
    current?.reject(error)
    kill(child)
    api.server.close()
    api.server.closeAllConnections()
  }

  return {
    get alive() {
      return died === undefined
    },
    invoke: async (requestId, payload) => {
      if (died) throw died
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const initLimit = setTimeout(() => end(timedOut(requestId, options.timeoutMs)), INIT_LIMIT_MS + options.timeoutMs)
      let limit: NodeJS.Timeout | undefined
      const onDelivered = () => {
        clearTimeout(initLimit)
        limit = setTimeout(() => end(timedOut(requestId, options.timeoutMs)), options.timeoutMs)
      }
      current = { requestId, payload, onDelivered, resolve, reject }
      api.offer()
      try {
        return await promise
      } finally {
        // What the function printed before it answered is in the pipe already: let it be read as this request's.
        await new Promise((resume) => setImmediate(resume))
        clearTimeout(initLimit)
        clearTimeout(limit)
        current = undefined
      }
    },
    close: async () => {
      end(new FunctionError('Runtime.Closed', 'the local cloud was closed'))
      await exited
    },
  }
}

function timedOut(requestId: string, timeoutMs: number): FunctionError {
  return new FunctionError(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  )
}

function start(options: EnvironmentOptions, runtimeApiAddress: string): ChildProcess {
  const [command, ...args] = options.argv
  return spawn(command!, args, {
    cwd: options.cwd,
    env: { ...options.env, AWS_LAMBDA_RUNTIME_API: runtimeApiAddress },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal is for the local cloud to act on, and one signal ends all that the process started.
    detached: true,
  })
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function listen(server: Server, address: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(0, address, () => {
    const bound = server.address()
    resolve(typeof bound === 'object' && bound ? bound.port : 0)
  })
  return promise
}
