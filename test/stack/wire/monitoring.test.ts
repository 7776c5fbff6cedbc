// CloudWatch behind the wire: the real client, its pages, and what an instance really did.
import { CloudWatchClient, GetMetricDataCommand, paginateGetMetricData } from '@aws-sdk/client-cloudwatch'
import { type Cloud, startCloud } from './clients.ts'

const MINUTE = 60_000
let cloud: Cloud
let cloudwatch: CloudWatchClient
let now: number
let id: string
const from = Date.parse('2026-11-10T08:00:00Z')

beforeEach(async () => {
  now = from
  cloud = await startCloud({ now: () => now })
  const credentials = cloud.credentialsOf('local-admin')
  cloudwatch = new CloudWatchClient({ endpoint: cloud.url, region: 'eu-central-1', credentials, maxAttempts: 1 })
  id = cloud.world.dispatch<'RunInstance'>({ type: 'RunInstance', tags: {}, state: 'running' }).id
})
afterEach(async () => {
  cloudwatch.destroy()
  await cloud.close()
})

const query = (Id: string, Value: string, fields = {}) => ({
  Id,
  MetricStat: {
    Metric: { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'InstanceId', Value }] },
    ...{ Period: 300, Stat: 'SampleCount', ...fields },
  },
})
const input = (fields = {}) => ({
  ...{ MetricDataQueries: [query('i0', id), query('i1', 'i-unknown')], ...fields },
  ...{ StartTime: new Date(from - 60 * MINUTE), EndTime: new Date(now) },
})

test('the points of an instance, the newest first; of an unknown one none', async () => {
  now += 17 * MINUTE
  const { MetricDataResults } = await cloudwatch.send(new GetMetricDataCommand(input()))
  expect(MetricDataResults).toMatchObject([
    {
      ...{ Id: 'i0', StatusCode: 'Complete', Values: [5, 5, 5] },
      Timestamps: [10, 5, 0].map((minute) => new Date(from + minute * MINUTE)),
    },
    { Id: 'i1', StatusCode: 'Complete', Timestamps: [], Values: [] },
  ])
  expect(cloud.asked).toEqual([
    { accessKeyId: 'local-admin', action: 'cloudwatch:GetMetricData', resources: ['*'], context: {} },
  ])
})

test('pages: the rest follows its token', async () => {
  now += 60 * MINUTE
  const sizes: number[] = []
  const codes: unknown[] = []
  for await (const { MetricDataResults } of paginateGetMetricData({ client: cloudwatch, pageSize: 5 }, input())) {
    sizes.push(MetricDataResults![0]!.Timestamps!.length)
    codes.push(MetricDataResults![0]!.StatusCode)
  }
  expect([sizes, codes]).toEqual([
    [5, 5, 2],
    ['PartialData', 'PartialData', 'Complete'],
  ])
})

test('who may not ask is told so; another metric is refused', async () => {
  await expect(
    cloudwatch.send(new GetMetricDataCommand(input({ MetricDataQueries: [query('i0', id, { Stat: 'Average' })] }))),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('CPUUtilization Average 300'),
  })
  cloud.authorize = () => 'no'
  await expect(cloudwatch.send(new GetMetricDataCommand(input()))).rejects.toMatchObject({ name: 'AccessDenied' })
})
