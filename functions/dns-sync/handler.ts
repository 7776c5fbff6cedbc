// dns-sync: whatever happened, make the records say what the instances are.
import type { SQSBatchResponse } from 'aws-lambda'
import { startField } from '../lib/domain/instance.ts'
import { recordKey } from '../lib/domain/record.ts'
import { instancesOnly, lookMessage, SECOND_LOOK, type Trigger } from '../lib/domain/trigger.ts'
import { convergeDns } from '../lib/records/converge.ts'
import { rememberRecords } from '../lib/records/memory.ts'
import { describePlanned } from '../lib/records/plan.ts'
import type { DnsPorts, DnsReport } from '../lib/records/ports.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { type Delivery, throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'
import type { Clock } from '../lib/steps/clock.ts'
import { rememberSites } from '../lib/steps/remember-sites.ts'
import { dnsPorts } from '../lib/wiring/records.ts'

export interface Dependencies {
  readonly dns: DnsPorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

/**
 * Milliseconds that a look waits for each trigger beyond the first few, the most that it waits, how far two such waits
 * spread, and what must be left for the look itself.
 */
const BURST = { few: 5, each: 250, most: 10_000, spread: 0.6, reserve: 35_000 }

/** More entries than this are summed up in the log. */
const SHOWN = 20

export const dnsSync = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, {
    source: 'dns',
    run: (triggers, delivery) => lookAtRecords(triggers, delivery, deadline, deps),
  })

async function lookAtRecords(
  triggers: readonly Trigger[],
  { oldest, again }: Delivery,
  deadline: number,
  deps: Dependencies,
): Promise<DnsReport> {
  const { dns } = deps
  const changes = new Map<string, Set<string>>()
  const isLook = triggers.some(({ kind }) => kind === 'look')
  const afresh = isLook || again || triggers.length <= BURST.few
  if (afresh) dns.forget?.()
  await letBurstPass(triggers.length, oldest, deadline, dns.clock)
  const report = await convergeDns(dns, {
    ...(again ? {} : instancesOnly(triggers)),
    unmatchedBefore: new Set(triggers.flatMap((trigger) => (trigger.kind === 'look' ? trigger.unmatched : []))),
    force: triggers.some((trigger) => trigger.kind === 'look' && trigger.force),
    dryRun: false,
    deadline,
    onApplied: (planned, { change, instances }) => {
      changes.set(change, (changes.get(change) ?? new Set()).add(planned.site))
      const data = { site: planned.site, change, ...startField(instances, planned.instances) }
      deps.telemetry.info(describePlanned(planned), data)
    },
  })
  sayWhatIsRight(report, triggers, deps.telemetry)
  // What was right by memory, another process may have written since; and a zone that failed may answer by then: memory is as old, too.
  if (report.unmatched.length > 0 || !afresh || (!report.complete && !isLook))
    await deps.queue.sendLater(lookMessage({ unmatched: report.unmatched }), SECOND_LOOK)
  if (changes.size > 0) await deps.queue.tell({ kind: 'records', changes: [...changes].map(toChange) })
  return report
}

const toChange = ([id, sites]: readonly [string, ReadonlySet<string>]) => ({ id, sites: [...sites] })

/**
 * Many triggers at once mean that more are under way, and Route 53 takes 5 requests a second from the whole account:
 * one look a little later serves them all. The spread keeps two such runs from writing at the same moment.
 */
async function letBurstPass(triggers: number, oldest: number, deadline: number, clock: Clock): Promise<void> {
  const patience = Math.min(BURST.most, Math.max(0, triggers - BURST.few) * BURST.each)
  const until = oldest + patience * (1 + clock.random() * BURST.spread)
  const wait = Math.min(until, deadline - BURST.reserve) - clock.now()
  if (patience > 0 && wait > 0) await clock.sleep(wait)
}

function sayWhatIsRight(
  { plan, applied, instances }: DnsReport,
  triggers: readonly Trigger[],
  telemetry: Telemetry,
): void {
  const written = new Set(applied.map(recordKey))
  const still = plan.filter((planned) => !written.has(recordKey(planned)) && planned.action !== 'refuse')
  if (still.length <= SHOWN)
    for (const planned of still)
      telemetry.info(describePlanned(planned), { site: planned.site, ...startField(instances, planned.instances) })
  telemetry.count('RecordsChanged', applied.length)
  telemetry.info(`${triggers.length} triggers, ${plan.length} records looked at, ${applied.length} changed`)
}

/** Made at the first event, and kept as long as Lambda keeps the process. */
let dns: DnsPorts | undefined

export const handler = lambda((event, deadline) => {
  dns ??= rememberRecords(rememberSites(dnsPorts(setting('STAGE'), setting('SITES_PATH'))))
  return dnsSync(event, deadline, { dns, queue: queuePorts(), telemetry })
})
