// Runs configurations.py on a host of its own, behind the reader as documents have it.
import { readFileSync } from 'node:fs'
import { openRoom } from '../machine/bench.ts'

const PARTS = ['nginx_reader', 'nginx_servers', 'nginx_answers'].map((name) => `templates/shared/${name}.py`)

export interface Compared {
  /** What differs, and the configuration. */
  readonly lines: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

export async function compareWithNginx(seed: number, many: number, onLine = (_: string) => {}): Promise<Compared> {
  const program = [...PARTS, 'test/host/reader/configurations.py'].map((file) => readFileSync(file, 'utf8')).join('\n')
  const room = await openRoom()
  try {
    const host = await room.machine('i-reader', { privateIp: '172.31.4.90' })
    await host.boot()
    await host.exec(['systemctl', 'stop', 'nginx'])
    const argv = ['python3', '-', String(seed), String(many)]
    const { exitCode, stdout, stderr } = await host.exec(argv, { stdin: program, onOutput: (_, text) => onLine(text) })
    if (exitCode !== 0) throw new Error(`configurations.py: exit code ${exitCode}, wanted 0: ${stderr}`)
    const lines = stdout.trimEnd().split('\n')
    const counts = [...(lines.pop() ?? '').matchAll(/(\S+)=(\d+)/g)].map(([, name, count]) => [name, Number(count)])
    return { lines, counts: Object.fromEntries(counts) }
  } finally {
    await room.close()
  }
}
