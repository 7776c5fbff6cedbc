// Makes the records say what the world is: read, plan, apply, look again, until the plan is empty.
import { noRejections } from '../domain/batch.ts'
import { dnsProblems } from '../domain/dns-problems.ts'
import { OutOfTime } from '../domain/errors.ts'
import { type Instance, selectInstances, wantedIds } from '../domain/instance.ts'
import { isWrite, type PlannedRecord } from '../domain/plan.ts'
import type { Problem } from '../domain/problem.ts'
import { type RecordChange, type RecordSet, recordKey } from '../domain/record.ts'
import type { DnsRole } from '../domain/site.ts'
import type { BrokenSite, SiteSet } from '../domain/site-set.ts'
import { applyPlan } from './apply.ts'
import type { Clock } from './clock.ts'
import { glance, lookAtWorld, planReadable } from './look.ts'
import { errorsOf, type View } from './view.ts'

/** What the step needs of the world; the adapters in aws/ provide it. */
export interface DnsPorts {
  readSites(): Promise<SiteSet>
  /** As a read less than a minute ago showed them: never to write by. */
  lastSites?(): SiteSet | undefined
  /** Every instance of the stage, in any state, or an error: never a part of them. */
  listInstances(): Promise<readonly Instance[]>
  /** The records at these names, of every type. `role`: of the account in which the zone lies. */
  listRecords(zoneId: string, names: readonly string[], role: DnsRole): Promise<readonly RecordSet[]>
  /**
   * @returns the id of the change
   * @throws BatchRejected when nothing was applied, TryLater when it may be sent again
   */
  changeRecords(zoneId: string, changes: readonly RecordChange[], comment: string, role: DnsRole): Promise<string>
  readonly clock: Clock
  /** Where records are remembered between looks: the next look reads them. */
  forget?(): void
}

export interface DnsRequest {
  /** Sites that an earlier look, at least a minute ago, found without any instance. */
  readonly unmatchedBefore: ReadonlySet<string>
  /**
   * Given when all that happened were first events of these instances. Then sites that were read a moment ago may confirm that nothing is to
   * do (docs/adr/0018-remembered-sites.md).
   */
  readonly eventsOf?: ReadonlySet<string>
  /** A maintainer says that parking without evidence is meant. */
  readonly force: boolean
  /** Plans only. */
  readonly dryRun: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  /** Hears of each change when it has been applied. */
  readonly onApplied: (planned: PlannedRecord, applied: Applied) => void
}

/** What a log line and whoever waits for the record want to know of a write. */
export interface Applied {
  /** Route 53's id of the change. */
  readonly change: string
  /** The instances of the look that decided it. */
  readonly instances: readonly Instance[]
}

export interface DnsReport {
  /** The last plan: what is right, what waits, what is refused. */
  readonly plan: readonly PlannedRecord[]
  readonly applied: readonly PlannedRecord[]
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
  /** Sites to be looked at again in a minute. */
  readonly unmatched: readonly string[]
  /** False when a zone could not be read. */
  readonly complete: boolean
  /** Ids of the instances that some site selects. */
  readonly wanted: ReadonlySet<string>
  readonly instances: readonly Instance[]
}

/** Milliseconds before the next look when another writer was faster: he may have more batches to go. */
const WHEN_OVERTAKEN = { least: 5_000, spread: 5_000 }

/**
 * The one step behind every trigger. After a write it reads sites and instances again, but not the records: each write
 * names the record that it replaces, so Route 53 itself refuses it when somebody else was faster
 * (docs/adr/0006-compare-and-swap.md).
 * @throws OutOfTime when the world or the service did not come to rest before the deadline
 */
export async function convergeDns(ports: DnsPorts, request: DnsRequest): Promise<DnsReport> {
  const applied: PlannedRecord[] = []
  let view: View = new Map()
  let rejections = noRejections
  for (let look = await glance(ports, request); ; look = undefined) {
    const { siteSet, instances, view: seen } = look ?? (await lookAtWorld(ports, request, view))
    const { sites, broken } = siteSet
    view = seen
    const plan = planReadable(sites, instances, view, request)
    const pending = plan.filter((planned) => isWrite(planned) && !rejections.givenUp.has(recordKey(planned)))
    if (pending.length === 0 || request.dryRun) {
      const members = selectInstances(sites, instances)
      const problems = dnsProblems({ sites, members, plan, givenUp: rejections.givenUp, unreadable: errorsOf(view) })
      const unmatched = unmatchedIn(plan, members, request.unmatchedBefore)
      const complete = errorsOf(view).size === 0
      return { plan, applied, broken, problems, unmatched, complete, wanted: wantedIds(members), instances }
    }
    if (ports.clock.now() >= request.deadline) throw new OutOfTime('the world kept moving until the time was up')
    const onApplied = (planned: PlannedRecord, change: string) => request.onApplied(planned, { change, instances })
    const outcome = await applyPlan(ports, { ...request, onApplied }, pending, view, rejections)
    applied.push(...outcome.applied)
    // Two that read again at once would clash again.
    if (outcome.overtaken) await ports.clock.sleep(WHEN_OVERTAKEN.least + ports.clock.random() * WHEN_OVERTAKEN.spread)
    view = outcome.view
    rejections = outcome.rejections
  }
}

/**
 * Those of earlier looks stay among them while they have no instance: two sites whose records cannot be parked would
 * otherwise have each other looked at for ever.
 */
function unmatchedIn(
  plan: readonly PlannedRecord[],
  members: ReadonlyMap<string, readonly Instance[]>,
  unmatchedBefore: ReadonlySet<string>,
): string[] {
  const found = plan.filter((planned) => planned.action === 'look-again').map((planned) => planned.site)
  if (found.length === 0) return []
  const before = [...unmatchedBefore].filter((hostname) => members.get(hostname)?.length === 0)
  return [...new Set([...found, ...before])]
}
