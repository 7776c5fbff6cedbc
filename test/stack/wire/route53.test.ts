// Route 53 as the real SDK client sees it.
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  TestDNSAnswerCommand,
} from '@aws-sdk/client-route-53'
import { type Cloud, startCloud, until } from './clients.ts'

const HostedZoneId = 'Z1'
let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud({ tempo: { route53Serial: false } })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: HostedZoneId, name: 'example.com' })
})
afterEach(() => cloud.close())

const a = (Action: Change['Action'], Name: string, Value = '192.0.2.1'): Change => ({
  Action,
  ResourceRecordSet: { Name, Type: 'A', TTL: 60, ResourceRecords: [{ Value }] },
})
const change = (...Changes: Change[]) =>
  cloud.route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }))
const list = (input: Partial<ConstructorParameters<typeof ListResourceRecordSetsCommand>[0]> = {}) =>
  cloud.route53.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...input }))

test('a new zone has NS and SOA, and tells its name servers', async () => {
  const { ResourceRecordSets } = await list()
  expect(ResourceRecordSets?.map(({ Name, Type, TTL }) => [Name, Type, TTL])).toEqual([
    ['example.com.', 'NS', 172_800],
    ['example.com.', 'SOA', 900],
  ])
  const { HostedZone, DelegationSet } = await cloud.route53.send(new GetHostedZoneCommand({ Id: HostedZoneId }))
  expect(HostedZone).toMatchObject({ Id: '/hostedzone/Z1', Name: 'example.com.', ResourceRecordSetCount: 2 })
  expect(DelegationSet?.NameServers).toHaveLength(4)
})

test('a change is PENDING, then INSYNC; the record is listed in the normal form', async () => {
  const { ChangeInfo } = await change(a('CREATE', 'WWW.example.com'), a('UPSERT', '*.example.com', '192.0.2.7'))
  expect(ChangeInfo).toMatchObject({ Status: 'PENDING', SubmittedAt: expect.any(Date) })
  const id = ChangeInfo!.Id!.replace('/change/', '')
  await until(cloud.world, () => cloud.world.state.changes.get(id)?.status === 'INSYNC')
  const now = await cloud.route53.send(new GetChangeCommand({ Id: ChangeInfo!.Id! }))
  expect(now.ChangeInfo?.Status).toBe('INSYNC')
  const { ResourceRecordSets } = await list({ StartRecordName: '*.example.com' })
  expect(ResourceRecordSets).toEqual([
    { Name: '\\052.example.com.', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.7' }] },
    { Name: 'www.example.com.', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.1' }] },
  ])
})

test('the trap: a start name that is absent gives the record after it', async () => {
  await change(a('CREATE', 'b.example.com'), a('CREATE', 'd.example.com'))
  const { ResourceRecordSets } = await list({ StartRecordName: 'c.example.com', StartRecordType: 'A', MaxItems: 1 })
  expect(ResourceRecordSets?.[0]?.Name).toBe('d.example.com.')
})

test('pages of at most 300, with name and type of the next record', async () => {
  const names = Array.from({ length: 350 }, (_, i) => `h${String(i).padStart(3, '0')}.example.com`)
  await change(...names.map((name) => a('CREATE', name)))
  const first = await list({ MaxItems: 500 })
  expect(first).toMatchObject({ IsTruncated: true, NextRecordName: 'h298.example.com.', NextRecordType: 'A' })
  const rest = await list({ StartRecordName: first.NextRecordName, StartRecordType: first.NextRecordType })
  expect(rest.IsTruncated).toBe(false)
  const all = [...first.ResourceRecordSets!, ...rest.ResourceRecordSets!].map(({ Name, Type }) => `${Name} ${Type}`)
  expect(all).toHaveLength(352)
  expect(new Set(all).size).toBe(352)
})

test('alias and weighted records keep their shape', async () => {
  const AliasTarget = { HostedZoneId: 'Z9', DNSName: 'lb.example.net.', EvaluateTargetHealth: true }
  const weighted = { Name: 'w.example.com.', Type: 'A', SetIdentifier: 'one', Weight: 5, TTL: 60 } as const
  const ResourceRecords = [{ Value: '192.0.2.1' }]
  await change(
    { Action: 'CREATE', ResourceRecordSet: { Name: 'alias.example.com.', Type: 'A', AliasTarget } },
    { Action: 'CREATE', ResourceRecordSet: { ...weighted, ResourceRecords } },
  )
  const { ResourceRecordSets } = await list({ StartRecordName: 'alias.example.com' })
  expect(ResourceRecordSets).toEqual([
    { Name: 'alias.example.com.', Type: 'A', AliasTarget },
    { ...weighted, ResourceRecords },
  ])
})

describe('errors', () => {
  test('a batch names every bad change and does none', async () => {
    await change(a('CREATE', 'www.example.com'))
    const bad = change(
      a('CREATE', 'www.example.com'),
      a('CREATE', 'new.example.com'),
      a('DELETE', 'gone.example.com'),
      a('DELETE', 'www.example.com', '192.0.2.99'),
    )
    await expect(bad).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message:
        "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists, " +
        "Tried to delete resource record set [name='gone.example.com.', type='A'] but it was not found, " +
        "Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the current values]",
    })
    expect((await list()).ResourceRecordSets).toHaveLength(3)
  })

  test('an unknown zone, an unknown change', async () => {
    await expect(list({ HostedZoneId: 'Z404' })).rejects.toMatchObject({ name: 'NoSuchHostedZone' })
    const get = cloud.route53.send(new GetChangeCommand({ Id: 'C404' }))
    await expect(get).rejects.toMatchObject({ name: 'NoSuchChange' })
  })

  test('a second change while one is PENDING', async () => {
    cloud.world.dispatch({ type: 'SetTempo', tempo: { insyncMs: 60_000, route53Serial: true } })
    await change(a('CREATE', 'www.example.com'))
    const second = change(a('CREATE', 'other.example.com'))
    await expect(second).rejects.toMatchObject({ name: 'PriorRequestNotComplete' })
    // The SDK tries it three times in all.
    const tried = cloud.calls.filter(({ errorCode }) => errorCode === 'PriorRequestNotComplete')
    expect(tried).toHaveLength(3)
  })

  test('the sixth request within a second is throttled', async () => {
    let now = 1_000_000
    await cloud.close()
    cloud = await startCloud({ now: () => now, tempo: { route53PerSecond: 5 } })
    cloud.world.dispatch({ type: 'CreateHostedZone', id: HostedZoneId, name: 'example.com' })
    for (let i = 0; i < 5; i += 1) await list()
    await expect(list()).rejects.toMatchObject({ name: 'Throttling', message: 'Rate exceeded' })
    now += 1001
    await expect(list()).resolves.toBeDefined()
  })

  test('a denial is AccessDenied', async () => {
    cloud.authorize = () => 'no'
    await expect(list()).rejects.toMatchObject({ name: 'AccessDenied', message: 'no' })
  })
})

