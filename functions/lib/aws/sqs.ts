// SQS: when a message is seen again, and a message to ourselves for a later look.
import { ChangeMessageVisibilityBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { UnexpectedReply } from '../domain/errors.ts'

let client: SQSClient | undefined
const sqs = (): SQSClient => {
  client ??= new SQSClient({ maxAttempts: 5 })
  return client
}

export interface Postponement {
  readonly receiptHandle: string
  readonly seconds: number
}

/** Makes messages visible again after so many seconds. What fails stays hidden for the queue's own timeout. */
export async function postpone(queueUrl: string, postponements: readonly Postponement[]): Promise<void> {
  for (let first = 0; first < postponements.length; first += 10) {
    const Entries = postponements.slice(first, first + 10).map(({ receiptHandle, seconds }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }))
    await sqs().send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
  }
}

/** Sends a message that becomes visible after a delay of at most 900 seconds. */
export async function sendLater(queueUrl: string, body: string, delaySeconds: number): Promise<void> {
  const reply = await sqs().send(
    new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: delaySeconds }),
  )
  if (!reply.MessageId) throw new UnexpectedReply('SendMessage: no id of the message')
}

/** Moves a message to the dead letters with the reason beside it, where a maintainer looks. */
export async function bury(deadLetterUrl: string, body: string, reason: string): Promise<void> {
  const MessageAttributes = { reason: { DataType: 'String', StringValue: reason.slice(0, 2000) } }
  const reply = await sqs().send(
    new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: body, MessageAttributes }),
  )
  if (!reply.MessageId) throw new UnexpectedReply('SendMessage: no id of the message')
}
