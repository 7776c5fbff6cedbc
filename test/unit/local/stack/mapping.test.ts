import type { SqsRecord } from '../../../../local/stack/batch.ts'
import { createMapping, type Mapping, type MappingOptions } from '../../../../local/stack/mapping.ts'
import { liveWorld } from '../../../../local/world/live.ts'
import type { LiveWorld } from '../../../../local/world/types.ts'
import { createWorld } from '../../../../local/world/world.ts'
import { type HeldTimers, holdTimers } from '../../../support/held-timers.ts'

const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:work'
const deadArn = 'arn:aws:sqs:eu-central-1:123456789012:dead'

interface Batch {
  readonly records: readonly SqsRecord[]
  readonly bodies: readonly string[]
  answer(value: unknown): void
  fail(): void
}

/** A mapping whose function is the test: each batch that arrives is answered by hand. */
function openBench(options: Partial<MappingOptions> = {}, visibilityTimeoutMs = 60_000) {
  const world = liveWorld(createWorld())
  world.dispatch({ type: 'CreateQueue', arn: deadArn, visibilityTimeoutMs: 1000, retentionMs: 1e9, redrive: null })
  world.dispatch({
    type: 'CreateQueue',
    arn: queueArn,
    visibilityTimeoutMs,
    retentionMs: 1e9,
    redrive: { targetArn: deadArn, maxReceiveCount: 2 },
  })
  const batches: Batch[] = []
  const all: Batch[] = []
  const arrivals: ((batch: Batch) => void)[] = []
  const invoke = (event: { readonly Records: readonly SqsRecord[] }) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const batch = {
      records: event.Records,
      bodies: event.Records.map(({ body }) => body),
      answer: resolve,
      fail: () => reject(new Error('thrown')),
    }
    all.push(batch)
    const next = arrivals.shift()
    if (next) next(batch)
    else batches.push(batch)
    return promise
  }
  const mapping = createMapping({
    world,
    queueArn,
    batchSize: 10,
    windowMs: 0,
    maximumConcurrency: undefined,
    reportsItemFailures: true,
    invoke,
    ...options,
  })
  const nextBatch = async (): Promise<Batch> =>
    batches.shift() ?? (await new Promise<Batch>((resolve) => arrivals.push(resolve)))
  return { world, mapping, nextBatch, unread: batches, all }
}

const send = (world: LiveWorld, ...bodies: string[]) => world.dispatch({ type: 'SendMessages', arn: queueArn, bodies })
const left = (world: LiveWorld, arn = queueArn) =>
  [...world.state.queues.get(arn)!.messages.values()].map(({ body }) => body)
