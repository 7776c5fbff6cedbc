// Timeouts that come when the test says so: however busy the machine is, none comes before its time.
import { jest } from '@jest/globals'

/** Sockets, processes and immediates go on in real time. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const

export interface HeldTimers {
  /** As if so many milliseconds had passed: Date, and the timeouts that are due by then. */
  pass(ms: number): Promise<void>
  release(): void
}

export function holdTimers(): HeldTimers {
  jest.useFakeTimers({ doNotFake: [...REAL] })
  return {
    pass: async (ms) => void (await jest.advanceTimersByTimeAsync(ms)),
    release: () => void jest.useRealTimers(),
  }
}
