// Makes the records say what the world is: read, plan, apply, look again, until the plan is empty.
import { learn, noRejections, type Rejections, splitBatches } from '../domain/batch.ts'
import { BatchRejected, OutOfTime } from '../domain/errors.ts'
import type { Instance } from '../domain/instance.ts'
import { selects } from '../domain/instance.ts'
import { describePlanned, isWrite, type PlannedRecord, planRecords } from '../domain/plan.ts'
import { NO_PATIENCE, type Patience, type Problem, SHORT_PATIENCE } from '../domain/problem.ts'
import { applyChanges, fqdn, hostnameOf, type RecordChange, type RecordSet, recordKey } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import type { BrokenSite, SiteSet } from '../domain/site-set.ts'
import type { Clock } from './clock.ts'
import { patiently } from './patiently.ts'

/** What the step needs of the world; the adapters in aws/ provide it. */
export interface DnsPorts {
  readSites(): Promise<SiteSet>
  /** Every instance of the stage, in any state, or an error: never a part of them. */
  listInstances(): Promise<readonly Instance[]>
  /** The records at these names, of every type. */
  listRecords(zoneId: string, names: readonly string[]): Promise<readonly RecordSet[]>
  /** @throws BatchRejected when nothing was applied, TryLater when it may be sent again */
  changeRecords(zoneId: string, changes: readonly RecordChange[], comment: string): Promise<void>
  readonly clock: Clock
}

export interface DnsRequest {
  /** Sites that an earlier look, at least a minute ago, found without any instance. */
  readonly unmatchedBefore: ReadonlySet<string>
  readonly force: boolean
  /** Plans only. */
  readonly dryRun: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  /** Hears of each change when it has been applied. */
  readonly onApplied: (planned: PlannedRecord) => void
}

export interface DnsReport {
  /** The last plan: what is right, what waits, what is refused. */
  readonly plan: readonly PlannedRecord[]
  readonly applied: readonly PlannedRecord[]
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
  /** Sites to be looked at again in a minute. */
  readonly unmatched: readonly string[]
  /** Ids of the instances that some site selects. */
  readonly wanted: ReadonlySet<string>
}

/** The records at these names, as last read or written; an error where the zone cannot be read. */
interface ZoneView {
  readonly names: ReadonlySet<string>
  readonly records: readonly RecordSet[] | Error
}

/** By zone id. */
type View = ReadonlyMap<string, ZoneView>

/**
 * The one step behind every trigger. After a write it reads sites and instances again, but not the records: each write
 * names the record that it replaces, so Route 53 itself refuses it when somebody else was faster (docs/adr/0006).
 * @throws OutOfTime when the world or the service did not come to rest before the deadline
 */
export async function convergeDns(ports: DnsPorts, request: DnsRequest): Promise<DnsReport> {
  const applied: PlannedRecord[] = []
  let view: View = new Map()
  let rejections = noRejections
  for (;;) {
    const [siteSet, instances] = await lookAtWorld(ports, request)
    view = await completeView(ports, request, siteSet.sites, view)
    const plan = planReadable(siteSet.sites, instances, view, request)
    const pending = plan.filter((planned) => isWrite(planned) && !rejections.givenUp.has(recordKey(planned)))
    if (pending.length === 0 || request.dryRun) return report(siteSet, instances, plan, applied, rejections, view)
    if (ports.clock.now() >= request.deadline) throw new OutOfTime('the world kept moving until the time was up')
    const outcome = await applyPlan(ports, request, pending, view, rejections)
    applied.push(...outcome.applied)
    ;({ view, rejections } = outcome)
  }
}

const lookAtWorld = (ports: DnsPorts, { deadline }: DnsRequest) =>
  Promise.all([
    patiently(ports.clock, deadline, () => ports.readSites()),
    patiently(ports.clock, deadline, () => ports.listInstances()),
  ])

const namesOf = (site: Site): string[] => [site.hostname, ...site.aliases, ...site.retired].map(fqdn)

/** Reads the zones, or the names in them, that the view lacks. */
async function completeView(ports: DnsPorts, { deadline }: DnsRequest, sites: readonly Site[], view: View): Promise<View> {
  const zones = Map.groupBy(sites, (site) => site.hostedZoneId)
  const entries = [...zones].map(async ([zoneId, members]): Promise<[string, ZoneView]> => {
    const names = new Set(members.flatMap(namesOf))
    const known = view.get(zoneId)
    if (known && names.isSubsetOf(known.names)) return [zoneId, known]
    const read = () => ports.listRecords(zoneId, [...names])
    return [zoneId, { names, records: await patiently(ports.clock, deadline, read).catch(unlessOutOfTime) }]
  })
  return new Map(await Promise.all(entries))
}

/** One zone's error never stops another zone; running out of time stops all. */
function unlessOutOfTime(error: Error): Error {
  if (error instanceof OutOfTime) throw error
  return error
}

function planReadable(sites: readonly Site[], instances: readonly Instance[], view: View, request: DnsRequest): PlannedRecord[] {
  const records = new Map([...view].flatMap(([zoneId, zone]) => (zone.records instanceof Error ? [] : [[zoneId, zone.records]])))
  const readable = sites.filter((site) => records.has(site.hostedZoneId))
  return planRecords({ sites: readable, instances, records, unmatchedBefore: request.unmatchedBefore, force: request.force })
}

