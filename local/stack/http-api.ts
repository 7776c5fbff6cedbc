// API Gateway's HTTP API in front of a packaged function: a browser's request becomes an event of format 2.0, behind the throttle that the template sets.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ofType, type StackTemplate } from './template.ts'
import { bucket, type Throttle } from './throttle.ts'

/** One request, as a test or a timeline sees it. */
export interface ApiReport {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
}

export interface HttpApiOptions {
  readonly address: string
  /** The deployed stack; undefined before. */
  readonly template: () => StackTemplate | undefined
  /** By ARN. */
  readonly invoke: (functionArn: string, event: unknown) => Promise<unknown>
  /** No function may run besides those that do. */
  readonly isFull?: () => boolean
  readonly onRequest?: (report: ApiReport) => void
}

export interface HttpApi {
  readonly url: string
  close(): Promise<void>
}

interface Route {
  readonly functionArn: string
  readonly throttle: Throttle
}

/** Bytes of request line and headers together, and of a body (API Gateway quotas). */
const MOST_HEADERS = 10_240
const MOST_BODY = 10_485_760

export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  const admit = bucket()
  const server = createServer({ maxHeaderSize: MOST_HEADERS }, (request, response) => {
    const started = performance.now()
    const report = () =>
      options.onRequest?.({
        ...{ method: request.method ?? '', path: request.url ?? '', status: response.statusCode },
        ms: performance.now() - started,
      })
    response.once('close', report)
    answer(options, admit, request, response).catch(() => response.destroy())
  })
  // API Gateway keeps a connection for minutes. Node's five seconds end between a request's sending and its reading on a busy machine.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, options.address, resolve)
  })
  return {
    url: `http://${options.address}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  { template, invoke, isFull }: HttpApiOptions,
  admit: ReturnType<typeof bucket>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = routeOf(template())
  if (!route) return refuse(response, 404, 'Not Found')
  if (!admit(route.throttle, performance.now())) return refuse(response, 429, 'Too Many Requests')
  const body = await bodyOf(request)
  if (body === undefined) return refuse(response, 413, 'Request Entity Too Large')
  if (isFull?.()) return refuse(response, 503, 'Service Unavailable')
  const reply = await invoke(route.functionArn, eventOf(request, body)).catch(() => undefined)
  if (!isReply(reply)) return refuse(response, 500, 'Internal Server Error')
  response.writeHead(reply.statusCode, reply.headers)
  response.end(request.method === 'HEAD' ? undefined : reply.body)
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ message }))
}

/** The route that takes everything, if API Gateway may invoke its function. */
function routeOf(template: StackTemplate | undefined): Route | undefined {
  if (!template) return undefined
  const route = ofType(template, 'AWS::ApiGatewayV2::Route').find(
    ({ properties }) => properties.RouteKey === '$default',
  )
  const integration = ofType(template, 'AWS::ApiGatewayV2::Integration').find(
    ({ ref }) => route?.properties.Target === `integrations/${ref}`,
  )
  const stage = ofType(template, 'AWS::ApiGatewayV2::Stage')[0]
  if (!integration || !stage) return undefined
  const { IntegrationUri, PayloadFormatVersion } = integration.properties
  if (PayloadFormatVersion !== '2.0')
    throw new Error(`${integration.logicalId}.PayloadFormatVersion: only 2.0 is known here`)
  const functionArn = String(IntegrationUri)
  if (!isPermitted(template, functionArn)) return undefined
  const { ThrottlingRateLimit = 10_000, ThrottlingBurstLimit = 5_000 } = (stage.properties.DefaultRouteSettings ??
    {}) as { readonly ThrottlingRateLimit?: number; readonly ThrottlingBurstLimit?: number }
  return { functionArn, throttle: { rate: ThrottlingRateLimit, burst: ThrottlingBurstLimit } }
}

const isPermitted = (template: StackTemplate, functionArn: string): boolean =>
  ofType(template, 'AWS::Lambda::Permission').some(
    ({ properties: { Action, FunctionName, Principal } }) =>
      Action === 'lambda:InvokeFunction' && Principal === 'apigateway.amazonaws.com' && FunctionName === functionArn,
  )

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > MOST_BODY) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** Bodies of these types come as text, others in base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript))/

function eventOf(request: IncomingMessage, body: Buffer): object {
  const { pathname, search } = splitUrl(request.url ?? '/')
  const { cookie, ...headers } = request.headers
  const query = [...new URLSearchParams(search)]
  const isText = TEXT.test(String(headers['content-type'] ?? ''))
  const now = new Date()
  return {
    ...{ version: '2.0', routeKey: '$default', rawPath: pathname, rawQueryString: search },
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: joined(headers),
    ...(query.length === 0 ? {} : { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      ...{ accountId: 'anonymous', apiId: 'local', stage: '$default', routeKey: '$default', requestId: randomUUID() },
      ...{ domainName: headers.host, time: now.toUTCString(), timeEpoch: now.getTime() },
      http: {
        ...{ method: request.method, path: pathname, protocol: `HTTP/${request.httpVersion}` },
        ...{ sourceIp: request.socket.remoteAddress, userAgent: headers['user-agent'] ?? '' },
      },
    },
    ...(body.length === 0 ? {} : { body: isText ? body.toString() : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

function splitUrl(url: string): { readonly pathname: string; readonly search: string } {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  return { pathname: decoded(path), search: at < 0 ? '' : url.slice(at + 1) }
}

/** API Gateway gives the path with its percent codes read. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Several values of one header stand in one, with commas. */
const joined = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat().join(',')]])),
  )

interface Reply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const isReply = (reply: unknown): reply is Reply =>
  typeof reply === 'object' && reply !== null && Number.isInteger((reply as Reply).statusCode)
