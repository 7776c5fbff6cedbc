// EC2 as the real SDK client sees it.
import {
  DescribeInstancesCommand,
  paginateDescribeInstances,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { type Cloud, startCloud, until } from './clients.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})
afterEach(() => cloud.close())

const run = (name: string, state: 'running' | 'stopped' = 'running') =>
  cloud.world.dispatch({ type: 'RunInstance', tags: { Name: name }, state })
const stateOf = (id: string) => cloud.world.state.instances.get(id)?.state

describe('DescribeInstances', () => {
  test('an instance with its addresses, tags, state and launch time', async () => {
    const action = { type: 'RunInstance', tags: { Name: 'web & "app" <1>' }, state: 'running' } as const
    const { id, launchTime } = cloud.world.dispatch({ ...action, privateIp: '172.31.0.9', ipv6: '2001:db8::9' })
    const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    expect(Reservations).toHaveLength(1)
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
      InstanceId: id,
      State: { Code: 16, Name: 'running' },
      PublicIpAddress: '203.0.113.10',
      PrivateIpAddress: '172.31.0.9',
      Ipv6Address: '2001:db8::9',
      LaunchTime: new Date(launchTime),
      Tags: [{ Key: 'Name', Value: 'web & "app" <1>' }],
      NetworkInterfaces: [
        { Association: { PublicIp: '203.0.113.10' }, Ipv6Addresses: [{ Ipv6Address: '2001:db8::9' }] },
      ],
    })
  })

  test('every instance stands in a reservation of its own, over several pages', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => run(`web-${i}`).id)
    const pages = []
    for await (const page of paginateDescribeInstances({ client: cloud.ec2, pageSize: 5 }, {})) pages.push(page)
    expect(pages.map(({ Reservations }) => Reservations?.length)).toEqual([5, 5, 2])
    const seen = pages.flatMap(({ Reservations }) => Reservations!.flatMap(({ Instances }) => Instances!))
    expect(seen.map(({ InstanceId }) => InstanceId)).toEqual(ids)
  })

  test.each([
    ['tag:Name', ['web'], ['web']],
    ['tag:Name', ['w?b', 'd*'], ['web', 'db']],
    ['tag-key', ['Name'], ['web', 'db', 'mail']],
    ['tag-key', ['name'], []],
    ['instance-state-name', ['stopped'], ['mail']],
  ])('filter %s = %j finds %j', async (Name, Values, wanted) => {
    run('web')
    run('db')
    run('mail', 'stopped')
    const { Reservations = [] } = await cloud.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name, Values }] }))
    expect(Reservations.map(({ Instances }) => Instances?.[0]?.Tags?.[0]?.Value)).toEqual(wanted)
  })

  test('several filters must all match; an unknown id in a filter is only absent', async () => {
    const { id } = run('web')
    run('db')
    const Filters = [
      { Name: 'instance-id', Values: [id, 'i-0123456789abcdef0'] },
      { Name: 'tag:Name', Values: ['web', 'db'] },
    ]
    const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ Filters }))
    expect(Reservations?.map(({ Instances }) => Instances?.[0]?.InstanceId)).toEqual([id])
  })

  test('a stopped instance has no public address', async () => {
    const { id } = run('web', 'stopped')
    const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    expect(Reservations?.[0]?.Instances?.[0]?.PublicIpAddress).toBeUndefined()
  })

  test.each([
    ['one unknown id fails the whole call', { InstanceIds: ['i-1'] }, 'InvalidInstanceID.NotFound'],
    ['an unknown filter', { Filters: [{ Name: 'colour', Values: ['red'] }] }, 'InvalidParameterValue'],
    ['ids with a page size', { InstanceIds: ['i-1'], MaxResults: 5 }, 'InvalidParameterCombination'],
    ['a page size below 5', { MaxResults: 4 }, 'InvalidParameterValue'],
    ['a token that nobody gave', { MaxResults: 5, NextToken: 'next' }, 'InvalidNextToken'],
  ])('%s', async (_case, input, name) => {
    run('web')
    await expect(cloud.ec2.send(new DescribeInstancesCommand(input))).rejects.toMatchObject({ name })
  })
})

test('start, stop, reboot and terminate tell the state before and now', async () => {
  const { id } = run('web')
  const InstanceIds = [id]
  const stopped = await cloud.ec2.send(new StopInstancesCommand({ InstanceIds }))
  expect(stopped.StoppingInstances).toMatchObject([
    { InstanceId: id, CurrentState: { Code: 64, Name: 'stopping' }, PreviousState: { Code: 16, Name: 'running' } },
  ])
  await until(cloud.world, () => stateOf(id) === 'stopped')
  const started = await cloud.ec2.send(new StartInstancesCommand({ InstanceIds }))
  expect(started.StartingInstances).toMatchObject([
    { CurrentState: { Name: 'pending' }, PreviousState: { Name: 'stopped' } },
  ])
  await until(cloud.world, () => stateOf(id) === 'running')
  await cloud.ec2.send(new RebootInstancesCommand({ InstanceIds }))
  expect(stateOf(id)).toBe('running')
  const terminated = await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds }))
  expect(terminated.TerminatingInstances).toMatchObject([{ CurrentState: { Name: 'shutting-down' } }])
})

test('a stopping instance cannot be started', async () => {
  await cloud.close()
  cloud = await startCloud({ tempo: { stoppingMs: 60_000 } })
  const { id } = run('web')
  cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
  const start = cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
  await expect(start).rejects.toMatchObject({ name: 'IncorrectInstanceState' })
})

test('start asks IAM for each instance with its tags', async () => {
  const first = run('web', 'stopped')
  const second = run('db', 'stopped')
  await cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [first.id, second.id] }))
  expect(cloud.asked).toEqual([
    {
      accessKeyId: 'local-admin',
      action: 'ec2:StartInstances',
      resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${first.id}`],
      context: { 'aws:ResourceTag/Name': 'web', 'ec2:ResourceTag/Name': 'web' },
    },
    expect.objectContaining({ resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${second.id}`] }),
  ])
})

test('a denial is UnauthorizedOperation, in the words of the authorizer', async () => {
  cloud.authorize = ({ action }) => `may not ${action}`
  await expect(cloud.ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: 'may not ec2:DescribeInstances',
    $metadata: { httpStatusCode: 403 },
  })
})
