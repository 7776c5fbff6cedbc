// The world on a clock: applies actions, tells subscribers, and lets transitions happen when they are due.
import { nextDue, step } from './step.ts'
import type { Action, BusEvent, LiveWorld, ReplyOf, World } from './types.ts'

type Listener = Parameters<LiveWorld['subscribe']>[0]
type Change = Parameters<Listener>[0]

export function liveWorld(initial: World, now: () => number = Date.now): LiveWorld {
  const listeners = new Set<Listener>()
  const waiting: Change[] = []
  let state = initial
  let telling = false
  let closed = false
  let timer: { readonly at: number; readonly handle: NodeJS.Timeout } | null = null

  function apply<T extends Action['type']>(action: Extract<Action, { type: T }>, at: number): ReplyOf<T> {
    const before = state
    const { state: after, events, reply } = step<T>(before, action, at)
    state = after
    if (action.type !== 'Advance' || events.length > 0 || worldMoved(before, after)) {
      waiting.push({ action, before, state: after, events: events as readonly BusEvent[], at })
    }
    return reply
  }

  /** An action from inside a subscriber is applied at once, and told after the present round. */
  function tell(): void {
    if (telling) return
    telling = true
    for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
      for (const listener of [...listeners]) call(listener, change)
    }
    telling = false
  }

  function advanceIfDue(at: number): void {
    const due = nextDue(state)
    if (due !== null && due <= at) apply({ type: 'Advance' }, at)
  }

  function schedule(): void {
    const at = closed ? null : nextDue(state)
    if (timer?.at === at) return
    if (timer !== null) clearTimeout(timer.handle)
    timer = at === null ? null : { at, handle: setTimeout(wake, Math.min(Math.max(0, at - now()), 2 ** 31 - 1)) }
  }

  function wake(): void {
    timer = null
    advanceIfDue(now())
    schedule()
    tell()
  }

  schedule()
  return {
    get state() {
      return state
    },
    now,
    dispatch(action) {
      const at = now()
      advanceIfDue(at)
      try {
        return apply(action, at)
      } finally {
        schedule()
        tell()
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      schedule()
    },
  }
}

/** An early wake-up only renews `wakeAt`: nobody needs to hear of it. */
function worldMoved(before: World, after: World): boolean {
  return before !== after && (before.instances !== after.instances || before.changes !== after.changes)
}

/** One subscriber's error must not keep the news from the others, nor blame the caller: it ends the process, loudly. */
function call(listener: Listener, change: Change): void {
  try {
    listener(change)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
