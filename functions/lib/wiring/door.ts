// What the door needs of the world, made of the real services. Each call has a limit: the function has five seconds, and whoever waits is a person.
import { listInstances } from '../aws/ec2/instances.ts'
import { startInstances } from '../aws/ec2/start.ts'
import { listCommands } from '../aws/ssm/commands.ts'
import { createParameter, deleteParameters, readChildren, readTree, writeParameter } from '../aws/ssm/parameters.ts'
import { readSecret } from '../aws/ssm/secrets.ts'
import { TryLater } from '../domain/errors.ts'
import { resolveSites } from '../domain/site-set.ts'
import type { DoorPorts } from '../door/ports.ts'
import { subjectOf } from '../hosts/command.ts'
import { askServers, serversOf } from '../probe/dns.ts'
import { observe } from '../probe/limited.ts'
import { systemClock } from '../steps/clock.ts'

export interface DoorSettings {
  readonly stage: string
  /** `/ragstream-edge/<stage>` */
  readonly path: string
  readonly configureDocument: string
  /** Comma list of `ip` or `ip:port` that stands for the zones' name servers. */
  readonly nameServers?: string | undefined
  /** Milliseconds between two tries of a start. */
  readonly again: number
}

/** Milliseconds. */
const LIMIT = { read: 2_000, write: 3_000 }

/** @throws TryLater after the limit */
async function within<T>(limit: number, what: string, work: () => Promise<T>): Promise<T> {
  let failed: unknown
  const seen = await observe(limit, () =>
    work().catch((error) => {
      failed = error
      throw error
    }),
  )
  if (seen.kind === 'seen') return seen.value
  throw failed ?? new TryLater(`${what}: ${seen.kind === 'failed' ? seen.error : 'not asked'}`)
}

const read = <T>(what: string, work: () => Promise<T>): Promise<T> => within(LIMIT.read, what, work)
const write = <T>(what: string, work: () => Promise<T>): Promise<T> => within(LIMIT.write, what, work)

export function doorPorts({ stage, path, configureDocument, nameServers, again }: DoorSettings): DoorPorts {
  const below = (hostname: string, name: string) => `${path}/state/door/${hostname}/${name}`
  const zones = new Map<string, string[]>()
  const serversFor = async (hostname: string): Promise<string[]> => {
    if (nameServers) return nameServers.split(',')
    const servers = zones.get(hostname) ?? (await serversOf(hostname))
    zones.set(hostname, servers)
    return servers
  }
  return {
    readSites: () => read('sites', async () => resolveSites(await readChildren(`${path}/sites`), [])),
    listInstances: () => read('instances', () => listInstances(stage)),
    readState: (hostname) => read('state', () => readTree(`${path}/state/${hostname}`)),
    isConfigured: (hostname, { id, launchTime }) =>
      read('commands', async () => {
        const commands = await listCommands(configureDocument, id, launchTime)
        const own = commands.filter(({ comment }) => comment.split(' ')[0] === subjectOf({ hostname }))
        return own.sort((a, b) => b.requestedAt - a.requestedAt)[0]?.status === 'Success'
      }),
    namedAddresses: (hostname) =>
      read('name servers', async () =>
        (await askServers(await serversFor(hostname), hostname)).map((one) => one.addresses),
      ),
    readEntries: (hostname) => read('entries', () => readTree(`${path}/state/door/${hostname}`)),
    createEntry: (hostname, name, value) => write(name, () => createParameter(below(hostname, name), value)),
    overwriteEntry: (hostname, name, value) => write(name, () => writeParameter(below(hostname, name), value)),
    deleteEntries: (hostname, names) =>
      write('old entries', () => deleteParameters(names.map((name) => below(hostname, name)))),
    readPassword: (passwordPath) => read('password', () => readSecret(passwordPath)),
    start: (ids) => write('start', () => startInstances(ids)),
    clock: systemClock,
    again,
  }
}
