// What the page says of each state. For anybody who comes by: no id, no address, nothing of what is wrong inside.
import type { Took } from '../entries.ts'
import type { Judged, State } from '../plan.ts'

export interface Hop {
  readonly mark: 'done' | 'now' | 'to do' | 'failed'
  readonly text: string
}

const HOPS = [
  'The computer starts',
  'The computer is awake',
  'The name leads to it',
  'The app is set up',
  'The site answers',
] as const

/** How far each state has come: so many hops are done, and the next one is under way. */
export function hopsOf({ state, hasStarted, isNamed, isConfigured }: Judged): readonly Hop[] {
  if (state !== 'broken' && !isWay(state)) return []
  const isLive = state === 'live'
  const done = [hasStarted, hasStarted, isNamed, isConfigured, isLive]
  const first = done.indexOf(false)
  return HOPS.map((text, index) => {
    if (done[index]) return { mark: 'done', text }
    if (index !== first) return { mark: 'to do', text }
    return { mark: state === 'broken' ? 'failed' : 'now', text }
  })
}

const isWay = (state: State): boolean =>
  state === 'starting' || state === 'booted' || state === 'configured' || state === 'live'

const SENTENCES: Readonly<Record<State, string>> = {
  asleep: 'It is asleep. Nobody has needed it for a while.',
  stopping: 'It is just going to sleep. It can be started again in about a minute.',
  starting: 'It is starting.',
  booted: 'The computer is awake. The app is being set up.',
  configured: 'The app is set up. In a moment the name leads to it.',
  live: 'It is awake.',
  broken: 'It does not work at the moment. Ask its owner.',
  'no capacity': 'There is no free computer for it at this moment.',
  limit: 'It has been started as often as its owner allows.',
  unknown: 'Nobody can say at this moment what it is doing. This page asks again.',
}

/** What a diagnosis means for a visitor. The rest is in the owner's notice. */
const BROKEN: Readonly<Record<string, string>> = {
  CommandFailed: 'The computer is awake, but the app could not be set up on it. Its owner has been told.',
  NotLive: 'The computer is awake, but the app does not answer. Its owner has been told.',
  AgentNotRegistered: 'The computer is awake, but takes no orders. Its owner has been told.',
  NoPublicAddress: 'The computer is awake, but nobody can reach it from outside. Its owner has been told.',
  BrokenSite: 'Its settings have a mistake. Its owner has been told.',
}

const GUESSED = 'Too many passwords were tried.'

const FELL_BACK =
  'It was started, and went back to sleep at once. Mostly there was no free computer. You can try again.'

export function sentenceOf({ state, until, fellBack, start, problem = '', byPasswords }: Judged, now: number): string {
  if (state === 'broken') return BROKEN[problem] ?? SENTENCES.broken
  if (state === 'asleep' && fellBack) return FELL_BACK
  if (state === 'limit' && until !== undefined)
    return `${byPasswords ? GUESSED : SENTENCES.limit} It can be started again at ${clockOf(until)}.`
  if (state === 'live' && until !== undefined && until > now)
    return `${SENTENCES.live} This page leads there in ${Math.ceil((until - now) / 1000)} seconds, when everybody knows its new address.`
  if (start && (state === 'no capacity' || state === 'stopping'))
    return `${SENTENCES[state]} This page tries again every minute.`
  return SENTENCES[state]
}

/** 2026-11-30T19:05:00Z -> `19:05 UTC` */
const clockOf = (time: number): string => `${new Date(time).toISOString().slice(11, 16)} UTC`

/** `usually 50 to 80 seconds`; undefined before there were any. Rounded to five seconds, outwards. */
export function usually(took: readonly Took[]): string | undefined {
  if (took.length === 0) return undefined
  const seconds = took.map(({ ms }) => ms / 1000)
  const [least, most] = [Math.floor(Math.min(...seconds) / 5) * 5, Math.ceil(Math.max(...seconds) / 5) * 5]
  return least === most || least === 0 ? `about ${most} seconds` : `${least} to ${most} seconds`
}
