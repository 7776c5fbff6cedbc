// The queue of this function, as its environment names it.
import { bury, postpone, sendLater } from '../aws/sqs.ts'
import { setting } from './config.ts'
import type { QueuePorts } from './queue.ts'

export const queuePorts = (): QueuePorts & { sendLater(body: string, seconds: number): Promise<void> } => ({
  postpone: (postponements) => postpone(setting('QUEUE_URL'), postponements),
  bury: (body, reason) => bury(setting('DEAD_LETTER_QUEUE_URL'), body, reason),
  sendLater: (body, seconds) => sendLater(setting('QUEUE_URL'), body, seconds),
  now: () => Date.now(),
})