const size = (world: LiveWorld, arn: string, count: number) =>
  new Promise<void>((resolve) => {
    const look = () => left(world, arn).length === count && resolve()
    world.subscribe(look)
    look()
  })
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`)
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

let timers: HeldTimers
beforeEach(() => {
  timers = holdTimers()
})
let open: { mapping: Mapping; world: LiveWorld; all: Batch[] } | undefined
const bench = (...args: Parameters<typeof openBench>) => {
  const opened = openBench(...args)
  open = opened
  return opened
}
afterEach(async () => {
  for (const batch of open?.all ?? []) batch.answer(null)
  await open?.mapping.close()
  open?.world.close()
  timers.release()
})

test('a message reaches the function and is deleted when it succeeds', async () => {
  const { world, nextBatch, mapping } = bench()
  send(world, 'hello')
  const batch = await nextBatch()
  expect(batch.records[0]).toMatchObject({
    body: 'hello',
    eventSourceARN: queueArn,
    attributes: { ApproximateReceiveCount: '1' },
  })
  expect(mapping.busy).toBe(true)
  batch.answer({ batchItemFailures: [] })
  await size(world, queueArn, 0)
})

test('only the messages that failed stay, hidden', async () => {
  const { world, nextBatch } = bench()
  send(world, 'good', 'bad')
  const batch = await nextBatch()
  batch.answer({ batchItemFailures: [{ itemIdentifier: batch.records.find(({ body }) => body === 'bad')!.messageId }] })
  await size(world, queueArn, 1)
  expect(left(world)).toEqual(['bad'])
})

test.each<[string, (batch: Batch) => void]>([
  ['a thrown error', (batch) => batch.fail()],
  ['an answer that names a stranger', (batch) => batch.answer({ batchItemFailures: [{ itemIdentifier: 'nobody' }] })],
])('%s fails the whole batch', async (_, end) => {
  const { world, nextBatch, mapping } = bench()
  send(world, 'a', 'b')
  end(await nextBatch())
  await turns(5)
  expect(mapping.busy).toBe(false)
  expect(left(world)).toEqual(['a', 'b'])
})

test('without ReportBatchItemFailures the answer is not read', async () => {
  const { world, nextBatch } = bench({ reportsItemFailures: false })
  send(world, 'a')
  const batch = await nextBatch()
  batch.answer({ batchItemFailures: [{ itemIdentifier: batch.records[0]!.messageId }] })
  await size(world, queueArn, 0)
})

test('a failed message comes back when its visibility timeout is over, then goes to the dead letters', async () => {
  const { world, nextBatch, unread } = bench({}, 30)
  send(world, 'again')
  const first = await nextBatch()
  first.fail()
  await turns(5)
  await timers.pass(29)
  await turns(5)
  expect(unread).toEqual([])
  await timers.pass(2)
  const second = await nextBatch()
  expect(second.records[0]!.attributes).toMatchObject({ ApproximateReceiveCount: '2' })
  second.fail()
  await turns(5)
  await timers.pass(31)
  await size(world, deadArn, 1)
  expect(left(world)).toEqual([])
})

test('ChangeMessageVisibility decides when it comes back', async () => {
  const { world, nextBatch } = bench()
  send(world, 'soon')
  const first = await nextBatch()
  const receiptHandle = first.records[0]!.receiptHandle
  world.dispatch({ type: 'ChangeVisibility', arn: queueArn, receiptHandle, timeoutMs: 20 })
  first.answer({ batchItemFailures: [{ itemIdentifier: first.records[0]!.messageId }] })
  await turns(5)
  await timers.pass(21)
  expect((await nextBatch()).bodies).toEqual(['soon'])
})

test('a burst is spread over five pollers, each closed by size', async () => {
  const { world, nextBatch, unread } = bench({ batchSize: 10 })
  send(world, ...numbers(70))
  const running = [await nextBatch(), await nextBatch(), await nextBatch(), await nextBatch(), await nextBatch()]
  await turns(5)
  expect(unread).toEqual([])
  expect(running.map(({ bodies }) => bodies.length)).toEqual([10, 10, 10, 10, 10])
  for (const batch of running) batch.answer(null)
  const rest = [await nextBatch(), await nextBatch()]
  expect(rest.map(({ bodies }) => bodies.length)).toEqual([10, 10])
  for (const batch of rest) batch.answer(null)
  await size(world, queueArn, 0)
})

test('a window collects messages that come one after the other', async () => {
  const { world, nextBatch, unread } = bench({ batchSize: 100, windowMs: 400 })
  for (const body of numbers(7)) {
    send(world, body)
    await turns(2)
    await timers.pass(50)
  }
  expect(unread).toEqual([])
  await timers.pass(400)
  const sizes: number[] = []
  for (let i = 0; i < 5; i++) {
    const batch = await nextBatch()
    sizes.push(batch.bodies.length)
    batch.answer(null)
  }
  expect(sizes.sort()).toEqual([1, 1, 1, 2, 2])
})

test('MaximumConcurrency: batches that are closed wait their turn, and no new one is begun meanwhile', async () => {
  const { world, nextBatch, all } = bench({ maximumConcurrency: 2, batchSize: 100, windowMs: 20 })
  // One message for each poller: five windows are open before the first one closes.
  send(world, ...numbers(50))
  await turns(5)
  await timers.pass(20)
  const first = [await nextBatch(), await nextBatch()]
  send(world, 'late')
  await turns(5)
  await timers.pass(60)
  await turns(5)
  expect(all).toHaveLength(2)
  const late = () => [...world.state.queues.get(queueArn)!.messages.values()].find(({ body }) => body === 'late')
  expect(late()).toMatchObject({ receiveCount: 0 })
  for (const batch of first) batch.answer(null)
  const second = [await nextBatch(), await nextBatch()]
  await turns(5)
  expect(late()).toMatchObject({ receiveCount: 0 })
  for (const batch of second) batch.answer(null)
  await turns(5)
  await timers.pass(20)
  const third = [await nextBatch(), await nextBatch()]
  expect(third.map(({ bodies }) => bodies.length).sort()).toEqual([1, 10])
  for (const batch of third) batch.answer(null)
  await size(world, queueArn, 0)
})

test('a batch is closed before its payload grows beyond 6 MB; what was received too much leads the next', async () => {
  const { world, nextBatch } = bench()
  send(world, ...Array.from({ length: 8 }, (_, i) => String(i).repeat(1_000_000)))
  const first = await nextBatch()
  expect(first.bodies.map((body) => body[0])).toEqual(['0', '1', '2', '3', '4', '5'])
  first.answer(null)
  const second = await nextBatch()
  expect(second.bodies.map((body) => body[0])).toEqual(['6', '7'])
  second.answer(null)
  await size(world, queueArn, 0)
})

test('after close nothing more is received', async () => {
  const { world, mapping, unread } = bench()
  await mapping.close()
  send(world, 'late')
  await turns(5)
  expect(unread).toEqual([])
  expect([...world.state.queues.get(queueArn)!.messages.values()][0]).toMatchObject({ receiveCount: 0 })
})
