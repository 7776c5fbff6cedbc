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
  const isFresh = (args: Args) =>
    clock.now() - (last.get(JSON.stringify(args))?.readAt ?? Number.NEGATIVE_INFINITY) < FRESH
  async function first(...args: Args): Promise<T> {
    const readAt = clock.now()
    const value = await read(...args)
    last.set(JSON.stringify(args), { value, readAt })
    return value
  }
  async function second(...args: Args): Promise<T> {
    const known = isFresh(args) ? last.get(JSON.stringify(args)) : undefined
    last.delete(JSON.stringify(args))
    return known ? known.value : read(...args)
  }
  /** For a part that only looks and changes nothing: it may get the same several times. */
  const again = async (...args: Args): Promise<T> =>
    isFresh(args) ? last.get(JSON.stringify(args))!.value : first(...args)
  return { first, second, again }
}

/**
 * A read of one run, and its last answer: for a part of the run that changes nothing, and only decides whether somebody else has to look.
 * What has failed is not kept.
 */
export function keepLast<Args extends readonly unknown[], T>(
  read: (...args: Args) => Promise<T>,
  keyOf: (...args: Args) => string = (...args) => JSON.stringify(args),
) {
  const answers = new Map<string, Promise<T>>()
  function again(...args: Args): Promise<T> {
    const answer = read(...args)
    const key = keyOf(...args)
    answers.set(key, answer)
    answer.catch(() => answers.get(key) === answer && answers.delete(key))
    return answer
  }
  const last = (...args: Args): Promise<T> => answers.get(keyOf(...args)) ?? again(...args)
  return { again, last }
}
