// The queue of this function, as its environment names it.
import { bury, postpone, sendLater } from '../aws/sqs.ts'
import { setting } from './config.ts'
import type { QueuePorts } from './queue.ts'

/** Reads the environment at once: a missing name shows at the first event, not at the first failure. */
export function queuePorts(): QueuePorts & { sendLater(body: string, seconds: number): Promise<void> } {
  const [queue, deadLetters] = [setting('QUEUE_URL'), setting('DEAD_LETTER_QUEUE_URL')]
  return {
    postpone: (postponements) => postpone(queue, postponements),
    bury: (body, reason) => bury(deadLetters, body, reason),
    sendLater: (body, seconds) => sendLater(queue, body, seconds),
    now: () => Date.now(),
  }
}
