// convergeDns in a world that moves while it works.

import { BatchRejected, OutOfTime, RoleRefused, TryLater } from '../../../functions/lib/domain/errors.ts'
import { SHORT_PATIENCE } from '../../../functions/lib/domain/problem.ts'
import type { RecordSet } from '../../../functions/lib/domain/record.ts'
import { convergeDns } from '../../../functions/lib/records/converge.ts'
import { describePlanned } from '../../../functions/lib/records/plan.ts'
import { anInstance, aRecord, aSite, ZONE } from '../../support/domain.ts'
import { type FakeDns, fakeDns } from '../../support/fake-dns.ts'

const stale = aRecord({ values: ['203.0.113.99'] })
const parked = aRecord({ values: ['192.0.2.1'], ttl: 10 })

function world(before?: Parameters<typeof fakeDns>[0], records: readonly RecordSet[] = [stale]): FakeDns {
  const dns = fakeDns(before)
  dns.sites = [aSite()]
  dns.instances = [anInstance()]
  dns.zones.set(ZONE, records)
  return dns
}

const writes = (dns: FakeDns) => dns.calls.filter((call) => call.startsWith('change'))

test('peer fault: rewrites a correct record on every event', async () => {
  const dns = world(undefined, [aRecord()])
  const report = await convergeDns(dns, dns.request())
  expect(dns.calls).toEqual([`list ${ZONE}`])
  expect(report).toMatchObject({ applied: [], problems: [], unmatched: [], plan: [{ action: 'keep' }] })
})

test('a stale record is replaced, said, and looked at again without reading the zone twice', async () => {
  const dns = world()
  const report = await convergeDns(dns, dns.request())
  expect(dns.zones.get(ZONE)).toEqual([aRecord()])
  expect(dns.calls).toEqual([`list ${ZONE}`, `change ${ZONE} app.example.com.`])
  expect(dns.said).toEqual([
    'replace A app.example.com: 203.0.113.99 (TTL 60) -> 203.0.113.1 (TTL 60): i-00000000000000001 runs there',
  ])
  expect(report.applied.map(describePlanned)).toEqual(dns.said)
  expect(report.plan).toMatchObject([{ action: 'keep' }])
  expect(dns.clock.slept).toEqual([])
  expect(report.wanted).toEqual(new Set(['i-00000000000000001']))
})

test('peer fault: acts on the event’s state, so that a late "running" rewrites a stopped instance’s record', async () => {
  const dns = world(undefined, [parked])
  dns.instances = [anInstance({ state: 'stopped', publicIp: undefined })]
  await convergeDns(dns, dns.request())
  expect(writes(dns)).toEqual([])
})

describe('an instance starts and has no address yet', () => {
  const starting = anInstance({ state: 'pending', publicIp: undefined })
  const other = aSite('b.example.com')

  test('its records decide nothing, and are not read', async () => {
    const dns = world()
    dns.instances = [starting]
    const report = await convergeDns(dns, dns.request())
    expect(report.plan).toMatchObject([{ action: 'wait', reason: `${starting.id} is starting` }])
    expect(report.problems).toEqual([])
    expect(dns.calls).toEqual([])
  })

  test.each<[string, Partial<FakeDns>]>([
    ['another instance of the site runs', { instances: [starting, anInstance({ id: 'i-2' })] }],
    ['it shows its address', { instances: [anInstance({ state: 'pending' })] }],
    [
      'the site has a retired name',
      { instances: [starting], sites: [aSite('app.example.com', { retired: ['old.example.com'] })] },
    ],
    [
      'another site is at rest',
      {
        instances: [starting, anInstance({ id: 'i-2', state: 'stopped', tags: { Name: 'b' } })],
        sites: [aSite(), other],
      },
    ],
  ])('%s: the zone is read', async (_, fields) => {
    const dns = Object.assign(world(), fields)
    await convergeDns(dns, dns.request())
    expect(dns.calls).toContain(`list ${ZONE}`)
  })

  test('sites of a moment ago are enough to see that: one call', async () => {
    const dns = world()
    dns.instances = [starting]
    let reads = 0
    dns.readSites = async () => {
      reads += 1
      return { sites: dns.sites, broken: [] }
    }
    dns.lastSites = () => ({ sites: [aSite()], broken: [] })
    const request = dns.request({ eventsOf: new Set([starting.id]), areStarts: true })
    await convergeDns(dns, request)
    expect([reads, dns.calls]).toEqual([0, []])
    dns.instances = [anInstance()]
    await convergeDns(dns, request)
    expect([reads, writes(dns).length]).toEqual([2, 1])
  })
})

