// The certificate step on a zone in memory: what is in the zone while an order is open and afterwards, and who waits how long.

import type { Issued } from '../../../functions/lib/certificates/authority.ts'
import { challengeRecord } from '../../../functions/lib/certificates/challenge.ts'
import { type CertificatePorts, convergeCertificates } from '../../../functions/lib/certificates/converge.ts'
import type { OrderWait } from '../../../functions/lib/certificates/order-wait.ts'
import { BatchRejected, CertificateRefused, RateLimited, TryLater } from '../../../functions/lib/domain/errors.ts'
import { applyChanges, type RecordSet } from '../../../functions/lib/domain/record.ts'
import type { Site } from '../../../functions/lib/domain/site.ts'
import type { Certificate } from '../../../functions/lib/domain/site-certificate.ts'
import { aSite } from '../../support/domain.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const SITE = aSite('app.example.com', { aliases: ['www.example.com'], tls: 'acme' })
const MINUTE = 60_000
const DEADLINE = 5 * MINUTE
const ISSUED: Issued = {
  certificate: 'c',
  chain: 'i',
  notBefore: new Date(0),
  notAfter: new Date(90 * 24 * 60 * MINUTE),
}

/** `before` runs before each call and may throw; `zone` is the zone at each moment. */
function aWorld(
  before: (call: string, zone: readonly RecordSet[]) => void = () => {},
  found: readonly RecordSet[] = [],
) {
  let zone = found
  const calls: string[] = []
  const hear = (call: string) => {
    calls.push(call)
    before(call, zone)
  }
  const announced: Certificate[] = []
  const left: string[] = []
  let site: Site = SITE
  let wait: OrderWait | undefined
  const ports: CertificatePorts = {
    readSites: async () => ({ sites: [site], broken: [] }),
    directory: 'https://ca/dir',
    async obtain(names, { prove, keep }) {
      hear(`order ${names.join(' ')}`)
      await prove(names.map((hostname) => ({ hostname, value: `proof of ${hostname}` })))
      await keep('k')
      hear('finalize')
      return ISSUED
    },
    storeKey: async (hostname) => {
      hear('store key')
      return `/tls/${hostname}/ffff`
    },
    storeCertificate: async (path) => hear(`store certificate ${path}`),
    announce: async (_, certificate) => {
      hear('announce')
      announced.push(certificate)
      site = { ...SITE, certificate }
    },
    readWait: async () => wait,
    writeWait: async (_, written) => {
      hear('write wait')
      wait = written
    },
    dropWait: async () => {
      hear('drop wait')
      wait = undefined
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
      deadline: clock.now() + DEADLINE,
      onObtained: () => {},
      onLeft: (what, error) => left.push(`${what}: ${(error as Error).message}`),
    })
  const declare = (fields: Partial<Site>) => {
    site = { ...site, ...fields }
  }
  return { run, calls, announced, left, clock, declare, zone: () => zone, wait: () => wait }
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
    'change create create',
    'order app.example.com www.example.com',
    'change replace replace',
    ...Array(4).fill('in sync?'),
    'store key',
    'write wait',
    'finalize',
    'store certificate /tls/app.example.com/ffff',
    'announce',
    'drop wait',
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
  ['a vault that refuses', 'store key', new Error('AccessDenied'), 5 * MINUTE, /Error: AccessDenied/],
  ['a vault that refuses to wait', 'write wait', new Error('AccessDenied'), 5 * MINUTE, /Error: AccessDenied/],
  [
    'a vault that refuses what was issued',
    'store certificate',
    new Error('AccessDenied'),
    60 * MINUTE,
    /did not come into use: AccessDenied; no other is ordered before 1970-01-01T01:00/,
  ],
  [
    'a document that is not written',
    'announce',
    new Error('AccessDenied'),
    60 * MINUTE,
    /did not come into use: AccessDenied; no other is ordered before/,
  ],
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

test('what was issued and not stored is paid once an hour, then a person is asked, and every look and change of the site waits', async () => {
  const world = aWorld((call) => {
    if (call.startsWith('store certificate')) throw new Error('too long')
  })
  const issued = () => world.calls.filter((call) => call === 'finalize').length
  const patience = async () => (await world.run()).problems[0]!.patience
  expect(await patience()).toMatchObject({ againAfter: 60 * MINUTE })
  expect(await patience()).toMatchObject({ givesUpAfter: expect.any(Number) })
  expect(issued()).toBe(1)
  await world.clock.sleep(61 * MINUTE)
  expect(await patience()).toEqual({ againAfter: 0, givesUpAfter: 0 })
  await world.run()
  await world.clock.sleep(7 * 60 * MINUTE)
  await world.run()
  expect(issued()).toBe(2)
  for (let day = 0; day < 7; day++) {
    await world.clock.sleep(24 * 60 * MINUTE)
    await world.run()
  }
  // Let's Encrypt: 5 in a week, and one more every 34 hours.
  expect(issued()).toBeLessThan(8)
})

test('a run that is killed after the order was finished: the next one waits as well', async () => {
  const world = aWorld((call) => {
    if (call === 'finalize') throw new Error('killed')
  })
  await world.run()
  const { problems } = await world.run()
  expect(problems[0]!.message).toMatch(/no order before 1970-01-01T01:00.*did not come into use$/)
  expect(world.calls.filter((call) => call === 'finalize')).toHaveLength(1)
})

test('nothing was issued: the next run may order at once', async () => {
  let refusals = 1
  const world = aWorld((call) => {
    if (call === 'finalize' && refusals-- > 0) throw new CertificateRefused('CAA')
  })
  expect((await world.run()).problems).toHaveLength(1)
  expect((await world.run()).problems).toEqual([])
  expect(world.wait()).toBeUndefined()
})

test('an authority that wants fewer orders is asked by nobody before its time, but for other names', async () => {
  let limited = true
  const world = aWorld((call) => {
    if (call.startsWith('order') && limited) throw new RateLimited('too many', 26 * 60 * MINUTE)
  })
  const orders = () => world.calls.filter((call) => call.startsWith('order')).length
  await world.run()
  await world.clock.sleep(25 * 60 * MINUTE)
  expect((await world.run()).problems[0]!.message).toMatch(/no order before 1970-01-02T02:00.*wants fewer: too many$/)
  expect(orders()).toBe(1)
  world.declare({ aliases: [] })
  await world.run()
  expect(orders()).toBe(2)
  limited = false
  await world.clock.sleep(2 * 60 * MINUTE)
  world.declare({ aliases: SITE.aliases })
  expect((await world.run()).problems).toEqual([])
})

test.each<[string, string, Error | undefined]>([
  ['of a certificate that is in use', 'nothing', undefined],
  ['of an order that was limited', 'order', new RateLimited('too many', 60 * MINUTE)],
])('proofs %s that cannot be withdrawn are told, and change nothing of the outcome', async (_, at, error) => {
  const world = aWorld((call) => {
    if (call.startsWith(at) && error) throw error
    if (call.startsWith('change delete')) throw new BatchRejected(['the zone is throttled'])
  })
  const { problems } = await world.run()
  expect(problems.map(({ patience }) => patience.againAfter)).toEqual(error ? [60 * MINUTE] : [])
  expect(world.announced).toHaveLength(error ? 0 : 1)
  expect(world.left).toEqual(['the proofs for app.example.com in its zone: the zone is throttled'])
})

test('whoever held the names before ended well: nothing is ordered', async () => {
  const world = aWorld((call) => {
    if (call === 'change create create') world.declare({ certificate: other })
  })
  const other: Certificate = {
    ...{
      path: '/tls/app.example.com/eeee',
      names: ['app.example.com', 'www.example.com'],
      directory: 'https://ca/dir',
    },
    ...{ notBefore: ISSUED.notBefore.toISOString(), notAfter: ISSUED.notAfter.toISOString() },
  }
  const { plan, problems } = await world.run()
  expect([plan, problems]).toMatchObject([[{ action: 'keep' }], []])
  expect(world.calls).toEqual(['change create create', 'change delete delete'])
})
