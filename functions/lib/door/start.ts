// Starts a site at a visitor's wish: within the limits, once for all who ask, and again where EC2 could not.
import { StartRefused } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { hourOf, nextNumber, outlived, readEntries, type Start, startName, startText, tryName } from './entries.ts'
import { guessedUntil, lockedUntil, MOST_TRIES, startUnderWay } from './limits.ts'
import { isPassword } from './password.ts'
import type { Seen } from './plan.ts'
import type { DoorPorts } from './ports.ts'

/** `joined`: the same start was asked for a moment ago. */
export type Started = 'started' | 'joined' | 'stopping' | 'no capacity' | 'refused' | 'limit' | 'wrong' | 'guessed'

export interface Wish {
  /** Checked: it is of this sleep. */
  readonly ticket: string
  readonly password: string
}

/** Times that a number is looked for which nobody else takes first. */
const MOST_RACES = 3

/**
 * @param seen by a look of the last seconds: what it shows of the entries may be older than they are
 * @throws TryLater
 */
export async function start(ports: DoorPorts, seen: Seen, wish: Wish): Promise<Started> {
  const { site } = seen
  const known = startUnderWay(seen.entries, wish.ticket, ports.clock.now())
  if (known && isRecent(ports, known)) return 'joined'
  for (let race = 0; race < MOST_RACES; race++) {
    const entries = readEntries(await ports.readEntries(site.hostname))
    const now = ports.clock.now()
    const underWay = startUnderWay(entries, wish.ticket, now)
    if (underWay) return isRecent(ports, underWay) ? 'joined' : carryOut(ports, seen, underWay)
    if (lockedUntil(entries, site.door!, now) !== undefined) return 'limit'
    const turnedAway = race === 0 ? await admit(ports, site, wish, entries) : undefined
    if (turnedAway) return turnedAway
    const fresh = { name: startName(now, nextNumber(entries, now)), ticket: wish.ticket, at: now }
    const asked: Start = { ...fresh, triedAt: now, answer: 'asked' }
    // A name that is there, and that nobody shows yet, is the start of somebody who was faster.
    if (!(await ports.createEntry(site.hostname, asked.name, startText(asked)))) continue
    const said = await carryOut(ports, seen, asked)
    if (asked.name.endsWith('/1')) await clean(ports, site.hostname, entries, now)
    return said
  }
  return 'joined'
}

const isRecent = ({ clock, again }: DoorPorts, { triedAt }: Start): boolean => clock.now() - triedAt < 0.8 * again

/** Undefined: come in. An entry comes before the comparison, so that ten processes together do not compare more than the limit. */
async function admit(
  ports: DoorPorts,
  { hostname, door }: Site,
  { password }: Wish,
  entries: ReturnType<typeof readEntries>,
): Promise<Started | undefined> {
  if (door!.passwordPath === null) return undefined
  const now = ports.clock.now()
  if (guessedUntil(entries, now) !== undefined) return 'guessed'
  if (password === '') return 'wrong'
  let n = (entries.tries.get(hourOf(now)) ?? 0) + 1
  while (!(await ports.createEntry(hostname, tryName(now, n), 'a try'))) if (++n > MOST_TRIES) return 'guessed'
  if (n === 1) await clean(ports, hostname, entries, now)
  const stored = await ports.readPassword(door!.passwordPath)
  return stored !== undefined && (await isPassword(password, stored)) ? undefined : 'wrong'
}

/** What EC2 says is written into the entry: other visitors see it. */
async function carryOut(ports: DoorPorts, { site, instances }: Seen, entry: Start): Promise<Started> {
  const stopped = instances.filter(({ state }) => state === 'stopped')
  const ids = (stopped.length > 0 ? stopped : instances.filter(({ state }) => state === 'stopping')).map(({ id }) => id)
  const answer = await ports.start(ids).catch((error: unknown) => {
    if (error instanceof StartRefused) return error
    throw error
  })
  const said = answer instanceof StartRefused ? 'refused' : answer
  const triedAt = ports.clock.now()
  await ports.overwriteEntry(site.hostname, entry.name, startText({ ...entry, triedAt, answer: said }))
  if (answer instanceof StartRefused) throw answer
  return said
}

/** Once a day and once an hour. What fails here is done the next time. */
async function clean(
  ports: DoorPorts,
  hostname: string,
  entries: ReturnType<typeof readEntries>,
  now: number,
): Promise<void> {
  const names = outlived(entries, now)
  if (names.length > 0) await Promise.allSettled([ports.deleteEntries(hostname, names)])
}
