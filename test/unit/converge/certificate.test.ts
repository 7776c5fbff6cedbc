// The certificate step on a zone in memory: what is in the zone while an order is open and afterwards, and who waits how long.
import type { Issued } from '../../../functions/lib/acme/authority.ts'
import { type CertificatePorts, convergeCertificates } from '../../../functions/lib/converge/certificate.ts'
import type { Certificate } from '../../../functions/lib/domain/certificate.ts'
import { challengeRecord } from '../../../functions/lib/domain/challenge.ts'
import { BatchRejected, CertificateRefused, RateLimited, TryLater } from '../../../functions/lib/domain/errors.ts'
import { applyChanges, type RecordSet } from '../../../functions/lib/domain/record.ts'
import { aSite } from '../../support/domain.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const SITE = aSite('app.example.com', { aliases: ['www.example.com'], tls: 'acme' })
const MINUTE = 60_000
const DEADLINE = 5 * MINUTE
const ISSUED: Issued = {
  key: 'k',
  certificate: 'c',
  chain: 'i',
  fingerprint: 'f'.repeat(64),
  notBefore: new Date(0),
  notAfter: new Date(90 * 24 * 60 * MINUTE),
}

/** `before` runs before each call and may throw; `zone` is the zone at each moment. */
function aWorld(
  before: (call: string, zone: readonly RecordSet[]) => void = () => {},
  left: readonly RecordSet[] = [],
) {
  let zone = left
  const calls: string[] = []
  const hear = (call: string) => {
    calls.push(call)
    before(call, zone)
  }
  const announced: Certificate[] = []
  const ports: CertificatePorts = {
    readSites: async () => ({ sites: [SITE], broken: [] }),
    directory: 'https://ca/dir',
    async obtain(names, prove) {
      hear(`order ${names.join(' ')}`)
      await prove(names.map((hostname) => ({ hostname, value: `proof of ${hostname}` })))
      hear('finalize')
      return ISSUED
    },
    store: async (hostname) => {
      hear('store')
      return `/tls/${hostname}/ffff`
    },
    announce: async (_, certificate) => {
      hear('announce')
      announced.push(certificate)
    },
    discard: async (path) => hear(`discard ${path}`),
    listRecords: async () => zone,
    changeRecords: async (_, changes) => {
      hear(`change ${changes.map(({ action }) => action).join(' ')}`)
      zone = applyChanges(zone, changes)
      return 'C1'
    },
    isInSync: async () => calls.push('in sync?') > 0 && clock.now() >= 3_000,
    clock: fakeClock(),
  }
  const { clock } = ports
  const run = (only: 'one' | 'all' = 'one') =>
    convergeCertificates(ports, {
      only: only === 'one' ? new Set([SITE.hostname]) : undefined,
      deadline: DEADLINE,
      onObtained: () => {},
    })
  return { run, calls, announced, zone: () => zone }
}

test('the proofs are in the zone, and on its name servers, before the authority looks; afterwards it is empty', async () => {
  const seen: string[][] = []
  const world = aWorld((call, zone) => {
    if (call === 'finalize') seen.push(zone.map(({ name, values }) => `${name} ${values[0]}`))
  })
  expect((await world.run()).problems).toEqual([])
  expect(seen).toEqual([
    [
      '_acme-challenge.app.example.com. "proof of app.example.com"',
      '_acme-challenge.www.example.com. "proof of www.example.com"',
    ],
  ])
  expect(world.calls).toEqual([
    'order app.example.com www.example.com',
    'change create create',
    ...Array(4).fill('in sync?'),
    'finalize',
    'store',
    'announce',
    'change delete delete',
  ])
  expect(world.zone()).toEqual([])
  expect(world.announced).toMatchObject([
    { path: '/tls/app.example.com/ffff', names: ['app.example.com', 'www.example.com'] },
  ])
})

test.each<[string, string, Error, number, RegExp]>([
  [
    'a refused order',
    'order',
    new CertificateRefused('rejected identifier'),
    0,
    /the authority refuses: rejected identifier$/,
  ],
  [
    'a failed proof',
    'finalize',
    new CertificateRefused('app.example.com: NXDOMAIN'),
    0,
    /the authority refuses: app.*NXDOMAIN \(nobody outside sees the proof: does the registrar delegate/,
  ],
  [
    'a CAA record for another authority',
    'finalize',
    new CertificateRefused('CAA record for app.example.com prevents issuance'),
    0,
    /prevents issuance \(a CAA record at the name.*0 issue "letsencrypt\.org"/,
  ],
  [
    'a rate limit of two hours',
    'order',
    new RateLimited('too many', 120 * MINUTE),
    120 * MINUTE,
    /no order for 120 min: too many/,
  ],
  ['a rate limit of a week', 'order', new RateLimited('too many', 7 * 24 * 60 * MINUTE), 11 * 60 * MINUTE, /too many/],
  ['an authority that is down', 'order', new TryLater('no answer'), 5 * MINUTE, /no answer/],
  ['a vault that refuses', 'store', new Error('AccessDenied'), 5 * MINUTE, /Error: AccessDenied/],
  ['a zone that refuses', 'change create', new BatchRejected(['no']), 5 * MINUTE, /no/],
])('%s: said, with its patience, nothing announced, the zone clean', async (_, at, error, againAfter, words) => {
  const world = aWorld((call) => {
    if (call.startsWith(at)) throw error
  })
  const { problems } = await world.run()
  expect(problems).toMatchObject([
    {
      name: 'CertificateNotObtained',
      site: 'app.example.com',
      message: expect.stringMatching(words),
      patience: { againAfter },
    },
  ])
  expect(world.announced).toEqual([])
  expect(world.zone()).toEqual([])
})

const NAME = { hostname: 'app.example.com', value: 'older' }

test('a record of a run that was killed is replaced, and then gone', async () => {
  const world = aWorld(undefined, [challengeRecord(NAME, 0)])
  expect((await world.run()).problems).toEqual([])
  expect(world.calls).toContain('change replace create')
  expect(world.zone()).toEqual([])
})

test('another run is at work: waited for as long as it may take, its record left alone', async () => {
  const theirs = challengeRecord(NAME, 4 * MINUTE)
  const world = aWorld(undefined, [theirs])
  expect((await world.run()).problems).toMatchObject([{ patience: { againAfter: 4 * MINUTE } }])
  expect(world.zone()).toEqual([theirs])
})

test('another program’s record is never touched', async () => {
  const foreign = { name: '_acme-challenge.www.example.com.', type: 'TXT', ttl: 60, values: ['"x"'] }
  const world = aWorld(undefined, [foreign])
  expect((await world.run()).problems).toMatchObject(
    [{ patience: { givesUpAfter: 0 }, message: /wanted no TXT or CNAME/ }].map(({ message, ...rest }) => ({
      ...rest,
      message: expect.stringMatching(message),
    })),
  )
  expect(world.zone()).toEqual([foreign])
})

test('a look at everything orders nothing, and clears what was left', async () => {
  const world = aWorld(undefined, [challengeRecord(NAME, 0)])
  const { plan } = await world.run('all')
  expect(plan).toMatchObject([{ action: 'obtain' }])
  expect(world.calls).toEqual(['change delete'])
  expect(world.zone()).toEqual([])
})
