// What a site is doing, for a visitor: a pure function of what a look found. Nothing here starts anything.
//
//   instances of the site                        | what is known about this start          | state
//   none, or all of them gone                     | any                                     | broken
//   stopping                                      | any                                     | stopping
//   stopped                                       | any                                     | asleep
//   stopped; somebody asked for a start less than a minute ago | any                                     | starting
//   stopped; EC2 had no capacity for a start of the last 10 minutes | any                                     | no capacity
//   stopped, and the limits are reached           | any                                     | limit
//   pending, or running without address           | any                                     | starting
//   running                                       | the site was not live yet               | booted
//   running                                       | its configuration was successful        | configured
//   running                                       | the site was live, and the DNS record has the address | live
//   running                                       | there is a problem since the start: a notice was sent, or an earlier problem came again. But at that time visitors got the page, from the previous version | live
//   running                                       | one of two cases. First: a notice was sent or a problem came again, and visitors did not get the page. Second: the site is not live 15 minutes after the start | broken
//
// docs/door.md shows this table (scripts/tables.ts).
import { hasItsAddress, type Instance } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'
import type { LiveMark, ToldProblem } from '../outcome/state.ts'
import type { Entries, Start } from './entries.ts'
import { guessedUntil, lockedUntil, startUnderWay } from './limits.ts'
import { ticketOf } from './ticket.ts'

export const STATES = [
  'asleep',
  'stopping',
  'starting',
  'booted',
  'configured',
  'live',
  'broken',
  'no capacity',
  'limit',
  'unknown',
] as const
export type State = (typeof STATES)[number]

/** Whoever is in one of these may press the button. */
export type Pressable = 'asleep' | 'stopping' | 'no capacity'
export const isPressable = (state: State): state is Pressable =>
  state === 'asleep' || state === 'stopping' || state === 'no capacity'

export interface Mark extends LiveMark {
  /** When it was made, milliseconds since the epoch. */
  readonly at: number
}

/** What a look found. */
export interface Seen {
  readonly site: Site
  /** Those that the site selects. */
  readonly instances: readonly Instance[]
  /** Read only where one runs. */
  readonly marks: readonly Mark[]
  readonly told: readonly ToldProblem[]
  /** Every name server has the address of a running instance. */
  readonly isNamed: boolean
  /** Since when, as far as anybody here knows. Milliseconds since the epoch. */
  readonly namedSince: number | undefined
  /** The newest command for the site since the start was successful. */
  readonly isConfigured: boolean
  readonly entries: Entries
}

export interface Judged {
  readonly state: State
  /** Of this sleep. Only where the site may be started. */
  readonly ticket?: string
  /** The start that is still tried. */
  readonly start?: Start
  /** Milliseconds since the epoch: when nothing keeps a visitor from being led there, or from a start. */
  readonly until?: number
  readonly hasStarted: boolean
  readonly isNamed: boolean
  readonly isConfigured: boolean
  /** The last start ended by itself. */
  readonly fellBack: boolean
  /** Too many passwords were tried, and not too many starts. */
  readonly byPasswords?: true
  /** What keeps visitors out. */
  readonly problem?: string
  /** The start that is live now, and since when. */
  readonly live?: Pick<Mark, 'launchTime' | 'at'>
}

const NOTHING = { hasStarted: false, isNamed: false, isConfigured: false, fellBack: false } as const

/** Milliseconds that EC2 may take to show a start that it has accepted. */
const SHOWN_AFTER = 60_000

/** Milliseconds since a start after which a site that was not live is broken, whatever else is known. */
export const LIVE_WITHIN = 15 * 60_000

export function judge(seen: Seen, now: number): Judged {
  const { instances } = seen
  const states = new Set(instances.map(({ state }) => state))
  if (states.has('running') || states.has('pending')) return awake(seen, now)
  if (!states.has('stopped') && !states.has('stopping')) return { ...NOTHING, state: 'broken' }
  return asleep(seen, states.has('stopped'), now)
}

