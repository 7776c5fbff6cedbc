// The written changes of a run: each is logged at once, and all are sent to `outcome` at the end; but for those that events of a start have
// brought: of a start it hears when the command to its host has ended.
import type { Contest } from '../domain/contest.ts'
import { startField } from '../domain/instance.ts'
import type { RecordNews } from '../domain/news.ts'
import type { Trigger } from '../domain/trigger.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describePlanned } from './plan.ts'
import type { DnsRequest } from './ports.ts'

export interface Changes {
  readonly onApplied: DnsRequest['onApplied']
  /** Undefined where nothing was written that outcome has to hear of. */
  news(): RecordNews | undefined
}

/** A site whose document was just written (`triggers`) needs other records. The former records then come from us, not from another writer. */
export function loggedChanges(telemetry: Telemetry, triggers: readonly Trigger[] = []): Changes {
  const changed = new Set(triggers.flatMap((trigger) => (trigger.kind === 'site' ? [trigger.hostname] : [])))
  const areEvents = triggers.length > 0 && triggers.every(({ kind }) => kind === 'instance')
  const sites = new Map<string, Set<string>>()
  const contests: Contest[] = []
  return {
    onApplied(planned, { change, instances, contest, isOfStart }) {
      const isContested = contest && !changed.has(planned.site)
      if (isContested) contests.push(contest)
      if (isContested || !(areEvents && isOfStart))
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
