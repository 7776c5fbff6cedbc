// SQS standard queues: visibility, receipt handles, dead letters, retention.

import { edit, setOne } from './share.ts'
import { type Handler, quiet, uuid } from './transition.ts'
import { type Queue, type QueueMessage, ServiceError, type World } from './types.ts'

type Entry = [string, QueueMessage | undefined]

export const createQueue: Handler<'CreateQueue'> = (state, action) => {
  const { arn, visibilityTimeoutMs, retentionMs, redrive } = action
  if (state.queues.has(arn)) throw new ServiceError('QueueNameExists', `A queue with the ARN ${arn} exists`)
  const [account, name] = arn.split(':').slice(-2)
  const url = `https://sqs.${state.region}.amazonaws.com/${account}/${name}`
  return quiet(put(state, { arn, url, visibilityTimeoutMs, retentionMs, redrive, messages: new Map() }))
}

export const sendMessages: Handler<'SendMessages'> = (state, action, now) => {
  const queue = findQueue(state, action.arn)
  const sent = action.bodies.map((body, i): QueueMessage => {
    const size = Buffer.byteLength(body)
    if (size === 0) throw new ServiceError('MissingParameter', 'The request must contain the parameter MessageBody.')
    if (size > 1_048_576) {
      const sentence = 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.'
      throw new ServiceError('InvalidParameterValue', `${sentence} It has ${size}.`)
    }
    const id = uuid(state.serial + i)
    const hidden = { visibleAt: now + (action.delayMs ?? 0), firstReceivedAt: null, receiptHandle: null }
    const { attributes } = action
    return { id, body, sentAt: now, receiveCount: 0, ...hidden, ...(attributes ? { attributes } : {}) }
  })
  const messages = edit(
    queue.messages,
    sent.map((message) => [message.id, message]),
  )
  return quiet(put({ ...state, serial: state.serial + sent.length }, { ...queue, messages }), sent)
}

/** A message that was received `maxReceiveCount` times goes to the dead-letter queue instead of out once more. */
export const receiveMessages: Handler<'ReceiveMessages'> = (state, action, now) => {
  const queue = findQueue(state, action.arn)
  const received: QueueMessage[] = []
  const dead: QueueMessage[] = []
  const changed: Entry[] = []
  for (const message of queue.messages.values()) {
    if (received.length >= action.max) break
    if (message.sentAt + queue.retentionMs <= now) changed.push([message.id, undefined])
    else if (message.visibleAt > now) continue
    else if (queue.redrive !== null && message.receiveCount >= queue.redrive.maxReceiveCount) {
      dead.push(message)
      changed.push([message.id, undefined])
    } else {
      received.push(taken(queue, message, now))
      changed.push([message.id, received.at(-1)])
    }
  }
  if (changed.length === 0) return quiet(state, received)
  const next = put(state, { ...queue, messages: edit(queue.messages, changed) })
  return quiet(dead.length === 0 ? next : bury(next, queue, dead), received)
}

function taken(queue: Queue, message: QueueMessage, now: number): QueueMessage {
  const receiveCount = message.receiveCount + 1
  return {
    ...message,
    receiveCount,
    firstReceivedAt: message.firstReceivedAt ?? now,
    visibleAt: now + queue.visibilityTimeoutMs,
    receiptHandle: `${message.id}#${receiveCount}`,
  }
}

/** In the dead-letter queue a message keeps its id and its age ("enqueue timestamp", standard queues). */
function bury(state: World, queue: Queue, dead: readonly QueueMessage[]): World {
  const target = findQueue(state, queue.redrive!.targetArn)
  const moved = dead.map((message): Entry => [message.id, { ...message, receiptHandle: null }])
  return put(state, { ...target, messages: edit(target.messages, moved) })
}

/** An outdated handle is accepted and deletes nothing, as the service does. */
export const deleteMessages: Handler<'DeleteMessages'> = (state, action) => {
  const queue = findQueue(state, action.arn)
  const removed: Entry[] = []
  for (const handle of action.receiptHandles) {
    const message = byHandle(queue, handle)
    if (message?.receiptHandle === handle) removed.push([message.id, undefined])
  }
  return quiet(put(state, { ...queue, messages: edit(queue.messages, removed) }))
}

export const changeVisibility: Handler<'ChangeVisibility'> = (state, action, now) => {
  const queue = findQueue(state, action.arn)
  const message = byHandle(queue, action.receiptHandle)
  if (message?.receiptHandle !== action.receiptHandle) {
    const reason = 'Reason: Message does not exist or is not available for visibility timeout change.'
    const sentence = `Value ${action.receiptHandle} for parameter ReceiptHandle is invalid. ${reason}`
    throw new ServiceError('InvalidParameterValue', sentence)
  }
  if (message.visibleAt <= now) {
    throw new ServiceError('MessageNotInflight', `The message ${message.id} is not in flight.`)
  }
  const hidden = { ...message, visibleAt: now + action.timeoutMs }
  return quiet(put(state, { ...queue, messages: setOne(queue.messages, message.id, hidden) }))
}

function findQueue(state: World, arn: string): Queue {
  const queue = state.queues.get(arn)
  if (queue === undefined) throw new ServiceError('QueueDoesNotExist', `The specified queue does not exist: ${arn}`)
  return queue
}

function byHandle(queue: Queue, handle: string): QueueMessage | undefined {
  const [id, count] = handle.split('#')
  if (id === undefined || count === undefined) {
    throw new ServiceError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    )
  }
  return queue.messages.get(id)
}

function put(state: World, queue: Queue): World {
  return { ...state, queues: setOne(state.queues, queue.arn, queue) }
}