test('the address changes while the record is written: the second look sees it', async () => {
  let moved = false
  const dns = world((call, { instances }) => {
    if (!call.startsWith('change') || moved) return
    moved = true
    dns.instances = instances.map((one) => ({ ...one, publicIp: '203.0.113.2' }))
  })
  const report = await convergeDns(dns, dns.request())
  expect(dns.zones.get(ZONE)).toEqual([aRecord({ values: ['203.0.113.2'] })])
  expect(report.applied).toHaveLength(2)
})

test('a site that is declared while another’s record is written is served too', async () => {
  const dns = world((call) => {
    if (call.startsWith('change')) dns.sites = [aSite(), aSite('b.example.com', { instances: { 'tag:Name': 'app' } })]
  })
  await convergeDns(dns, dns.request())
  expect(dns.zones.get(ZONE)?.map(({ name }) => name)).toEqual(['app.example.com.', 'b.example.com.'])
})

test('another writer was faster: read again, and what is right by then is left alone', async () => {
  let raced = false
  const dns = world((call, { zones }) => {
    if (!call.startsWith('change') || raced) return
    raced = true
    zones.set(ZONE, [aRecord()])
  })
  const report = await convergeDns(dns, dns.request())
  expect(dns.calls).toEqual([`list ${ZONE}`, `change ${ZONE} app.example.com.`, `list ${ZONE}`])
  expect(dns.clock.slept).toEqual([7500])
  expect(report).toMatchObject({ applied: [], problems: [] })
  expect(dns.said).toEqual([])
})

test('another writer was faster, with another value: replaced after a fresh look', async () => {
  let raced = false
  const dns = world((call, { zones }) => {
    if (!call.startsWith('change') || raced) return
    raced = true
    zones.set(ZONE, [parked])
  })
  await convergeDns(dns, dns.request())
  expect(dns.zones.get(ZONE)).toEqual([aRecord()])
  expect(dns.said).toHaveLength(1)
})

test('another writer takes back every write: given up after three races, as a problem with the service’s words', async () => {
  let round = 0
  const dns = world((call, { zones }) => {
    if (call.startsWith('change')) zones.set(ZONE, [aRecord({ values: [`198.51.100.${round++}`] })])
  })
  const report = await convergeDns(dns, dns.request())
  expect(round).toBe(3)
  expect(report.problems).toEqual([
    {
      name: 'RecordRejected',
      message:
        "app.example.com A: Route 53 refused the change: Tried to delete resource record set [name='app.example.com.', type='A'] but the values provided do not match the current values",
      site: 'app.example.com',
      instances: ['i-00000000000000001'],
      patience: { againAfter: 10_000, givesUpAfter: 120_000 },
    },
  ])
})

test('throttled, then fine: waited for, and no change lost or doubled', async () => {
  let throttles = 6
  const dns = world(() => {
    if (throttles-- > 0) throw new TryLater('Throttling')
  })
  const report = await convergeDns(dns, dns.request())
  expect(dns.clock.slept).toHaveLength(6)
  expect(report.applied).toHaveLength(1)
  expect(dns.zones.get(ZONE)).toEqual([aRecord()])
})

test.each(['list', 'change'])('throttled on %s until the time is up: OutOfTime', async (verb) => {
  const dns = world((call) => {
    if (call.startsWith(verb)) throw new TryLater('Throttling: Rate exceeded')
  })
  await expect(convergeDns(dns, dns.request())).rejects.toThrow(
    /^gave up after \d+ attempts: Throttling: Rate exceeded$/,
  )
  expect(dns.clock.now()).toBeLessThan(27_000)
  expect(dns.zones.get(ZONE)).toEqual([stale])
})

test('a world that never rests: OutOfTime at the deadline, not an endless run', async () => {
  let last = 1
  const dns = world((call) => {
    if (!call.startsWith('change')) return
    void dns.clock.sleep(1000)
    dns.instances = [anInstance({ publicIp: `203.0.113.${++last}` })]
  })
  const run = convergeDns(dns, dns.request({ deadline: 5000 }))
  await expect(run).rejects.toThrow(OutOfTime)
  await expect(run).rejects.toThrow('the world kept moving until the time was up')
  expect(writes(dns)).toHaveLength(5)
})

