// Messages as a queue hands them over: read, told their age, and sent back for a later look.
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda'
import { InvalidInput } from '../domain/errors.ts'
import type { RecordNews, ReportedProblems } from '../domain/news.ts'
import type { Patience } from '../domain/problem.ts'
import type { Telemetry } from '../steps/telemetry.ts'

export interface QueuePorts {
  postpone(postponements: readonly { readonly receiptHandle: string; readonly seconds: number }[]): Promise<void>
  bury(body: string, reason: string): Promise<void>
  /** Sends news to outcome. */
  tell(news: RecordNews | ReportedProblems): Promise<void>
  readonly now: () => number
}

export interface Message<T> {
  readonly record: SQSRecord
  readonly content: T
}

/** What does not parse can never succeed: it is counted, logged and dropped. */
export function readMessages<T>(event: unknown, parse: (body: string) => T, telemetry: Telemetry): Message<T>[] {
  const records = (event as { Records?: unknown } | null)?.Records
  if (!Array.isArray(records)) throw new InvalidInput('event.Records: found nothing, wanted a batch of SQS messages')
  return records.flatMap((record: SQSRecord) => {
    try {
      return [{ record, content: parse(record.body) }]
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      telemetry.error(`event dropped: ${error.message}`, { messageId: record.messageId })
      telemetry.count('InvalidEvent')
      return []
    }
  })
}

/** Milliseconds since it was sent. */
export const age = ({ record }: Message<unknown>, ports: Pick<QueuePorts, 'now'>): number =>
  ports.now() - Number(record.attributes.SentTimestamp)

export const receives = ({ record }: Message<unknown>): number => Number(record.attributes.ApproximateReceiveCount)

/** Receives that a message always gets, however long it lay in a backlog, or a crash held it up. */
const LEAST_TRIES = 3

/** Whether the message is still tried again for a problem of this patience. */
export const isPatient = (
  { givesUpAfter }: Patience,
  message: Message<unknown>,
  ports: Pick<QueuePorts, 'now'>,
): boolean => givesUpAfter > 0 && (age(message, ports) < givesUpAfter || receives(message) < LEAST_TRIES)

/** Each comes again after its wait, milliseconds. */
export async function retry(
  waiting: readonly { message: Message<unknown>; wait: number }[],
  ports: Pick<QueuePorts, 'postpone'>,
): Promise<SQSBatchResponse> {
  await ports.postpone(
    waiting.map(({ message, wait }) => ({
      receiptHandle: message.record.receiptHandle,
      seconds: Math.ceil(wait / 1000),
    })),
  )
  return { batchItemFailures: waiting.map(({ message }) => ({ itemIdentifier: message.record.messageId })) }
}
