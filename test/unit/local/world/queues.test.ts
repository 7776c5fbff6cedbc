// SQS standard queues: visibility, receipt handles, dead letters, retention.
import { countMessages } from '../../../../local/world/queries.ts'
import { refusal, type Virtual, virtual } from './virtual.ts'

const arn = 'arn:aws:sqs:eu-central-1:123456789012:work'
const deadArn = 'arn:aws:sqs:eu-central-1:123456789012:dead'
let world: Virtual

beforeEach(() => {
  world = virtual()
  const common = { type: 'CreateQueue', visibilityTimeoutMs: 1000, retentionMs: 60_000 } as const
  world.act({ ...common, arn: deadArn, redrive: null })
  world.act({ ...common, arn, redrive: { targetArn: deadArn, maxReceiveCount: 2 } })
})

const send = (...bodies: string[]) => world.act({ type: 'SendMessages', arn, bodies })
const receive = (max = 10, from = arn) => world.act({ type: 'ReceiveMessages', arn: from, max })
const bodies = (max = 10, from = arn) => receive(max, from).map(({ body }) => body)
const counts = (of = arn) => countMessages(world.state.queues.get(of)!, world.now)

test('a received message is hidden until its visibility timeout, and counted', () => {
  send('a', 'b', 'c')
  expect(bodies(2)).toEqual(['a', 'b'])
  expect(bodies()).toEqual(['c'])
  expect(counts()).toEqual({ visible: 0, inFlight: 3 })
  world.pass(1000)
  expect(receive(1)).toMatchObject([{ body: 'a', receiveCount: 2 }])
})

test('the handle of the last receive deletes, an older one is accepted and does nothing', () => {
  send('a')
  const old = receive()[0]!.receiptHandle!
  world.pass(1000)
  const last = receive()[0]!.receiptHandle!
  world.act({ type: 'DeleteMessages', arn, receiptHandles: [old] })
  expect(counts().inFlight).toBe(1)
  world.act({ type: 'DeleteMessages', arn, receiptHandles: [last] })
  expect(counts()).toEqual({ visible: 0, inFlight: 0 })
})

test('received maxReceiveCount times, it goes to the dead letters instead of out again, with its age', () => {
  const [sent] = send('poison')
  bodies()
  world.pass(1000)
  bodies()
  world.pass(1000)
  expect(counts(deadArn).visible).toBe(0)
  expect(bodies()).toEqual([])
  expect(receive(10, deadArn)).toMatchObject([{ id: sent!.id, body: 'poison', sentAt: sent!.sentAt }])
})

test('a dead message does not take the place of a living one', () => {
  send('poison')
  for (let i = 0; i < 2; i += 1) {
    bodies()
    world.pass(1000)
  }
  send('good')
  expect(bodies(1)).toEqual(['good'])
})

test('visibility can be changed while in flight, by the last handle only', () => {
  send('a')
  const { receiptHandle } = receive()[0]!
  const change = (handle: string, timeoutMs: number) =>
    world.act({ type: 'ChangeVisibility', arn, receiptHandle: handle, timeoutMs })
  change(receiptHandle!, 5000)
  world.pass(4999)
  expect(bodies()).toEqual([])
  change(receiptHandle!, 0)
  expect(bodies()).toEqual(['a'])
  expect(refusal(world, () => change(receiptHandle!, 0))).toBe('InvalidParameterValue')
  expect(refusal(world, () => change('nonsense', 0))).toBe('ReceiptHandleIsInvalid')
})

test('a message that is visible again is not in flight', () => {
  send('a')
  const { receiptHandle } = receive()[0]!
  world.pass(1000)
  const change = () => world.act({ type: 'ChangeVisibility', arn, receiptHandle: receiptHandle!, timeoutMs: 0 })
  expect(refusal(world, change)).toBe('MessageNotInflight')
})

test('after its retention a message is gone', () => {
  send('a')
  world.pass(60_000)
  expect(counts()).toEqual({ visible: 0, inFlight: 0 })
  expect(bodies()).toEqual([])
})

test.each([
  [
    'an unknown queue',
    () => world.act({ type: 'SendMessages', arn: 'arn:aws:sqs:x:1:no', bodies: ['a'] }),
    'QueueDoesNotExist',
  ],
  ['an empty message', () => send(''), 'MissingParameter'],
  ['a message over 1 MiB', () => send('a'.repeat(1_048_577)), 'InvalidParameterValue'],
])('%s is refused', (_case, run, code) => {
  expect(refusal(world, run)).toBe(code)
})

test('ten thousand messages in and out', () => {
  send(...Array.from({ length: 10_000 }, (_, i) => String(i)))
  const seen = new Set<string>()
  for (let page = receive(); page.length > 0; page = receive()) {
    for (const { body } of page) seen.add(body)
    world.act({ type: 'DeleteMessages', arn, receiptHandles: page.map(({ receiptHandle }) => receiptHandle!) })
  }
  expect(seen.size).toBe(10_000)
  expect(counts()).toEqual({ visible: 0, inFlight: 0 })
})
