// The server around the services: who calls what, what it does not know, faults, and what it reports.
import { DescribeInstancesCommand, DescribeVpcsCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { ListHostedZonesCommand, ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53'
import { GetParameterCommand, ListAssociationsCommand, PutParameterCommand } from '@aws-sdk/client-ssm'
import { loadServices } from '../../../local/wire/load.ts'
import { ServiceError } from '../../../local/world/types.ts'
import { type Cloud, startCloud } from './clients.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})
afterEach(() => cloud.close())

test('each file of services/ is one service', async () => {
  expect([...(await loadServices()).keys()].sort()).toEqual([
    'cloudformation',
    'ec2',
    'events',
    'iam',
    'lambda',
    'logs',
    'monitoring',
    'route53',
    'sns',
    'sqs',
    'ssm',
    'sts',
  ])
})

test('each call is reported with its caller, input, status and error', async () => {
  await cloud.ssm.send(new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' }))
  await expect(cloud.ssm.send(new GetParameterCommand({ Name: '/b' }))).rejects.toThrow('Parameter /b not found.')
  const input = { Name: '/a', Value: '1', Type: 'String' }
  const bytes = { asked: expect.any(Number), answered: expect.any(Number) }
  const common = { service: 'ssm', accessKeyId: 'local-admin', ms: expect.any(Number), bytes }
  expect(cloud.calls).toEqual([
    { ...common, operation: 'PutParameter', input, status: 200 },
    { ...common, operation: 'GetParameter', input: { Name: '/b' }, status: 400, errorCode: 'ParameterNotFound' },
  ])
})

test('an operation that nobody wrote is named, and reported', async () => {
  const unknown = [
    [() => cloud.ec2.send(new DescribeVpcsCommand({})), 'DescribeVpcs of ec2'],
    [() => cloud.ssm.send(new ListAssociationsCommand({})), 'ListAssociations of ssm'],
    [() => cloud.route53.send(new ListHostedZonesCommand({})), 'GET /hostedzone of route53'],
  ] as const
  for (const [call, words] of unknown) {
    const message = expect.stringContaining(words)
    await expect(call()).rejects.toMatchObject({ name: 'NotImplemented', message, $metadata: { httpStatusCode: 501 } })
  }
  expect(cloud.calls.map(({ errorCode }) => errorCode)).toEqual(Array(3).fill('NotImplemented'))
})

test.each([
  ['no signature', undefined, 'no AWS Signature'],
  ['a service that is not here', 'AWS4-HMAC-SHA256 Credential=me/20261123/eu-central-1/s3/aws4_request', '"s3"'],
])('%s', async (_case, authorization, words) => {
  const headers = authorization === undefined ? {} : { authorization }
  const response = await fetch(cloud.url, { headers })
  expect(response.status).toBe(501)
  expect(await response.text()).toContain(words.replaceAll('"', '\\"'))
})

describe('faults', () => {
  const describeAll = () => cloud.ec2.send(new DescribeInstancesCommand({}))
  const codes = () => cloud.calls.map(({ errorCode }) => errorCode)

  test('a throttled call is tried again by the SDK', async () => {
    cloud.faults.throttle({ service: 'ec2', operation: 'DescribeInstances' }, 2)
    await describeAll()
    expect(codes()).toEqual(['RequestLimitExceeded', 'RequestLimitExceeded', undefined])
  })

  test('throttled three times, the SDK gives up with the name of the service', async () => {
    cloud.world.dispatch({ type: 'CreateHostedZone', id: 'Z1', name: 'example.com' })
    cloud.faults.throttle({ service: 'route53', operation: '*' }, 3)
    const list = cloud.route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: 'Z1' }))
    await expect(list).rejects.toMatchObject({ name: 'Throttling' })
    expect(codes()).toEqual(['Throttling', 'Throttling', 'Throttling'])
  })

  test('an error of choice, once, and nothing is carried out', async () => {
    const { id } = cloud.world.dispatch({ type: 'RunInstance', tags: {}, state: 'running' })
    cloud.faults.fail({ service: 'ec2', operation: 'StopInstances' }, new ServiceError('Blocked', 'not today', 403))
    const stop = () => cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
    await expect(stop()).rejects.toMatchObject({ name: 'Blocked', message: 'not today' })
    expect(cloud.world.state.instances.get(id)?.state).toBe('running')
    await stop()
    expect(cloud.world.state.instances.get(id)?.state).toMatch(/stop/)
  })

  test('a lost reply: the call is carried out, and the SDK calls again', async () => {
    cloud.faults.dropReply({ service: 'ssm', operation: 'PutParameter' })
    const put = new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String', Overwrite: true })
    expect(await cloud.ssm.send(put)).toMatchObject({ Version: 2 })
    expect(cloud.calls.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      [0, 'DroppedConnection'],
      [200, undefined],
    ])
  })

  test('a lost request: the call is not carried out, and the SDK calls again', async () => {
    cloud.faults.dropRequest({ service: 'ssm', operation: '*' })
    const put = new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String', Overwrite: true })
    expect(await cloud.ssm.send(put)).toMatchObject({ Version: 1 })
  })

  test('a delayed call sees the world as it is when it runs', async () => {
    cloud.faults.delay({ service: 'ec2', operation: 'DescribeInstances' }, 20)
    const described = describeAll()
    cloud.world.dispatch({ type: 'RunInstance', tags: {}, state: 'running' })
    expect((await described).Reservations).toHaveLength(1)
  })

  test('undone, a fault is gone', async () => {
    const undo = cloud.faults.throttle({ service: 'ec2', operation: '*' })
    undo()
    cloud.faults.delay({ service: '*', operation: '*' }, 60_000)
    cloud.faults.clear()
    await describeAll()
    expect(codes()).toEqual([undefined])
  })
})