interface Outcome {
  readonly applied: readonly PlannedRecord[]
  /** Without the zones that refused something: they are read again. */
  readonly view: View
  readonly rejections: Rejections
}

/** One place executes plans. Zones side by side, the batches of a zone one after the other. */
async function applyPlan(ports: DnsPorts, request: DnsRequest, plan: readonly PlannedRecord[], view: View, before: Rejections): Promise<Outcome> {
  const zones = [...Map.groupBy(plan, (planned) => planned.zoneId)]
  const outcomes = await Promise.all(zones.map(([zoneId, part]) => applyToZone(ports, request, zoneId, part, before)))
  const views = [...view].flatMap(([zoneId, zone]): [string, ZoneView][] => {
    const outcome = outcomes.find((one) => one.zoneId === zoneId)
    if (!outcome) return [[zoneId, zone]]
    if (outcome.rejections !== before) return []
    return [[zoneId, { ...zone, records: applyChanges(zone.records as readonly RecordSet[], outcome.applied.map(toChange)) }]]
  })
  return {
    applied: outcomes.flatMap((outcome) => outcome.applied),
    view: new Map(views),
    rejections: outcomes.map((outcome) => outcome.rejections).reduce(merge, before),
  }
}

async function applyToZone(ports: DnsPorts, request: DnsRequest, zoneId: string, plan: readonly PlannedRecord[], before: Rejections) {
  const plannedOf = new Map(plan.map((planned) => [toChange(planned), planned]))
  const applied: PlannedRecord[] = []
  let rejections = before
  for (const batch of splitBatches([...plannedOf.keys()], before)) {
    try {
      await patiently(ports.clock, request.deadline, () => ports.changeRecords(zoneId, batch, commentOn(batch)))
    } catch (error) {
      if (!(error instanceof BatchRejected)) throw error
      rejections = learn(rejections, batch, error.reasons)
      continue
    }
    for (const change of batch) {
      applied.push(plannedOf.get(change)!)
      request.onApplied(plannedOf.get(change)!)
    }
  }
  return { zoneId, applied, rejections }
}

function toChange({ action, record, previous }: PlannedRecord): RecordChange {
  if (action === 'create' && record) return { action, record }
  if (action === 'replace' && record && previous) return { action, record, previous }
  if (action === 'delete' && previous) return { action, previous }
  throw new TypeError(`not a write: ${action}`)
}

const commentOn = (batch: readonly RecordChange[]): string => `ragstream-edge: ${batch.length} change${batch.length === 1 ? '' : 's'}`

const merge = (a: Rejections, b: Rejections): Rejections => ({
  maxSize: new Map([...a.maxSize, ...b.maxSize]),
  givenUp: new Map([...a.givenUp, ...b.givenUp]),
  clashes: new Map([...a.clashes, ...b.clashes]),
})

function report(siteSet: SiteSet, instances: readonly Instance[], plan: readonly PlannedRecord[], applied: readonly PlannedRecord[], rejections: Rejections, view: View): DnsReport {
  const selected = instances.filter((instance) => siteSet.sites.some((site) => selects(site.instances, instance)))
  return {
    plan,
    applied,
    broken: siteSet.broken,
    problems: [...plan.flatMap((planned) => problemOf(planned, rejections)), ...unreadable(siteSet.sites, view), ...unaddressed(siteSet.sites, selected)],
    unmatched: [...new Set(plan.filter((planned) => planned.action === 'look-again').map((planned) => planned.site))],
    wanted: new Set(selected.map((instance) => instance.id)),
  }
}

function problemOf(planned: PlannedRecord, rejections: Rejections): Problem[] {
  const { site, instances } = planned
  const refusal = rejections.givenUp.get(recordKey(planned))
  if (planned.action === 'refuse') return [{ name: 'RecordRefused', message: describePlanned(planned), site, instances, patience: NO_PATIENCE }]
  if (!isWrite(planned) || refusal === undefined) return []
  const message = `${hostnameOf(planned)} ${planned.type}: Route 53 refused the change: ${refusal}`
  return [{ name: 'RecordRejected', message, site, instances, patience: SHORT_PATIENCE }]
}

const unreadable = (sites: readonly Site[], view: View): Problem[] =>
  sites.flatMap((site) => {
    const error = view.get(site.hostedZoneId)?.records
    if (!(error instanceof Error)) return []
    const message = `${site.hostname}: zone ${site.hostedZoneId} cannot be read: ${error.name}: ${error.message}`
    return [{ name: 'ZoneUnreadable', message, site: site.hostname, instances: [], patience: SHORT_PATIENCE }]
  })

/** A running instance without a public address: usually for seconds only, so the trigger is tried again for 2 minutes. */
const NO_ADDRESS: Patience = { againAfter: 3_000, givesUpAfter: 120_000 }

const unaddressed = (sites: readonly Site[], selected: readonly Instance[]): Problem[] =>
  selected
    .filter((instance) => instance.state === 'running' && !instance.publicIp)
    .flatMap((instance) =>
      sites
        .filter((site) => selects(site.instances, instance))
        .map((site) => ({
          name: 'NoPublicAddress',
          message: `${instance.id} of ${site.hostname} runs but has no public IPv4 address: is its subnet public, with auto-assign on?`,
          site: site.hostname,
          instances: [instance.id],
          patience: NO_ADDRESS,
        })),
    )