describe('several sites', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const crowd = (before?: Parameters<typeof fakeDns>[0]) => {
    const dns = fakeDns(before)
    dns.sites = names.map((name) => aSite(`${name}.example.com`, { instances: { 'tag:Name': 'app' } }))
    dns.instances = [anInstance()]
    return dns
  }

  test('one batch for all of them', async () => {
    const dns = crowd()
    await convergeDns(dns, dns.request())
    expect(dns.calls).toHaveLength(2)
    expect(dns.zones.get(ZONE)).toHaveLength(7)
  })

  test.each([
    ['named by the service', "Invalid: 'c.example.com.'", 4],
    ['not named', 'Something is wrong.', 9],
  ])('one bad record, %s: isolated, the others applied', async (_, words, mostWrites) => {
    const dns = crowd((call) => {
      if (call.startsWith('change') && call.includes('c.example.com.')) throw new BatchRejected([words])
    })
    const report = await convergeDns(dns, dns.request())
    expect(report.applied.map(({ site }) => site).sort()).toEqual(
      names.filter((name) => name !== 'c').map((name) => `${name}.example.com`),
    )
    expect(report.problems).toMatchObject([{ name: 'RecordRejected', site: 'c.example.com' }])
    expect(report.problems[0]!.message).toBe(`c.example.com A: Route 53 refused the change: ${words}`)
    expect(writes(dns).length).toBeLessThanOrEqual(mostWrites)
  })

  test('two zones, a bad record in each: what one zone learns does not make the other forget', async () => {
    const dns = crowd((call) => {
      if (/^change.* [bf]\.example\.com\./.test(call)) throw new BatchRejected(['No.'])
    })
    dns.sites = names.map((name, index) =>
      aSite(`${name}.example.com`, { instances: { 'tag:Name': 'app' }, hostedZoneId: index < 4 ? ZONE : 'Z2ZZZZ' }),
    )
    const report = await convergeDns(dns, dns.request())
    expect(report.problems.map(({ site }) => site)).toEqual(['b.example.com', 'f.example.com'])
    expect(report.applied).toHaveLength(5)
    // Four names: refused whole, refused in half, refused alone, and each good half once. Not one round more.
    expect(writes(dns).filter((call) => call.startsWith(`change ${ZONE} `))).toHaveLength(5)
  })
})

describe('two zones', () => {
  const two = (before: Parameters<typeof fakeDns>[0]) => {
    const dns = fakeDns(before)
    dns.sites = [aSite(), aSite('b.example.org', { hostedZoneId: 'Z2ZZZZ', instances: { 'tag:Name': 'app' } })]
    dns.instances = [anInstance()]
    return dns
  }

  test('one cannot be read: a problem of its site, and the other is served', async () => {
    const dns = two((call) => {
      if (call === 'list Z2ZZZZ') throw Object.assign(new Error('No hosted zone found'), { name: 'NoSuchHostedZone' })
    })
    const report = await convergeDns(dns, dns.request())
    expect(dns.zones.get(ZONE)).toEqual([aRecord()])
    expect(report.plan.map(({ site }) => site)).toEqual(['app.example.com'])
    expect(report.problems).toMatchObject([
      {
        name: 'ZoneUnreadable',
        message: 'b.example.org: zone Z2ZZZZ cannot be read: NoSuchHostedZone: No hosted zone found',
        site: 'b.example.org',
      },
    ])
    expect(dns.calls.filter((call) => call === 'list Z2ZZZZ')).toHaveLength(1)
  })

  test('one fails on write in a way nobody knows: the error comes out, after the other zone is done', async () => {
    const dns = two((call) => {
      if (call.startsWith(`change ${ZONE}`)) throw new TypeError('odd')
    })
    await expect(convergeDns(dns, dns.request())).rejects.toThrow('odd')
    expect(dns.zones.get('Z2ZZZZ')).toHaveLength(1)
  })
})

test('a dry run writes nothing, and its sentences are the real run’s', async () => {
  const dns = world()
  dns.sites = [aSite('app.example.com', { aliases: ['www.example.com'] }), aSite('b.example.com', { onStop: 'delete' })]
  dns.instances = [anInstance(), anInstance({ id: 'i-2', state: 'stopped', tags: { Name: 'b' } })]
  dns.zones.set(ZONE, [stale, aRecord({ name: 'b.example.com.' })])
  const dry = await convergeDns(dns, dns.request({ dryRun: true }))
  expect([writes(dns), dry.applied, dns.said]).toEqual([[], [], []])
  await convergeDns(dns, dns.request())
  expect(dns.said).toHaveLength(3)
  expect(dry.plan.map(describePlanned)).toEqual(dns.said)
})

test('peer fault: succeeds silently when the public address is not there yet', async () => {
  const dns = world()
  dns.instances = [anInstance({ publicIp: undefined })]
  const report = await convergeDns(dns, dns.request())
  expect(writes(dns)).toEqual([])
  expect(report.problems).toEqual([
    {
      name: 'NoPublicAddress',
      message:
        'i-00000000000000001 of app.example.com runs but has no public IPv4 address: is its subnet public, with auto-assign on?',
      site: 'app.example.com',
      instances: ['i-00000000000000001'],
      patience: { againAfter: 3_000, givesUpAfter: 120_000 },
    },
  ])
})

