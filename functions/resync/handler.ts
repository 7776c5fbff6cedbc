// resync: finds and mends changes without an event, and reports them. The schedule and people send the same request.
import { newsMessage } from '../lib/domain/news.ts'
import { lookMessage, SECOND_LOOK } from '../lib/domain/trigger.ts'
import { DOUBT_LOOK } from '../lib/hosts/plan.ts'
import { loggedSends } from '../lib/hosts/tell.ts'
import { loggedChanges } from '../lib/records/changes.ts'
import { type ConcludePorts, conclude } from '../lib/resync/conclude.ts'
import { type Drift, driftOf, reportLines } from '../lib/resync/report.ts'
import { type ResyncRequest, readRequest, USAGE } from '../lib/resync/request.ts'
import { NothingThere, resync } from '../lib/resync/resync.ts'
import { setting } from '../lib/runtime/config.ts'
import { diagnoseSettings } from '../lib/runtime/diagnose-settings.ts'
import { hostSettings } from '../lib/runtime/host-settings.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import { sendingTo, tellingTo } from '../lib/runtime/queue-ports.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import { resyncPorts } from '../lib/wiring/resync.ts'

export interface Report {
  readonly report: readonly string[]
  readonly drift: readonly Drift[]
}

export async function resyncSites(event: unknown, deadline: number, ports: ConcludePorts): Promise<Report> {
  const request = readRequest(event)
  if ('mistakes' in request) return { report: [...request.mistakes, ...USAGE], drift: [] }
  try {
    const report = await run(request, deadline, ports)
    // A look that failed is none: where no look succeeds any more, an alarm misses this figure.
    ports.telemetry.count('Reconciled', request.scope.kind === 'all' && !request.dryRun ? 1 : 0)
    return report
  } catch (error) {
    if (!(error instanceof NothingThere)) throw error
    return { report: [error.message], drift: [] }
  }
}

async function run(request: ResyncRequest, deadline: number, ports: ConcludePorts): Promise<Report> {
  const changes = loggedChanges(ports.telemetry)
  const heard = { onApplied: changes.onApplied, onSent: loggedSends(ports.telemetry) }
  const result = await resync(ports.resync, { ...request, deadline, ...heard })
  const news = changes.news()
  if (!request.dryRun && news) await ports.tell(news)
  if (!request.dryRun) await conclude(ports, { ...request, deadline }, result)
  const drift = driftOf(result)
  return { report: reportLines(drift, request.dryRun), drift }
}

export const handler = lambda((event, deadline) => {
  const [dnsQueue, hostQueue] = [sendingTo(setting('DNS_QUEUE_URL')), sendingTo(setting('HOST_QUEUE_URL'))]
  const outcomeQueue = setting('OUTCOME_QUEUE_URL')
  return resyncSites(event, deadline, {
    resync: resyncPorts(hostSettings(), diagnoseSettings()),
    tell: tellingTo(outcomeQueue),
    lookAt: (hostname, inspection) => sendingTo(outcomeQueue)(newsMessage({ kind: 'site', hostname, inspection }), 0),
    lookAgain: (unmatched) => dnsQueue(lookMessage({ unmatched }), SECOND_LOOK),
    lookAfter: (doubts) => hostQueue(lookMessage({ doubts }), DOUBT_LOOK),
    telemetry,
  })
})
