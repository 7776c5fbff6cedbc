// Keys that nobody needs: which they are, and that a run that is killed among them leaves a trace for the next one.
import { discardUnwanted, type UnwantedPorts } from '../../../functions/lib/certificates/discard.ts'
import { orphanedSecrets, unwantedCertificates } from '../../../functions/lib/certificates/unwanted.ts'
import { NOTHING } from '../../../functions/lib/domain/site-certificate.ts'
import { aSite } from '../../support/domain.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const document = (hostname: string, previous?: string) => ({
  name: hostname,
  value: JSON.stringify({
    ...{ path: `/tls/${hostname}/2`, names: [hostname], directory: 'd', previous },
    ...{ notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2026-04-01T00:00:00.000Z' },
  }),
})

test.each([
  ['its site has TLS', aSite('app.example.com', { tls: 'acme' }), []],
  ['its site has it no more', aSite('app.example.com'), ['app.example.com']],
  ['another site is declared', aSite('b.example.com', { tls: 'acme' }), ['app.example.com']],
])('%s', (_, site, wanted) => {
  const found = unwantedCertificates([document('app.example.com')], { sites: [site], broken: [] })
  expect(found.map(({ hostname }) => hostname)).toEqual(wanted)
})

test('a site whose document has errors may want it still; a document of somebody else is left alone', () => {
  const stored = [document('app.example.com'), { name: 'b.example.com', value: 'not ours' }]
  expect(unwantedCertificates(stored, { sites: [], broken: [{ hostname: 'app.example.com' }] })).toEqual([])
})

/** What is stored; a call beyond the `left`th kills the run. */
function aVault(isLast: boolean, left = Number.POSITIVE_INFINITY) {
  const documents = new Map([document('app.example.com', '/tls/app.example.com/1')].map((one) => [one.name, one]))
  const secrets = new Set(['/tls/app.example.com/1', '/tls/app.example.com/2', 'account'])
  const alive = () => {
    if (left-- <= 0) throw new Error('killed')
  }
  const ports: UnwantedPorts = {
    readUnwanted: async () => ({
      unwanted: unwantedCertificates([...documents.values()], { sites: [], broken: [] }),
      isLast,
    }),
    async discard(path) {
      alive()
      secrets.delete(path)
    },
    async leaveAuthority() {
      alive()
      secrets.delete('account')
    },
    async forget(hostname) {
      alive()
      documents.delete(hostname)
    },
    listOrphans: async () => [],
    deleteOrphan: async () => {},
    clock: fakeClock(),
  }
  const revive = () => {
    left = Number.POSITIVE_INFINITY
  }
  return { ports, revive, state: () => [...secrets, ...documents.keys()] }
}

test('the account’s key stays for as long as anybody may need it', async () => {
  const { ports, state } = aVault(false)
  await discardUnwanted(ports, 60_000)
  expect(state()).toEqual(['account'])
})

test.each([0, 1, 2, 3])('killed after %i calls: the next run leaves nothing', async (calls) => {
  const { ports, revive, state } = aVault(true, calls)
  await expect(discardUnwanted(ports, 60_000)).rejects.toThrow('killed')
  revive()
  await discardUnwanted(ports, 60_000)
  expect(state()).toEqual([])
})

test.each([
  [
    'before its keys are deleted',
    1,
    ['/tls/app.example.com/1', '/tls/app.example.com/2', 'account', 'app.example.com'],
  ],
  ['before it is forgotten', 2, ['account', 'app.example.com']],
])('HTTPS is switched on again %s: what stands there then stays', async (_, reads, left) => {
  const { ports, state } = aVault(true)
  let read = 0
  const found = {
    ...ports,
    readUnwanted: async () => (read++ < reads ? ports.readUnwanted() : { unwanted: [], isLast: false }),
  }
  expect(await discardUnwanted(found, 60_000)).toEqual([])
  expect(state()).toEqual(left)
})

const HOUR = 3600_000
const NOW = 100 * 24 * HOUR
const hex = (digit: string) => digit.repeat(32)
const certificate = (path: string, previous?: string) => ({
  name: 'app.example.com',
  value: document('app.example.com', previous).value.replace('/tls/app.example.com/2', path),
})
const AT = '/ragstream-edge/prod/tls/app.example.com'
const part = (digit: string, hoursAgo: number, name = 'key') => ({
  name: `${AT}/${hex(digit)}/${name}`,
  modifiedAt: NOW - hoursAgo * HOUR,
})

test('parts that no document names are orphans after an hour; the account’s key and a wait never', () => {
  const documents = [certificate(`${AT}/${hex('a')}`, `${AT}/${hex('b')}`), { name: 'off.example.com', value: NOTHING }]
  const stored = [
    ...[part('a', 900), part('b', 2000), part('c', 2), part('c', 2, 'chain'), part('d', 0.9)],
    { name: '/ragstream-edge/prod/tls/account', modifiedAt: 0 },
    { name: `${AT}/wait`, modifiedAt: NOW - 9 * 24 * HOUR },
  ]
  const wanted = [part('c', 0).name, part('c', 0, 'chain').name]
  expect(orphanedSecrets(stored, documents, NOW)).toEqual(wanted)
  expect(orphanedSecrets(stored, [...documents, { name: 'b.example.com', value: 'not ours' }], NOW)).toEqual([])
})
