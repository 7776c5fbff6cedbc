// Logs and counts the records that a look found right. Written records were logged when they were written.
import { startField } from '../domain/instance.ts'
import { recordKey } from '../domain/record.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describePlanned } from './plan.ts'
import type { DnsReport } from './ports.ts'

/** More entries than this are summed up in the log. */
const SHOWN = 20

export function tellRecords({ plan, applied, instances }: DnsReport, triggers: number, telemetry: Telemetry): void {
  const written = new Set(applied.map(recordKey))
  const still = plan.filter((planned) => !written.has(recordKey(planned)) && planned.action !== 'refuse')
  if (still.length <= SHOWN)
    for (const planned of still)
      telemetry.info(describePlanned(planned), { site: planned.site, ...startField(instances, planned.instances) })
  telemetry.count('RecordsChanged', applied.length)
  telemetry.info(`${triggers} triggers, ${plan.length} records looked at, ${applied.length} changed`)
}
