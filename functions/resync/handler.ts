// resync: finds and mends what no event told, and reports it. The schedule and people ask with the same words.

import { startField } from '../lib/domain/instance.ts'
import type { RecordNews, ReportedProblems } from '../lib/domain/news.ts'
import type { Site } from '../lib/domain/site.ts'
import { lookMessage, SECOND_LOOK, siteMessage } from '../lib/domain/trigger.ts'
import { inspectHost } from '../lib/hosts/command.ts'
import { describePlannedHost } from '../lib/hosts/plan.ts'
import { outlivedMarks } from '../lib/outcome/state.ts'
import { inspect } from '../lib/probe/host.ts'
import { describePlanned } from '../lib/records/plan.ts'
import { type Drift, driftOf, reportLines } from '../lib/resync/report.ts'
import { type ResyncRequest, readRequest, USAGE } from '../lib/resync/request.ts'
import {
  findingsOf,
  NothingThere,
  type ResyncPorts,
  type ResyncResult,
  resync,
  saidLive,
  startsWithoutSuccess,
} from '../lib/resync/resync.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import { sendingTo, tellingTo } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'
import { hostProbe, resyncPorts } from '../lib/wiring/resync.ts'

export interface Dependencies {
  readonly resync: ResyncPorts
  tell(news: RecordNews | ReportedProblems): Promise<void>
  /** Asks outcome whether the site is still live. */
  lookAt(site: string): Promise<void>
  /** A second look of dns-sync at sites without any instance, a minute later. */
  lookAgain(unmatched: readonly string[]): Promise<void>
  readonly telemetry: Telemetry
}

export interface Report {
  readonly report: readonly string[]
  readonly drift: readonly Drift[]
}

export async function resyncSites(event: unknown, deadline: number, deps: Dependencies): Promise<Report> {
  const request = readRequest(event)
  if ('mistakes' in request) return { report: [...request.mistakes, ...USAGE], drift: [] }
  try {
    const report = await run(request, deadline, deps)
    // A look that failed is none: where no look succeeds any more, an alarm misses this figure.
    deps.telemetry.count('Reconciled', request.scope.kind === 'all' && !request.dryRun ? 1 : 0)
    return report
  } catch (error) {
    if (!(error instanceof NothingThere)) throw error
    return { report: [error.message], drift: [] }
  }
}

async function run(request: ResyncRequest, deadline: number, deps: Dependencies): Promise<Report> {
  const { telemetry } = deps
  const changes = new Map<string, Set<string>>()
  const result = await resync(deps.resync, {
    ...request,
    deadline,
    onApplied: (planned, { change, instances }) => {
      changes.set(change, (changes.get(change) ?? new Set()).add(planned.site))
      const data = { site: planned.site, change, ...startField(instances, planned.instances) }
      telemetry.info(describePlanned(planned), data)
    },
    onSent: (planned, commandId, instances) => {
      const data = { site: planned.site, commandId, ...startField(instances, [planned.instanceId]) }
      telemetry.info(describePlannedHost(planned), data)
    },
  })
  const drift = driftOf(result)
  if (!request.dryRun) {
    if (changes.size > 0)
      await deps.tell({ kind: 'records', changes: [...changes].map(([id, sites]) => ({ id, sites: [...sites] })) })
    await conclude(request, result, drift, deps)
  }
  return { report: reportLines(drift, request.dryRun), drift }
}

/** What was mended has been said when it was done; the rest is said now, and outcome hears of what needs a notice. */
async function conclude(
  request: ResyncRequest,
  result: ResyncResult,
  drift: readonly Drift[],
  deps: Dependencies,
): Promise<void> {
  const { telemetry } = deps
  for (const { verdict, sentence, site } of drift)
    if (verdict !== 'mended') telemetry[verdict === 'cannot mend' ? 'warn' : 'info'](sentence, { site })
  if (result.unmatched.length > 0) await deps.lookAgain(result.unmatched)
  const states = await deps.resync.readStates()
  const news = findingsOf(result, states)
  // A message is looked at as a whole within one run of outcome, with up to ten seconds for each site.
  for (let first = 0; first < news.sites.length; first += SITES_AT_ONCE)
    await deps.tell(ofSites(news, news.sites.slice(first, first + SITES_AT_ONCE)))
  if (request.scope.kind !== 'all') return
  for (const site of saidLive(result, states)) await deps.lookAt(site)
  const late = startsWithoutSuccess(result, states, deps.resync.hosts.clock.now())
  for (const { site, instanceId } of late)
    telemetry.warn(`${instanceId} of ${site} has run for long and was never live`, {
      site,
      ...startField(result.instances, [instanceId]),
    })
  const { dns, host, overdue } = result
  telemetry.count('OpenProblem', dns.problems.length + host.problems.length + overdue.length)
  telemetry.count('BrokenSite', result.broken.length)
  telemetry.count('StartWithoutSuccess', late.length)
  const outlived = outlivedMarks(states, result.declared, result.instances).slice(0, FORGOTTEN_AT_ONCE)
  for (const mark of outlived) await deps.resync.forgetMark(mark)
}

const SITES_AT_ONCE = 4

/** The next look goes on: one look is not to spend its time on what has long been over. */
const FORGOTTEN_AT_ONCE = 50

const ofSites = (news: ReportedProblems, sites: readonly string[]): ReportedProblems => ({
  ...{ ...news, sites },
  findings: news.findings.filter(({ site }) => sites.includes(site)),
})

/** Milliseconds that a host has to answer an inspection. */
const INSPECTION = 10_000

export const handler = lambda((event, deadline) => {
  const [stage, path] = [setting('STAGE'), setting('SITES_PATH')]
  const [configure, inspection] = [setting('CONFIGURE_HOST_DOCUMENT'), setting('INSPECT_HOST_DOCUMENT')]
  const [dnsQueue, outcomeQueue] = [setting('DNS_QUEUE_URL'), setting('OUTCOME_QUEUE_URL')]
  const look = async (instanceId: string, site: Site) => {
    // A host that cannot be asked is not judged: whatever keeps it from answering is no drift.
    const answer = await inspect(hostProbe, {
      ...{ instanceId, command: inspectHost(site, inspection), limit: INSPECTION },
      isNeedless: () => false,
    }).catch(() => undefined)
    return answer?.kind === 'inspected' ? answer.inspection : undefined
  }
  return resyncSites(event, deadline, {
    resync: resyncPorts(stage, path, configure, look),
    tell: tellingTo(outcomeQueue),
    lookAt: (site) => sendingTo(outcomeQueue)(siteMessage(site), 0),
    lookAgain: (unmatched) => sendingTo(dnsQueue)(lookMessage({ unmatched }), SECOND_LOOK),
    telemetry,
  })
})
