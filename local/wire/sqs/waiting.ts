// Long polling: a receive waits for a message until its time is over or the caller has gone.
import type { QueueMessage } from '../../world/types.ts'
import type { Scene } from '../service.ts'

export async function receiveWaiting(
  scene: Pick<Scene, 'world' | 'gone'>,
  arn: string,
  max: number,
  waitMs: number,
): Promise<readonly QueueMessage[]> {
  const { world, gone } = scene
  const deadline = world.now() + waitMs
  for (;;) {
    // A message handed to a caller who has gone would be hidden for nothing.
    if (gone.aborted) return []
    const messages = world.dispatch({ type: 'ReceiveMessages', arn, max })
    if (messages.length > 0 || world.now() >= deadline) return messages
    await newsOf(scene, arn, Math.min(deadline, nextVisible(scene, arn)))
  }
}

function nextVisible({ world }: Pick<Scene, 'world'>, arn: string): number {
  const messages = [...(world.state.queues.get(arn)?.messages.values() ?? [])]
  return messages.reduce((first, { visibleAt }) => Math.min(first, visibleAt), Number.POSITIVE_INFINITY)
}

/** Resolves when something was sent to the queue or made visible, at that time, or when the caller has gone. */
function newsOf({ world, gone }: Pick<Scene, 'world' | 'gone'>, arn: string, until: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      unsubscribe()
      gone.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(1, until - world.now()))
    gone.addEventListener('abort', done)
    const unsubscribe = world.subscribe(({ action }) => {
      if ((action.type === 'SendMessages' || action.type === 'ChangeVisibility') && action.arn === arn) done()
    })
  })
}
