// What can be seen of a deployed stage from outside: its records, the commands it sends, what its functions log and the notices it gives.
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { Route53Client } from '@aws-sdk/client-route-53'
import { ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { type CommandInvocation, ListCommandInvocationsCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Emulator } from './emulator.ts'
import { recordsNamed } from './records.ts'

/** Milliseconds. A message whose function failed comes again after six times the function's own time. */
const LOOK_EVERY = 200
const MOST = 500_000

/** Looks until something is there. @throws Error with what was last seen */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined>,
  seen: () => Promise<string> = async () => '',
): Promise<T> {
  for (
    const end = Date.now() + MOST;
    Date.now() < end;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
  ) {
    const found = await look()
    if (found) return found
  }
  throw new Error(`${what}: not seen within ${MOST / 1000} s\n${await seen()}`)
}

export const addressesOf = async ({ client }: Emulator, name: string): Promise<(string | undefined)[]> =>
  (await recordsNamed(new Route53Client(client), name))
    .filter(({ Type }) => Type === 'A')
    .flatMap(({ ResourceRecords = [] }) => ResourceRecords.map(({ Value }) => Value))

/** Commands of configure-host, newest first. */
export async function commandsOf({ client }: Emulator, instance: string): Promise<CommandInvocation[]> {
  const command = new ListCommandInvocationsCommand({ InstanceId: instance, MaxResults: 50 })
  const { CommandInvocations = [] } = await new SSMClient(client).send(command)
  return CommandInvocations.filter(({ DocumentName }) => DocumentName?.includes('ConfigureHost'))
}

/** Messages that a function logged, in order. */
async function logged({ client }: Emulator, name: string): Promise<string[]> {
  const filter = new FilterLogEventsCommand({ logGroupName: `/aws/lambda/ragstream-edge-prod-${name}`, limit: 10_000 })
  const { events = [] } = await new CloudWatchLogsClient(client).send(filter)
  return events.flatMap(({ message = '' }) =>
    message.startsWith('{"level"') ? [String(JSON.parse(message).message)] : [],
  )
}

/** For an error: what was denied, what the functions logged, and what the emulator and the hosts printed. */
export async function story(emulator: Emulator): Promise<string> {
  const functions = ['dns-sync', 'host-config', 'outcome', 'certificate'] as const
  const lines = await Promise.all(
    functions.map(async (name) => [`== ${name}`, ...(await logged(emulator, name).catch(() => []))]),
  )
  const denied = emulator.decisions().flatMap((one) => (one.denied ? [`${one.principal}: ${one.action}`] : []))
  return ['== denied', ...new Set(denied), ...lines.flat(), '== emulator', emulator.log()].join('\n')
}

export interface Mailbox {
  /** Subjects of the notices so far, in order. */
  subjects(): Promise<string[]>
}

/** Subscribes to the topic of notices, as a maintainer does. */
export async function mailbox({ client }: Emulator): Promise<Mailbox> {
  const [sns, sqs] = [new SNSClient(client), new SQSClient(client)]
  const { Topics = [] } = await sns.send(new ListTopicsCommand())
  const topic = Topics.find(({ TopicArn }) => TopicArn?.includes('Notices'))?.TopicArn
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'mailbox' }))
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  const Statement = [
    { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
  ]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }))
  // What is not deleted comes again.
  const subjects = new Map<string, string>()
  return {
    async subjects() {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
      for (const { MessageId = '', Body = '{}' } of Messages) subjects.set(MessageId, JSON.parse(Body).Subject)
      return [...subjects.values()]
    },
  }
}

/** Messages in the dead-letter queues of the stage, by queue. */
export async function deadLetters({ client }: Emulator): Promise<Record<string, string | undefined>> {
  const sqs = new SQSClient(client)
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand())
  const dead = QueueUrls.filter((url) => url.includes('DeadLetters'))
  const counts = dead.map(async (QueueUrl) => {
    const ask = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] })
    const { Attributes } = await sqs.send(ask)
    return [QueueUrl.split('/').at(-1), Attributes?.ApproximateNumberOfMessages] as const
  })
  return Object.fromEntries(await Promise.all(counts))
}
