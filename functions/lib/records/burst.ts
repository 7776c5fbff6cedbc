// Many triggers at once mean that more are under way.
import type { Trigger } from '../domain/trigger.ts'
import type { Clock } from '../steps/clock.ts'

/**
 * Milliseconds that a look waits for each trigger beyond the first few, the most that it waits, how far two such waits
 * spread, and what must be left for the look itself.
 */
const BURST = { few: 5, each: 250, most: 10_000, spread: 0.6, reserve: 35_000 }

export const isBurst = (triggers: readonly Trigger[]): boolean => triggers.length > BURST.few

/**
 * Route 53 takes 5 requests a second from the whole account: one look a little later serves all triggers of a burst. The
 * spread keeps two such runs from writing at the same moment. `oldest`: when the oldest was sent, milliseconds since the epoch.
 */
export async function letBurstPass(
  triggers: readonly Trigger[],
  oldest: number,
  deadline: number,
  clock: Clock,
): Promise<void> {
  const patience = Math.min(BURST.most, Math.max(0, triggers.length - BURST.few) * BURST.each)
  const until = oldest + patience * (1 + clock.random() * BURST.spread)
  const wait = Math.min(until, deadline - BURST.reserve) - clock.now()
  if (patience > 0 && wait > 0) await clock.sleep(wait)
}
