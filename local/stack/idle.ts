// Waiting until the stack has come to rest.

import type { Cloud } from './deployment.ts'

/** Milliseconds. What was sent to be seen later still is a look after something that may have been lost, and waited for by nobody. */
const LATER = 4 * 60_000

/** No function runs, no message is visible or being worked on; with `retries` also none is hidden for later. */
export function isIdle({ world, functions, mappings }: Cloud, retries: boolean): boolean {
  for (const { running } of functions.values()) if (running > 0) return false
  const now = world.now()
  for (const mapping of mappings.values()) {
    if (mapping.busy) return false
    for (const message of world.state.queues.get(mapping.queueArn)?.messages.values() ?? []) {
      const isForLater = message.receiveCount === 0 && message.visibleAt - message.sentAt > LATER
      if (message.visibleAt <= now || (retries && !isForLater)) return false
    }
  }
  return true
}

export interface Rest {
  /** Something came to its end: whoever waits looks again. */
  readonly onSettled: () => void
  /** Resolves once the condition holds. */
  wait(condition: () => boolean): Promise<void>
}

export function rest(): Rest {
  const waiting = new Map<() => boolean, () => void>()
  let planned = false
  // A turn later, so that what follows from the change has begun; and once for many changes.
  const onSettled = () => {
    if (planned || waiting.size === 0) return
    planned = true
    setImmediate(() => {
      planned = false
      for (const [condition, resolve] of waiting) {
        if (!condition()) continue
        waiting.delete(condition)
        resolve()
      }
    })
  }
  return {
    onSettled,
    wait: (condition) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.set(condition, resolve)
      onSettled()
      return promise
    },
  }
}
