// The table above planRecords, row by row and beyond: whole entries, and the sentence that log and dry run show.
import type { Instance } from '../../../functions/lib/domain/instance.ts'
import type { RecordSet } from '../../../functions/lib/domain/record.ts'
import { describePlanned, type PlannedRecord, planRecords } from '../../../functions/lib/records/plan.ts'
import { anInstance, aRecord, aSite, frozen, ZONE } from '../../support/domain.ts'

interface World {
  readonly site?: Readonly<Record<string, unknown>>
  readonly instances?: readonly Instance[]
  readonly records?: readonly RecordSet[]
  readonly unmatchedBefore?: boolean
  readonly force?: boolean
}

const planOf = ({ site = {}, instances = [], records = [], unmatchedBefore = false, force = false }: World) =>
  planRecords(
    frozen({
      sites: [aSite('app.example.com', site)],
      instances,
      records: new Map([[ZONE, records]]),
      unmatchedBefore: new Set(unmatchedBefore ? ['app.example.com'] : []),
      force,
    }),
  )

const entry = (fields: Partial<PlannedRecord>): PlannedRecord => ({
  site: 'app.example.com',
  zoneId: ZONE,
  name: 'app.example.com.',
  type: 'A',
  action: 'keep',
  reason: '',
  instances: [],
  ...fields,
})

const ID = 'i-00000000000000001'
const OTHER = 'i-00000000000000002'
const here = aRecord()
const elsewhere = aRecord({ values: ['203.0.113.99'] })
const parked = aRecord({ values: ['192.0.2.1'], ttl: 10 })
const v6 = aRecord({ type: 'AAAA', values: ['2001:db8::1'] })
const stopped = anInstance({ state: 'stopped', publicIp: undefined })

type Row = [string, World, Partial<PlannedRecord>[], string[]]

