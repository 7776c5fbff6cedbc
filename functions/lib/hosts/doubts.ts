// Commands whose end may never be reported. The run that sends a command asks for one later look. That look asks for the next one. So each command has one such request at a time,
// however many runs see the command meanwhile. The schedule sees it in any case.
import type { Trigger } from '../domain/trigger.ts'
import { isUnderWay } from './command.ts'
import { hostKey, type PlannedHost } from './plan.ts'
import type { HostReport, HostRequest } from './ports.ts'

export const doubtsIn = (triggers: readonly Trigger[]): ReadonlySet<string> =>
  new Set(triggers.flatMap((trigger) => (trigger.kind === 'look' ? (trigger.doubts ?? []) : [])))

/** Where nothing else is asked for: the hosts of these commands, while they are under way. What has failed has a patience of its own. */
export function onlyOf(triggers: readonly Trigger[], doubts: ReadonlySet<string>): Pick<HostRequest, 'only'> {
  if (triggers.some((trigger) => trigger.kind !== 'look' || trigger.doubts === undefined)) return {}
  const hosts = new Set<string>()
  return {
    only: (planned: PlannedHost) => {
      const { last } = planned
      if (last && doubts.has(last.id) && isUnderWay(last)) hosts.add(hostKey(planned))
      return hosts.has(hostKey(planned))
    },
  }
}

/** What a later look is asked for: what this run has sent, and what it was asked about and has still no end. */
export const stillOpen = ({ sent, doubtful }: HostReport, doubts: ReadonlySet<string>): string[] => [
  ...sent.map(({ id }) => id),
  ...[...doubts].filter((id) => doubtful.has(id)),
]
