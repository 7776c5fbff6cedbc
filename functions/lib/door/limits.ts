// How often the door may start a site: entries are counted, never calls, so that no two processes count differently.
import type { Door } from '../domain/fields/door.ts'
import { dayOf, type Entries, hourOf, type Start } from './entries.ts'

const HOUR = 3_600_000

/** Milliseconds for which a start that EC2 could not carry out is tried again, without a new entry. */
export const PATIENCE = 10 * 60_000

/** Tries at a password within an hour of the day. */
export const MOST_TRIES = 10

/** Milliseconds: the function's whole time, in which a try may still be on its way. */
const ON_ITS_WAY = 5_000

/** The latest moment at which it may have begun: where EC2's answer was not written down, nobody knows better. */
const latest = ({ answer, at, triedAt }: Start): number => (answer === 'started' ? triedAt : at + PATIENCE + ON_ITS_WAY)

/** Until when nobody may start it, milliseconds since the epoch; undefined: somebody may. */
export function lockedUntil(
  { starts }: Pick<Entries, 'starts'>,
  { perDay, perHour }: Pick<Door, 'perDay' | 'perHour'>,
  now: number,
): number | undefined {
  const today = dayOf(now)
  const ofDay = starts.filter((one) => one.name.startsWith(`starts/${today}/`) || dayOf(latest(one)) === today)
  const ofHour = starts
    .map(latest)
    .filter((time) => now - time < HOUR)
    .sort((a, b) => a - b)
  const locks = [
    ...(ofDay.length >= perDay ? [nextDay(now)] : []),
    ...(ofHour.length >= perHour ? [ofHour[ofHour.length - perHour]! + HOUR] : []),
  ]
  return locks.length > 0 ? Math.max(...locks) : undefined
}

const nextDay = (now: number): number => Date.parse(`${dayOf(now + 24 * HOUR)}T00:00:00Z`)

/** Until when no password is taken. */
export const guessedUntil = ({ tries }: Pick<Entries, 'tries'>, now: number): number | undefined =>
  (tries.get(hourOf(now)) ?? 0) >= MOST_TRIES ? Date.parse(`${hourOf(now + HOUR)}:00:00Z`) : undefined

/** The start of this sleep that is still tried; whoever asks now joins it. */
export const startUnderWay = ({ starts }: Pick<Entries, 'starts'>, ticket: string, now: number): Start | undefined =>
  starts
    .filter((start) => start.ticket === ticket && now - start.at < PATIENCE && start.answer !== 'refused')
    .sort((a, b) => b.at - a.at)[0]
