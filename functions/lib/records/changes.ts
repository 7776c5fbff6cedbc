// Changes of Route 53 as they are written: each is logged at once, and outcome hears of all of them at the end.
import type { Contest } from '../domain/contest.ts'
import { startField } from '../domain/instance.ts'
import type { RecordNews } from '../domain/news.ts'
import type { Trigger } from '../domain/trigger.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describePlanned } from './plan.ts'
import type { DnsRequest } from './ports.ts'

export interface Changes {
  readonly onApplied: DnsRequest['onApplied']
  /** Undefined where nothing was written. */
  news(): RecordNews | undefined
}

/** A site whose document was written just now, as `triggers` say, wants other records: nobody else wrote the former ones. */
export function loggedChanges(telemetry: Telemetry, triggers: readonly Trigger[] = []): Changes {
  const changed = new Set(triggers.flatMap((trigger) => (trigger.kind === 'site' ? [trigger.hostname] : [])))
  const sites = new Map<string, Set<string>>()
  const contests: Contest[] = []
  return {
    onApplied(planned, { change, instances, contest }) {
      if (contest && !changed.has(planned.site)) contests.push(contest)
      sites.set(change, (sites.get(change) ?? new Set()).add(planned.site))
      const data = { site: planned.site, change, ...startField(instances, planned.instances) }
      telemetry.info(describePlanned(planned), data)
    },
    news: () =>
      sites.size === 0
        ? undefined
        : {
            ...{ kind: 'records', changes: [...sites].map(([id, names]) => ({ id, sites: [...names] })) },
            ...(contests.length > 0 ? { contests } : {}),
          },
  }
}
