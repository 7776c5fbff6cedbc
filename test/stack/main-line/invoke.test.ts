// The deployed functions answer Lambda's API with their own results, errors and logs, in the surroundings of this cloud.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

let cloud: TestCloud
let client: LambdaClient
beforeAll(async () => {
  cloud = await testCloud()
  await cloud.deploy()
  client = new LambdaClient({
    endpoint: cloud.wire.url,
    region: cloud.world.state.region,
    credentials: { accessKeyId: 'local-admin', secretAccessKey: cloud.wire.secretOf('local-admin') },
  })
})
afterAll(async () => {
  client?.destroy()
  await cloud?.close()
})

const invoke = (payload: unknown) =>
  client.send(
    new InvokeCommand({
      FunctionName: `ragstream-edge-${cloud.stage}-dns-sync`,
      Payload: JSON.stringify(payload),
      LogType: 'Tail',
    }),
  )

test('a result, with what the function logged', async () => {
  const look = { messageId: 'm-1', receiptHandle: 'r-1', body: JSON.stringify({ 'detail-type': 'Look', detail: {} }) }
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) }
  const answer = await invoke({ Records: [{ ...look, attributes, eventSource: 'aws:sqs' }] })
  expect(answer.FunctionError).toBeUndefined()
  expect(JSON.parse(answer.Payload!.transformToString())).toHaveProperty('batchItemFailures')
  expect(Buffer.from(answer.LogResult!, 'base64').toString()).toContain('looked at')
})

test('an error, as Lambda shows it', async () => {
  const answer = await invoke({ Records: 'none' })
  expect(answer.FunctionError).toBe('Unhandled')
  expect(JSON.parse(answer.Payload!.transformToString())).toHaveProperty('errorType')
})
