// When an instance was used last, and when it would be stopped: for people who ask. It decides nothing.
import { type Instance, startOf } from '../domain/instance.ts'
import type { LookResult } from './look.ts'
import type { PlannedIdle } from './plan.ts'

/** Milliseconds since the epoch. */
export interface Outlook {
  /** Its last session ended then, or earlier: at its start, where nobody has come. Missing while one is open, and where nobody looked. */
  readonly lastUse?: number
  /** When nobody comes, computes or is logged in; the schedule comes up to 10 minutes later. */
  readonly stopsAt?: number
  /** Whoever uses it (idle.longest). */
  readonly endsAt?: number
}

export function outlookOf(
  { action, terms }: PlannedIdle,
  { launchTime }: Pick<Instance, 'launchTime'>,
  looks: readonly LookResult[],
): Outlook {
  if (terms === undefined || action === 'refuse') return {}
  const ends = terms.longest === null ? {} : { endsAt: launchTime + terms.longest }
  const seen = looks.find((one) => one.kind === 'seen')
  if (!seen?.look.nginx || seen.look.nginx.sessions > 0) return ends
  const lastUse = Math.max(launchTime, Math.round(seen.askedAt - seen.look.nginx.quiet * 1000))
  return { lastUse, stopsAt: Math.max(lastUse + terms.stopAfter, launchTime + terms.unusedAfter), ...ends }
}

export const withOutlook = (
  plan: readonly PlannedIdle[],
  instances: readonly Instance[],
  looks: ReadonlyMap<string, readonly LookResult[]>,
): (PlannedIdle & Outlook)[] =>
  plan.map((one) => {
    const instance = instances.find((its) => startOf(its) === one.start)!
    return { ...one, ...outlookOf(one, instance, looks.get(one.start) ?? []) }
  })
