// The world of convergeHosts in memory: Run Command remembers what was sent, and shows it only to a later look.

import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { BrokenSite } from '../../functions/lib/domain/site-set.ts'
import type { RunCommand, SentCommand } from '../../functions/lib/hosts/command.ts'
import type { Inspection } from '../../functions/lib/hosts/inspection.ts'
import { describePlannedHost } from '../../functions/lib/hosts/plan.ts'
import type { HostPorts, HostRequest } from '../../functions/lib/hosts/ports.ts'
import { LAUNCH } from './domain.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export interface FakeHosts extends HostPorts {
  sites: readonly Site[]
  broken: readonly BrokenSite[]
  instances: readonly Instance[]
  /** What Systems Manager shows. */
  shown: readonly SentCommand[]
  readonly sent: { readonly instanceId: string; readonly command: RunCommand }[]
  /** Instance id -> what the host says when it is asked; none: it does not answer. */
  readonly inspections: Map<string, Inspection>
  readonly calls: string[]
  readonly said: string[]
  readonly clock: FakeClock
  request(fields?: Partial<HostRequest>): HostRequest
}

/** `before` runs before each call of a port and may change the world or throw. */
export function fakeHosts(before: (call: string, world: FakeHosts) => void = () => {}): FakeHosts {
  const heard = (call: string): void => {
    world.calls.push(call)
    // A step that never ends would hold the test's thread: no time limit of Jest could stop it.
    if (world.calls.length > 500) throw new Error(`the step does not end: ${world.calls.slice(-4).join(', ')}`)
    before(call, world)
  }
  const world: FakeHosts = {
    sites: [],
    broken: [],
    instances: [],
    shown: [],
    sent: [],
    inspections: new Map(),
    calls: [],
    said: [],
    clock: fakeClock(LAUNCH + 60_000),
    documentName: 'ConfigureHost-0123abcd',
    readSites: async () => ({ sites: world.sites, broken: world.broken }),
    listInstances: async () => world.instances,
    listCommands: async (instanceId, since) => {
      heard(`list ${instanceId}`)
      return world.shown.filter((one) => one.instanceId === instanceId && one.requestedAt >= since)
    },
    sendCommand: async (instanceId, command) => {
      heard(`send ${instanceId}`)
      world.sent.push({ instanceId, command })
      return `c-${world.sent.length}`
    },
    cancelCommand: async (commandId, instanceId) => {
      heard(`cancel ${commandId} on ${instanceId}`)
      world.shown = world.shown.map((one) => (one.id === commandId ? { ...one, status: 'Cancelled' } : one))
    },
    inspect: async (instanceId) => {
      heard(`ask ${instanceId}`)
      return world.inspections.get(instanceId)
    },
    request: (fields = {}) => ({
      force: false,
      dryRun: false,
      looksForDrift: false,
      deadline: LAUNCH + 87_000,
      onSent: (planned, id) => world.said.push(`${id}: ${describePlannedHost(planned)}`),
      ...fields,
    }),
  }
  return world
}
