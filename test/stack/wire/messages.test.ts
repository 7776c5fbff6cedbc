// What functions tell others: SNS and EventBridge as their real SDK clients see them.
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PublishCommand } from '@aws-sdk/client-sns'
import { type Cloud, startCloud } from './clients.ts'

const TopicArn = 'arn:aws:sns:eu-central-1:123456789012:Notices'

let cloud: Cloud
beforeEach(async () => {
  cloud = await startCloud()
  cloud.world.dispatch({ type: 'CreateTopic', arn: TopicArn })
})
afterEach(() => cloud.close())

test('a notice is kept as it was sent, umlauts and lines and all', async () => {
  const Message = 'ragstream:\n502 & <Größe>'
  const MessageAttributes = { site: { DataType: 'String', StringValue: 'a.example' } }
  const { MessageId } = await cloud.sns.send(
    new PublishCommand({ TopicArn, Subject: 'Site down', Message, MessageAttributes }),
  )
  expect(cloud.world.state.topics.get(TopicArn)?.published).toEqual([
    expect.objectContaining({
      id: MessageId,
      subject: 'Site down',
      message: Message,
      attributes: { site: 'a.example' },
    }),
  ])
  expect(cloud.asked).toContainEqual(expect.objectContaining({ action: 'sns:Publish', resources: [TopicArn] }))
})

test('a topic that is not there, and one that the caller may not write to', async () => {
  const publish = (arn: string) => cloud.sns.send(new PublishCommand({ TopicArn: arn, Message: 'x' }))
  await expect(publish(`${TopicArn}s`)).rejects.toMatchObject({ name: 'NotFoundException' })
  cloud.authorize = ({ action }) => `may not ${action}`
  await expect(publish(TopicArn)).rejects.toMatchObject({ name: 'AuthorizationErrorException' })
})

test('an event reaches the bus with the id that its sender was told', async () => {
  const events: unknown[] = []
  cloud.world.subscribe((change) => events.push(...change.events))
  const Detail = JSON.stringify({ site: 'a.example' })
  const good = { Source: 'ragstream-edge', DetailType: 'Site Live', Detail, Resources: ['arn:x'] }
  const { Entries, FailedEntryCount } = await cloud.events.send(
    new PutEventsCommand({
      Entries: [good, { ...good, Source: 'aws.ec2' }, { ...good, Detail: '[]' }, { ...good, EventBusName: 'other' }],
    }),
  )
  expect(FailedEntryCount).toBe(3)
  expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    undefined,
    'NotAuthorizedForSourceException',
    'MalformedDetail',
    'InvalidArgument',
  ])
  expect(events).toEqual([
    expect.objectContaining({
      ...{ id: Entries?.[0]?.EventId, source: 'ragstream-edge', 'detail-type': 'Site Live' },
      ...{ detail: { site: 'a.example' }, resources: ['arn:x'] },
    }),
  ])
  // Of all entries together: one that is allowed must not carry another in.
  expect(cloud.asked[0]).toMatchObject({
    action: 'events:PutEvents',
    resources: ['arn:aws:events:eu-central-1:123456789012:event-bus/default'],
    context: { 'events:source': ['ragstream-edge', 'aws.ec2'], 'events:detail-type': ['Site Live'] },
  })
})
