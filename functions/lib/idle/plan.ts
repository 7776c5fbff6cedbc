// Decides which instances are stopped because nobody uses them. A pure function of sites, instances, what is known of each start, and the looks of this
// run at its host. Every entry has a reason.
//
//   running instance of the stage | plan
//   no site selects it; a site on it has no `idle`; a site document has errors | keep
//   tag `ragstream-edge:awake-until` with a time in the future, or without a time | keep
//   in an Auto Scaling group; or EC2 refused to stop it since its start | refuse, with one notice
//   started at least `idle.longest` ago, and the notice `StopsSoon` was sent at least 15 minutes ago | stop, also while it is used
//   started less than `idle.unusedAfter` ago | keep
//   fewer than two looks at the host in this run of `idle` | look at the host
//   a look failed or came late, or the host has booted in between | unknown. Unknown never counts as idle. After three in a row: one notice
//   a session (a visitor's request of 5 s or more, mostly a WebSocket) is open, or ended less than `idle.stopAfter` ago | keep
//   the host computes, sends or receives data, or uses its GPU; or somebody is logged in | keep
//   configured less than `idle.stopAfter` ago, or a configuration is under way | keep
//   no site was live since the start, and less than two times `idle.unusedAfter` have passed since then | keep
//   two looks of the same start agree that nobody uses it | stop
//
// docs/architecture.md shows this table (scripts/tables.ts).
import { type Instance, selectInstances, startOf } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'
import { isUnderWay, type SentCommand } from '../hosts/command.ts'
import type { LookResult } from './look.ts'
import type { Memory } from './memory.ts'
import { type Terms, termsOf } from './terms.ts'
import { useIn } from './use.ts'

export interface PlannedIdle {
  readonly instanceId: string
  /** `<instance id>@<launch time>`. */
  readonly start: string
  /** Hostnames of the sites on it. */
  readonly sites: readonly string[]
  readonly action: 'keep' | 'look' | 'unknown' | 'refuse' | 'stop'
  readonly reason: string
  /** Of an instance that may be stopped. */
  readonly terms?: Terms
  /** People get a notice of this stop whatever the site says. */
  readonly tells?: true
  /** It is stopped in 15 minutes whoever uses it, and nobody was told yet. */
  readonly warns?: true
}

/** What is asked only where a first look found nobody. */
export interface Details {
  /** Configurations of the host. */
  readonly commands: readonly SentCommand[]
  /** A site on it was live since its start. */
  readonly live: boolean
}

