// The world of a door for tests: one site, one instance, entries in memory. What is asked is remembered.

import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { Entry } from '../../functions/lib/door/entries.ts'
import type { DoorPorts } from '../../functions/lib/door/ports.ts'
import type { StateEntry } from '../../functions/lib/outcome/state.ts'
import { anInstance, aSite, LAUNCH } from './domain.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export const MINUTE = 60_000
export const HOST = 'app.example.com'

type Refusal = 'stopping' | 'no capacity' | Error

export interface FakeDoor extends DoorPorts {
  readonly clock: FakeClock
  sites: Site[]
  instances: Instance[]
  state: StateEntry[]
  named: string[][]
  configured: boolean
  password: string | undefined
  /** What EC2 says in place of a start. */
  refuses: Refusal | undefined
  readonly entries: Map<string, string>
  readonly calls: string[]
  /** How often an instance really began to start. */
  begun: number
}

export const doorSite = (
  door: Readonly<Record<string, unknown>> = {},
  fields: Readonly<Record<string, unknown>> = {},
) => aSite(HOST, { door, ...fields })

export const asleep = (fields: Partial<Instance> = {}): Instance =>
  anInstance({ state: 'stopped', publicIp: undefined, ...fields })

export function fakeDoor(start = LAUNCH + 90 * MINUTE): FakeDoor {
  const calls: string[] = []
  const entries = new Map<string, string>()
  const clock = fakeClock(start)
  const asked =
    <Args extends readonly unknown[], T>(what: (...args: Args) => string, work: (...args: Args) => T) =>
    async (...args: Args): Promise<T> => {
      calls.push(what(...args))
      return work(...args)
    }
  const fake: FakeDoor = {
    ...{ clock, calls, entries, again: MINUTE, begun: 0, refuses: undefined, password: undefined },
    ...{ sites: [doorSite()], instances: [asleep()], state: [], named: [['192.0.2.1']], configured: false },
    readSites: asked(
      () => 'sites',
      () => ({ sites: fake.sites, broken: [] }),
    ),
    listInstances: asked(
      () => 'instances',
      () => fake.instances,
    ),
    readState: asked(
      () => 'state',
      () => fake.state,
    ),
    isConfigured: asked(
      () => 'commands',
      () => fake.configured,
    ),
    namedAddresses: asked(
      () => 'names',
      () => fake.named,
    ),
    readEntries: asked(
      () => 'entries',
      () => [...entries].map(([name, value]): Entry => ({ name, value })),
    ),
    createEntry: asked(
      (_, name) => `create ${name}`,
      (_: string, name: string, value: string) => {
        if (entries.has(name)) return false
        entries.set(name, value)
        return true
      },
    ),
    overwriteEntry: asked(
      (_, name) => `overwrite ${name}`,
      (_: string, name: string, value: string) => void entries.set(name, value),
    ),
    deleteEntries: asked(
      (_, names) => `delete ${names.join(' ')}`,
      (_: string, names: readonly string[]) => {
        for (const name of names) entries.delete(name)
      },
    ),
    readPassword: asked(
      () => 'password',
      () => fake.password,
    ),
    start: asked(
      (ids) => `start ${ids.join(' ')}`,
      (ids: readonly string[]) => {
        if (fake.refuses instanceof Error) throw fake.refuses
        if (fake.refuses) return fake.refuses
        fake.instances = fake.instances.map((one) => {
          if (!ids.includes(one.id) || one.state !== 'stopped') return one
          fake.begun += 1
          return { ...one, state: 'pending', launchTime: clock.now() }
        })
        return 'started'
      },
    ),
  }
  return fake
}

/** The instance runs, the name leads to it, and it is live since a time. */
export function wake(fake: FakeDoor, at = fake.clock.now()): void {
  fake.instances = fake.instances.map((one) => ({ ...one, state: 'running', publicIp: '203.0.113.1' }))
  fake.named = [['203.0.113.1'], ['203.0.113.1']]
  const [one] = fake.instances
  fake.state = [{ name: `live/${one!.id}/${one!.launchTime}/1/0123456789ab`, value: new Date(at).toISOString() }]
}

export const rest = (fake: FakeDoor): void => {
  fake.instances = fake.instances.map((one) => ({ ...one, state: 'stopped', publicIp: undefined }))
  fake.named = [['192.0.2.1']]
}

interface Asking {
  readonly method?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** As an HTTP API calls its function, format 2.0. */
export const apiEvent = (path: string, { method = 'GET', query = '', headers = {}, body }: Asking = {}) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: query,
  headers: { host: 'abc.execute-api.eu-central-1.amazonaws.com', ...headers },
  requestContext: { http: { method, path, protocol: 'HTTP/1.1', sourceIp: '198.51.100.1', userAgent: 'test' } },
  ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
  isBase64Encoded: body !== undefined,
})