const rows: Row[] = [
  [
    'running with an address, no record: create',
    { instances: [anInstance()] },
    [{ action: 'create', record: here, reason: `${ID} runs there`, instances: [ID] }],
    [`create A app.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
  [
    'running with an address, another one recorded: replace',
    { instances: [anInstance()], records: [elsewhere] },
    [{ action: 'replace', record: here, previous: elsewhere, reason: `${ID} runs there`, instances: [ID] }],
    [`replace A app.example.com: 203.0.113.99 (TTL 60) -> 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
  [
    'peer fault: rewrites a correct record on every event',
    { instances: [anInstance()], records: [here] },
    [{ action: 'keep', record: here, previous: here, reason: `${ID} runs there`, instances: [ID] }],
    [`keep A app.example.com, is 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
  [
    'only the TTL differs: replace',
    { instances: [anInstance()], records: [aRecord({ ttl: 300 })] },
    [{ action: 'replace', record: here, previous: aRecord({ ttl: 300 }), reason: `${ID} runs there`, instances: [ID] }],
    [`replace A app.example.com: 203.0.113.1 (TTL 300) -> 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
  [
    'several running: every address once, sorted, whatever the order of the instances',
    {
      instances: [
        anInstance({ id: OTHER, publicIp: '203.0.113.9' }),
        anInstance({ publicIp: '203.0.113.10' }),
        anInstance({ id: 'i-00000000000000003', publicIp: '203.0.113.9' }),
      ],
    },
    [
      {
        action: 'create',
        record: aRecord({ values: ['203.0.113.10', '203.0.113.9'] }),
        reason: `${OTHER}, ${ID}, i-00000000000000003 run there`,
        instances: [OTHER, ID, 'i-00000000000000003'],
      },
    ],
    [`create A app.example.com = 203.0.113.10, 203.0.113.9 (TTL 60): ${OTHER}, ${ID}, i-00000000000000003 run there`],
  ],
  [
    'the order of the recorded values means nothing: keep',
    {
      instances: [anInstance(), anInstance({ id: OTHER, publicIp: '203.0.113.2' })],
      records: [aRecord({ values: ['203.0.113.2', '203.0.113.1'] })],
    },
    [
      {
        action: 'keep',
        record: aRecord({ values: ['203.0.113.1', '203.0.113.2'] }),
        previous: aRecord({ values: ['203.0.113.2', '203.0.113.1'] }),
        reason: `${ID}, ${OTHER} run there`,
        instances: [ID, OTHER],
      },
    ],
    [`keep A app.example.com, is 203.0.113.2, 203.0.113.1 (TTL 60): ${ID}, ${OTHER} run there`],
  ],
  [
    'one runs, another is still without address: the reachable one counts',
    { instances: [anInstance({ id: OTHER, publicIp: undefined }), anInstance()] },
    [{ action: 'create', record: here, reason: `${ID} runs there`, instances: [ID] }],
    [`create A app.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
  [
    'peer fault: deletes by what Route 53 holds now, so that terminating the old instance removes the new one’s record',
    { instances: [anInstance({ id: OTHER, state: 'terminated', publicIp: undefined }), anInstance()], records: [here] },
    [{ action: 'keep', record: here, previous: here, reason: `${ID} runs there`, instances: [ID] }],
    [`keep A app.example.com, is 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
  [
    'peer fault: succeeds silently when the public address is not there yet',
    { instances: [anInstance({ publicIp: undefined })], records: [parked] },
    [{ action: 'wait', previous: parked, reason: `${ID} runs but has no public address yet`, instances: [ID] }],
    [`wait A app.example.com, is 192.0.2.1 (TTL 10): ${ID} runs but has no public address yet`],
  ],
  [
    'pending: wait, nothing recorded',
    { instances: [anInstance({ state: 'pending', publicIp: undefined }), { ...stopped, id: OTHER }] },
    [{ action: 'wait', reason: `${ID} is starting`, instances: [ID] }],
    [`wait A app.example.com, no record: ${ID} is starting`],
  ],
  [
    'pending, and EC2 shows its address already: as one that runs',
    { instances: [anInstance({ state: 'pending' })], records: [parked] },
    [{ action: 'replace', record: here, previous: parked, reason: `${ID} starts there`, instances: [ID] }],
    [`replace A app.example.com: 192.0.2.1 (TTL 10) -> 203.0.113.1 (TTL 60): ${ID} starts there`],
  ],
  [
    'one runs, another starts, both with an address: both',
    { instances: [anInstance(), anInstance({ id: OTHER, state: 'pending', publicIp: '203.0.113.2' })] },
    [
      {
        action: 'create',
        record: aRecord({ values: ['203.0.113.1', '203.0.113.2'] }),
        reason: `${ID} runs, ${OTHER} starts there`,
        instances: [ID, OTHER],
      },
    ],
    [`create A app.example.com = 203.0.113.1, 203.0.113.2 (TTL 60): ${ID} runs, ${OTHER} starts there`],
  ],
  [
    'its address was shown while it was pending, and is not there at running: wait for the next',
    { instances: [anInstance({ publicIp: undefined })], records: [here] },
    [{ action: 'wait', previous: here, reason: `${ID} runs but has no public address yet`, instances: [ID] }],
    [`wait A app.example.com, is 203.0.113.1 (TTL 60): ${ID} runs but has no public address yet`],
  ],
  [
    'seen, none running, onStop park: the parking address',
    { instances: [stopped, { ...stopped, id: OTHER, state: 'shutting-down' }], records: [here] },
    [
      {
        action: 'replace',
        record: parked,
        previous: here,
        reason: `${ID} is stopped, ${OTHER} is shutting-down`,
        instances: [ID, OTHER],
      },
    ],
    [
      `replace A app.example.com: 203.0.113.1 (TTL 60) -> 192.0.2.1 (TTL 10): ${ID} is stopped, ${OTHER} is shutting-down`,
    ],
  ],
  [
    'a stopping instance still has its address, which will be somebody else’s: parked',
    { instances: [anInstance({ state: 'stopping' })], records: [here] },
    [{ action: 'replace', record: parked, previous: here, reason: `${ID} is stopping`, instances: [ID] }],
    [`replace A app.example.com: 203.0.113.1 (TTL 60) -> 192.0.2.1 (TTL 10): ${ID} is stopping`],
  ],
  [
    'stopped and parked already: keep',
    {
      site: { parkAddress: '198.51.100.7', parkTtl: 30 },
      instances: [stopped],
      records: [aRecord({ ttl: 30, values: ['198.51.100.7'] })],
    },
    [
      {
        action: 'keep',
        record: aRecord({ ttl: 30, values: ['198.51.100.7'] }),
        previous: aRecord({ ttl: 30, values: ['198.51.100.7'] }),
        reason: `${ID} is stopped`,
        instances: [ID],
      },
    ],
    [`keep A app.example.com, is 198.51.100.7 (TTL 30): ${ID} is stopped`],
  ],
  [
    'onStop delete: the record goes',
    { site: { onStop: 'delete' }, instances: [stopped], records: [here] },
    [{ action: 'delete', previous: here, reason: `${ID} is stopped`, instances: [ID] }],
    [`delete A app.example.com, was 203.0.113.1 (TTL 60): ${ID} is stopped`],
  ],
  [
    'onStop delete, no record: keep',
    { site: { onStop: 'delete' }, instances: [stopped] },
    [{ action: 'keep', reason: `${ID} is stopped`, instances: [ID] }],
    [`keep A app.example.com, no record: ${ID} is stopped`],
  ],
  [
    'onStop keep: the old address stays',
    { site: { onStop: 'keep' }, instances: [stopped], records: [here] },
    [{ action: 'keep', previous: here, reason: `${ID} is stopped, and onStop is keep`, instances: [ID] }],
    [`keep A app.example.com, is 203.0.113.1 (TTL 60): ${ID} is stopped, and onStop is keep`],
  ],
  [
    'no instance, first look: again in a minute',
    { site: { instances: { 'tag:Name': 'app', 'tag:Role': 'web' } }, instances: [anInstance()], records: [here] },
    [
      {
        action: 'look-again',
        previous: here,
        reason: 'no instance has tag:Name = app, tag:Role = web; looking again in a minute',
      },
    ],
    [
      'look-again A app.example.com, is 203.0.113.1 (TTL 60): no instance has tag:Name = app, tag:Role = web; looking again in a minute',
    ],
  ],
  [
    'no instance, first look, already parked: nothing to look for',
    { records: [parked] },
    [{ action: 'keep', previous: parked, reason: 'the record is at rest, and no instance matches' }],
    ['keep A app.example.com, is 192.0.2.1 (TTL 10): the record is at rest, and no instance matches'],
  ],
  [
    'no instance, second look: parked',
    { unmatchedBefore: true, records: [here] },
    [
      {
        action: 'replace',
        record: parked,
        previous: here,
        reason: 'no instance has tag:Name = app, in two looks a minute apart',
      },
    ],
    [
      'replace A app.example.com: 203.0.113.1 (TTL 60) -> 192.0.2.1 (TTL 10): no instance has tag:Name = app, in two looks a minute apart',
    ],
  ],
  [
    'no instance, first look, forced: parked at once',
    { force: true, records: [here] },
    [
      {
        action: 'replace',
        record: parked,
        previous: here,
        reason: 'no instance has tag:Name = app, and it was forced',
      },
    ],
    [
      'replace A app.example.com: 203.0.113.1 (TTL 60) -> 192.0.2.1 (TTL 10): no instance has tag:Name = app, and it was forced',
    ],
  ],
  [
    'an IPv6 site: A before AAAA',
    { site: { ipv6: true }, instances: [anInstance({ ipv6: '2001:db8::1' })] },
    [
      { action: 'create', record: here, reason: `${ID} runs there`, instances: [ID] },
      { type: 'AAAA', action: 'create', record: v6, reason: `${ID} runs there`, instances: [ID] },
    ],
    [
      `create A app.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`,
      `create AAAA app.example.com = 2001:db8::1 (TTL 60): ${ID} runs there`,
    ],
  ],
  [
    'an IPv6 site whose instance has no IPv6 address any more: the AAAA goes',
    { site: { ipv6: true }, instances: [anInstance()], records: [here, v6] },
    [
      { action: 'keep', record: here, previous: here, reason: `${ID} runs there`, instances: [ID] },
      { type: 'AAAA', action: 'delete', previous: v6, reason: 'no running instance has an IPv6 address' },
    ],
    [
      `keep A app.example.com, is 203.0.113.1 (TTL 60): ${ID} runs there`,
      'delete AAAA app.example.com, was 2001:db8::1 (TTL 60): no running instance has an IPv6 address',
    ],
  ],
  [
    'an IPv6 site at rest: parked as A only',
    { site: { ipv6: true }, instances: [stopped], records: [here, v6] },
    [
      { action: 'replace', record: parked, previous: here, reason: `${ID} is stopped`, instances: [ID] },
      { type: 'AAAA', action: 'delete', previous: v6, reason: `${ID} is stopped`, instances: [ID] },
    ],
    [
      `replace A app.example.com: 203.0.113.1 (TTL 60) -> 192.0.2.1 (TTL 10): ${ID} is stopped`,
      `delete AAAA app.example.com, was 2001:db8::1 (TTL 60): ${ID} is stopped`,
    ],
  ],
  [
    'an alias follows the hostname, a retired name is parked whatever runs',
    { site: { aliases: ['www.example.com'], retired: ['old.example.com'], onStop: 'keep' }, instances: [anInstance()] },
    [
      { action: 'create', record: here, reason: `${ID} runs there`, instances: [ID] },
      {
        name: 'www.example.com.',
        action: 'create',
        record: aRecord({ name: 'www.example.com.' }),
        reason: `${ID} runs there`,
        instances: [ID],
      },
      {
        name: 'old.example.com.',
        action: 'create',
        record: aRecord({ name: 'old.example.com.', values: ['192.0.2.1'], ttl: 10 }),
        reason: 'the name is retired',
      },
    ],
    [
      `create A app.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`,
      `create A www.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`,
      'create A old.example.com = 192.0.2.1 (TTL 10): the name is retired',
    ],
  ],
  [
    'a retired name of a site that deletes: it goes',
    {
      site: { retired: ['old.example.com'], onStop: 'delete' },
      instances: [anInstance()],
      records: [here, aRecord({ name: 'old.example.com.' })],
    },
    [
      { action: 'keep', record: here, previous: here, reason: `${ID} runs there`, instances: [ID] },
      {
        name: 'old.example.com.',
        action: 'delete',
        previous: aRecord({ name: 'old.example.com.' }),
        reason: 'the name is retired',
      },
    ],
    [
      `keep A app.example.com, is 203.0.113.1 (TTL 60): ${ID} runs there`,
      'delete A old.example.com, was 203.0.113.1 (TTL 60): the name is retired',
    ],
  ],
  [
    'an alias record at the name: refused',
    {
      instances: [anInstance()],
      records: [aRecord({ ttl: undefined, values: [], special: 'an alias record to lb.example.net.' })],
    },
    [
      {
        action: 'refuse',
        reason:
          'app.example.com already has an alias record to lb.example.net., which was not made by this service: remove it, or choose another name',
      },
    ],
    [
      'refuse A app.example.com, no record: app.example.com already has an alias record to lb.example.net., which was not made by this service: remove it, or choose another name',
    ],
  ],
  [
    'a weighted record at the name: refused',
    {
      instances: [anInstance()],
      records: [aRecord({ special: 'a record under a routing policy (set identifier "blue")' })],
    },
    [
      {
        action: 'refuse',
        reason:
          'app.example.com already has a record under a routing policy (set identifier "blue"), which was not made by this service: remove it, or choose another name',
      },
    ],
    [
      'refuse A app.example.com, no record: app.example.com already has a record under a routing policy (set identifier "blue"), which was not made by this service: remove it, or choose another name',
    ],
  ],
  [
    'a CNAME at the name: refused for both types, also when it would only be parked',
    { site: { ipv6: true }, instances: [stopped], records: [aRecord({ type: 'CNAME', values: ['x.example.net.'] })] },
    [
      {
        action: 'refuse',
        reason:
          'app.example.com already has a CNAME record, which was not made by this service: remove it, or choose another name',
      },
      {
        type: 'AAAA',
        action: 'refuse',
        reason:
          'app.example.com already has a CNAME record, which was not made by this service: remove it, or choose another name',
      },
    ],
    [
      'refuse A app.example.com, no record: app.example.com already has a CNAME record, which was not made by this service: remove it, or choose another name',
      'refuse AAAA app.example.com, no record: app.example.com already has a CNAME record, which was not made by this service: remove it, or choose another name',
    ],
  ],
  [
    'what else stands at the name, or at another name, is nobody’s business',
    {
      instances: [anInstance()],
      records: [
        aRecord({ type: 'TXT', values: ['"x"'] }),
        aRecord({ type: 'AAAA', special: 'an alias record to lb.example.net.' }),
        aRecord({ name: 'b.app.example.com.' }),
      ],
    },
    [{ action: 'create', record: here, reason: `${ID} runs there`, instances: [ID] }],
    [`create A app.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`],
  ],
]

test.each(rows)('%s', (_, world, expected, sentences) => {
  const plan = planOf(world)
  expect(plan).toEqual(expected.map(entry))
  expect(plan.map(describePlanned)).toEqual(sentences)
})

test('the same input gives the same plan, twice', () => {
  const world = { instances: [anInstance(), anInstance({ id: OTHER, publicIp: '203.0.113.2' })], records: [elsewhere] }
  expect(planOf(world)).toEqual(planOf(world))
})

test('sites in their order, each with the records of its own zone', () => {
  const [one, two] = [aSite('app.example.com'), aSite('app.example.org', { hostedZoneId: 'Z2ZZZZ' })]
  const plan = planRecords({
    sites: [two, one],
    instances: [anInstance()],
    records: new Map([[ZONE, [here]]]),
    unmatchedBefore: new Set(),
    force: false,
  })
  expect(plan.map(({ zoneId, name, action }) => [zoneId, name, action])).toEqual([
    ['Z2ZZZZ', 'app.example.org.', 'create'],
    [ZONE, 'app.example.com.', 'keep'],
  ])
})

describe('parking many sites at once, because their instances are not there any more', () => {
  const massPlan = (sites: number, absent: number, force = false, onStop = 'park') => {
    const names = Array.from({ length: sites }, (_, index) => `s${index}`)
    return planRecords({
      sites: names.map((name) => aSite(`${name}.example.com`, { onStop })),
      instances: names.slice(absent).map((name) => anInstance({ tags: { Name: name } })),
      records: new Map([[ZONE, names.map((name) => aRecord({ name: `${name}.example.com.` }))]]),
      unmatchedBefore: new Set(names.map((name) => `${name}.example.com`)),
      force,
    })
  }
  const actions = (plan: readonly PlannedRecord[]) => plan.map(({ action }) => action)

  test('more than a third of five: refused, with the numbers and what to do', () => {
    const plan = massPlan(5, 2)
    expect(actions(plan)).toEqual(['refuse', 'refuse', 'keep', 'keep', 'keep'])
    expect(describePlanned(plan[0]!)).toBe(
      'refuse A s0.example.com, is 203.0.113.1 (TTL 60): 2 of 5 sites have no instance at all any more, which is more than a third: a lost tag or permission looks the same. If it is meant, send a look with "force": true (docs/runbook.md)',
    )
  })
  test('just a third: parked', () => expect(actions(massPlan(6, 2)).slice(0, 2)).toEqual(['replace', 'replace']))
  test('fewer than five sites: parked', () => expect(actions(massPlan(4, 4))).toEqual(Array(4).fill('replace')))
  test('forced: parked', () => expect(actions(massPlan(5, 5, true))).toEqual(Array(5).fill('replace')))
  test('where nothing would be written, nothing is refused', () =>
    expect(actions(massPlan(5, 5, false, 'keep'))).toEqual(Array(5).fill('keep')))
  test('stopped instances are evidence: all of five are parked', () => {
    const sites = Array.from({ length: 5 }, (_, index) => aSite(`s${index}.example.com`))
    const instances = sites.map((_, index) => anInstance({ state: 'stopped', tags: { Name: `s${index}` } }))
    const input = { sites, instances, records: new Map(), unmatchedBefore: new Set<string>(), force: false }
    expect(actions(planRecords(input))).toEqual(Array(5).fill('create'))
  })
})
