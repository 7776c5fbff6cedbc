// Events as the services publish them (test/fixtures/events), and how they arrive from a queue.
import { readFileSync } from 'node:fs'
import type { SQSEvent, SQSRecord } from 'aws-lambda'

export const eventFixture = (name: string): Record<string, unknown> & { readonly detail: Record<string, unknown> } =>
  JSON.parse(readFileSync(`test/fixtures/events/${name}.json`, 'utf8'))

/** 2026-11-23T08:30:00Z */
export const SENT = Date.UTC(2026, 10, 23, 8, 30)

export interface Arrival {
  readonly id?: string
  readonly receives?: number
  /** Milliseconds since the epoch. */
  readonly sentAt?: number
}

/** A message as Lambda's event source mapping hands it over. */
export function sqsRecord(body: unknown, { id = 'm1', receives = 1, sentAt = SENT }: Arrival = {}): SQSRecord {
  return {
    messageId: id,
    receiptHandle: `handle-of-${id}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(sentAt),
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: String(sentAt),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:queue',
    awsRegion: 'eu-central-1',
  }
}

export const sqsEvent = (...Records: SQSRecord[]): SQSEvent => ({ Records })