export interface IdlePlanInput {
  readonly sites: readonly Site[]
  /** Hostnames of documents with errors: nobody knows what they select. */
  readonly broken: readonly string[]
  readonly instances: readonly Instance[]
  /** By `startOf`, so that a look at an earlier start counts for nothing. */
  readonly looks: ReadonlyMap<string, readonly LookResult[]>
  readonly details: ReadonlyMap<string, Details>
  /** By instance id. */
  readonly memory: ReadonlyMap<string, Memory>
  /** Milliseconds of a minute of `idle`: 60,000, and less in tests. */
  readonly minute: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

export const AWAKE_UNTIL = 'ragstream-edge:awake-until'
export const GROUP_TAG = 'aws:autoscaling:groupName'

/** Minutes from the notice StopsSoon to the stop. */
export const WARNING = 15

/** Looks that agree before an instance is stopped. */
export const LOOKS = 2

type Verdict = Pick<PlannedIdle, 'action' | 'reason' | 'tells' | 'warns'>

/** In the order of instance ids; instances that do not run are left alone. */
export function planIdle(input: IdlePlanInput): PlannedIdle[] {
  const running = input.instances.filter(({ state }) => state === 'running').sort((a, b) => (a.id < b.id ? -1 : 1))
  const chosen = selectInstances(input.sites, running)
  return running.map((instance) => {
    const sites = input.sites.filter(({ hostname }) => chosen.get(hostname)?.includes(instance))
    const base = { instanceId: instance.id, start: startOf(instance), sites: sites.map(({ hostname }) => hostname) }
    const awake = withoutTerms(sites, input.broken)
    if (awake) return { ...base, action: 'keep', reason: awake }
    const terms = termsOf(sites, input.minute)
    return { ...base, terms, ...judge(instance, terms, input) }
  })
}

function withoutTerms(sites: readonly Site[], broken: readonly string[]): string | undefined {
  if (sites.length === 0) return 'no site selects it'
  const one = sites.find(({ idle }) => idle === null)
  if (one) return `${one.hostname} has no idle`
  if (broken.length > 0) return `the document of ${broken[0]} has errors: it may be a site of this instance`
  return undefined
}

const keep = (reason: string): Verdict => ({ action: 'keep', reason })

function judge(instance: Instance, terms: Terms, input: IdlePlanInput): Verdict {
  const { now, minute } = input
  const memory = input.memory.get(instance.id)
  const known = memory?.start === startOf(instance) ? memory : undefined
  const word = instance.tags[AWAKE_UNTIL]
  if (word !== undefined && !(Date.parse(word) <= now)) return keep(`its tag ${AWAKE_UNTIL} says ${word}`)
  const group = instance.tags[GROUP_TAG]
  if (group !== undefined)
    return {
      action: 'refuse',
      reason: `it belongs to the Auto Scaling group ${group}, which replaces what is stopped`,
    }
  if (known?.refused !== undefined)
    return { action: 'refuse', reason: `EC2 refused to stop it since its start: ${known.refused}` }
  const age = now - instance.launchTime
  const longest = atLongest(age, terms, known, input)
  if (longest) return longest
  const verdict = age < terms.unusedAfter ? keep(young(age, terms, minute)) : ofLooks(instance, terms, input)
  return { ...verdict, ...warning(age, terms, known, minute) }
}

const young = (age: number, { unusedAfter }: Terms, minute: number): string =>
  `it started ${told(age, minute)} ago: awake for ${told(unusedAfter, minute)} although nobody has come yet`

/** A limit without a warning before it would cut off somebody who works. */
function atLongest(
  age: number,
  { longest }: Terms,
  known: Memory | undefined,
  { now, minute }: IdlePlanInput,
): Verdict | undefined {
  const isOver = longest !== null && age >= longest
  if (!isOver || known?.warnedAt === undefined || now - known.warnedAt < WARNING * minute) return undefined
  return {
    action: 'stop',
    reason: `it has run for ${told(age, minute)}, the most that idle.longest allows`,
    tells: true,
  }
}

const warning = (
  age: number,
  { longest }: Terms,
  known: Memory | undefined,
  minute: number,
): Pick<PlannedIdle, 'warns'> =>
  longest !== null && age >= longest - WARNING * minute && known?.warnedAt === undefined ? { warns: true } : {}

function ofLooks(instance: Instance, terms: Terms, input: IdlePlanInput): Verdict {
  const looks = input.looks.get(startOf(instance)) ?? []
  const details = input.details.get(startOf(instance))
  const failed = looks.find((one) => one.kind === 'failed')
  if (failed) return { action: 'unknown', reason: `nobody knows whether it is used: ${failed.why}` }
  const seen = looks.flatMap((one) => (one.kind === 'seen' ? [one] : []))
  const use = useIn(seen, terms, { live: details?.live, minute: input.minute })
  if (use) return use
  if (!details || seen.length < LOOKS)
    return {
      action: 'look',
      reason: seen.length === 0 ? 'the host is asked' : 'nobody was seen: the host is asked again',
    }
  return ofDetails(instance, terms, details, input)
}

function ofDetails(
  instance: Instance,
  terms: Terms,
  { commands, live }: Details,
  { now, minute }: IdlePlanInput,
): Verdict {
  const busy = commands.find((one) => isUnderWay(one) || now - one.requestedAt < terms.stopAfter)
  if (busy) return keep(`command ${busy.id} configured it ${told(now - busy.requestedAt, minute)} ago: ${busy.status}`)
  const age = now - instance.launchTime
  if (live)
    return { action: 'stop', reason: `nobody has used it for ${told(terms.stopAfter, minute)}: two looks agree` }
  if (age < 2 * terms.unusedAfter)
    return keep(
      `no site of it was live since it started ${told(age, minute)} ago: awake for twice ${told(terms.unusedAfter, minute)}`,
    )
  return { action: 'stop', reason: `no site of it was live since it started ${told(age, minute)} ago`, tells: true }
}

/** A duration for people. */
export const told = (ms: number, minute: number): string => {
  const minutes = Math.floor(ms / minute)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const describePlannedIdle = ({ action, instanceId, reason }: PlannedIdle): string =>
  `${action} ${instanceId}: ${reason}`
