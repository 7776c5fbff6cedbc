// Every problem that this service names: which half of the work it is about, who waits for it and for how long, and what the
// runbook says of it. docs/runbook.md shows the texts (scripts/tables.ts).
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
export const SOURCES = ['dns', 'host', 'tls'] as const
export type Source = (typeof SOURCES)[number]

interface Kind {
  readonly source: Source
  /** True: `outcome` finds the problem itself, at the end of a command or by a diagnosis, and reports it better than a step. */
  readonly toldByOutcome?: true
  /** True: each start of an instance brings it for a while, so that a report says that it waits. */
  readonly comesWithAStart?: true
  /** True: it is of one instance, and over when that stops. Any other is of the site, whichever of its instances run. */
  readonly ofInstance?: true
  /** What it means, and what a person does about it. */
  readonly means: string
  readonly todo: string
  /** When people get a notice, and when the notice of its end. */
  readonly told: string
  readonly over: string
}

interface StepKind extends Kind {
  /** Null: each brings its own, as the authority asks for. */
  readonly patience: Patience | null
}

const AFTER_ITS_PATIENCE = 'its patience ended'
const AT_ONCE = 'at once: a person must act first'
const NOT_FOUND = 'a look no longer finds it'
const NOT_FOUND_OR_STOPPED = `${NOT_FOUND}, or the instance stops`

/** What a converge step could not do. */
export const STEP_PROBLEMS = {
  AgentNotRegistered: {
    source: 'host',
    ofInstance: true,
    // The agent registers some time after `running`, seconds to minutes.
    patience: { againAfter: 2_000, givesUpAfter: 15 * 60_000 },
    comesWithAStart: true,
    means:
      'Systems Manager does not know the instance (`InvalidInstanceId`, or `AccessDeniedException` while the instance is younger than that: its tag is not known there yet)',
    todo: 'does the instance bear the stage’s tag, is the SSM agent installed and running (Debian images do not bring it), does the instance profile hold `AmazonSSMManagedInstanceCore`, can the host reach the internet on 443?',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND_OR_STOPPED,
  },
  NoPublicAddress: {
    source: 'dns',
    ofInstance: true,
    // Usually for seconds only, since the EC2 API is eventually consistent.
    patience: { againAfter: 3_000, givesUpAfter: 120_000 },
    comesWithAStart: true,
    means: 'an instance runs, and EC2 shows no public IPv4 address for it',
    todo: 'a few seconds after a start this is usual. Else: is its subnet public, with "auto-assign public IPv4" on? An address cannot be assigned to a running instance that way: stop and start it, or associate an Elastic IP',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND_OR_STOPPED,
  },
  RecordRefused: {
    source: 'dns',
    patience: NO_PATIENCE,
    means:
      'the name holds an alias, a CNAME or a record under a routing policy; or too many sites would be parked at once',
    todo: 'remove that record or choose another name; for the second, see "Park although nothing proves it"',
    told: AT_ONCE,
    over: NOT_FOUND,
  },
  RecordRejected: {
    source: 'dns',
    patience: SHORT_PATIENCE,
    means: 'Route 53 refused this change, also when it was sent alone; the others of its batch went through',
    todo: '`AccessDenied`: the role covers the names of the last deploy, so declare the site in `resources/sites` and deploy. "protected": remove the protection of the record. "already exists" or "do not match": somebody else writes this record again and again',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND,
  },
  ZoneUnreadable: {
    source: 'dns',
    patience: SHORT_PATIENCE,
    means: "the site's zone was not listed",
    todo: 'is `hostedZoneId` right, and was the site deployed with it? The role may read the zones of the declared sites only. With `RoleRefused` in its text: below',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND,
  },
  CommandRefused: {
    source: 'host',
    ofInstance: true,
    patience: SHORT_PATIENCE,
    means: "`SendCommand` was refused for another reason; the message has the service's words",
    todo: '`AccessDenied`: does the instance bear `ragstream-edge:stage = <stage>`? `InvalidDocument`: is a deploy under way?',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND_OR_STOPPED,
  },
  HostRefused: {
    source: 'host',
    ofInstance: true,
    patience: NO_PATIENCE,
    means: "two sites want one loopback port of the same host, or a value is outside the document's pattern",
    todo: 'give one of them another `container.hostPort`; correct the field that the message names',
    told: AT_ONCE,
    over: NOT_FOUND,
  },
  CommandFailed: {
    source: 'host',
    patience: NO_PATIENCE,
    toldByOutcome: true,
    means: 'a command failed three times since the start, for one state of the site: it is not sent again',
    todo: 'mend what the notice names; then change the site or its image, or send a look with `"force": true` to `HostQueue`',
    told: 'a command failed three times, or once at a step that a second run cannot pass. Other failures are tried again after 30 s and 2 min. "What a host says" explains the step',
    over: 'a command succeeds, or the instance stops',
  },
  CertificateNotObtained: {
    source: 'tls',
    patience: null,
    means:
      'a site with `tls: "acme"` got no certificate, or not the next one; the message has the reason. The one before stays and is served until it expires',
    todo: '"Certificates", below',
    told: 'the authority said no, or its patience ended; the certificate before stays',
    over: 'one was obtained',
  },
} as const satisfies Readonly<Record<string, StepKind>>

/** What only outcome names. */
const OUTCOME_PROBLEMS = {
  NotLive: {
    source: 'host',
    toldByOutcome: true,
    means: 'the host is configured, and a visitor does not get the site',
    todo: 'what the broken hop of the notice says; `npm run diagnose` looks again',
    told: 'the host is configured, and 10 minutes later a diagnosis finds it `broken`: it names the hop; or a site that was live is found so by the schedule, and again in the two minutes after',
    over: 'a diagnosis says so',
  },
  RecordContested: {
    source: 'dns',
    toldByOutcome: true,
    means: 'another program writes the record of the site; each time it was put right',
    todo: 'the notice has both values, the times, and the command that names the writer. Take the right away (`npm run doctor` names the policy of the host’s role), then the program: a start-up script, a cron line, a container',
    told: 'the record was put right the second time within an hour, or at two starts in a row, and the instance had the same address. The same address with another TTL counts',
    over: 'nobody else has written it for a week',
  },
  BrokenSite: {
    source: 'host',
    means:
      'a site document or image parameter has errors; each is in the log with path, found and wanted. Record and host stay as they are',
    todo: 'correct it. Two sites that claim one name are both broken until one lets go',
    told: 'a site document or image was written that has errors; each is in the message with path, found and wanted, and nothing was changed',
    over: 'it can be read',
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
