// One probe: its limit, its time, and a failure that becomes what was seen.

import type { Seen } from '../diagnosis/observation.ts'
import { plainText } from '../domain/plain-text.ts'

/** So many milliseconds, or what is left of the look. */
export type Within = (limit: number) => number

/** Milliseconds beyond the limit of a probe that ends itself. */
export const MARGIN = 300

/**
 * Never throws. `work` gets a signal that fires at the limit; work that does not listen to it is left behind, which is
 * harmless for what only reads.
 * @param limit milliseconds
 */
export async function observe<T>(limit: number, work: (signal: AbortSignal) => Promise<T>): Promise<Seen<T>> {
  const started = performance.now()
  const ms = (): number => Math.round(performance.now() - started)
  const controller = new AbortController()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error(`no result within ${limit} ms`))
    controller.abort()
  }, limit)
  try {
    return { kind: 'seen', value: await Promise.race([work(controller.signal), late]), ms: ms() }
  } catch (error) {
    return { kind: 'failed', error: told(error), ms: ms() }
  } finally {
    clearTimeout(timer)
  }
}

const told = (error: unknown): string => {
  if (!(error instanceof Error)) return plainText(String(error))
  return plainText(error.name === 'Error' ? error.message : `${error.name}: ${error.message}`)
}

export const notAsked = (why: string): { readonly kind: 'not asked'; readonly why: string } => ({
  kind: 'not asked',
  why,
})
