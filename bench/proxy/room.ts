// A network namespace in which the app, the proxies and who asks them live, each on its core where there are two.
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONTAINED, run } from '../../local/machine/command.ts'
import { type Daemon, startDaemon } from '../../local/machine/daemon.ts'
import { addNamespace, removeNamespace } from '../../local/machine/network/namespaces.ts'

export type Core = 'proxy' | 'others'

export interface Room {
  readonly folder: string
  /** Ends with the room at the latest. Serves when its port is open. */
  start(core: Core, argv: readonly string[], port: number, env?: Readonly<Record<string, string>>): Promise<Daemon>
  ask(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>
  close(): Promise<void>
}

export async function openRoom(): Promise<Room> {
  const namespace = `rse-bench-${process.pid}`
  const folder = await mkdtemp(join(tmpdir(), 'ragstream-edge-proxy-'))
  await run(['chmod', '755', folder])
  await addNamespace(namespace)
  const daemons: Daemon[] = []
  const inside = (core: Core, argv: readonly string[]) => ['ip', 'netns', 'exec', namespace, ...pinned(core), ...argv]
  return {
    folder,
    async start(core, argv, port, env = {}) {
      // The shell's line says that it starts, the port says the rest. Contained: nginx's worker would outlive its killed master.
      const said = ['sh', '-c', `${MANY_FILES}; echo starts; exec "$@"`, 'sh']
      const daemon = await startDaemon({
        argv: [...CONTAINED, ...inside(core, [...said, ...argv])],
        ready: /^starts$/,
        env,
      })
      daemons.push(daemon)
      await opened(inside('others', ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`]), daemon)
      return daemon
    },
    ask: (argv, env = {}) =>
      run(inside('others', ['sh', '-c', `${MANY_FILES}; exec "$@"`, 'sh', ...argv]), { env, timeoutMs: 60_000 }),
    async close() {
      await Promise.all(daemons.map((daemon) => daemon.stop()))
      await removeNamespace(namespace)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A socket of a visitor is two of a proxy. */
const MANY_FILES = 'ulimit -n "$(ulimit -H -n)"'

const pinned = (core: Core): string[] => (cpus().length < 2 ? [] : ['taskset', '-c', core === 'proxy' ? '0' : '1'])

async function opened(probe: readonly string[], daemon: Daemon): Promise<void> {
  for (let attempts = 0; attempts < 100; attempts++) {
    if (
      await run(probe).then(
        () => true,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the port is not open after 10 s: ${daemon.lines.slice(-5).join('\n')}`)
}
