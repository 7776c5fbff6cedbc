// Changes of Route 53 as they are written: each is logged at once, and outcome hears of all of them at the end.
import { startField } from '../domain/instance.ts'
import type { RecordNews } from '../domain/news.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describePlanned } from './plan.ts'
import type { DnsRequest } from './ports.ts'

export interface Changes {
  readonly onApplied: DnsRequest['onApplied']
  /** Undefined where nothing was written. */
  news(): RecordNews | undefined
}

export function loggedChanges(telemetry: Telemetry): Changes {
  const sites = new Map<string, Set<string>>()
  return {
    onApplied(planned, { change, instances }) {
      sites.set(change, (sites.get(change) ?? new Set()).add(planned.site))
      const data = { site: planned.site, change, ...startField(instances, planned.instances) }
      telemetry.info(describePlanned(planned), data)
    },
    news: () =>
      sites.size === 0
        ? undefined
        : { kind: 'records', changes: [...sites].map(([id, names]) => ({ id, sites: [...names] })) },
  }
}
