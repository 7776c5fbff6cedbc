// SQS as the real SDK client sees it (which also checks each message's MD5).
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { jest } from '@jest/globals'
import { queueUrl } from '../../../local/wire/sqs/queue.ts'
import { type Cloud, startCloud } from './clients.ts'

const arn = 'arn:aws:sqs:eu-central-1:123456789012:work'
const deadArn = 'arn:aws:sqs:eu-central-1:123456789012:dead'
// The host of the URL does not matter: the client talks to its endpoint.
const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/work'
let cloud: Cloud
let now: number | undefined

beforeEach(async () => {
  now = undefined
  cloud = await startCloud({ now: () => now ?? Date.now() })
  const common = { type: 'CreateQueue', visibilityTimeoutMs: 30_000, retentionMs: 3_600_000 } as const
  cloud.world.dispatch({ ...common, arn: deadArn, redrive: null })
  cloud.world.dispatch({ ...common, arn, redrive: { targetArn: deadArn, maxReceiveCount: 2 } })
})
afterEach(() => cloud.close())

const send = (MessageBody: string) => cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
const receive = async (input = {}): Promise<Message[]> =>
  (await cloud.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input }))).Messages ?? []
const counts = async (url = QueueUrl) => {
  const { Attributes } = await cloud.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))
  return [Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible]
}

test('a message is sent, received, hidden, deleted', async () => {
  now = Date.now()
  const { MessageId } = await send('{"a": "ä"}')
  const [message] = await receive()
  expect(message).toMatchObject({ MessageId, Body: '{"a": "ä"}', Attributes: { ApproximateReceiveCount: '1' } })
  expect(await receive()).toEqual([])
  expect(await counts()).toEqual(['0', '1'])
  await cloud.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle! }))
  expect(await counts()).toEqual(['0', '0'])
})

test('made visible again it comes back with another handle, and after the last try goes to the dead letters', async () => {
  await send('x')
  const handles: (string | undefined)[] = []
  for (let tries = 0; tries < 2; tries += 1) {
    const [message] = await receive()
    handles.push(message?.ReceiptHandle)
    const change = { QueueUrl, ReceiptHandle: message!.ReceiptHandle!, VisibilityTimeout: 0 }
    await cloud.sqs.send(new ChangeMessageVisibilityCommand(change))
  }
  expect(new Set(handles).size).toBe(2)
  expect(await receive()).toEqual([])
  expect(await counts()).toEqual(['0', '0'])
  expect(await counts(QueueUrl.replace('work', 'dead'))).toEqual(['1', '0'])
})

test('a batch of visibility changes fails entry by entry', async () => {
  await send('x')
  const [message] = await receive()
  const Entries = [
    { Id: 'good', ReceiptHandle: message!.ReceiptHandle!, VisibilityTimeout: 0 },
    { Id: 'bad', ReceiptHandle: `${message!.MessageId}#7`, VisibilityTimeout: 0 },
  ]
  const done = await cloud.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
  expect(done.Successful).toEqual([{ Id: 'good' }])
  expect(done.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidParameterValue', SenderFault: true }])
})

test('a receive that waits gets the message that comes meanwhile', async () => {
  const waiting = receive({ WaitTimeSeconds: 20 })
  const arrived = new Promise<void>((resolve) => {
    const stop = cloud.world.subscribe(({ action }) => {
      if (action.type !== 'ReceiveMessages') return
      stop()
      resolve()
    })
  })
  await arrived
  await send('late')
  expect((await waiting).map(({ Body }) => Body)).toEqual(['late'])
})

test('a caller who has gone takes no message with it', async () => {
  const gone = new AbortController()
  const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })
  const asking = new Promise<void>((resolve) => {
    cloud.world.subscribe(({ action }) => action.type === 'ReceiveMessages' && resolve())
  })
  const waiting = cloud.sqs.send(command, { abortSignal: gone.signal })
  await asking
  gone.abort()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  // The server has heard of it, too: the call has ended.
  while (!cloud.calls.some(({ operation }) => operation === 'ReceiveMessage'))
    await new Promise((resolve) => setImmediate(resolve))
  await send('x')
  expect((await receive()).map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['1'])
})

test('the URL of a queue is on this server', async () => {
  const found = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }))
  expect(found.QueueUrl).toBe(`${cloud.url}/123456789012/work`)
  expect(cloud.asked.at(-1)).toMatchObject({ action: 'sqs:GetQueueUrl', resources: [arn] })
})

test('a client with no endpoint of its own talks to the host of the queue URL: this server', async () => {
  const config = { region: 'eu-central-1', credentials: cloud.credentialsOf('Role') }
  const client = new SQSClient(config)
  const sent = new SendMessageCommand({ QueueUrl: queueUrl(cloud.url, arn), MessageBody: 'x' })
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  await client.send(sent)
  warn.mockRestore()
  expect(cloud.calls.at(-1)).toMatchObject({ operation: 'SendMessage', accessKeyId: 'Role', status: 200 })
})

test('attributes tell time limits and redrive', async () => {
  const AttributeNames = ['QueueArn', 'VisibilityTimeout', 'RedrivePolicy'] as const
  const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] })
  const { Attributes } = await cloud.sqs.send(get)
  expect(Attributes).toEqual({
    QueueArn: arn,
    VisibilityTimeout: '30',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 }),
  })
})

test('errors: unknown queue, handle of nobody, too many messages, denial', async () => {
  const unknown = new GetQueueUrlCommand({ QueueName: 'nope' })
  await expect(cloud.sqs.send(unknown)).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
  const handle = new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'nonsense' })
  await expect(cloud.sqs.send(handle)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' })
  await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  cloud.authorize = () => 'no'
  await expect(send('x')).rejects.toMatchObject({ name: 'AccessDenied' })
})
