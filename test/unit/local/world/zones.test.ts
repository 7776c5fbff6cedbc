// Route 53's rules: names, order, batches, what is listed and what is served.
import { listRecords, normaliseName, recordKey } from '../../../../local/world/queries.ts'
import type { RecordChange, RecordSet } from '../../../../local/world/types.ts'
import { refusal, type Virtual, virtual } from './virtual.ts'

let world: Virtual

beforeEach(() => {
  world = virtual({ tempo: { insyncMs: 1000, route53Serial: false } })
  world.act({ type: 'CreateHostedZone', id: 'Z1', name: 'Example.COM' })
})

const set = (name: string, type = 'A', values = ['192.0.2.1'], more: Partial<RecordSet> = {}): RecordSet => ({
  name,
  type,
  ttl: 60,
  values,
  ...more,
})
type Short = readonly [RecordChange['action'], RecordSet]
const change = (...changes: Short[]) =>
  world.act({
    type: 'ChangeResourceRecordSets',
    zoneId: 'Z1',
    changes: changes.map(([action, record]) => ({ action, record })),
  })
const zone = () => world.state.zones.get('Z1')!
const listed = () => listRecords(zone()).records.map(({ name, type }) => `${name} ${type}`)

test.each([
  ['WWW.Example.com', 'www.example.com.'],
  ['www.example.com.', 'www.example.com.'],
  ['*.example.com', '\\052.example.com.'],
  ['\\052.example.com', '\\052.example.com.'],
  ['_acme-challenge.example.com', '_acme-challenge.example.com.'],
  ['a b.example.com', 'a\\040b.example.com.'],
])('%s is kept as %s', (given, kept) => {
  expect(normaliseName(given)).toBe(kept)
  expect(normaliseName(normaliseName(given))).toBe(kept)
})

test('order: names with their labels reversed, then types', () => {
  change(
    ['CREATE', set('b.example.com')],
    ['CREATE', set('b.example.com', 'AAAA', ['2001:db8::1'])],
    ['CREATE', set('a.b.example.com')],
    ['CREATE', set('z.a.example.com')],
    ['CREATE', set('*.example.com')],
    ['CREATE', set('b-c.example.com')],
  )
  expect(listed()).toEqual([
    'example.com. NS',
    'example.com. SOA',
    '\\052.example.com. A',
    'z.a.example.com. A',
    'b-c.example.com. A',
    'b.example.com. A',
    'b.example.com. AAAA',
    'a.b.example.com. A',
  ])
})

describe('listRecords', () => {
  beforeEach(() => change(['CREATE', set('b.example.com')], ['CREATE', set('d.example.com')]))

  test.each([
    ['b.example.com', 'A', 'b.example.com. A'],
    ['b.example.com', undefined, 'b.example.com. A'],
    ['b.example.com', 'AAAA', 'd.example.com. A'],
    ['c.example.com', 'A', 'd.example.com. A'],
    ['B.EXAMPLE.COM.', 'A', 'b.example.com. A'],
    ['e.example.com', 'A', undefined],
    ['com', 'A', 'example.com. NS'],
  ])('from %s %s: the first at or after it is %s', (name, type, wanted) => {
    const [first] = listRecords(zone(), { name, type }).records
    expect(first && `${first.name} ${first.type}`).toBe(wanted)
  })

  test('a page tells the first record of the next', () => {
    expect(listRecords(zone(), undefined, 2).next).toMatchObject({ name: 'b.example.com.' })
    expect(listRecords(zone(), undefined, 4).next).toBeUndefined()
  })
})

