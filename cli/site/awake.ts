// How many hours instances were awake this month. EC2 sends CloudWatch a point for each 5 minutes in which an instance runs, and none while it is stopped,
// whoever stopped it: the points are counted.
import {
  CloudWatchClient,
  type MetricDataQuery,
  type MetricDataResult,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch'
import { isDenied } from '../doctor/line.ts'

/** Seconds. With detailed monitoring EC2 sends a point each minute; asked for with this period, CloudWatch joins five of them. It keeps these points for 63 days. */
const PERIOD = 300
/** Of one call. CloudWatch answers 100,800 points on a page: those of 11 instances that ran all month. */
const MOST_QUERIES = 500

/** Of the month in UTC, in milliseconds. */
export function startOfMonth(now: number): number {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

/** Points of each instance, or why they are not known. */
export type Awake =
  | { readonly points: ReadonlyMap<string, number>; readonly unknown?: undefined }
  | { readonly points?: undefined; readonly unknown: string }

/** Of all instances at once. A `status` without it still says everything else. */
export async function awakeThisMonth(ids: readonly string[], now: number): Promise<Awake> {
  try {
    return { points: await pointsThisMonth(ids, now) }
  } catch (error) {
    return { unknown: whyUnknown(error as Error) }
  }
}

async function pointsThisMonth(ids: readonly string[], now: number): Promise<Map<string, number>> {
  const client = new CloudWatchClient({})
  const month = { from: startOfMonth(now), to: now }
  const points = new Map<string, number>()
  for (let first = 0; first < ids.length; first += MOST_QUERIES) {
    const asked = ids.slice(first, first + MOST_QUERIES)
    const results: MetricDataResult[] = []
    const MetricDataQueries = asked.map(queryFor)
    const input = { MetricDataQueries, StartTime: new Date(month.from), EndTime: new Date(month.to) }
    for await (const page of paginateGetMetricData({ client }, input)) results.push(...(page.MetricDataResults ?? []))
    for (const [index, id] of asked.entries()) points.set(id, countPoints(results, queryId(index), month))
  }
  return points
}

/** It must begin with a small letter. */
const queryId = (index: number): string => `i${index}`

const queryFor = (id: string, index: number): MetricDataQuery => ({
  Id: queryId(index),
  MetricStat: {
    Metric: {
      ...{ Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' },
      Dimensions: [{ Name: 'InstanceId', Value: id }],
    },
    Period: PERIOD,
    Stat: 'SampleCount',
  },
})

/**
 * How many intervals of 5 minutes have a point: one point can hold up to five samples. Pages may repeat a point or hold none.
 * @throws Error when CloudWatch did not answer all of it
 */
export function countPoints(
  results: readonly MetricDataResult[],
  id: string,
  month: { readonly from: number; readonly to: number },
): number {
  const own = results.filter(({ Id }) => Id === id)
  const last = own.at(-1)?.StatusCode
  if (last !== 'Complete') throw new Error(`found ${last ?? 'no answer'}, wanted Complete`)
  const times = own.flatMap(({ Timestamps = [] }) => Timestamps.map((time) => time.getTime()))
  return new Set(times.filter((time) => time >= month.from && time < month.to)).size
}

/** With one decimal. */
export const hoursOf = (points: number): number => Math.round((points * PERIOD) / 360) / 10

const whyUnknown = (error: Error): string =>
  isDenied(error)
    ? 'you need the right cloudwatch:GetMetricData'
    : `CloudWatch did not answer: ${error.name}: ${error.message}`
