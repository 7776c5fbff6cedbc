// Every problem that this service names: which half of the work it is about, who waits for it and for how long. What the runbook says of
// each is in scripts/problem-words.ts, which is in no bundle.
import type { Trigger } from './trigger.ts'

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

/** The part of the work that a problem is about. A look at one part proves nothing about another. */
export const SOURCES = ['dns', 'host', 'tls', 'idle'] as const
export type Source = (typeof SOURCES)[number]

interface Kind {
  readonly source: Source
  /** True: `outcome` finds the problem itself, at the end of a command or by a diagnosis, and reports it better than a step. */
  readonly toldByOutcome?: true
  /** True: each start of an instance brings it for a while, so that a report says that it waits. */
  readonly comesWithAStart?: true
  /** True: it is of one instance, and over when that stops. Any other is of the site, whichever of its instances run. */
  readonly ofInstance?: true
}

interface StepKind extends Kind {
  /** Null: each brings its own, as the authority asks for. */
  readonly patience: Patience | null
}

/** What a converge step could not do. */
export const STEP_PROBLEMS = {
  AgentNotRegistered: {
    source: 'host',
    ofInstance: true,
    // The agent registers some time after `running`, seconds to minutes.
    patience: { againAfter: 2_000, givesUpAfter: 15 * 60_000 },
    comesWithAStart: true,
  },
  NoPublicAddress: {
    source: 'dns',
    ofInstance: true,
    // Usually for seconds only, since the EC2 API is eventually consistent.
    patience: { againAfter: 3_000, givesUpAfter: 120_000 },
    comesWithAStart: true,
  },
  RecordRefused: {
    source: 'dns',
    patience: NO_PATIENCE,
  },
  RecordRejected: {
    source: 'dns',
    patience: SHORT_PATIENCE,
  },
  ZoneUnreadable: {
    source: 'dns',
    patience: SHORT_PATIENCE,
  },
  CommandRefused: {
    source: 'host',
    ofInstance: true,
    patience: SHORT_PATIENCE,
  },
  HostRefused: {
    source: 'host',
    ofInstance: true,
    patience: NO_PATIENCE,
  },
  CommandFailed: {
    source: 'host',
    patience: NO_PATIENCE,
    toldByOutcome: true,
  },
  CertificateNotObtained: {
    source: 'tls',
    patience: null,
  },
  UseUnknown: {
    source: 'idle',
    ofInstance: true,
    patience: NO_PATIENCE,
  },
  NotStopped: {
    source: 'idle',
    ofInstance: true,
    patience: NO_PATIENCE,
  },
} as const satisfies Readonly<Record<string, StepKind>>

/** What only outcome names. */
const OUTCOME_PROBLEMS = {
  NotLive: {
    source: 'host',
    toldByOutcome: true,
  },
  RecordContested: {
    source: 'dns',
    toldByOutcome: true,
  },
  BrokenSite: {
    source: 'host',
  },
} as const satisfies Readonly<Record<string, Kind>>

/** What a maintainer greps for. */
export type StepProblem = keyof typeof STEP_PROBLEMS
export type ProblemName = StepProblem | keyof typeof OUTCOME_PROBLEMS

export const PROBLEMS: Readonly<Record<ProblemName, Kind>> = { ...STEP_PROBLEMS, ...OUTCOME_PROBLEMS }

export const isProblemName = (name: string): name is ProblemName => Object.hasOwn(PROBLEMS, name)

/** How long a message is tried again for a problem. A problem with its own patience: not at all. */
export const patienceWith = (name: StepProblem): Patience => STEP_PROBLEMS[name].patience ?? NO_PATIENCE

export interface Problem {
  readonly name: StepProblem
  readonly message: string
  readonly site: string
  /** Instances concerned; a trigger about one of them waits for this problem. */
  readonly instances: readonly string[]
  readonly patience: Patience
}

/** A problem of the usual patience. */
export const toProblem = (name: StepProblem, concerned: Pick<Problem, 'message' | 'site' | 'instances'>): Problem => ({
  ...{ name, ...concerned },
  patience: patienceWith(name),
})

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
