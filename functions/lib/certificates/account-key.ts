// The key of the stage's account at the certificate authority: one for all sites, since authorities count accounts.

/** Secrets by their place: `now` is the key in use, `next` is there only while it is being replaced. */
export interface AccountKeyPorts {
  read(place: Place): Promise<string | undefined>
  write(place: Place, key: string): Promise<void>
  remove(place: Place): Promise<void>
  newKey(): Promise<string>
  /** Tells the authority. Done already: nothing happens. */
  change(oldKey: string, newKey: string): Promise<void>
}

export type Place = 'now' | 'next'

/** The key in use, or a first one. A change that was broken off is finished before: the authority may know the next one alone. */
export async function accountKey(ports: AccountKeyPorts): Promise<string> {
  const { read, write, newKey } = ports
  if (await read('next')) await rotateAccountKey(ports)
  const known = await read('now')
  if (known) return known
  const key = await newKey()
  await write('now', key)
  return key
}

/**
 * Replaces the key: stored first, then told to the authority, then taken into use, so that a run that is killed at any line is
 * finished by the next one and the account is never lost.
 * @returns what was done, in words
 * @throws CertificateRefused, RateLimited, TryLater
 */
export async function rotateAccountKey({ read, write, remove, newKey, change }: AccountKeyPorts): Promise<string> {
  const old = await read('now')
  if (old === undefined) return 'there is no account yet: the first certificate makes one, with a key of its own'
  const begun = await read('next')
  const key = begun ?? (await newKey())
  if (begun === undefined) await write('next', key)
  await change(old, key)
  await write('now', key)
  await remove('next')
  return begun === undefined
    ? 'the account has another key, and the one before opens nothing any more'
    : 'a change of the account’s key that was broken off is finished'
}
