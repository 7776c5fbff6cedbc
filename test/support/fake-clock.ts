// Time that passes only when somebody sleeps.
import type { Clock } from '../../functions/lib/steps/clock.ts'

export interface FakeClock extends Clock {
  /** Every sleep so far, milliseconds. */
  readonly slept: number[]
}

export function fakeClock(start = 0, random: () => number = () => 0.5): FakeClock {
  const slept: number[] = []
  let now = start
  return {
    slept,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms)
      now += ms
    },
    random,
  }
}
