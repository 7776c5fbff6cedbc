// What a converge step could not do, and who is to wait for it.
import type { Trigger } from './trigger.ts'

/** What a maintainer greps for. */
export const PROBLEM_NAMES = [
  ...(['AgentNotRegistered', 'CommandFailed', 'CommandRefused', 'HostRefused'] as const),
  ...(['NoPublicAddress', 'RecordRefused', 'RecordRejected', 'ZoneUnreadable'] as const),
  'CertificateNotObtained',
] as const
export type ProblemName = (typeof PROBLEM_NAMES)[number]

export interface Problem {
  readonly name: ProblemName
  readonly message: string
  readonly site: string
  /** Instances concerned; a trigger about one of them waits for this problem. */
  readonly instances: readonly string[]
  readonly patience: Patience
}

/** How long a trigger is tried again before it goes to the dead letters with the problem's words. */
export interface Patience {
  /** Milliseconds until the next look; later ones come at growing intervals. */
  readonly againAfter: number
  /** Milliseconds since the trigger was sent after which the problem is final. */
  readonly givesUpAfter: number
}

/** A person has to act first; the schedule looks again anyway. */
export const NO_PATIENCE: Patience = { againAfter: 0, givesUpAfter: 0 }

/** May pass by itself, as a right that is still spreading after a deploy does. */
export const SHORT_PATIENCE: Patience = { againAfter: 10_000, givesUpAfter: 120_000 }

/** Milliseconds until a trigger that was received so many times is looked at again: growing by a half, to 30 seconds. */
export const nextLook = (patience: Patience, receives: number): number =>
  Math.min(patience.againAfter * 1.5 ** (receives - 1), Math.max(30_000, patience.againAfter))

/**
 * Whether this trigger waits for this problem. An event about one instance is not held back by another instance's
 * trouble; a look at everything is held back by none, since the schedule looks again anyway.
 */
export function concerns(problem: Problem, trigger: Trigger): boolean {
  if (trigger.kind === 'instance') return problem.instances.includes(trigger.instanceId)
  return trigger.kind === 'site' && trigger.hostname === problem.site
}
