// SNS: notices to whoever subscribed to the topic.
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { UnexpectedReply } from '../domain/errors.ts'
import type { Notice } from '../outcome/notice.ts'

let client: SNSClient | undefined
const sns = (): SNSClient => {
  client ??= new SNSClient({ maxAttempts: 5 })
  return client
}

/** A message holds 262,144 bytes (Publish, "Message"). */
export async function publish(topicArn: string, { subject, text }: Notice): Promise<void> {
  const reply = await sns().send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text }))
  if (!reply.MessageId) throw new UnexpectedReply('Publish: no id of the message')
}
