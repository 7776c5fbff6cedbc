// The queue of dns-sync in the emulated account, and what EventBridge puts into it: late, double, reordered or not at all.
import type { SQSEvent } from 'aws-lambda'
import { type BusEvent, type QueueMessage, ServiceError } from '../../../local/world/types.ts'
import type { Account } from './account.ts'
import { inTurn } from './calls.ts'
import type { Scenario } from './scenario.ts'
import type { Timeline } from './timeline.ts'

const QUEUE = 'arn:aws:sqs:eu-central-1:123456789012:dns'
const DEAD_LETTERS = `${QUEUE}-dead-letters`
const RETENTION = 14 * 24 * 3_600_000

export class Messages {
  readonly #account: Account
  readonly #timeline: Timeline
  readonly #onVisible: () => void

  constructor(account: Account, timeline: Timeline, onVisible: () => void) {
    this.#account = account
    this.#timeline = timeline
    this.#onVisible = onVisible
    const queue = { type: 'CreateQueue', retentionMs: RETENTION } as const
    const redrive = { targetArn: DEAD_LETTERS, maxReceiveCount: 60 }
    account.dispatch({ ...queue, arn: DEAD_LETTERS, visibilityTimeoutMs: 30_000, redrive: null })
    account.dispatch({ ...queue, arn: QUEUE, visibilityTimeoutMs: 360_000, redrive })
  }

  send(body: string): void {
    this.#account.dispatch({ type: 'SendMessages', arn: QUEUE, bodies: [body] })
    this.#onVisible()
  }

  sendLater(body: string, ms: number): void {
    this.#timeline.after(ms, () => this.send(body))
  }

  bury(body: string): void {
    this.#account.dispatch({ type: 'SendMessages', arn: DEAD_LETTERS, bodies: [body] })
  }

  receive(max: number): readonly QueueMessage[] {
    const received = this.#account.dispatch<'ReceiveMessages'>({ type: 'ReceiveMessages', arn: QUEUE, max })
    const { visibilityTimeoutMs } = this.#account.state.queues.get(QUEUE)!
    if (received.length > 0) this.#timeline.after(visibilityTimeoutMs, this.#onVisible)
    return received
  }

  /** One bad entry of the batch does not fail the others. */
  postpone(receiptHandle: string, timeoutMs: number): void {
    try {
      this.#account.dispatch({ type: 'ChangeVisibility', arn: QUEUE, receiptHandle, timeoutMs })
      this.#timeline.after(timeoutMs, this.#onVisible)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
    }
  }

  remove(receiptHandles: readonly string[]): void {
    this.#account.dispatch({ type: 'DeleteMessages', arn: QUEUE, receiptHandles })
  }

  /** Messages that wait or are being worked on. */
  get waiting(): number {
    return this.#account.state.queues.get(QUEUE)!.messages.size
  }
}

/** The rules of the stack that lead to this queue, and the fate of each event on its way. */
export function deliverEvents(account: Account, messages: Messages, timeline: Timeline, scenario: Scenario): void {
  let count = 0
  account.onEvent((event) => {
    if (!isOurs(event)) return
    const { delay, copies } = inTurn(scenario.deliveries, count++)
    const body = JSON.stringify(event)
    // Copies arrive apart.
    for (let copy = 0; copy < copies; copy++) timeline.after(delay * (copy + 1), () => messages.send(body))
  })
}

const isOurs = ({ source, detail }: BusEvent): boolean =>
  source === 'aws.ec2' || (String(detail.name).includes('/sites/') && detail.operation !== 'Delete')

export const asLambdaEvent = (received: readonly QueueMessage[]): SQSEvent =>
  ({
    Records: received.map(({ id, body, sentAt, receiveCount, receiptHandle }) => ({
      messageId: id,
      receiptHandle,
      body,
      attributes: { SentTimestamp: String(sentAt), ApproximateReceiveCount: String(receiveCount) },
    })),
  }) as unknown as SQSEvent
