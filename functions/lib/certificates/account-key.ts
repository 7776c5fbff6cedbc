// The key of the stage's account at the certificate authority: one for all sites, since authorities count accounts.

import { OrderWaits } from '../domain/errors.ts'
import type { Clock } from '../steps/clock.ts'

/** Secrets by their place: `now` is the key in use; `next` is another one only while the key is being replaced. */
export interface AccountKeyPorts {
  read(place: Place): Promise<string | undefined>
  write(place: Place, key: string): Promise<void>
  remove(place: Place): Promise<void>
  newKey(): Promise<string>
  /** Tells the authority. Done already: nothing happens. */
  change(oldKey: string, newKey: string): Promise<void>
  /** Milliseconds since the epoch: when the account's key was deleted last. */
  readLeaving(): Promise<number | undefined>
  writeLeaving(at: number): Promise<void>
  readonly clock: Clock
}

export type Place = 'now' | 'next'

/** Milliseconds. Parameter Store wants 30 s between a deletion and a new parameter of the same name (DeleteParameter). */
const AFTER_LEAVING = 60_000

/**
 * The key in use, or a first one. A change that was broken off is finished before: the authority may know the next one alone.
 * @throws OrderWaits while the last key has only just been deleted
 */
export async function accountKey(ports: AccountKeyPorts): Promise<string> {
  const { read, write, newKey } = ports
  if (isUnderWay(await read('now'), await read('next'))) await rotateAccountKey(ports)
  const known = await read('now')
  if (known) return known
  await waitAfterLeaving(ports)
  const key = await newKey()
  await write('now', key)
  return key
}

/** A key that is replaced stays at `next`, equal to the one in use: so that place is deleted with the account only. */
const isUnderWay = (now: string | undefined, next: string | undefined): boolean => next !== undefined && next !== now

async function waitAfterLeaving({ readLeaving, clock }: AccountKeyPorts): Promise<void> {
  const until = ((await readLeaving()) ?? Number.NEGATIVE_INFINITY) + AFTER_LEAVING
  if (until > clock.now())
    throw new OrderWaits(`no order before ${new Date(until).toISOString()}: the account’s key was just deleted`, until)
}

/** Deletes the key. The time is written first: a run that is killed between the two makes an order wait for nothing. */
export async function leaveAuthority({ writeLeaving, remove, clock }: AccountKeyPorts): Promise<void> {
  await writeLeaving(clock.now())
  await remove('next')
  await remove('now')
}

/**
 * Replaces the key: stored first, then told to the authority, then taken into use, so that a run that is killed at any line is
 * finished by the next one and the account is never lost.
 * @returns what was done, in words
 * @throws CertificateRefused, RateLimited, TryLater
 */
export async function rotateAccountKey({ read, write, newKey, change }: AccountKeyPorts): Promise<string> {
  const [old, next] = [await read('now'), await read('next')]
  if (old === undefined) return 'there is no account yet: the first certificate makes one, with a key of its own'
  const begun = isUnderWay(old, next) ? next : undefined
  const key = begun ?? (await newKey())
  if (begun === undefined) await write('next', key)
  await change(old, key)
  await write('now', key)
  return begun === undefined
    ? 'the account has another key, and the one before opens nothing any more'
    : 'a change of the account’s key that was broken off is finished'
}
