// Runs a program as root on a host, from outside, by entering the namespaces of its first process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import type { ExecOptions, ExecResult } from '../types.ts'

/** All hosts share the processors of this machine: a look at one of them, and a reload of nginx, have more time than in AWS. */
const WAITS = ['EDGE_LOOK_WAIT=4', 'EDGE_SWITCH_WAIT=60']

const ENVIRONMENT = [
  ...WAITS,
  'HOME=/root',
  'LANG=C.UTF-8',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'TERM=dumb',
]

/** `pid` is the host's first process. A session of its own for the program, so that a time limit ends its children too. */
export function enter(pid: number, argv: readonly string[], env: ExecOptions['env'] = {}): string[] {
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup']
  // `nsenter --wd=/` leaves a working directory outside the new root.
  return [
    'nsenter',
    '-t',
    String(pid),
    ...namespaces,
    '--root',
    'setsid',
    'env',
    '-C',
    '/',
    '-i',
    ...ENVIRONMENT,
    ...set,
    ...argv,
  ]
}

export async function execOn(pid: number, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [program, ...rest] = enter(pid, argv, options.env)
  const child = spawn(program as string, rest, { stdio: 'pipe' })
  const printed = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text
      options.onOutput?.(stream, text)
    })
  child.stdin.on('error', () => {}) // It need not read what it is given.
  child.stdin.end(options.stdin ?? '')
  const closed = once(child, 'close')
  let timedOut = false
  let timer = options.timeoutMs
    ? setTimeout(() => {
        timedOut = true
        killInside(child)
        // On a busy machine nsenter may not have started the program yet.
        timer = setInterval(killInside, 50, child)
      }, options.timeoutMs)
    : undefined
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  clearTimeout(timer)
  await drained(child, closed)
  return { exitCode: timedOut ? null : exitCode, timedOut, ...printed }
}

/** A program that it left in the background may hold the pipes for ever: what was printed by its end counts. */
async function drained(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const bound = AbortSignal.timeout(200)
  await Promise.race([closed, once(bound, 'abort')])
  // Where this process was busy for so long, what was printed still waits to be read.
  await turn()
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** Killing nsenter would leave the program alive on the host: its child leads the session that is to end. */
function killInside(child: ChildProcess): void {
  const pids = childrenOf(child.pid as number)
  for (const target of pids.flatMap((pid) => [-pid, pid]))
    try {
      process.kill(target, 'SIGKILL')
    } catch {} // Not yet the leader of its session, or already ended.
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
