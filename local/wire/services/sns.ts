// SNS in the Query protocol.
import type { Publication } from '../../world/types.ts'
import { readForm } from '../query.ts'
import type { Input, Operation, Service } from '../service.ts'
import { writeXml } from '../xml.ts'

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

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/'
const headers = { 'content-type': 'text/xml' }

export const service: Service = {
  signingName: 'sns',
  operations: { Publish: publish },
  denied: { code: 'AuthorizationError', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  read(request) {
    const { Action: operation, Version: _version, ...input } = readForm(request.body)
    return { operation: String(operation), input: input as Input }
  },
  write(operation, output, requestId) {
    const content = { [`${operation}Result`]: output, ResponseMetadata: { RequestId: requestId } }
    return { status: 200, headers, body: writeXml(`${operation}Response`, namespace, content) }
  },
  writeError({ code, message, status }, requestId) {
    const content = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: requestId }
    return { status, headers, body: writeXml('ErrorResponse', namespace, content) }
  },
}
