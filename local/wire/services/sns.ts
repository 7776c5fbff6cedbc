// SNS in the Query protocol.
import type { Publication } from '../../world/types.ts'
import { queryCodec } from '../query-codec.ts'
import type { Operation, Service } from '../service.ts'

interface PublishInput {
  readonly TopicArn?: string
  readonly Message?: string
  readonly Subject?: string
  readonly MessageAttributes?: {
    readonly entry?: readonly { readonly Name: string; readonly Value: { readonly StringValue?: string } }[]
  }
}

const publish: Operation<PublishInput> = {
  access: ({ TopicArn = '' }) => [{ action: 'sns:Publish', resources: [TopicArn] }],
  run({ TopicArn = '', Message = '', Subject, MessageAttributes }, { world }) {
    const entries = MessageAttributes?.entry ?? []
    const attributes = Object.fromEntries(entries.map(({ Name, Value }) => [Name, Value.StringValue ?? '']))
    const published: Publication = world.dispatch({
      ...{ type: 'Publish', arn: TopicArn, subject: Subject ?? null, message: Message, attributes },
    })
    return { MessageId: published.id }
  },
}

export const service: Service = {
  signingName: 'sns',
  operations: { Publish: publish },
  denied: { code: 'AuthorizationError', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  ...queryCodec('http://sns.amazonaws.com/doc/2010-03-31/'),
}
