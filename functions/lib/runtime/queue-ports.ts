// The queue of this function and that of outcome, as its environment names them.
import { bury, postpone, sendLater } from '../aws/sqs.ts'
import { newsMessage } from '../domain/news.ts'
import { setting } from './config.ts'
import type { QueuePorts } from './messages.ts'

/** Reads the environment at once: a missing name shows at the first event, not at the first failure. */
export function queuePorts(): QueuePorts & { sendLater(body: string, seconds: number): Promise<void> } {
  const [queue, deadLetters] = [setting('QUEUE_URL'), setting('DEAD_LETTER_QUEUE_URL')]
  const tell = tellingTo(setting('OUTCOME_QUEUE_URL'))
  return {
    postpone: (postponements) => postpone(queue, postponements),
    bury: (body, reason) => bury(deadLetters, body, reason),
    tell,
    sendLater: sendingTo(queue),
    now: () => Date.now(),
  }
}

/** Of a queue whose messages wait, and are left to its own redrive when they never succeed. */
export const postponing = (queue: string): Pick<QueuePorts, 'postpone' | 'now'> => ({
  postpone: (postponements) => postpone(queue, postponements),
  now: () => Date.now(),
})

/** Messages to another queue, seen so many seconds later. */
export const sendingTo = (queue: string) => (body: string, seconds: number) => sendLater(queue, body, seconds)

export const tellingTo = (queue: string): QueuePorts['tell'] => {
  const send = sendingTo(queue)
  return (news) => send(newsMessage(news), 0)
}