test('no instance at all: nothing is written before a second look, which the report asks for', async () => {
  const dns = world()
  dns.instances = []
  const first = await convergeDns(dns, dns.request())
  expect([first.unmatched, writes(dns)]).toEqual([['app.example.com'], []])
  const second = await convergeDns(dns, dns.request({ unmatchedBefore: new Set(first.unmatched) }))
  expect([second.unmatched, dns.zones.get(ZONE)]).toEqual([[], [parked]])
})

test('a look for one site that meets another asks for both: two that cannot be parked would call each other for ever', async () => {
  const hostnames = ['app.example.com', 'web.example.com']
  const dns = world((call) => {
    if (call.startsWith('change')) throw new BatchRejected(['AccessDenied'])
  })
  dns.sites = hostnames.map((hostname) => aSite(hostname))
  dns.instances = []
  const first = await convergeDns(dns, dns.request({ unmatchedBefore: new Set(['app.example.com']) }))
  expect([...first.unmatched].sort()).toEqual(hostnames)
  const second = await convergeDns(dns, dns.request({ unmatchedBefore: new Set(first.unmatched) }))
  expect(second.unmatched).toEqual([])
})

test('a foreign record: a problem that no retry mends, and the site’s other names are served', async () => {
  const dns = world(undefined, [aRecord({ type: 'CNAME', values: ['x.example.net.'] })])
  dns.sites = [aSite('app.example.com', { aliases: ['www.example.com'] })]
  const report = await convergeDns(dns, dns.request())
  expect(report.applied.map(({ name }) => name)).toEqual(['www.example.com.'])
  expect(report.problems).toMatchObject([{ name: 'RecordRefused', patience: { givesUpAfter: 0 } }])
})

test('broken sites come through for the log', async () => {
  const dns = world()
  dns.broken = [{ hostname: 'x.example.com', errors: [] }]
  expect((await convergeDns(dns, dns.request())).broken).toBe(dns.broken)
})

describe('zones in another account', () => {
  const ROLE = 'arn:aws:iam::210987654321:role/dns'
  const ABROAD = { hostedZoneId: 'Z2ZZZZ', dnsRoleArn: ROLE, instances: { 'tag:Name': 'app' } }

  /** The zone of one site here, that of two others there. */
  function twoAccounts(before?: Parameters<typeof fakeDns>[0]): FakeDns {
    const dns = world(before)
    dns.sites = [aSite(), aSite('a.example.org', ABROAD), aSite('b.example.org', ABROAD)]
    dns.zones.set('Z2ZZZZ', [])
    return dns
  }

  test('each zone is read and written by the role of its sites, its changes in one batch', async () => {
    const dns = twoAccounts()
    const { problems } = await convergeDns(dns, dns.request())
    expect(problems).toEqual([])
    expect(dns.calls.toSorted()).toEqual([
      `as ${ROLE} change Z2ZZZZ a.example.org. b.example.org.`,
      `as ${ROLE} list Z2ZZZZ`,
      `change ${ZONE} app.example.com.`,
      `list ${ZONE}`,
    ])
  })

  test('the role is refused when the zone is read: a problem of its sites for a while, and the other zone is written', async () => {
    const dns = twoAccounts((call) => {
      if (call.startsWith(`as ${ROLE} list`)) throw new RoleRefused('dns-sync may not take the role')
    })
    const { problems } = await convergeDns(dns, dns.request())
    expect(problems).toMatchObject(
      ['a.example.org', 'b.example.org'].map((site) => ({
        ...{ name: 'ZoneUnreadable', site, patience: SHORT_PATIENCE },
        message: `${site}: zone Z2ZZZZ cannot be read: RoleRefused: dns-sync may not take the role`,
      })),
    )
    expect(dns.zones.get(ZONE)).toEqual([aRecord()])
  })

  test('a site says another role meanwhile: the zone is read anew by that one', async () => {
    const other = `${ROLE}2`
    const dns = twoAccounts((call, { sites }) => {
      if (!call.includes('change Z2ZZZZ')) return
      dns.sites = sites.map((site) => (site.dnsRoleArn ? { ...site, dnsRoleArn: other } : site))
    })
    await convergeDns(dns, dns.request())
    expect(dns.calls.at(-1)).toBe(`as ${other} list Z2ZZZZ`)
  })
})
