// What the records should become: a pure function of sites, instances and present records. Every entry says why.
//
//   instances of the site    | record now                   | plan
//   running, with address    | none                         | create
//   running, with address    | another address or TTL       | replace
//   running, with address    | the same                     | keep
//   running, no address yet  | any                          | wait: the EC2 API is eventually consistent
//   pending, with address    | any                          | as running
//   pending, no address yet  | any                          | wait
//   some exist, none runs    | any                          | as `onStop` says: park, delete or keep
//   none matches             | already as `onStop` says     | keep
//   none matches             | any other                    | look again after a minute, then as `onStop` says
//   there are 5 or more sites, and for more than a third of them no instance matches any longer | any | refuse, with the numbers
//   any                      | alias, routing policy, CNAME | refuse
//
// docs/architecture.md shows this table (scripts/tables.ts).
import { type Instance, selectInstances } from '../domain/instance.ts'
import { fqdn, hostnameOf, type RecordSet, sameRecord } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import { type Desired, desiredOf, type Knowledge, massPark, RETIRED } from './desired.ts'

export type PlannedAction = 'create' | 'replace' | 'delete' | 'keep' | 'wait' | 'look-again' | 'refuse'

export interface PlannedRecord {
  /** Hostname of the site that owns the name. */
  readonly site: string
  readonly zoneId: string
  readonly name: string
  readonly type: 'A' | 'AAAA'
  readonly action: PlannedAction
  /** The record after the plan; undefined if there shall be none, or if nothing is decided. */
  readonly record?: RecordSet
  /** What is there now. */
  readonly previous?: RecordSet
  readonly reason: string
  /** Instances that the decision rests on. */
  readonly instances: readonly string[]
}

export interface RecordPlanInput extends Knowledge {
  readonly instances: readonly Instance[]
  /** Records at the sites' names, by zone id. */
  readonly records: ReadonlyMap<string, readonly RecordSet[]>
}

/** Stable: in the order of the sites, then hostname, aliases, retired names, A before AAAA. */
export function planRecords(input: RecordPlanInput): PlannedRecord[] {
  const members = selectInstances(input.sites, input.instances)
  const decided = input.sites.map((site) => ({
    site,
    desired: desiredOf(site, members.get(site.hostname) ?? [], input),
  }))
  const zones = new Map([...input.records].map(([id, records]) => [id, Map.groupBy(records, ({ name }) => name)]))
  const tooMany = massPark(
    decided.map(({ desired }) => desired),
    input,
  )
  return decided.flatMap(({ site, desired }) => {
    const at = (hostname: string) => zones.get(site.hostedZoneId)?.get(fqdn(hostname)) ?? []
    const live = [site.hostname, ...site.aliases].flatMap((name) => planName(site, name, desired, at(name), tooMany))
    return [...live, ...site.retired.flatMap((name) => planName(site, name, RETIRED, at(name), undefined))]
  })
}

function planName(
  site: Site,
  hostname: string,
  desired: Desired,
  atName: readonly RecordSet[],
  tooMany: string | undefined,
): PlannedRecord[] {
  const types = site.ipv6 ? (['A', 'AAAA'] as const) : (['A'] as const)
  return types.map((type) => {
    const previous = atName.find((record) => record.type === type && record.special === undefined)
    const base = {
      site: site.hostname,
      zoneId: site.hostedZoneId,
      name: fqdn(hostname),
      type,
      ...(previous ? { previous } : {}),
    }
    const foreign = foreignRecord(atName, type)
    if (foreign) return { ...base, action: 'refuse', reason: foreign, instances: [] }
    return { ...base, ...decide(site, base, desired, tooMany) }
  })
}

/** A record at our name that we can not have written. Route 53 would let an UPSERT overwrite an alias. */
function foreignRecord(atName: readonly RecordSet[], type: string): string | undefined {
  const foreign = atName.find(
    (record) => record.type === 'CNAME' || (record.type === type && record.special !== undefined),
  )
  if (!foreign) return undefined
  const what = foreign.special ?? `a ${foreign.type} record`
  return `${hostnameOf(foreign)} already has ${what}, which was not made by this service: remove it, or choose another name`
}

