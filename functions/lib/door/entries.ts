// What the door writes down, a parameter each below /ragstream-edge/<stage>/state/door/<hostname>/: every start, every try at a password, how long starts
// took. Names have a day or an hour and a number, so that none is made again after it was deleted (DeleteParameter: wait 30 s).
import * as v from 'valibot'
import { date, parsedJson } from '../domain/schema.ts'

/** `name` is what follows the hostname. */
export interface Entry {
  readonly name: string
  readonly value: string
}

/** What EC2 said to the last request. `asked`: it was not heard yet. */
const ANSWERS = ['asked', 'started', 'stopping', 'no capacity', 'refused'] as const
export type StartAnswer = (typeof ANSWERS)[number]

/** A start that somebody asked for. Times in milliseconds since the epoch. */
export interface Start {
  /** `starts/<day>/<number>` */
  readonly name: string
  readonly ticket: string
  readonly at: number
  readonly triedAt: number
  readonly answer: StartAnswer
}

/** From the click to live, milliseconds, by the launch time of the start. */
export interface Took {
  readonly launchTime: number
  readonly ms: number
}

export interface Entries {
  readonly starts: readonly Start[]
  /** Hour -> tries at a password within it. */
  readonly tries: ReadonlyMap<string, number>
  /** The oldest first. */
  readonly took: readonly Took[]
  readonly names: readonly string[]
}

const startValue = v.object({ ticket: v.string(), at: date, triedAt: date, answer: v.picklist(ANSWERS) })
const tookValue = v.array(v.object({ launchTime: v.number(), ms: v.number() }))

export const TOOK = 'took'
/** Of a page: what is older says little. */
const REMEMBERED = 5

export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
export const hourOf = (time: number): string => new Date(time).toISOString().slice(0, 13)

export const startName = (time: number, n: number): string => `starts/${dayOf(time)}/${n}`
export const tryName = (time: number, n: number): string => `tries/${hourOf(time)}/${n}`

const iso = (time: number): string => new Date(time).toISOString()

export const startText = ({ ticket, at, triedAt, answer }: Omit<Start, 'name'>): string =>
  JSON.stringify({ ticket, at: iso(at), triedAt: iso(triedAt), answer })

export const tookText = (took: readonly Took[], one: Took): string => JSON.stringify([...took, one].slice(-REMEMBERED))

/** A start that cannot be read still counts: it is taken as of the end of its day. */
export function readEntries(entries: readonly Entry[]): Entries {
  const tries = entries.flatMap(({ name }) => /^tries\/([^/]+)\/\d+$/.exec(name)?.[1] ?? [])
  const took = entries.find(({ name }) => name === TOOK)
  return {
    starts: entries.flatMap(readStart),
    tries: new Map([...Map.groupBy(tries, (hour) => hour)].map(([hour, all]) => [hour, all.length])),
    took: (took && parsedJson(tookValue, took.value)) ?? [],
    names: entries.map(({ name }) => name),
  }
}

function readStart({ name, value }: Entry): Start[] {
  const [, day] = /^starts\/(\d{4}-\d\d-\d\d)\/\d+$/.exec(name) ?? []
  if (day === undefined) return []
  const read = parsedJson(startValue, value)
  const end = Date.parse(`${day}T23:59:59Z`)
  if (!read) return [{ name, ticket: '', at: end, triedAt: end, answer: 'refused' }]
  return [{ ...read, name, at: Date.parse(read.at), triedAt: Date.parse(read.triedAt) }]
}

/** The next free number of a day's starts. */
export const nextNumber = ({ names }: Entries, time: number): number =>
  1 + Math.max(0, ...names.flatMap((name) => (name.startsWith(`starts/${dayOf(time)}/`) ? numberOf(name) : [])))

const numberOf = (name: string): number => Number(name.split('/').at(-1)) || 0

const DAY = 24 * 3_600_000

/** Names that no limit and no page asks for any more. */
export function outlived({ names }: Entries, now: number): string[] {
  const kept = [dayOf(now), dayOf(now - DAY)].map((day) => `starts/${day}/`)
  // A clock of another process may be a little behind.
  const hours = [hourOf(now), hourOf(now - 3_600_000)].map((hour) => `tries/${hour}/`)
  return names.filter((name) => name !== TOOK && ![...kept, ...hours].some((beginning) => name.startsWith(beginning)))
}
