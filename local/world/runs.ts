// When an instance ran, and what EC2 tells CloudWatch of it.
import type { Instance } from './types.ts'

export const beginRun = (instance: Instance, at: number): Instance => ({
  ...instance,
  ran: [...instance.ran, { from: at, to: null }],
})

/** An instance that does not run stays as it is. */
export const endRun = (instance: Instance, at: number): Instance => ({
  ...instance,
  ran: instance.ran.map((run) => (run.to === null ? { ...run, to: at } : run)),
})

export interface Point {
  /** The beginning of its interval. */
  readonly at: number
  readonly samples: number
}

const MINUTE = 60_000
/** Of basic monitoring. */
const INTERVAL = 5 * MINUTE

/**
 * EC2 takes a sample each minute of an instance that runs, and makes one point of the samples of 5 minutes of the clock. The point is there when
 * its interval is over, as on hosts with Xen; Nitro shows it up to 4 minutes sooner (EC2's metrics in CloudWatch's user guide).
 */
export function pointsOf({ ran }: Pick<Instance, 'ran'>, now: number): Point[] {
  const samples = new Map<number, number>()
  for (const { from, to } of ran)
    for (let at = Math.ceil(from / MINUTE) * MINUTE; at < (to ?? now); at += MINUTE) {
      const interval = Math.floor(at / INTERVAL) * INTERVAL
      if (interval + INTERVAL <= now) samples.set(interval, (samples.get(interval) ?? 0) + 1)
    }
  return [...samples].map(([at, count]) => ({ at, samples: count }))
}