function asleep({ site, instances, entries }: Seen, hasStopped: boolean, now: number): Judged {
  const ticket = ticketOf(site.hostname, instances)
  const start = startUnderWay(entries, ticket, now)
  const known = {
    ...NOTHING,
    ticket,
    ...(start && { start }),
    fellBack: hasFallenBack(instances, entries, ticket, now),
  }
  if (start && isAwaited(start, now)) return { ...known, state: 'starting' }
  if (start?.answer === 'no capacity') return { ...known, state: 'no capacity' }
  const until = start ? undefined : lockedUntil(entries, site.door!, now)
  if (until !== undefined) return { ...NOTHING, state: 'limit', until }
  const guessed = start || site.door!.passwordPath === null ? undefined : guessedUntil(entries, now)
  if (guessed !== undefined) return { ...NOTHING, state: 'limit', until: guessed, byPasswords: true }
  return { ...known, state: hasStopped ? 'asleep' : 'stopping' }
}

const isAwaited = ({ answer, triedAt }: Start, now: number): boolean =>
  (answer === 'started' || answer === 'asked') && now - triedAt < SHOWN_AFTER

/** EC2 accepted a start for an earlier ticket, a launch time later the instance is stopped, and no mark says that anybody used it. */
function hasFallenBack(
  instances: readonly Instance[],
  { starts, took }: Entries,
  ticket: string,
  now: number,
): boolean {
  const last = Math.max(...instances.map(({ launchTime }) => launchTime))
  const isOfLast = (at: number) => Math.abs(last - at) < SHOWN_AFTER && now - at < LIVE_WITHIN
  const wasLive = took.some(({ launchTime }) => launchTime === last)
  return !wasLive && starts.some((one) => one.ticket !== ticket && one.answer === 'started' && isOfLast(one.triedAt))
}

function awake({ site, instances, marks, told, isNamed, namedSince, isConfigured }: Seen, now: number): Judged {
  const up = instances.filter(hasItsAddress).filter(({ state }) => state === 'running')
  if (up.length === 0) return { ...NOTHING, state: 'starting', ...overdue(instances, now) }
  const mark = marks.find((one) =>
    up.some(({ id, launchTime }) => one.instanceId === id && one.launchTime === launchTime),
  )
  const started = Math.max(...up.map(({ launchTime }) => launchTime))
  const problems = told.filter((one) => isOfStart(one, started))
  const problem = problems.find(({ serves }) => !serves)?.name
  const isServed = mark !== undefined || problems.some(({ serves }) => serves)
  const done = { ...NOTHING, hasStarted: true, isNamed, isConfigured: isConfigured || isServed }
  if (problem) return { ...done, state: 'broken', problem }
  if (isServed && isNamed) {
    const until = Math.min(namedSince ?? now, mark?.at ?? now) + site.parkTtl * 1000
    return { ...done, state: 'live', until, ...(mark && { live: mark }) }
  }
  if (now - started >= LIVE_WITHIN) return { ...done, state: 'broken' }
  return { ...done, state: done.isConfigured ? 'configured' : 'booted' }
}

const overdue = (instances: readonly Instance[], now: number): { readonly state?: 'broken' } =>
  instances.every(({ launchTime }) => now - launchTime >= LIVE_WITHIN) ? { state: 'broken' } : {}

/** Problems that keep visitors out; one about another writer of the record, for example, does not. */
const KEEPS_OUT = new Set(['CommandFailed', 'NotLive', 'AgentNotRegistered', 'NoPublicAddress', 'BrokenSite'])

/** What was told before the start, and not seen since, may be over by now. If it is not, the site is broken after a while anyway. */
const isOfStart = ({ name, since, seen = since }: ToldProblem, started: number): boolean =>
  KEEPS_OUT.has(name) && Date.parse(seen) >= started
