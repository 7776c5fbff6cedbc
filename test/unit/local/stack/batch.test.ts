import { failedMessages, sqsRecord } from '../../../../local/stack/batch.ts'

describe('the answer of a function that reports partial failures', () => {
  const ids = ['m1', 'm2']
  test.each<[string, unknown, string[] | 'all']>([
    ['names one', { batchItemFailures: [{ itemIdentifier: 'm2' }] }, ['m2']],
    ['names both', { batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }] }, ['m1', 'm2']],
    ['names none', { batchItemFailures: [] }, []],
    ['is null', null, []],
    ['is empty', {}, []],
    ['has a null list', { batchItemFailures: null }, []],
    ['is no object', 'ok', 'all'],
    ['is a list', [], 'all'],
    ['has no list', { batchItemFailures: 'm1' }, 'all'],
    ['has an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }, 'all'],
    ['has a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }, 'all'],
    ['has another key', { batchItemFailures: [{ messageId: 'm1' }] }, 'all'],
    ['names a stranger', { batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm9' }] }, 'all'],
    ['has a null item', { batchItemFailures: [null] }, 'all'],
  ])('%s', (_, answer, failed) => {
    const found = failedMessages(answer, ids)
    expect(found === 'all' ? found : [...found]).toEqual(failed)
  })
})

test('a record has the shape of the service', () => {
  const message = {
    id: '059f36b4-87a3-44ab-83d2-661975830a7d',
    body: 'Test message.',
    sentAt: 1545082649183,
    receiveCount: 2,
    firstReceivedAt: 1545082649185,
    visibleAt: 1545082709185,
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
  }
  // https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, "Example Amazon SQS message event"
  expect(sqsRecord(message, 'arn:aws:sqs:us-east-2:123456789012:my-queue')).toEqual({
    messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    body: 'Test message.',
    attributes: {
      ApproximateReceiveCount: '2',
      SentTimestamp: '1545082649183',
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: '1545082649185',
    },
    messageAttributes: {},
    md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
    awsRegion: 'us-east-2',
  })
})
