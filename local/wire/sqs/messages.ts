// Messages over the wire: sent, received, hidden, deleted.
import { createHash } from 'node:crypto'
import { type QueueMessage, ServiceError } from '../../world/types.ts'
import type { Operation, Scene } from '../service.ts'
import { type OnQueue, on, queueOf } from './queue.ts'
import { receiveWaiting } from './waiting.ts'

interface Receive extends OnQueue {
  readonly MaxNumberOfMessages?: number
  readonly VisibilityTimeout?: number
  readonly WaitTimeSeconds?: number
}

interface Handled extends OnQueue {
  readonly ReceiptHandle: string
}

interface Visibility {
  readonly ReceiptHandle: string
  readonly VisibilityTimeout: number
}

type Entry<T> = T & { readonly Id: string }
type Batch<T> = OnQueue & { readonly Entries: readonly Entry<T>[] }

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

interface Send extends OnQueue {
  readonly MessageBody: string
  readonly DelaySeconds?: number
  readonly MessageAttributes?: Readonly<Record<string, { readonly DataType: string; readonly StringValue?: string }>>
}

const send: Operation<Send> = {
  access: on('SendMessage'),
  run({ QueueUrl, MessageBody, DelaySeconds, MessageAttributes = {} }, { world, state }) {
    const { arn } = queueOf(state, QueueUrl)
    const [message] = world.dispatch({
      type: 'SendMessages',
      arn,
      bodies: [MessageBody],
      delayMs: between(DelaySeconds ?? 0, 0, 900, 'DelaySeconds') * 1000,
      attributes: Object.fromEntries(Object.entries(MessageAttributes).map(strings)),
    })
    return { MessageId: message!.id, MD5OfMessageBody: md5(MessageBody) }
  },
}

function strings([name, { DataType, StringValue }]: [string, { DataType: string; StringValue?: string }]) {
  if (DataType === 'String' && StringValue !== undefined) return [name, StringValue]
  throw new ServiceError('NotImplemented', `The local cloud holds message attributes of type String only: ${name}`, 501)
}

const receive: Operation<Receive> = {
  access: on('ReceiveMessage'),
  async run(input, scene) {
    const { arn } = queueOf(scene.state, input.QueueUrl)
    const max = between(input.MaxNumberOfMessages ?? 1, 1, 10, 'MaxNumberOfMessages')
    const waitMs = between(input.WaitTimeSeconds ?? 0, 0, 20, 'WaitTimeSeconds') * 1000
    const messages = await receiveWaiting(scene, arn, max, waitMs)
    if (input.VisibilityTimeout !== undefined) {
      const timeoutMs = visibilityMs(input.VisibilityTimeout)
      for (const { receiptHandle } of messages) {
        scene.world.dispatch({ type: 'ChangeVisibility', arn, receiptHandle: receiptHandle!, timeoutMs })
      }
    }
    return messages.length === 0 ? {} : { Messages: messages.map(shown) }
  },
}

function shown(message: QueueMessage): object {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    MessageAttributes: Object.fromEntries(
      Object.entries(message.attributes ?? {}).map(([name, StringValue]) => [
        name,
        { DataType: 'String', StringValue },
      ]),
    ),
  }
}

const remove: Operation<Handled> = {
  access: on('DeleteMessage'),
  run({ QueueUrl, ReceiptHandle }, { world, state }) {
    const { arn } = queueOf(state, QueueUrl)
    world.dispatch({ type: 'DeleteMessages', arn, receiptHandles: [ReceiptHandle] })
  },
}

const changeOne: Operation<Handled & Visibility> = {
  access: on('ChangeMessageVisibility'),
  run({ QueueUrl, ...change }, scene) {
    hide(scene, queueOf(scene.state, QueueUrl).arn, change)
  },
}

function hide({ world }: Scene, arn: string, { ReceiptHandle, VisibilityTimeout }: Visibility): void {
  const timeoutMs = visibilityMs(VisibilityTimeout)
  world.dispatch({ type: 'ChangeVisibility', arn, receiptHandle: ReceiptHandle, timeoutMs })
}

/** Each entry succeeds or fails by itself. */
const changeSeveral: Operation<Batch<Visibility>> = {
  access: on('ChangeMessageVisibility'),
  run({ QueueUrl, Entries }, scene) {
    const { arn } = queueOf(scene.state, QueueUrl)
    if (Entries.length > 10) {
      throw new ServiceError(
        'TooManyEntriesInBatchRequest',
        `Maximum number of entries per request are 10. You have sent ${Entries.length}.`,
      )
    }
    const Successful: object[] = []
    const Failed: object[] = []
    for (const { Id, ...change } of Entries) {
      try {
        hide(scene, arn, change)
        Successful.push({ Id })
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error
        Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message })
      }
    }
    return { Successful, Failed }
  },
}

function visibilityMs(seconds: number): number {
  return between(seconds, 0, 43_200, 'VisibilityTimeout') * 1000
}

function between(value: number, least: number, most: number, name: string): number {
  if (value >= least && value <= most) return value
  const sentence = `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}.`
  throw new ServiceError('InvalidParameterValue', sentence)
}

export const messages = {
  SendMessage: send,
  ReceiveMessage: receive,
  DeleteMessage: remove,
  ChangeMessageVisibility: changeOne,
  ChangeMessageVisibilityBatch: changeSeveral,
}
