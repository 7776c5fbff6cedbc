// How SNS, STS and IAM are spoken to: the Query protocol's form in, XML with a result of the operation's name out.
import { readForm } from './query.ts'
import type { Input, Service } from './service.ts'
import { writeXml } from './xml.ts'

const headers = { 'content-type': 'text/xml' }

export const queryCodec = (namespace: string): Pick<Service, 'read' | 'write' | 'writeError'> => ({
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
})
