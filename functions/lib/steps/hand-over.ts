// One read for two parts of a run.
import type { Clock } from './clock.ts'

/** Milliseconds for which what one part of a run has read is as good as read by the next part. */
const FRESH = 5_000

/**
 * A read for two parts of one run that look at the same world, one right after the other: what the first has read last, the second is given
 * once. What the second asks for again, after it has done something, is read.
 */
export function handOver<Args extends readonly unknown[], T>(read: (...args: Args) => Promise<T>, clock: Clock) {
  const last = new Map<string, { readonly value: T; readonly readAt: number }>()
  return {
    async first(...args: Args): Promise<T> {
      const readAt = clock.now()
      const value = await read(...args)
      last.set(JSON.stringify(args), { value, readAt })
      return value
    },
    async second(...args: Args): Promise<T> {
      const known = last.get(JSON.stringify(args))
      last.delete(JSON.stringify(args))
      return known && clock.now() - known.readAt < FRESH ? known.value : read(...args)
    },
  }
}
