// dns-sync: whatever happened, make the records say what the instances are.
import type { SQSBatchResponse } from 'aws-lambda'
import { convergeDns, type DnsPorts, type DnsReport } from '../lib/converge/dns.ts'
import { dnsPorts } from '../lib/converge/ports.ts'
import { describePlanned } from '../lib/domain/plan.ts'
import { recordKey } from '../lib/domain/record.ts'
import { lookMessage, type Trigger } from '../lib/domain/trigger.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import { type QueuePorts, throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'

export interface Dependencies {
  readonly dns: DnsPorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

/** Seconds between the two looks that must both find no instance before a record is parked for it. */
const SECOND_LOOK = 60

/** More entries than this are summed up in the log. */
const SHOWN = 20

export const dnsSync = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, async (triggers) => {
    const report = await convergeDns(deps.dns, {
      unmatchedBefore: new Set(triggers.flatMap((trigger) => (trigger.kind === 'look' ? trigger.unmatched : []))),
      force: triggers.some((trigger) => trigger.kind === 'look' && trigger.force),
      dryRun: false,
      deadline,
      onApplied: (planned) => deps.telemetry.info(describePlanned(planned), { site: planned.site }),
    })
    sayWhatIsRight(report, triggers, deps.telemetry)
    if (report.unmatched.length > 0)
      await deps.queue.sendLater(lookMessage({ unmatched: report.unmatched }), SECOND_LOOK)
    return report
  })

function sayWhatIsRight({ plan, applied }: DnsReport, triggers: readonly Trigger[], telemetry: Telemetry): void {
  const written = new Set(applied.map(recordKey))
  const still = plan.filter((planned) => !written.has(recordKey(planned)) && planned.action !== 'refuse')
  if (still.length <= SHOWN)
    for (const planned of still) telemetry.info(describePlanned(planned), { site: planned.site })
  telemetry.count('RecordsChanged', applied.length)
  telemetry.info(`${triggers.length} triggers, ${plan.length} records looked at, ${applied.length} changed`)
}

export const handler = lambda((event, deadline) =>
  dnsSync(event, deadline, { dns: dnsPorts(setting('STAGE'), setting('SITES_PATH')), queue: queuePorts(), telemetry }),
)