type Base = Pick<PlannedRecord, 'name' | 'type' | 'previous'>
type Decision = Pick<PlannedRecord, 'action' | 'record' | 'reason' | 'instances'>

function decide(site: Site, base: Base, desired: Desired, tooMany: string | undefined): Decision {
  if (desired.kind === 'undecided') {
    const instances = desired.instances.map((one) => one.id)
    return isAtRest(site, base) && desired.action === 'look-again'
      ? { action: 'keep', reason: 'the record is at rest, and no instance matches', instances }
      : { action: desired.action, reason: desired.reason, instances }
  }
  if (desired.kind === 'point') return point(site, base, desired.addressed)
  const resting = rest(site, base, desired)
  return desired.byAbsence && tooMany && isWrite(resting)
    ? { action: 'refuse', reason: tooMany, instances: [] }
    : resting
}

function point(site: Site, base: Base, members: readonly Instance[]): Decision {
  const addressed = members.filter((one) => addressOf(one, base.type) !== undefined)
  const values = [...new Set(addressed.map((one) => addressOf(one, base.type)!))].sort()
  const instances = addressed.map((one) => one.id)
  if (values.length === 0) return become(base, undefined, 'no running instance has an IPv6 address', [])
  return become(base, { name: base.name, type: base.type, ttl: site.ttl, values }, doing(addressed), instances)
}

function doing(addressed: readonly Instance[]): string {
  const groups = [...Map.groupBy(addressed, ({ state }) => (state === 'pending' ? 'start' : 'run'))]
  const said = groups.map(([verb, all]) => `${all.map(({ id }) => id).join(', ')} ${verb}${all.length > 1 ? '' : 's'}`)
  return `${said.join(', ')} there`
}

const addressOf = (instance: Instance, type: PlannedRecord['type']): string | undefined =>
  type === 'A' ? instance.publicIp : instance.ipv6

function rest(site: Site, base: Base, desired: Extract<Desired, { kind: 'rest' }>): Decision {
  const instances = desired.seen.map((one) => one.id)
  if (site.onStop === 'keep' && desired !== RETIRED)
    return { action: 'keep', reason: `${desired.reason}, and onStop is keep`, instances }
  return become(base, restingRecord(site, base), desired.reason, instances)
}

/** A parked name keeps an A record only: the missing AAAA is then a quick "no data", never NXDOMAIN. */
function restingRecord(site: Site, base: Base): RecordSet | undefined {
  if (site.onStop === 'delete' || base.type === 'AAAA') return undefined
  return { name: base.name, type: 'A', ttl: site.parkTtl, values: [site.parkAddress] }
}

function isAtRest(site: Site, base: Base): boolean {
  if (site.onStop === 'keep') return true
  const resting = restingRecord(site, base)
  return resting && base.previous ? sameRecord(resting, base.previous) : resting === base.previous
}

function become(base: Base, record: RecordSet | undefined, reason: string, instances: readonly string[]): Decision {
  const { previous } = base
  if (!record) return previous ? { action: 'delete', reason, instances } : { action: 'keep', reason, instances }
  if (!previous) return { action: 'create', record, reason, instances }
  return { action: sameRecord(record, previous) ? 'keep' : 'replace', record, reason, instances }
}

export const isWrite = (planned: { readonly action: PlannedAction }): boolean =>
  planned.action === 'create' || planned.action === 'replace' || planned.action === 'delete'

/** Values and TTL in words. */
export const shown = (record: RecordSet | undefined): string =>
  record ? `${record.values.join(', ')} (TTL ${record.ttl})` : 'no record'

/** The one sentence about an entry: logged, shown by a dry run, asserted in tests. */
export function describePlanned(planned: PlannedRecord): string {
  const { action, previous, record, reason } = planned
  const subject = `${planned.type} ${hostnameOf(planned)}`
  if (action === 'create') return `create ${subject} = ${shown(record)}: ${reason}`
  if (action === 'replace') return `replace ${subject}: ${shown(previous)} -> ${shown(record)}: ${reason}`
  if (action === 'delete') return `delete ${subject}, was ${shown(previous)}: ${reason}`
  return `${action} ${subject}, ${previous ? `is ${shown(previous)}` : 'no record'}: ${reason}`
}
