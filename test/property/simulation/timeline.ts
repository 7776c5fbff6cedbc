// Virtual time: moments in one deterministic order. There are no timers; whatever a moment sets going (the
// continuations of promises) has run before the next moment comes.
interface Moment {
  readonly at: number
  readonly serial: number
  readonly act: () => void
}

export class Timeline {
  #now: number
  #serial = 0
  readonly #moments: Moment[] = []

  constructor(start: number) {
    this.#now = start
  }

  get now(): number {
    return this.#now
  }

  /** When the next moment is; infinite when none is to come. */
  get next(): number {
    return this.#moments.at(-1)?.at ?? Number.POSITIVE_INFINITY
  }

  /** Moments of one time come in the order in which they were planned. */
  at(time: number, act: () => void): void {
    const moment = { at: Math.max(time, this.#now), serial: this.#serial++, act }
    let place = this.#moments.length
    while (place > 0 && isBefore(this.#moments[place - 1]!, moment)) place -= 1
    this.#moments.splice(place, 0, moment)
  }

  after(ms: number, act: () => void): void {
    this.at(this.#now + ms, act)
  }

  /** Lives through the next moment and all that follows from it at once. */
  async step(): Promise<void> {
    const moment = this.#moments.pop()
    if (!moment) return
    this.#now = moment.at
    moment.act()
    await new Promise(setImmediate)
  }

  /** Time passes without a moment. */
  passTo(time: number): void {
    this.#now = time
  }
}

const isBefore = (a: Moment, b: Moment): boolean => a.at < b.at || (a.at === b.at && a.serial < b.serial)
