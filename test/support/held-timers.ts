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

/** In each test of a file: no limit comes before an answer. A test about a limit releases them first. */
export function holdTimersInEach(): Pick<HeldTimers, 'release'> {
  let held: HeldTimers
  beforeEach(() => {
    held = holdTimers()
  })
  afterEach(() => held.release())
  return { release: () => held.release() }
}
