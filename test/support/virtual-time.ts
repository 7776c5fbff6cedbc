// Date and setTimeout on a clock of their own, which jumps ahead instead of waiting. SDK mocks answer without timers.
import { jest } from '@jest/globals'

export interface VirtualTime {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** As if so many milliseconds had passed. */
  pass(ms: number): void
}

export function virtualTime(start = Date.UTC(2026, 10, 23, 8, 30)): VirtualTime {
  let now = start
  jest.spyOn(Date, 'now').mockImplementation(() => now)
  const jump = (callback: () => void, ms = 0) => {
    now += ms
    return setImmediate(callback)
  }
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(jump as never)
  return {
    now: () => now,
    pass: (ms) => {
      now += ms
    },
  }
}
