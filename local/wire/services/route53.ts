// Route 53 in REST-XML: the operation is method and path.
import { ServiceError } from '../../world/types.ts'
import { operations } from '../route53/operations.ts'
import type { Service, WireRequest } from '../service.ts'
import { readXml, writeXml } from '../xml.ts'

const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/'

const routes: readonly (readonly [string, RegExp, keyof typeof operations])[] = [
  ['GET', /^\/hostedzone\/([^/]+)\/rrset\/?$/, 'ListResourceRecordSets'],
  ['POST', /^\/hostedzone\/([^/]+)\/rrset\/?$/, 'ChangeResourceRecordSets'],
  ['GET', /^\/hostedzone\/([^/]+)$/, 'GetHostedZone'],
  ['GET', /^\/hostedzonesbyname$/, 'ListHostedZonesByName'],
  ['GET', /^\/change\/([^/]+)$/, 'GetChange'],
  ['GET', /^\/testdnsanswer$/, 'TestDNSAnswer'],
]

/** Path and query parameters together; of a body, the content of its root element. */
function read(request: WireRequest): { operation: string; input: Readonly<Record<string, unknown>> } {
  const path = request.path.replace(/^\/2013-04-01/, '')
  for (const [method, pattern, operation] of routes) {
    const found = request.method === method ? pattern.exec(path) : null
    if (found === null) continue
    const body = request.body === '' ? {} : readXml(request.body, `${operation}Request`, ['Change', 'ResourceRecord'])
    const id = found[1] === undefined ? {} : { Id: found[1] }
    return { operation, input: { ...Object.fromEntries(request.query), ...id, ...body } }
  }
  throw new ServiceError('NotImplemented', `The local cloud does not know ${request.method} ${path} of route53.`, 501)
}

const headers = { 'content-type': 'text/xml' }

export const service: Service = {
  signingName: 'route53',
  operations,
  denied: { code: 'AccessDenied', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  admit: (world, account) => world.dispatch({ type: 'CountRoute53Request', account }),
  read,
  write: (operation, output) => ({
    status: 200,
    headers,
    body: writeXml(`${operation}Response`, namespace, output as object),
  }),
  writeError(error, requestId) {
    const type = error.status < 500 ? 'Sender' : 'Receiver'
    const content = { Error: { Type: type, Code: error.code, Message: error.message }, RequestId: requestId }
    return { status: error.status, headers, body: writeXml('ErrorResponse', namespace, content) }
  },
}
