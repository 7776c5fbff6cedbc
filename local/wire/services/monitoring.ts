// CloudWatch in JSON 1.0: the one metric that EC2 itself sends, made of when the instances really ran.
import { type Point, pointsOf } from '../../world/runs.ts'
import { ServiceError } from '../../world/types.ts'
import { readJson, seconds, writeJson } from '../json.ts'
import { pageOf, pageSize } from '../pages.ts'
import type { Operation, Scene, Service } from '../service.ts'

interface Query {
  readonly Id: string
  readonly MetricStat?: {
    readonly Metric?: {
      readonly Namespace?: string
      readonly MetricName?: string
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[]
    }
    readonly Period?: number
    readonly Stat?: string
  }
}

interface GetInput {
  readonly MetricDataQueries: readonly Query[]
  /** Seconds since the epoch, inclusive. */
  readonly StartTime: number
  /** Exclusive. */
  readonly EndTime: number
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending'
  readonly MaxDatapoints?: number
  readonly NextToken?: string
}

/** Of one call. */
const MOST_QUERIES = 500
const MOST_POINTS = 100_800

const invalid = (message: string) => new ServiceError('ValidationException', message)

const get: Operation<GetInput> = {
  access: () => [{ action: 'cloudwatch:GetMetricData', resources: ['*'] }],
  run(input, scene) {
    const { MetricDataQueries: queries, NextToken } = input
    if (queries.length > MOST_QUERIES)
      throw invalid(`The collection MetricDataQueries must not have a size greater than ${MOST_QUERIES}.`)
    const all = queries.flatMap((query) => pointsFor(query, input, scene).map((point) => ({ query, point })))
    const size = pageSize(input.MaxDatapoints, 1, MOST_POINTS, MOST_POINTS, 'ValidationException')
    const { items, nextToken } = pageOf(all, size, NextToken, 'ValidationException')
    // A page names every query, also one whose points stand on another page.
    const MetricDataResults = queries.map((query) => {
      const own = items.filter((item) => item.query === query).map(({ point }) => point)
      const Timestamps = own.map(({ at }) => seconds(at))
      const StatusCode = nextToken === undefined ? 'Complete' : 'PartialData'
      return {
        Id: query.Id,
        Label: 'CPUUtilization',
        Timestamps,
        Values: own.map(({ samples }) => samples),
        StatusCode,
      }
    })
    return { MetricDataResults, Messages: [], NextToken: nextToken }
  },
}

/** Of an instance that is not known, or never ran, there are none. */
function pointsFor({ MetricStat = {} }: Query, { StartTime, EndTime, ScanBy }: GetInput, scene: Scene): Point[] {
  const { Metric = {}, Period, Stat } = MetricStat
  const asked = `${Metric.Namespace} ${Metric.MetricName} ${Stat} ${Period}`
  if (asked !== 'AWS/EC2 CPUUtilization SampleCount 300')
    throw invalid(`The local cloud knows AWS/EC2 CPUUtilization SampleCount 300, and not ${asked}`)
  const id = Metric.Dimensions?.find(({ Name }) => Name === 'InstanceId')?.Value
  const instance = scene.state.instances.get(id ?? '')
  const points = instance ? pointsOf(instance, scene.world.now()) : []
  const within = points.filter(({ at }) => seconds(at) >= StartTime && seconds(at) < EndTime)
  return ScanBy === 'TimestampAscending' ? within : within.reverse()
}

export const service: Service = {
  signingName: 'monitoring',
  operations: { GetMetricData: get },
  denied: { code: 'AccessDenied', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  read: (request) => readJson(request, 'GraniteServiceVersion20100801'),
  write: (_operation, output, requestId) => writeJson('1.0', 200, output, requestId),
  writeError: ({ code, message, status }, requestId) => writeJson('1.0', status, { __type: code, message }, requestId),
}
