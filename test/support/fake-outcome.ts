// The world of outcome in memory: hosts and commands as they are, a memory that is created and deleted, and all that is said.

import type { Diagnosis } from '../../functions/lib/diagnosis/diagnosis.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { BrokenSite, SiteSet } from '../../functions/lib/domain/site-set.ts'
import type { SentCommand } from '../../functions/lib/hosts/command.ts'
import type { Notice } from '../../functions/lib/outcome/notice.ts'
import type { OutcomePorts } from '../../functions/lib/outcome/settle.ts'
import { LAUNCH } from './domain.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export interface FakeOutcome extends OutcomePorts {
  sites: readonly Site[]
  broken: readonly BrokenSite[]
  instances: readonly Instance[]
  shown: readonly SentCommand[]
  /** Command id -> what it printed. */
  readonly output: Map<string, { readonly status: string; readonly output: string; readonly errors: string }>
  readonly unsynced: Set<string>
  /** `<hostname>/<name>` -> value */
  readonly state: Map<string, string>
  diagnosis: Diagnosis | Error
  readonly notices: Notice[]
  readonly events: { readonly type: string; readonly detail: Readonly<Record<string, unknown>> }[]
  /** Seconds. */
  readonly looks: number[]
  /** Of each diagnosis the sites that it was given. */
  readonly diagnosedBy: SiteSet[]
  readonly clock: FakeClock
}

export const aDiagnosis = (fields: Partial<Diagnosis> = {}): Diagnosis => ({
  site: 'app.example.com',
  at: '2026-11-23T08:01:00.000Z',
  tookMs: 1234,
  verdict: 'live',
  restricted: false,
  sentence: 'app.example.com is live at 203.0.113.1.',
  causes: [],
  hops: [],
  path: [],
  ...fields,
})

/** `before` runs before each call of a port and may change the world or throw. */
export function fakeOutcome(before: (call: string, world: FakeOutcome) => void = () => {}): FakeOutcome {
  const deleted = new Map<string, number>()
  const world: FakeOutcome = {
    ...{ sites: [], broken: [], instances: [], shown: [], notices: [], events: [], looks: [] },
    ...{ diagnosedBy: [], output: new Map(), unsynced: new Set(), state: new Map(), diagnosis: aDiagnosis() },
    clock: fakeClock(LAUNCH + 60_000),
    documentName: 'ConfigureHost-0123abcd',
    region: 'eu-central-1',
    readSites: async () => ({ sites: world.sites, broken: world.broken }),
    readDocuments: async () => ({ sites: world.sites, broken: world.broken }),
    listInstances: async () => world.instances,
    listCommands: async (instanceId, since) =>
      world.shown.filter((one) => one.instanceId === instanceId && one.requestedAt >= since),
    readInvocation: async (id) => world.output.get(id),
    isInSync: async (id) => !world.unsynced.has(id),
    readState: async (hostname) =>
      [...world.state].flatMap(([name, value]) =>
        name.startsWith(`${hostname}/`) ? [{ name: name.slice(hostname.length + 1), value }] : [],
      ),
    createState: async (hostname, name, value) => {
      before(`create ${name}`, world)
      if (world.clock.now() - (deleted.get(`${hostname}/${name}`) ?? 0) < 30_000)
        throw new Error(`${name}: created again within 30 s of its end`)
      if (world.state.has(`${hostname}/${name}`)) return false
      world.state.set(`${hostname}/${name}`, value)
      return true
    },
    overwriteState: async (hostname, name, value) => {
      before(`overwrite ${name}`, world)
      world.state.set(`${hostname}/${name}`, value)
    },
    deleteState: async (hostname, name) => {
      deleted.set(`${hostname}/${name}`, world.clock.now())
      return world.state.delete(`${hostname}/${name}`)
    },
    diagnose: async (_hostname, _deadline, sites) => {
      before('diagnose', world)
      world.diagnosedBy.push(sites)
      if (world.diagnosis instanceof Error) throw world.diagnosis
      return world.diagnosis
    },
    publish: async (notice) => {
      before(`publish ${notice.subject}`, world)
      world.notices.push(notice)
    },
    putEvent: async (type, detail) => {
      before(`event ${type}`, world)
      world.events.push({ type, detail })
    },
    askForHostLook: async (seconds) => void world.looks.push(seconds),
  }
  return world
}
