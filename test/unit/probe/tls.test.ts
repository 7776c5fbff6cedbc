// One handshake against real TLS servers on loopback: which certificate is shown, and whether its chain leads on.
import { createServer, type TlsOptions } from 'node:tls'
import type { ServedCertificate } from '../../../functions/lib/diagnosis/observation.ts'
import { askCertificate } from '../../../functions/lib/probe/tls.ts'
import { openAuthority } from '../../../local/machine/authority.ts'
import { CLOSED_PORT, listening, tcpServer } from '../../support/loopback.ts'

const NAMES = ['app.example.com', 'www.example.com']
const ca = openAuthority()
afterAll(() => ca.close())

const ask = (port: number) => askCertificate({ address: '127.0.0.1', port, names: NAMES, limit: 10_000 })

async function shown(
  names: readonly string[],
  how: { days?: number; alone?: boolean } = {},
): Promise<ServedCertificate> {
  const { key, certificate, chain } = ca.issue(names, how.days)
  const options: TlsOptions = { key, cert: how.alone ? certificate : certificate + chain }
  const answer = await ask(await listening(createServer(options)))
  if (answer.kind !== 'served') throw new Error(answer.kind)
  return answer.certificate
}

test('whole, for all names, of an authority that this process does not know', async () => {
  const day = 24 * 3600_000
  const { validTo, ...rest } = await shown(NAMES)
  expect(rest).toEqual({ names: NAMES, lacks: [], issuer: 'Test Intermediate', chain: 'untrusted' })
  expect(Math.abs(validTo - Date.now() - 10 * day)).toBeLessThan(day)
})

test('without the intermediate', async () =>
  expect(await shown(NAMES, { alone: true })).toMatchObject({ chain: 'incomplete', lacks: [] }))

test('for another name, for one of two, and by a wildcard', async () => {
  expect(await shown(['other.example.com'])).toMatchObject({ names: ['other.example.com'], lacks: NAMES })
  expect(await shown(NAMES.slice(0, 1))).toMatchObject({ lacks: ['www.example.com'] })
  expect(await shown(['*.example.com'])).toMatchObject({ lacks: [] })
})

test('past its end', async () => expect((await shown(NAMES, { days: 0 })).validTo).toBeLessThanOrEqual(Date.now()))

test('nobody listens, somebody ends the handshake, and one who refuses the name', async () => {
  expect(await ask(CLOSED_PORT)).toEqual({ kind: 'refused' })
  expect(await ask(await tcpServer((socket) => socket.once('data', () => socket.end())))).toEqual({ kind: 'ended' })
  const server = createServer({ SNICallback: (_, done) => done(new Error('no such name')) })
  expect(await ask(await listening(server))).toEqual({ kind: 'ended' })
})

test('a connection on which nothing is said', async () => {
  const port = await tcpServer(() => {})
  expect(await askCertificate({ address: '127.0.0.1', port, names: NAMES, limit: 50 })).toEqual({ kind: 'silent' })
})
