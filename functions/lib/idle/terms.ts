// What the sites of one instance want together.
import { minutesOf } from '../domain/fields/idle.ts'
import type { Site } from '../domain/site.ts'

/** Of all sites on one instance: the longest times, and the lowest bound of the processor. Milliseconds. */
export interface Terms {
  readonly stopAfter: number
  readonly unusedAfter: number
  /** Percent of one core. */
  readonly cpu: number
  readonly longest: number | null
}

/** `minute`: milliseconds of a minute of `idle`. */
export function termsOf(sites: readonly Pick<Site, 'idle'>[], minute: number): Terms {
  const all = sites.flatMap(({ idle }) => idle ?? [])
  const most = (times: readonly string[]) => Math.max(...times.map(minutesOf)) * minute
  const limits = all.flatMap(({ longest }) => longest ?? [])
  return {
    stopAfter: most(all.map(({ stopAfter }) => stopAfter)),
    unusedAfter: most(all.map(({ unusedAfter }) => unusedAfter)),
    cpu: Math.min(...all.map(({ cpu }) => cpu)),
    // A site without a limit has none for the others either.
    longest: limits.length === all.length ? most(limits) : null,
  }
}
