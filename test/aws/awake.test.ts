// Hours awake, asked of CloudWatch: one question for all instances, all its pages, and what is said when it does not answer.
import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch'
import { mockClient } from 'aws-sdk-client-mock'
import { awakeThisMonth } from '../../cli/site/awake.ts'
import { inTurn, serviceError } from '../support/aws.ts'

const now = Date.parse('2026-11-30T22:00:00Z')
const at = (...minutes: number[]) => minutes.map((minute) => new Date(now - minute * 60_000))
const cloudwatch = mockClient(CloudWatchClient)
const before = { ...process.env }
beforeEach(() => {
  cloudwatch.reset()
  process.env.AWS_REGION = 'eu-central-1'
})
afterAll(() => {
  process.env = before
})

test('all instances in one question, from the first of the month in UTC; its pages are followed', async () => {
  const { inputs, answer } = inTurn<GetMetricDataCommandInput, object>(
    { MetricDataResults: [{ Id: 'i0', Timestamps: at(5, 10), StatusCode: 'PartialData' }], NextToken: 'more' },
    { MetricDataResults: [], NextToken: 'last' },
    {
      MetricDataResults: [
        { Id: 'i0', Timestamps: at(10, 15), StatusCode: 'Complete' },
        { Id: 'i1', StatusCode: 'Complete' },
      ],
    },
  )
  cloudwatch.on(GetMetricDataCommand).callsFake(answer)
  expect(await awakeThisMonth(['i-a', 'i-b'], now)).toEqual({
    points: new Map([
      ['i-a', 3],
      ['i-b', 0],
    ]),
  })
  expect(inputs.map(({ NextToken }) => NextToken)).toEqual([undefined, 'more', 'last'])
  expect(inputs[0]).toMatchObject({ StartTime: new Date('2026-11-01T00:00:00Z'), EndTime: new Date(now) })
  expect(inputs[0]?.MetricDataQueries?.map(({ Id }) => Id)).toEqual(['i0', 'i1'])
  expect(inputs[0]?.MetricDataQueries?.[1]?.MetricStat).toEqual({
    Metric: {
      ...{ Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' },
      Dimensions: [{ Name: 'InstanceId', Value: 'i-b' }],
    },
    ...{ Period: 300, Stat: 'SampleCount' },
  })
})

test('no instance: nothing is asked. More than 500: two questions', async () => {
  expect(await awakeThisMonth([], now)).toEqual({ points: new Map() })
  expect(cloudwatch.calls()).toHaveLength(0)
  cloudwatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries }: GetMetricDataCommandInput) => ({
    MetricDataResults: MetricDataQueries!.map(({ Id }) => ({ Id, Timestamps: at(5), StatusCode: 'Complete' })),
  }))
  const ids = Array.from({ length: 501 }, (_, n) => `i-${n}`)
  const { points } = await awakeThisMonth(ids, now)
  expect([...points!.values()]).toEqual(ids.map(() => 1))
  expect(cloudwatch.calls()).toHaveLength(2)
})

test.each([
  ['AccessDenied', 'you need the right cloudwatch:GetMetricData'],
  ['AccessDeniedException', 'you need the right cloudwatch:GetMetricData'],
  ['InternalServiceFault', 'CloudWatch did not answer: InternalServiceFault: no'],
])('%s: not known, in one line', async (name, unknown) => {
  cloudwatch.on(GetMetricDataCommand).rejects(serviceError(name, 'no'))
  expect(await awakeThisMonth(['i-a'], now)).toEqual({ unknown })
})

test('an answer that is not complete is no number', async () => {
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: 'i0', StatusCode: 'InternalError' }] })
  const unknown = 'CloudWatch did not answer: Error: found InternalError, wanted Complete'
  expect(await awakeThisMonth(['i-a'], now)).toEqual({ unknown })
})
