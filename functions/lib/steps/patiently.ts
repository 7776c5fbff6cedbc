// Repeats a call while its service wants later requests, within the time of the function.
import { OutOfTime, TryLater } from '../domain/errors.ts'
import type { Clock } from './clock.ts'

const BACKOFF = { first: 2_000, cap: 8_000 }

/**
 * Repeats `attempt` while it throws TryLater, with exponential backoff and full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter"), until `deadline` (milliseconds since the epoch).
 * @throws OutOfTime when the next attempt would start after the deadline
 */
export async function patiently<T>(clock: Clock, deadline: number, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof TryLater)) throw error
      const wait = clock.random() * Math.min(BACKOFF.cap, BACKOFF.first * 2 ** tries)
      if (clock.now() + wait >= deadline)
        throw new OutOfTime(`gave up after ${tries + 1} attempts: ${error.message}`, { cause: error })
      await clock.sleep(wait)
    }
  }
}