describe('batches', () => {
  const alias = { hostedZoneId: 'Z2', dnsName: 'lb.example.net.', evaluateTargetHealth: false }
  beforeEach(() => {
    change(
      ['CREATE', set('www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])],
      ['CREATE', set('cname.example.com', 'CNAME', ['www.example.com'])],
      ['CREATE', set('w.example.com', 'A', ['192.0.2.1'], { setIdentifier: 'one', weight: 1 })],
      ['CREATE', set('alias.example.com', 'A', [], { ttl: null, alias })],
    )
    world.act({ type: 'ProtectRecords', zoneId: 'Z1', keys: ['kept.example.com.|A'] })
  })

  const www = "resource record set [name='www.example.com.', type='A']"
  test.each<[string, Short[], string]>([
    ['CREATE of what exists', [['CREATE', set('www.example.com')]], `Tried to create ${www} but it already exists`],
    [
      'DELETE of what is absent',
      [['DELETE', set('no.example.com')]],
      "Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found",
    ],
    [
      'DELETE with other values',
      [['DELETE', set('www.example.com')]],
      `Tried to delete ${www} but the values provided do not match the current values`,
    ],
    [
      'DELETE with another TTL',
      [['DELETE', set('www.example.com', 'A', ['192.0.2.1', '192.0.2.2'], { ttl: 61 })]],
      `Tried to delete ${www} but the values provided do not match the current values`,
    ],
    [
      'a name outside the zone',
      [['UPSERT', set('www.example.org')]],
      'RRSet with DNS name www.example.org. is not permitted in zone example.com.',
    ],
    [
      'a name that only ends alike',
      [['UPSERT', set('notexample.com')]],
      'RRSet with DNS name notexample.com. is not permitted in zone example.com.',
    ],
    [
      'a CNAME beside other records',
      [['UPSERT', set('www.example.com', 'CNAME', ['a.example.com'])]],
      'RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.',
    ],
    [
      'a record beside a CNAME',
      [['UPSERT', set('cname.example.com')]],
      'RRSet of type A with DNS name cname.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.',
    ],
    [
      'a CNAME at the apex',
      [['UPSERT', set('example.com', 'CNAME', ['a.example.com'])]],
      'RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.',
    ],
    [
      'a simple record beside weighted ones',
      [['UPSERT', set('w.example.com')]],
      'RRSet with DNS name w.example.com., type A cannot be created as other RRSets exist with the same name and type.',
    ],
    [
      'no IPv4 address',
      [['UPSERT', set('x.example.com', 'A', ['192.0.2.256'])]],
      "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.256''",
    ],
    [
      'no IPv6 address',
      [['UPSERT', set('x.example.com', 'AAAA', ['192.0.2.1'])]],
      "Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '192.0.2.1''",
    ],
    [
      'a TXT without quotation marks',
      [['UPSERT', set('x.example.com', 'TXT', ['one'])]],
      "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'one''",
    ],
    [
      'a value twice',
      [['UPSERT', set('x.example.com', 'A', ['192.0.2.1', '192.0.2.1'])]],
      "Duplicate Resource Record: '192.0.2.1'",
    ],
    [
      'a protected record',
      [['UPSERT', set('kept.example.com')]],
      "Tried to change resource record set [name='kept.example.com.', type='A'] but it has a resource record set protection",
    ],
    [
      'the zone without its SOA',
      [
        [
          'DELETE',
          set('example.com', 'SOA', ['ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400'], {
            ttl: 900,
          }),
        ],
      ],
      'A HostedZone must contain exactly one SOA record.',
    ],
    [
      '501 UPSERTs',
      Array.from({ length: 501 }, (_, i) => ['UPSERT', set(`h${i}.example.com`)]),
      'Number of records limit of 1000 exceeded.',
    ],
    [
      '16,001 characters of values in UPSERTs',
      [['UPSERT', set('x.example.com', 'TXT', [`"${'a'.repeat(15_999)}"`])]],
      'Number of characters limit of 32000 exceeded.',
    ],
  ])('%s', (_case, changes, message) => {
    const before = world.state
    expect(() => change(...changes)).toThrow(
      expect.objectContaining({ code: 'InvalidChangeBatch', message: `[${message}]` }),
    )
    expect(world.state).toBe(before)
  })

  test.each<[string, Short[]]>([
    ['500 UPSERTs', Array.from({ length: 500 }, (_, i) => ['UPSERT', set(`h${i}.example.com`)])],
    ['1,000 CREATEs', Array.from({ length: 1000 }, (_, i) => ['CREATE', set(`h${i}.example.com`)])],
    ['16,000 characters', [['UPSERT', set('x.example.com', 'TXT', [`"${'a'.repeat(15_998)}"`])]]],
    ['DELETE with the values in another order', [['DELETE', set('www.example.com', 'A', ['192.0.2.2', '192.0.2.1'])]]],
    [
      'a CNAME in place of a record that goes',
      [
        ['DELETE', set('www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])],
        ['CREATE', set('www.example.com', 'CNAME', ['cname.example.com'])],
      ],
    ],
    [
      'another weighted record of the name',
      [['CREATE', set('w.example.com', 'A', ['192.0.2.1'], { setIdentifier: 'two', weight: 1 })]],
    ],
    ['an alias deleted as it is', [['DELETE', set('alias.example.com', 'A', [], { ttl: null, alias })]]],
  ])('accepted: %s', (_case, changes) => {
    expect(change(...changes).status).toBe('PENDING')
  })

  test('DELETE and CREATE in one batch is a compare-and-swap', () => {
    const swap = () =>
      change(
        ['DELETE', set('www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])],
        ['CREATE', set('www.example.com', 'A', ['192.0.2.9'])],
      )
    swap()
    expect(zone().records.get('www.example.com.|A')?.values).toEqual(['192.0.2.9'])
    expect(refusal(world, swap)).toBe('InvalidChangeBatch')
  })

  test('every bad change is named, in its order', () => {
    const bad = () =>
      change(['CREATE', set('www.example.com')], ['CREATE', set('ok.example.com')], ['DELETE', set('no.example.com')])
    expect(bad).toThrow(/^\[Tried to create .* already exists, Tried to delete .* was not found\]$/)
  })

  test.each([
    ['TTL', { ttl: null }],
    ['ResourceRecords', { values: [] }],
  ])('without %s it is InvalidInput', (field, more) => {
    const run = () => change(['UPSERT', set('x.example.com', 'A', ['192.0.2.1'], more)])
    expect(run).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(`'${field}'`) }),
    )
  })
})

describe('from PENDING to INSYNC', () => {
  const served = (name: string) => zone().served.get(recordKey({ name, type: 'A' }))?.values

  test('served is what had been submitted with the change that is INSYNC', () => {
    const first = change(['CREATE', set('a.example.com', 'A', ['192.0.2.1'])])
    world.pass(400)
    const second = change(['UPSERT', set('a.example.com', 'A', ['192.0.2.2'])])
    expect(served('a.example.com.')).toBeUndefined()
    world.pass(600)
    expect(served('a.example.com.')).toEqual(['192.0.2.1'])
    const status = (id: string) => world.state.changes.get(id)?.status
    expect([status(first.id), status(second.id)]).toEqual(['INSYNC', 'PENDING'])
    world.pass(400)
    expect(served('a.example.com.')).toEqual(['192.0.2.2'])
    expect(world.state.openChanges).toEqual([])
  })

  test('a later change never overtakes an earlier one', () => {
    change(['CREATE', set('a.example.com', 'A', ['192.0.2.1'])])
    world.act({ type: 'SetTempo', tempo: { insyncMs: 10 } })
    change(['UPSERT', set('a.example.com', 'A', ['192.0.2.2'])])
    world.rest()
    expect(served('a.example.com.')).toEqual(['192.0.2.2'])
  })

  test('with route53Serial a zone takes one change at a time, another zone is free', () => {
    world.act({ type: 'SetTempo', tempo: { route53Serial: true } })
    world.act({ type: 'CreateHostedZone', id: 'Z2', name: 'example.org' })
    change(['CREATE', set('a.example.com')])
    expect(refusal(world, () => change(['CREATE', set('b.example.com')]))).toBe('PriorRequestNotComplete')
    const changes = [{ action: 'CREATE', record: set('a.example.org') }] as const
    world.act({ type: 'ChangeResourceRecordSets', zoneId: 'Z2', changes })
    world.pass(1000)
    change(['CREATE', set('b.example.com')])
  })
})

test('five requests a second for the account; refused ones do not count', () => {
  const count = () => world.act({ type: 'CountRoute53Request' })
  for (let i = 0; i < 5; i += 1) {
    count()
    world.pass(100)
  }
  expect(refusal(world, count)).toBe('Throttling')
  world.pass(500)
  count()
  expect(refusal(world, count)).toBe('Throttling')
})

test('an unknown zone', () => {
  const changes = [{ action: 'CREATE', record: set('a.example.com') }] as const
  const run = () => world.act({ type: 'ChangeResourceRecordSets', zoneId: 'Z404', changes })
  expect(run).toThrow(expect.objectContaining({ code: 'NoSuchHostedZone', status: 404 }))
})

test('a zone of ten thousand records takes batches of a thousand', () => {
  for (let batch = 0; batch < 10; batch += 1) {
    change(...Array.from({ length: 1000 }, (_, i): Short => ['CREATE', set(`h${batch}-${i}.example.com`)]))
  }
  expect(zone().records.size).toBe(10_002)
  expect(listRecords(zone(), { name: 'h9-999.example.com' }).records[0]?.name).toBe('h9-999.example.com.')
})
