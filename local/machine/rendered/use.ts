// Visitors of a rendered host, as its nginx would count them and note them in the log of use.
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { changeState, type HostState, readState } from './state.ts'

export const USE_PATH = '/_ragstream-edge/use'

/** What stub_status says; the question itself is one of those that are under way. */
export function statusOf({ visitors = {} }: HostState): string {
  const open = 1 + Object.values(visitors).reduce((sum, count) => sum + count, 0)
  return `Active connections: ${open} \nserver accepts handled requests\n ${open} ${open} ${open} \nReading: 0 Writing: ${open} Waiting: 0 \n`
}

const note = (root: string, line: string): void =>
  appendFileSync(path.join(root, 'var/log/nginx/ragstream-edge.use.log'), `${line}\n`)

export const noteLook = (root: string, hostname: string, { searchParams }: URL): void =>
  note(root, `look ${hostname} ${searchParams.get('boot')} ${searchParams.get('uptime')}`)

/** Somebody opens a tab. */
export function visit(root: string, hostname: string): void {
  changeState(root, (state) => change(state, hostname, 1))
  writeConnections(root)
}

/** Somebody closes one: its session ends. */
export function leave(root: string, hostname: string): void {
  if ((readState(root).visitors?.[hostname] ?? 0) === 0) return
  changeState(root, (state) => change(state, hostname, -1))
  writeConnections(root)
  note(root, `use ${hostname} - -`)
}

const change = (state: HostState, hostname: string, by: number): HostState => ({
  ...state,
  visitors: { ...state.visitors, [hostname]: (state.visitors?.[hostname] ?? 0) + by },
})

/** The kernel's own table: a line for each visitor. */
function writeConnections(root: string): void {
  const open = Object.values(readState(root).visitors ?? {}).reduce((sum, count) => sum + count, 0)
  const lines = Array.from({ length: open }, (_, n) => `${n}: 0F00A8C0:0050 070071CB:${(40_000 + n).toString(16)} 01`)
  writeFileSync(path.join(root, 'proc/net/tcp'), `${['sl local rem st', ...lines].join('\n')}\n`)
}

/** What look-use reads of the kernel: a boot of its own, a processor that rests, and no process. The connections of before are gone. */
export function bootKernel(root: string): void {
  for (const folder of ['proc/net', 'proc/sys/kernel/random', 'sys/fs/cgroup', 'var/log/nginx'])
    mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`)
  writeFileSync(path.join(root, 'sys/fs/cgroup/cpu.stat'), 'usage_usec 0\n')
  changeState(root, (state) => ({ ...state, visitors: {} }))
  writeConnections(root)
}
