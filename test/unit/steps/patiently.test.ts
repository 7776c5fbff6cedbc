// Exponential backoff with full jitter, on a clock that only moves when somebody sleeps.

import { OutOfTime, TryLater } from '../../../functions/lib/domain/errors.ts'
import { patiently } from '../../../functions/lib/steps/patiently.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const failing = (times: number) => {
  let tries = 0
  return async () => {
    if (tries++ < times) throw new TryLater(`no ${tries}`)
    return tries
  }
}

test('the first success ends it, without a sleep', async () => {
  const clock = fakeClock()
  await expect(patiently(clock, 0, failing(0))).resolves.toBe(1)
  expect(clock.slept).toEqual([])
})

test('waits up to 2 s, doubled each time, never more than 8 s', async () => {
  const clock = fakeClock(0, () => 0.999_999)
  await expect(patiently(clock, 1e9, failing(5))).resolves.toBe(6)
  expect(clock.slept.map((ms) => Math.round(ms))).toEqual([2000, 4000, 8000, 8000, 8000])
})

test('full jitter: chance decides between nothing and the bound', async () => {
  const chances = [0, 0.25, 0.5, 0]
  const clock = fakeClock(0, () => chances.shift()!)
  await patiently(clock, 1e9, failing(4))
  expect(clock.slept).toEqual([0, 1000, 4000, 0])
})

test('when the next attempt would start at the deadline: OutOfTime, with the last error and no more waiting', async () => {
  const clock = fakeClock(1000, () => 0.5)
  const error: unknown = await patiently(clock, 4000, failing(9)).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(OutOfTime)
  expect(error).toMatchObject({
    name: 'OutOfTime',
    message: 'gave up after 2 attempts: no 2',
    cause: { message: 'no 2' },
  })
  expect(clock.slept).toEqual([1000])
})

test('any other error is not waited for', async () => {
  const clock = fakeClock()
  await expect(patiently(clock, 1e9, () => Promise.reject(new TypeError('odd')))).rejects.toThrow(TypeError)
  expect(clock.slept).toEqual([])
})
