// A token bucket, as API Gateway counts requests.
export interface Throttle {
  /** Requests a second. */
  readonly rate: number
  /** Requests at once. */
  readonly burst: number
}

/** @returns whether a request at a time (milliseconds) is let through */
export function bucket(): (throttle: Throttle, now: number) => boolean {
  let tokens = Number.POSITIVE_INFINITY
  let filledAt = 0
  return ({ rate, burst }, now) => {
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * rate)
    filledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
