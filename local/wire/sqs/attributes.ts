// What SQS tells of a queue: its attributes and its URL.
import { countMessages } from '../../world/queries.ts'
import type { Queue } from '../../world/types.ts'
import type { Operation } from '../service.ts'
import { arnOf, type OnQueue, on, queueOf, queueUrl } from './queue.ts'

const attributes: Operation<OnQueue & { readonly AttributeNames?: readonly string[] }> = {
  access: on('GetQueueAttributes'),
  run({ QueueUrl, AttributeNames = [] }, { state, world }) {
    const queue = queueOf(state, QueueUrl)
    const all = Object.entries(attributesOf(queue, world.now()))
    const asked = all.filter(([name]) => AttributeNames.includes('All') || AttributeNames.includes(name))
    return { Attributes: Object.fromEntries(asked) }
  },
}

function attributesOf(queue: Queue, now: number): Record<string, string> {
  const { visible, inFlight } = countMessages(queue, now)
  const { redrive } = queue
  const policy = redrive && { deadLetterTargetArn: redrive.targetArn, maxReceiveCount: redrive.maxReceiveCount }
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: String(queue.visibilityTimeoutMs / 1000),
    MessageRetentionPeriod: String(queue.retentionMs / 1000),
    ...(policy && { RedrivePolicy: JSON.stringify(policy) }),
  }
}

const url: Operation<{ readonly QueueName: string }> = {
  access: ({ QueueName }, { state }) => [
    { action: 'sqs:GetQueueUrl', resources: [arnOf(state, `/${state.account}/${QueueName}`)] },
  ],
  run({ QueueName }, { state, baseUrl }) {
    return { QueueUrl: queueUrl(baseUrl, queueOf(state, `/${state.account}/${QueueName}`).arn) }
  },
}

export const attributesAndUrl = { GetQueueAttributes: attributes, GetQueueUrl: url }
