// The password of a door: scrypt, as a line of text.
import { scrypt, timingSafeEqual } from 'node:crypto'
import { InvalidConfiguration } from '../domain/errors.ts'

/** 16 MB and some 60 ms of a whole processor; a function with 256 MB has a seventh of one. */
const COST = { N: 16_384, r: 8, p: 1 }
const BYTES = 32
/** Characters: longer ones are refused before any work. */
export const LONGEST = 256

const derived = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, BYTES, COST, (error, key) => (error ? reject(error) : resolve(key)))
  })

/** What the parameter holds. `salt`: 16 random bytes. */
export async function sealed(password: string, salt: Buffer): Promise<string> {
  const { N, r, p } = COST
  return ['scrypt', N, r, p, salt.toString('base64url'), (await derived(password, salt)).toString('base64url')].join(
    '$',
  )
}

const SEALED = new RegExp(`^scrypt\\$${COST.N}\\$${COST.r}\\$${COST.p}\\$([\\w-]{22})\\$([\\w-]{43})$`)

/** @throws InvalidConfiguration when the parameter holds something else; never with what it holds */
export async function isPassword(given: string, stored: string): Promise<boolean> {
  const [, salt, key] = SEALED.exec(stored.trim()) ?? []
  if (!salt || !key)
    throw new InvalidConfiguration(
      'door.passwordPath: found something else, wanted what the command secrets door writes',
    )
  if (given === '' || given.length > LONGEST) return false
  return timingSafeEqual(await derived(given, Buffer.from(salt, 'base64url')), Buffer.from(key, 'base64url'))
}
