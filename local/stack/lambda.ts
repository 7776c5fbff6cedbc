// A function: its bundle unpacked, and as many execution environments as run at once; warm ones are used again.

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unpack } from './code.ts'
import { type Environment, startEnvironment } from './environment.ts'
import type { FunctionConfig } from './function-config.ts'
import type { FunctionError } from './runtime-api.ts'
import type { Slots } from './slots.ts'

export interface InvocationStart {
  readonly phase: 'start'
  /** As in serverless.yml. */
  readonly function: string
  readonly requestId: string
  readonly payload: unknown
  readonly coldStart: boolean
}

export interface InvocationEnd {
  readonly phase: 'end'
  readonly function: string
  readonly requestId: string
  readonly durationMs: number
  readonly result?: unknown
  readonly error?: FunctionError
}

export interface LogLine {
  readonly function: string
  /** Undefined: printed while the function was loaded. */
  readonly requestId: string | undefined
  readonly line: string
}

export interface LambdaOptions {
  readonly region: string
  readonly endpointUrl: string
  /** Of an access key. */
  secretOf(accessKeyId: string): string
  readonly workFolder: string
  /** Words before the program, for example `ip netns exec public`. */
  readonly argvPrefix?: readonly string[]
  /** For every function: what only this place knows, beside the template's variables. */
  readonly environment?: Readonly<Record<string, string>>
  /** Of all functions together. Default: there is no limit. */
  readonly slots?: Slots
  readonly onInvoke?: (report: InvocationStart | InvocationEnd) => void
  readonly onLog?: (line: LogLine) => void
}

export interface LambdaFunction {
  readonly config: FunctionConfig
  /** Invocations that run now. */
  readonly running: number
  /** Rejects with FunctionError. `onLine` hears what this invocation logs. */
  invoke(payload: unknown, onLine?: (line: string) => void): Promise<unknown>
  /** Ends all processes; what runs fails. */
  close(): Promise<void>
  /** Lets what runs come to its end first. */
  closeWhenIdle(): Promise<void>
}

const bootstrap = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url))

export function createFunction(config: FunctionConfig, options: LambdaOptions): LambdaFunction {
  const folder = join(options.workFolder, `${config.key}-${randomUUID().slice(0, 8)}`)
  unpack(config.zipFile, folder)
  const environments = new Set<Promise<Environment>>()
  const idle: Environment[] = []
  const running = new Set<Promise<void>>()
  const listeners = new Map<string, (line: string) => void>()

  function start(): Promise<Environment> {
    const starting = startEnvironment({
      argv: argvOf(config, options),
      cwd: folder,
      env: environmentVariables(config, options, folder),
      address: new URL(options.endpointUrl).hostname,
      functionArn: config.arn,
      timeoutMs: config.timeoutMs,
      onLine: (line, requestId) => {
        options.onLog?.({ function: config.key, requestId, line })
        if (requestId !== undefined) listeners.get(requestId)?.(line)
      },
    })
    environments.add(starting)
    return starting
  }

  /** One whose process was killed meanwhile is not used again. */
  function takeWarm(): Environment | undefined {
    const one = idle.pop()
    return one && !one.alive ? takeWarm() : one
  }

  async function run(requestId: string, payload: unknown): Promise<unknown> {
    const warm = takeWarm()
    options.onInvoke?.({ phase: 'start', function: config.key, requestId, payload, coldStart: !warm })
    const environment = warm ?? (await start())
    try {
      return JSON.parse(await environment.invoke(requestId, JSON.stringify(payload) ?? 'null'))
    } finally {
      if (environment.alive) idle.push(environment)
    }
  }

  async function invoke(payload: unknown, onLine?: (line: string) => void): Promise<unknown> {
    const requestId = randomUUID()
    if (onLine !== undefined) listeners.set(requestId, onLine)
    const startedAt = performance.now()
    const { promise: over, resolve: finish } = Promise.withResolvers<void>()
    running.add(over)
    await options.slots?.take()
    const end = (outcome: { result?: unknown; error?: FunctionError }) => {
      options.slots?.give()
      running.delete(over)
      listeners.delete(requestId)
      finish()
      const durationMs = performance.now() - startedAt
      options.onInvoke?.({ phase: 'end', function: config.key, requestId, durationMs, ...outcome })
    }
    try {
      const result = await run(requestId, payload)
      end({ result })
      return result
    } catch (error) {
      end({ error: error as FunctionError })
      throw error
    }
  }

  async function close(): Promise<void> {
    const started = await Promise.allSettled(environments)
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)))
    rmSync(folder, { recursive: true, force: true })
  }

  return {
    config,
    get running() {
      return running.size
    },
    invoke,
    close,
    closeWhenIdle: async () => {
      await Promise.all(running)
      await close()
    },
  }
}

/** Nine tenths of the memory for the old objects and a twentieth for each space of new ones, as Lambda's own start script has it. */
function argvOf(config: FunctionConfig, options: LambdaOptions): string[] {
  const old = `--max-old-space-size=${Math.floor(config.memoryMb * 0.9)}`
  const young = `--max-semi-space-size=${Math.floor(config.memoryMb * 0.05)}`
  return [...(options.argvPrefix ?? []), process.execPath, old, young, bootstrap]
}

/** The template's variables and Lambda's; of the caller's environment only PATH, for the prefix to be found. */
function environmentVariables(config: FunctionConfig, options: LambdaOptions, folder: string): Record<string, string> {
  return {
    ...config.environment,
    ...options.environment,
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: config.handler,
    LAMBDA_TASK_ROOT: folder,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: config.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    AWS_ENDPOINT_URL: options.endpointUrl,
    // The key names the role: every call is authorised by that role's policies.
    AWS_ACCESS_KEY_ID: config.roleLogicalId,
    AWS_SECRET_ACCESS_KEY: options.secretOf(config.roleLogicalId),
  }
}
