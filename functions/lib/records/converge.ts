// Sets the records to the addresses of the running instances: read, plan, apply, look again, until the plan is empty.

import { OutOfTime } from '../domain/errors.ts'
import { type Instance, selectInstances, wantedIds } from '../domain/instance.ts'
import { recordKey } from '../domain/record.ts'
import { applyPlan } from './apply.ts'
import { noRejections } from './batch.ts'
import { contestOf, isOfStart } from './contest.ts'
import { glance, lookAtWorld, planReadable } from './look.ts'
import { isWrite, type PlannedRecord } from './plan.ts'
import type { DnsPorts, DnsReport, DnsRequest } from './ports.ts'
import { dnsProblems } from './problems.ts'
import { errorsOf, type View } from './view.ts'

/** Milliseconds before the next look when another writer was faster: that writer may have more batches to send. */
const WHEN_OVERTAKEN = { least: 5_000, spread: 5_000 }

/**
 * The one step behind every trigger. After a write it reads sites and instances again, but not the records. Each write
 * names the record that it replaces, so Route 53 itself refuses a write when another writer was faster
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
    const onApplied = (planned: PlannedRecord, change: string) => {
      const site = sites.find(({ hostname }) => hostname === planned.site)
      const now = ports.clock.now()
      const contest = site && contestOf(planned, site, instances, now)
      const more = contest ? { contest } : {}
      request.onApplied(planned, { change, instances, isOfStart: isOfStart(planned, instances, now), ...more })
    }
    const outcome = await applyPlan(ports, { ...request, onApplied }, pending, view, rejections)
    applied.push(...outcome.applied)
    // Two writers that read again at once would clash again.
    if (outcome.overtaken) await ports.clock.sleep(WHEN_OVERTAKEN.least + ports.clock.random() * WHEN_OVERTAKEN.spread)
    view = outcome.view
    rejections = outcome.rejections
  }
}

/**
 * Sites of earlier looks stay in the list while they have no instance. Otherwise two sites whose records cannot be parked would
 * cause looks at each other for ever.
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
