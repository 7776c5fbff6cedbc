// The world of convergeDns in memory: zones that apply a batch wholly or not at all, and know the value before.

import { BatchRejected } from '../../functions/lib/domain/errors.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import {
  applyChanges,
  changedRecord,
  type RecordChange,
  type RecordSet,
  recordKey,
  sameRecord,
} from '../../functions/lib/domain/record.ts'
import type { DnsRole, Site } from '../../functions/lib/domain/site.ts'
import type { BrokenSite } from '../../functions/lib/domain/site-set.ts'
import { describePlanned } from '../../functions/lib/records/plan.ts'
import type { DnsPorts, DnsRequest } from '../../functions/lib/records/ports.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export interface FakeDns extends DnsPorts {
  sites: readonly Site[]
  broken: readonly BrokenSite[]
  instances: readonly Instance[]
  readonly zones: Map<string, readonly RecordSet[]>
  /** What happened, in order: `list <zone>`, `change <zone> <names>`; before them `as <role> `, where a role is taken. */
  readonly calls: string[]
  /** Sentences of what was applied. */
  readonly said: string[]
  readonly clock: FakeClock
  request(fields?: Partial<DnsRequest>): DnsRequest
}

const as = (role: DnsRole): string => (role === null ? '' : `as ${role} `)

/** `before` runs before each call of a port and may change the world or throw. */
export function fakeDns(before: (call: string, world: FakeDns) => void = () => {}): FakeDns {
  const heard = (call: string): void => {
    world.calls.push(call)
    // A step that never ends would hold the test's thread: no time limit of Jest could stop it.
    if (world.calls.length > 500) throw new Error(`the step does not end: ${world.calls.slice(-4).join(', ')}`)
    before(call, world)
  }
  const world: FakeDns = {
    sites: [],
    broken: [],
    instances: [],
    zones: new Map(),
    calls: [],
    said: [],
    clock: fakeClock(),
    readSites: async () => ({ sites: world.sites, broken: world.broken }),
    listInstances: async () => world.instances,
    listRecords: async (zoneId, names, role) => {
      heard(`${as(role)}list ${zoneId}`)
      return (world.zones.get(zoneId) ?? []).filter(({ name }) => names.includes(name))
    },
    changeRecords: async (zoneId, changes, _comment, role) => {
      heard(`${as(role)}change ${zoneId} ${changes.map((change) => changedRecord(change).name).join(' ')}`)
      const records = world.zones.get(zoneId) ?? []
      const reasons = changes.flatMap((change) => objection(records, change))
      if (reasons.length > 0) throw new BatchRejected(reasons)
      world.zones.set(zoneId, applyChanges(records, changes))
      return `C${world.calls.length}`
    },
    request: (fields = {}) => ({
      unmatchedBefore: new Set(),
      force: false,
      dryRun: false,
      deadline: 27_000,
      onApplied: (planned) => world.said.push(describePlanned(planned)),
      ...fields,
    }),
  }
  return world
}

/** In the service's words. */
function objection(records: readonly RecordSet[], change: RecordChange): string[] {
  const { name, type } = changedRecord(change)
  const there = records.find((record) => recordKey(record) === recordKey({ name, type }))
  const subject = `resource record set [name='${name}', type='${type}'] but`
  if (change.action === 'create') return there ? [`Tried to create ${subject} it already exists`] : []
  if (!there) return [`Tried to delete ${subject} it was not found`]
  return sameRecord(there, change.previous)
    ? []
    : [`Tried to delete ${subject} the values provided do not match the current values`]
}