test('a change asks IAM with names, types and actions in the normal form', async () => {
  await change(a('UPSERT', 'WWW.Example.com.'), a('UPSERT', '*.example.com'), a('CREATE', 'www2.example.com'))
  expect(cloud.asked).toEqual([
    {
      accessKeyId: 'local-admin',
      action: 'route53:ChangeResourceRecordSets',
      resources: ['arn:aws:route53:::hostedzone/Z1'],
      context: {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [
          'www.example.com',
          '\\052.example.com',
          'www2.example.com',
        ],
        'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
        'route53:ChangeResourceRecordSetsActions': ['UPSERT', 'CREATE'],
      },
    },
  ])
})

test('a name alone does not pick the zone: a private one can bear it too', async () => {
  cloud.world.dispatch({ type: 'CreateHostedZone', id: 'Z2', name: 'example.com', privateZone: true })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: 'Z0', name: 'aaa.org' })
  const { HostedZones } = await cloud.route53.send(new ListHostedZonesByNameCommand({ DNSName: 'example.com' }))
  expect(HostedZones?.map(({ Id, Config }) => [Id, Config?.PrivateZone])).toEqual([
    ['/hostedzone/Z1', false],
    ['/hostedzone/Z2', true],
    ['/hostedzone/Z0', false],
  ])
})

test('TestDNSAnswer says what is served, not what is listed', async () => {
  cloud.world.dispatch({ type: 'SetTempo', tempo: { insyncMs: 60_000 } })
  const ask = new TestDNSAnswerCommand({ HostedZoneId, RecordName: 'www.example.com', RecordType: 'A' })
  await change(a('CREATE', 'www.example.com'))
  const before = await cloud.route53.send(ask)
  expect(before).toMatchObject({ ResponseCode: 'NXDOMAIN', RecordData: [] })
})

test('TestDNSAnswer gives the values once they are INSYNC', async () => {
  const { ChangeInfo } = await change(a('CREATE', 'www.example.com'))
  const id = ChangeInfo!.Id!.replace('/change/', '')
  await until(cloud.world, () => cloud.world.state.changes.get(id)?.status === 'INSYNC')
  const ask = new TestDNSAnswerCommand({ HostedZoneId, RecordName: 'WWW.example.com', RecordType: 'A' })
  const answer = await cloud.route53.send(ask)
  expect(answer).toMatchObject({ ResponseCode: 'NOERROR', RecordData: ['192.0.2.1'], RecordName: 'www.example.com' })
})
