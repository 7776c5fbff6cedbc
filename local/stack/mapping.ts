// A queue as the source of a function, as Lambda polls it: five pollers, each filling a batch of its own until the batch
// is full, its window is over or its payload would grow too large; then one invocation, then the next batch.
// Nothing polls in a circle: a change of the queue wakes the pollers, or the moment when a hidden message comes back.

import type { LiveWorld, QueueMessage } from '../world/types.ts'
import { failedMessages, type SqsRecord, sqsRecord } from './batch.ts'

export interface MappingOptions {
  readonly world: LiveWorld
  readonly queueArn: string
  readonly batchSize: number
  readonly windowMs: number
  /** ScalingConfig.MaximumConcurrency. Undefined: as many as there are pollers. */
  readonly maximumConcurrency: number | undefined
  readonly reportsItemFailures: boolean
  readonly invoke: (event: { readonly Records: readonly SqsRecord[] }) => Promise<unknown>
  /** Called when a batch is done with, also when it failed. */
  readonly onSettled?: () => void
}

export interface Mapping {
  readonly queueArn: string
  /** A batch is being filled, waits for its turn or runs. */
  readonly busy: boolean
  /** Receives nothing more; resolves when the batches that run are done. Messages of unfinished batches stay in the queue. */
  close(): Promise<void>
}

/** What Lambda starts with. It adds more each minute that the queue stays full, which this does not imitate. */
const POLLERS = 5
/** One ReceiveMessage call brings no more. */
const RECEIVE_LIMIT = 10
/** Payload of a synchronous invocation. */
const PAYLOAD_LIMIT = 6 * 1024 * 1024

interface Poller {
  messages: QueueMessage[]
  bytes: number
  /** Received, but too large for the batch: the first ones of the next. */
  overflow: QueueMessage[]
  state: 'filling' | 'waiting' | 'running'
  window: NodeJS.Timeout | undefined
}

export function createMapping(options: MappingOptions): Mapping {
  const { world, queueArn } = options
  const pollers = Array.from(
    { length: POLLERS },
    (): Poller => ({ messages: [], bytes: 0, overflow: [], state: 'filling', window: undefined }),
  )
  const limit = options.maximumConcurrency ?? POLLERS
  const running = new Set<Promise<void>>()
  let turn = 0
  let closed = false
  let wakeUp: NodeJS.Timeout | undefined
  let planned: NodeJS.Immediate | undefined

  const wake = () => {
    planned ??= setImmediate(() => {
      planned = undefined
      if (!closed) receive()
    })
  }

  function receive(): void {
    clearTimeout(wakeUp)
    for (let poller = nextPoller(); poller; poller = nextPoller()) {
      const visibleAt = firstVisibleAt()
      if (visibleAt > world.now()) {
        // Longer than setTimeout can wait: then look again in between.
        if (visibleAt < Infinity) wakeUp = setTimeout(wake, Math.min(visibleAt - world.now() + 1, 2 ** 31 - 1))
        return
      }
      const max = Math.min(RECEIVE_LIMIT, options.batchSize - poller.messages.length)
      fill(poller, world.dispatch({ type: 'ReceiveMessages', arn: queueArn, max }))
    }
  }

  /** The pollers take turns, so that a burst is spread over their batches as on AWS. At the concurrency limit no new batch is begun. */
  function nextPoller(): Poller | undefined {
    const engaged = pollers.filter(({ state }) => state !== 'filling').length
    for (let i = 0; i < POLLERS; i++) {
      const poller = pollers[(turn + i) % POLLERS]!
      if (poller.state === 'filling' && (engaged < limit || poller.messages.length > 0)) {
        turn = (turn + i + 1) % POLLERS
        return poller
      }
    }
    return undefined
  }

  function firstVisibleAt(): number {
    let first = Infinity
    for (const { visibleAt } of world.state.queues.get(queueArn)?.messages.values() ?? []) {
      if (visibleAt <= world.now()) return visibleAt
      first = Math.min(first, visibleAt)
    }
    return first
  }

  function fill(poller: Poller, received: readonly QueueMessage[]): void {
    for (const message of received) {
      const size = recordSize(message, queueArn)
      const fits = poller.overflow.length === 0 && poller.bytes + size <= PAYLOAD_LIMIT
      if (fits || poller.messages.length === 0) {
        poller.messages.push(message)
        poller.bytes += size
      } else poller.overflow.push(message)
    }
    if (poller.messages.length === 0) return
    const full = poller.messages.length >= options.batchSize || poller.overflow.length > 0
    if (full || options.windowMs === 0) closeBatch(poller)
    else poller.window ??= setTimeout(() => closeBatch(poller), options.windowMs)
  }

  function closeBatch(poller: Poller): void {
    clearTimeout(poller.window)
    poller.window = undefined
    poller.state = 'waiting'
    startWaiting()
  }

  function startWaiting(): void {
    for (const poller of pollers.filter(({ state }) => state === 'waiting')) {
      if (closed || running.size >= limit) return
      poller.state = 'running'
      const run = runBatch(poller.messages, options).finally(() => {
        running.delete(run)
        reopen(poller)
        options.onSettled?.()
      })
      running.add(run)
    }
  }

  function reopen(poller: Poller): void {
    const { overflow } = poller
    Object.assign(poller, { messages: [], bytes: 0, overflow: [], state: 'filling' })
    if (closed) return
    fill(poller, overflow)
    startWaiting()
    wake()
  }

  const unsubscribe = world.subscribe(({ before, state }) => {
    if (before.queues.get(queueArn) !== state.queues.get(queueArn)) wake()
  })
  wake()
  return {
    queueArn,
    get busy() {
      return pollers.some(({ messages }) => messages.length > 0)
    },
    close: async () => {
      closed = true
      unsubscribe()
      clearTimeout(wakeUp)
      if (planned) clearImmediate(planned)
      for (const poller of pollers) clearTimeout(poller.window)
      await Promise.all(running)
    },
  }
}

/** A failed message stays hidden until its visibility timeout, or what the function set with ChangeMessageVisibility, is over. */
async function runBatch(messages: readonly QueueMessage[], options: MappingOptions): Promise<void> {
  const { world, queueArn } = options
  const answer = await options.invoke({ Records: messages.map((message) => sqsRecord(message, queueArn)) }).then(
    (value) => ({ value }),
    () => undefined,
  )
  if (!answer) return
  const ids = messages.map(({ id }) => id)
  const failed = options.reportsItemFailures ? failedMessages(answer.value, ids) : new Set<string>()
  if (failed === 'all') return
  const receiptHandles = messages.filter(({ id }) => !failed.has(id)).map(({ receiptHandle }) => receiptHandle ?? '')
  if (receiptHandles.length > 0) world.dispatch({ type: 'DeleteMessages', arn: queueArn, receiptHandles })
}

function recordSize(message: QueueMessage, queueArn: string): number {
  return Buffer.byteLength(JSON.stringify(sqsRecord(message, queueArn))) + 1
}
