// Hours awake this month, counted from the points that CloudWatch has: one for each 5 minutes in which an instance ran.
import fc from 'fast-check'
import { countPoints, hoursOf, startOfMonth } from '../../../cli/site/awake.ts'
import { pointsOf } from '../../../local/world/runs.ts'

const at = (time: string): number => Date.parse(`2026-11-${time}:00Z`)
const MINUTE = 60_000
const month = { from: Date.parse('2026-11-01T00:00:00Z'), to: at('30T22:00') }
const page = (
  times: readonly number[],
  StatusCode: 'Complete' | 'PartialData' | 'InternalError' = 'Complete',
  Id = 'i0',
) => ({
  ...{ Id, StatusCode },
  Timestamps: times.map((time) => new Date(time)),
})
/** One each 5 minutes. */
const marks = (from: string, count: number) => Array.from({ length: count }, (_, n) => at(from) + n * 5 * MINUTE)

test.each([
  ['2026-11-30T23:59:59.999Z', '2026-11-01T00:00:00.000Z'],
  ['2026-12-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
  ['2027-01-01T00:00:00.001Z', '2027-01-01T00:00:00.000Z'],
  ['2028-02-29T12:00:00.000Z', '2028-02-01T00:00:00.000Z'],
])('%s: the month began at %s', (now, start) => {
  expect(new Date(startOfMonth(Date.parse(now))).toISOString()).toBe(start)
})

test('two runs of an instance, on the pages of CloudWatch: an empty one counts nothing, a repeated point once', () => {
  const first = marks('02T08:00', 24)
  const second = marks('09T20:00', 6)
  const results = [
    page([...second].reverse(), 'PartialData'),
    page([], 'PartialData'),
    page(first, 'PartialData', 'i1'),
    page([second[0]!, ...first.toReversed()]),
  ]
  const points = countPoints(results, 'i0', month)
  expect([points, hoursOf(points)]).toEqual([30, 2.5])
})

test('a run over the end of a month: what was before belongs to the month before', () => {
  const over = [-10, -5, 0, 5].map((minutes) => month.from + minutes * MINUTE)
  expect(countPoints([page([...over, month.to, month.to + 5 * MINUTE])], 'i0', month)).toBe(2)
})

test.each([
  [[page(marks('02T08:00', 3), 'InternalError')], 'found InternalError, wanted Complete'],
  [[page(marks('02T08:00', 3), 'PartialData')], 'found PartialData, wanted Complete'],
  [[], 'found no answer, wanted Complete'],
])('what CloudWatch did not answer is not counted as no hours', (results, message) => {
  expect(() => countPoints(results, 'i0', month)).toThrow(message)
})

test.each([
  [0, 0],
  [1, 0.1],
  [12, 1],
  [8_640, 720],
])('%d points are %d hours', (points, hours) => {
  expect(hoursOf(points)).toBe(hours)
})

test('whenever an instance ran, the count is right to 5 minutes at each end of a run', () => {
  const spans = fc.array(fc.tuple(fc.integer({ min: 5, max: 600 }), fc.integer({ min: 1, max: 6_000 })), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 299_999 }), (plan, offset) => {
      let time = month.from + offset
      const ran = plan.map(([asleep, awake]) => {
        const from = time + asleep * MINUTE
        time = from + awake * MINUTE
        return { from, to: time }
      })
      const now = time + 10 * MINUTE
      const points = pointsOf({ ran }, now).map((point) => point.at)
      const counted = countPoints([page(points)], 'i0', { from: month.from, to: now }) * 5
      const really = ran.reduce((sum, run) => sum + (run.to - run.from) / MINUTE, 0)
      expect(Math.abs(counted - really)).toBeLessThanOrEqual(10 * ran.length)
    }),
  )
})
