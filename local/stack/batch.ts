// The event that Lambda makes of a batch of messages, and what it reads from the answer.

import { createHash } from 'node:crypto'
import type { QueueMessage } from '../world/types.ts'

export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, never>>
  readonly md5OfBody: string
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
  readonly awsRegion: string
}

export function sqsRecord(message: QueueMessage, queueArn: string): SqsRecord {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle ?? '',
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  }
}

/**
 * The messages that an answer under ReportBatchItemFailures reports as failed. No answer and an empty list are success;
 * an answer that Lambda cannot read fails the whole batch ("all").
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, "Success and failure conditions"
 */
export function failedMessages(answer: unknown, messageIds: readonly string[]): ReadonlySet<string> | 'all' {
  if (answer === null || answer === undefined) return new Set()
  if (typeof answer !== 'object' || Array.isArray(answer)) return 'all'
  const { batchItemFailures } = answer as { batchItemFailures?: unknown }
  if (batchItemFailures === null || batchItemFailures === undefined) return new Set()
  if (!Array.isArray(batchItemFailures)) return 'all'
  const identifiers = batchItemFailures.map((item) => (item as { itemIdentifier?: unknown } | null)?.itemIdentifier)
  const valid = identifiers.every((id) => typeof id === 'string' && messageIds.includes(id))
  return valid ? new Set(identifiers as string[]) : 'all'
}
