// The SQS adapter: visibility in batches of ten, a later message, a dead letter with its reason.
import { ChangeMessageVisibilityBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { bury, postpone, sendLater } from '../../functions/lib/aws/sqs.ts'
import { UnexpectedReply } from '../../functions/lib/domain/errors.ts'

const sqs = mockClient(SQSClient)
beforeEach(() => void sqs.reset())
const sent = () => sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input)

test('postpones ten messages a call', async () => {
  await postpone(
    'https://q',
    Array.from({ length: 12 }, (_, index) => ({ receiptHandle: `r${index}`, seconds: index })),
  )
  const calls = sqs.commandCalls(ChangeMessageVisibilityBatchCommand).map((call) => call.args[0].input)
  expect(calls.map(({ Entries }) => Entries?.length)).toEqual([10, 2])
  expect(calls[1]).toEqual({
    QueueUrl: 'https://q',
    Entries: [
      { Id: '0', ReceiptHandle: 'r10', VisibilityTimeout: 10 },
      { Id: '1', ReceiptHandle: 'r11', VisibilityTimeout: 11 },
    ],
  })
})

test('nothing to postpone, no call', async () => {
  await postpone('https://q', [])
  expect(sqs.calls()).toHaveLength(0)
})

test('a message for later', async () => {
  sqs.on(SendMessageCommand).resolves({ MessageId: 'm' })
  await sendLater('https://q', '{}', 60)
  expect(sent()).toEqual([{ QueueUrl: 'https://q', MessageBody: '{}', DelaySeconds: 60 }])
})

test('a dead letter with its reason, cut to what an attribute should hold', async () => {
  sqs.on(SendMessageCommand).resolves({ MessageId: 'm' })
  await bury('https://dead', '{}', 'x'.repeat(3000))
  expect(sent()).toEqual([
    {
      QueueUrl: 'https://dead',
      MessageBody: '{}',
      MessageAttributes: { reason: { DataType: 'String', StringValue: 'x'.repeat(2000) } },
    },
  ])
})

test('no id of the message is no reply', async () => {
  sqs.on(SendMessageCommand).resolves({})
  await expect(sendLater('https://q', '{}', 60)).rejects.toThrow(UnexpectedReply)
  await expect(bury('https://dead', '{}', 'why')).rejects.toThrow(UnexpectedReply)
})
