// A world on virtual time: actions at a time of the test's choice, and everything that was published.
import { readFileSync } from 'node:fs'
import { nextDue, step } from '../../../../local/world/step.ts'
import type { Action, BusEvent, ReplyOf, World } from '../../../../local/world/types.ts'
import { createWorld, type WorldOptions } from '../../../../local/world/world.ts'

export interface Virtual {
  readonly state: World
  readonly events: BusEvent[]
  now: number
  act<T extends Action['type']>(action: Extract<Action, { type: T }>): ReplyOf<T>
  /** Lets time pass, transition by transition. */
  pass(ms: number): void
  /** Lets time pass until nothing is due any more within this time. */
  rest(): void
}

export const epoch = Date.parse('2026-11-23T08:29:54Z')

export function virtual(options: WorldOptions = {}): Virtual {
  let state = createWorld(options)
  const events: BusEvent[] = []
  return {
    get state() {
      return state
    },
    events,
    now: epoch,
    act(action) {
      const done = step(state, action, this.now)
      state = done.state
      events.push(...done.events)
      return done.reply as never
    },
    pass(ms) {
      const end = this.now + ms
      for (let due = nextDue(state); due !== null && due <= end; due = nextDue(state)) {
        this.now = due
        this.act({ type: 'Advance' })
      }
      this.now = end
    },
    rest() {
      this.pass(60_000)
    },
  }
}

/** The code of the ServiceError that the action is refused with; the state must stay as it was. */
export function refusal(world: Virtual, run: () => unknown): string {
  const before = world.state
  try {
    run()
  } catch (error) {
    expect(world.state).toBe(before)
    return (error as { code: string }).code
  }
  return 'accepted'
}

/** An event as the service really publishes it, from the fixtures. */
export function fixture(name: string): BusEvent {
  const file = new URL(`../../../fixtures/events/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}
