// SQS in JSON 1.0.
import { readJson, writeJson } from '../json.ts'
import type { Service } from '../service.ts'
import { attributesAndUrl } from '../sqs/attributes.ts'
import { messages } from '../sqs/messages.ts'

/** The names of the older Query protocol, which the service still sends beside the new ones. */
const queryCodes: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
}

export const service: Service = {
  signingName: 'sqs',
  operations: { ...messages, ...attributesAndUrl },
  denied: { code: 'AccessDenied', status: 403 },
  throttled: { code: 'RequestThrottled', status: 400 },
  read: (request) => readJson(request, 'AmazonSQS'),
  write: (_operation, output, requestId) => writeJson('1.0', 200, output, requestId),
  writeError({ code, message, status }, requestId) {
    const reply = writeJson('1.0', status, { __type: `com.amazonaws.sqs#${code}`, message }, requestId)
    return { ...reply, headers: { ...reply.headers, 'x-amzn-query-error': `${queryCodes[code] ?? code};Sender` } }
  },
}
