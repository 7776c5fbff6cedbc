// dns-sync: on every event, sets the records to the addresses of the running instances.
import type { SQSBatchResponse } from 'aws-lambda'
import { areStarts, instancesOnly, lookMessage, SECOND_LOOK, type Trigger } from '../lib/domain/trigger.ts'
import { isBurst, letBurstPass } from '../lib/records/burst.ts'
import { loggedChanges } from '../lib/records/changes.ts'
import { convergeDns } from '../lib/records/converge.ts'
import { rememberRecords } from '../lib/records/memory.ts'
import type { DnsPorts } from '../lib/records/ports.ts'
import { tellRecords } from '../lib/records/tell.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { type Delivery, throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import { rememberSites } from '../lib/steps/remember-sites.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { dnsPorts } from '../lib/wiring/records.ts'

export interface Dependencies {
  readonly dns: DnsPorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

export const dnsSync = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, {
    source: 'dns',
    run: (triggers, delivery) => look(triggers, delivery, deadline, deps),
  })

async function look(triggers: readonly Trigger[], { oldest, again }: Delivery, deadline: number, deps: Dependencies) {
  const { dns, queue, telemetry } = deps
  const looks = triggers.filter((trigger) => trigger.kind === 'look')
  const afresh = looks.length > 0 || again || !isBurst(triggers)
  if (afresh) dns.forget?.()
  await letBurstPass(triggers, oldest, deadline, dns.clock)
  const changes = loggedChanges(telemetry, triggers)
  const report = await convergeDns(dns, {
    ...(again ? {} : instancesOnly(triggers)),
    unmatchedBefore: new Set(looks.flatMap(({ unmatched }) => unmatched)),
    force: looks.some(({ force }) => force),
    ...{ areStarts: areStarts(triggers), dryRun: false, deadline, onApplied: changes.onApplied },
  })
  tellRecords(report, triggers.length, telemetry)
  // What was right by memory, another process may have written since; and a zone that failed may answer by then: memory is as old, too.
  if (report.unmatched.length > 0 || !afresh || (!report.complete && looks.length === 0))
    await queue.sendLater(lookMessage({ unmatched: report.unmatched }), SECOND_LOOK)
  const news = changes.news()
  if (news) await queue.tell(news)
  return report
}

/** Made at the first event, and kept as long as Lambda keeps the process. */
let dns: DnsPorts | undefined

export const handler = lambda((event, deadline) => {
  dns ??= rememberRecords(rememberSites(dnsPorts(setting('STAGE'), setting('SITES_PATH'))))
  return dnsSync(event, deadline, { dns, queue: queuePorts(), telemetry })
})
