// Runs the programs of the bench (ip, nft, mount, ...) and says which one failed, with its own words.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Thrown when a program of the bench ends with anything but 0. */
export class CommandFailed extends Error {
  readonly exitCode: number | null
  constructor(argv: readonly string[], exitCode: number | null, stderr: string) {
    super(`${argv.join(' ')}: exit code ${exitCode ?? 'none (killed)'}, wanted 0\n${stderr.trim()}`)
    this.name = 'CommandFailed'
    this.exitCode = exitCode
  }
}

export interface RunOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly timeoutMs?: number
}

/** Prefix of an argv: the kernel ends the program together with this process, also when this process is killed with SIGKILL. */
export const WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL'] as const

/**
 * Prefix of an argv: the same for the program with everything that it starts and mounts. mmdebstrap binds this machine's /dev into its tree: a
 * mount that outlived it would make removing the tree remove /dev.
 */
export const CONTAINED = [
  ...WITH_PARENT,
  ...['unshare', '--mount', '--propagation', 'private', '--pid', '--mount-proc', '--fork', '--kill-child=KILL'],
] as const

/** Resolves to what the program printed on stdout; rejects with CommandFailed. The program ends together with this process. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program, ...rest] = [...WITH_PARENT, ...argv]
  const running = execute(program, rest, {
    maxBuffer: 64 * 1024 * 1024,
    ...(options.env && { env: { ...process.env, ...options.env } }),
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.timeoutMs && { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
  })
  running.child.stdin?.on('error', () => {}) // A program that ends before it has read all says so by its exit code.
  running.child.stdin?.end(options.stdin ?? '')
  try {
    return (await running).stdout
  } catch (error) {
    const failure = error as { code?: unknown; stderr?: string; message: string }
    throw new CommandFailed(
      argv,
      typeof failure.code === 'number' ? failure.code : null,
      failure.stderr || failure.message,
    )
  }
}

/** The same where failing is an ordinary answer: undefined instead of an error. */
export async function attempt(argv: readonly string[], options: RunOptions = {}): Promise<string | undefined> {
  return run(argv, options).catch((error: unknown) => {
    if (error instanceof CommandFailed) return undefined
    throw error
  })
}
