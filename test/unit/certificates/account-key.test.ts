// The account's key is replaced: a run that is killed at any line is finished by the next one, and the account is never lost.
import {
  type AccountKeyPorts,
  accountKey,
  leaveAuthority,
  type Place,
  rotateAccountKey,
} from '../../../functions/lib/certificates/account-key.ts'
import { fakeClock } from '../../support/fake-clock.ts'

/** The vault, and an authority that knows one key. `dies` after so many calls. */
function aWorld(stored: Partial<Record<Place, string>>, known = stored.now) {
  const vault = new Map(Object.entries(stored))
  const removed: string[] = []
  let leaving: number | undefined
  let authority = known
  let made = 0
  let left = Number.POSITIVE_INFINITY
  const alive = () => {
    if (left-- <= 0) throw new Error('killed')
  }
  const ports: AccountKeyPorts = {
    async read(place) {
      alive()
      return vault.get(place)
    },
    async write(place, key) {
      alive()
      vault.set(place, key)
    },
    async remove(place) {
      alive()
      vault.delete(place)
      removed.push(place)
    },
    newKey: async () => `new ${++made}`,
    async change(oldKey, newKey) {
      alive()
      if (authority === newKey) return
      if (authority !== oldKey) throw new Error(`the authority knows ${authority}, and not ${oldKey}`)
      authority = newKey
    },
    readLeaving: async () => leaving,
    async writeLeaving(at) {
      alive()
      leaving = at
    },
    clock: fakeClock(),
  }
  const dieAfter = (calls: number) => {
    left = calls
  }
  return { ports, dieAfter, removed, state: () => ({ ...Object.fromEntries(vault), authority }) }
}

test('a first key is made once, and found again', async () => {
  const { ports, state } = aWorld({})
  expect([await accountKey(ports), await accountKey(ports)]).toEqual(['new 1', 'new 1'])
  expect(state()).toEqual({ now: 'new 1', authority: undefined })
})

test('without an account there is nothing to replace', async () => {
  const { ports, state } = aWorld({})
  expect(await rotateAccountKey(ports)).toMatch(/no account yet/)
  expect(state()).toEqual({ authority: undefined })
})

test('replaced: the authority knows the key that is stored, and no other is left', async () => {
  const { ports, state } = aWorld({ now: 'old' })
  expect(await rotateAccountKey(ports)).toMatch(/has another key/)
  expect(state()).toEqual({ now: 'new 1', next: 'new 1', authority: 'new 1' })
})

test('replaced twice within 30 s: nothing was deleted, so no name is created again too soon', async () => {
  const { ports, removed, state } = aWorld({ now: 'old' })
  await rotateAccountKey(ports)
  expect(await rotateAccountKey(ports)).toMatch(/has another key/)
  expect(state()).toEqual({ now: 'new 2', next: 'new 2', authority: 'new 2' })
  expect(removed).toEqual([])
})

test('the key is deleted, and HTTPS is wanted again at once: the next key waits a minute', async () => {
  const { ports, state } = aWorld({ now: 'old' })
  await leaveAuthority(ports)
  expect(state()).toEqual({ authority: 'old' })
  await expect(accountKey(ports)).rejects.toMatchObject({ name: 'OrderWaits', until: 60_000 })
  await ports.clock.sleep(60_000)
  expect(await accountKey(ports)).toBe('new 1')
})

test.each([1, 2])(
  'killed after %i calls of leaving: the next key waits for what may have been deleted',
  async (calls) => {
    const { ports, dieAfter } = aWorld({ now: 'old', next: 'old' })
    dieAfter(calls)
    await expect(leaveAuthority(ports)).rejects.toThrow('killed')
    dieAfter(Number.POSITIVE_INFINITY)
    await ports.remove('now')
    await expect(accountKey(ports)).rejects.toMatchObject({ name: 'OrderWaits' })
  },
)

test.each([0, 1, 2, 3, 4])('killed after %i calls: the next run finishes it', async (calls) => {
  const { ports, dieAfter, state } = aWorld({ now: 'old' })
  dieAfter(calls)
  await expect(rotateAccountKey(ports)).rejects.toThrow('killed')
  const { authority, ...vault } = state()
  expect(Object.values(vault)).toContain(authority)
  dieAfter(Number.POSITIVE_INFINITY)
  await rotateAccountKey(ports)
  const after = state()
  expect(after).toEqual({ now: after.authority, next: after.authority, authority: expect.stringMatching(/^new/) })
})

test.each([3, 4])('a change that was killed after %i calls is finished before an order is signed', async (calls) => {
  const { ports, dieAfter, state } = aWorld({ now: 'old' })
  dieAfter(calls)
  await expect(rotateAccountKey(ports)).rejects.toThrow('killed')
  dieAfter(Number.POSITIVE_INFINITY)
  const key = await accountKey(ports)
  expect(state()).toEqual({ now: key, next: key, authority: key })
})
