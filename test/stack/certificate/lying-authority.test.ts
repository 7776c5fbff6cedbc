// A real authority, and somebody on the way who changes its answers: nothing is proved, stored or served that was not asked for.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import axios from 'acme-client/src/axios.js'
import { newAccountKey } from '../../../functions/lib/acme/account.ts'
import { obtain } from '../../../functions/lib/acme/authority.ts'
import type { Challenge } from '../../../functions/lib/certificates/challenge.ts'
import { openAuthority } from '../../../local/machine/authority.ts'
import { type Pebble, startPebble } from '../../support/pebble.ts'

const NAMES = ['app.example.com', 'www.example.com']

let pebble: Pebble
let accountKey: string
const elsewhere = openAuthority()
beforeAll(async () => {
  pebble = await startPebble('127.0.0.1:1', '127.0.0.1', { VA_ALWAYS_VALID: '1' })
  pebble.trust()
  // The authority is in this process, too, which may stand still on a busy machine.
  axios.defaults.timeout = 120_000
  accountKey = await newAccountKey()
})
afterAll(async () => {
  elsewhere.close()
  await pebble?.close()
})
afterEach(() => pebble.tamper(undefined))

async function order() {
  const proved: string[] = []
  const prove = async (challenges: readonly Challenge[]) =>
    void proved.push(...challenges.map(({ hostname }) => hostname))
  const keep = async () => {}
  const issued = await obtain(pebble.directory, accountKey, NAMES, { prove, keep }).catch((error: Error) => error)
  return { proved: proved.sort(), issued }
}

/** Of JSON answers whose path begins so. */
const changing = (path: string, from: string, to: string) =>
  pebble.tamper((url, body) => (url.startsWith(path) ? body.replaceAll(from, to) : body))

test('what was asked for is proved and issued', async () =>
  expect(await order()).toEqual({
    proved: NAMES,
    issued: expect.objectContaining({ chain: expect.stringContaining('BEGIN') }),
  }))

test.each([
  ['its order is for another name', '/order-plz', 'the order is for app.example.com, bank.example.com'],
  ['it wants the proof of another name', '/authZ/', 'proofs are wanted for app.example.com, bank.example.com'],
])('%s: nothing is proved', async (_, path, words) => {
  changing(path, '"www.example.com"', '"bank.example.com"')
  const { proved, issued } = await order()
  expect([proved, issued]).toEqual([
    [],
    expect.objectContaining({
      name: 'UnexpectedReply',
      message: `the authority: ${words}, wanted app.example.com, www.example.com`,
    }),
  ])
})

test('a name is missing in its order', async () => {
  pebble.tamper((url, body) => {
    if (url !== '/order-plz') return body
    const answer = JSON.parse(body)
    return JSON.stringify({ ...answer, identifiers: answer.identifiers.slice(1) })
  })
  expect((await order()).issued).toMatchObject({ name: 'UnexpectedReply' })
})

test.each<[string, (body: string) => string, RegExp]>([
  ['for another name', () => pem(['bank.example.com']), /the certificate is for bank.example.com, wanted app/],
  ['for one name more', () => pem([...NAMES, 'bank.example.com']), /the certificate is for .*bank/],
  ['for another key', () => pem(NAMES), /the certificate is for another key than the one of its order/],
  ['that is none', () => '<html>', /sent no certificate with its chain/],
  [
    'with garbage in its armour',
    () => pem(NAMES).replaceAll(/^[A-Za-z0-9+/]{10}/gm, '!!!!!!!!!!'),
    /sent no certificate that can be read/,
  ],
  [
    'with a chain of 100 KB',
    (body) => body + elsewhere.issue(NAMES).chain.repeat(100),
    /its chain has \d{5,} characters, wanted at most 8192/,
  ],
  ['of 50 MB', () => 'x'.repeat(50_000_000), /gives no answer/],
])('a certificate %s is not taken', async (_, answer, words) => {
  pebble.tamper((url, body) => (url.startsWith('/certZ/') ? answer(body) : body))
  const { issued } = await order()
  expect(issued).toBeInstanceOf(Error)
  expect((issued as Error).message).toMatch(words)
})

test.each([
  ['answers 404', 404, 'not here', 'the certificate authority answers 404 to its directory'],
  ['answers 403', 403, '{"detail":"blocked"}', 'the certificate authority answers 403 to its directory: blocked'],
  [
    'is a page',
    200,
    '<html>sign in</html>',
    'the certificate authority answers 200 to its directory, without an address for orders',
  ],
])('a directory that %s is an outage, and no refusal', async (_, status, body, message) => {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html' }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const directory = `http://127.0.0.1:${(server.address() as AddressInfo).port}/directory`
  const steps = { prove: async () => {}, keep: async () => {} }
  try {
    await expect(obtain(directory, accountKey, NAMES, steps)).rejects.toMatchObject({ name: 'TryLater', message })
  } finally {
    server.close()
  }
})

function pem(names: readonly string[]): string {
  const { certificate, chain } = elsewhere.issue(names)
  return certificate + chain
}
