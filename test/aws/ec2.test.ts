// The EC2 adapter: the stage's instances from every page and every reservation.
import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { listInstances } from '../../functions/lib/aws/ec2/instances.ts'
import { TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { inTurn, serviceError } from '../support/aws.ts'
import { LAUNCH } from '../support/domain.ts'

const ec2 = mockClient(EC2Client)
beforeEach(() => void ec2.reset())

const described = (InstanceId: string, fields: Partial<Instance> = {}): Instance => ({
  InstanceId,
  State: { Name: 'running' },
  LaunchTime: new Date(LAUNCH),
  Tags: [{ Key: 'Name', Value: 'app' }],
  PublicIpAddress: '203.0.113.1',
  ...fields,
})
const idsOf = async () => (await listInstances('prod')).map(({ id }) => id)

test('peer fault: reads only Reservations[0], or only the first page', async () => {
  const { inputs, answer } = inTurn(
    {
      Reservations: [{ Instances: [described('i-1'), described('i-2')] }, { Instances: [described('i-3')] }],
      NextToken: 'more',
    },
    { Reservations: [{}, { Instances: [described('i-4')] }] },
  )
  ec2.on(DescribeInstancesCommand).callsFake(answer)
  await expect(idsOf()).resolves.toEqual(['i-1', 'i-2', 'i-3', 'i-4'])
  const Filters = [{ Name: 'tag:ragstream-edge:stage', Values: ['prod'] }]
  expect(inputs).toEqual([
    { Filters, MaxResults: 1000 },
    { Filters, MaxResults: 1000, NextToken: 'more' },
  ])
})

test('no instance', async () => {
  ec2.on(DescribeInstancesCommand).resolves({})
  await expect(idsOf()).resolves.toEqual([])
})

test('what the project cares for', async () => {
  ec2.on(DescribeInstancesCommand).resolves({
    Reservations: [
      {
        Instances: [
          described('i-1', { Ipv6Address: '2001:db8::1', Tags: [{ Key: 'Name', Value: 'app' }, { Key: 'empty' }] }),
          {
            InstanceId: 'i-2',
            State: { Name: 'stopped' },
            LaunchTime: new Date(LAUNCH),
            NetworkInterfaces: [{ Ipv6Addresses: [{ Ipv6Address: '2001:db8::2' }] }],
          },
        ],
      },
    ],
  })
  await expect(listInstances('prod')).resolves.toEqual([
    {
      id: 'i-1',
      state: 'running',
      tags: { Name: 'app', empty: '' },
      publicIp: '203.0.113.1',
      ipv6: '2001:db8::1',
      launchTime: LAUNCH,
    },
    { id: 'i-2', state: 'stopped', tags: {}, publicIp: undefined, ipv6: '2001:db8::2', launchTime: LAUNCH },
  ])
})

test.each([
  ['no id', { InstanceId: undefined }],
  ['an unknown state', { State: { Name: 'rebooting' } }],
  ['no state', { State: undefined }],
  ['no launch time', { LaunchTime: undefined }],
])('an instance with %s is no reply: better none than a part of them', async (_, fields) => {
  const odd = { ...described('i-1'), ...fields } as Instance
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [described('i-0'), odd] }] })
  await expect(idsOf()).rejects.toThrow(UnexpectedReply)
})

test.each(['RequestLimitExceeded', 'Throttling', 'InternalError', 'ServiceUnavailable', 'Unavailable'])(
  '%s on the second page: later, not half of them',
  async (name) => {
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({ Reservations: [{ Instances: [described('i-1')] }], NextToken: 'more' })
      .rejects(serviceError(name))
    await expect(idsOf()).rejects.toThrow(TryLater)
  },
)

test('any other error as it came', async () => {
  ec2.on(DescribeInstancesCommand).rejects(serviceError('UnauthorizedOperation'))
  await expect(idsOf()).rejects.toMatchObject({ name: 'UnauthorizedOperation' })
})
