// One HTTP server for all services: reads who calls which service from the signature's scope, checks it, and runs the call.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Authorizer, LiveWorld } from '../world/types.ts'
import { loadServices } from './load.ts'
import { type Middleware, perform } from './perform.ts'
import type { Call, Decide, Functions, SecretOf, Service, WireReply, WireRequest } from './service.ts'
import { claimOf, freshSecrets } from './signature.ts'

export interface CallReport extends Call {
  /** Name of the session, where the caller has taken a role on. */
  readonly session?: string
  readonly status: number
  readonly errorCode?: string
  readonly ms: number
  /** Of the bodies, without headers. */
  readonly bytes: { readonly asked: number; readonly answered: number }
}

export interface WireOptions {
  readonly world: LiveWorld
  readonly authorize: Authorizer
  readonly address?: string
  readonly port?: number
  /** The first is the outermost. Read at each call: it may grow while the server runs. */
  readonly middleware?: readonly Middleware[]
  readonly onCall?: (report: CallReport) => void
  /** Default: there are none. */
  readonly functions?: Functions
  /** Default: the simulator of IAM fails. */
  readonly decide?: Decide
  /** Default: others for each server. */
  readonly secretOf?: SecretOf
}

const NO_FUNCTIONS: Functions = {
  arnOf: () => undefined,
  resources: () => [],
  logs: () => [],
  invoke: (arn) => Promise.reject(new Error(`${arn}: no function is deployed`)),
}

const noDecision: Decide = () => {
  throw new Error('this wire was started without IAM’s evaluation (decide)')
}

export interface Wire {
  /** `http://<address>:<port>`: the endpoint of every client. */
  readonly url: string
  readonly secretOf: SecretOf
  close(): Promise<void>
}

export async function startWire(given: WireOptions): Promise<Wire> {
  const options = { ...given, secretOf: given.secretOf ?? freshSecrets() }
  const services = await loadServices()
  const server = createServer((request, response) => {
    answer(options, services, request, response).catch((error: unknown) => {
      // The caller broke off while it sent, or a fault of this server: never a silent hang.
      if (!incomingBroke(request)) console.error(error)
      response.destroy()
    })
  })
  // Else, on a busy machine, an idle connection ends between a request's sending and its reading.
  server.keepAliveTimeout = 0
  const address = options.address ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, address, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${address}:${port}`,
    secretOf: options.secretOf,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  options: WireOptions & { readonly secretOf: SecretOf },
  services: ReadonlyMap<string, Service>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now()
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const request = await read(incoming)
  const claim = claimOf(request)
  const { accessKeyId, signingName } = claim
  const service = services.get(signingName)
  const report = (call: Call, { status, errorCode, body }: WireReply) => {
    const ms = performance.now() - started
    const bytes = { asked: Buffer.byteLength(request.body), answered: Buffer.byteLength(body) }
    const session = options.world.state.sessions.get(accessKeyId)?.sessionName
    const more = { ...(errorCode === undefined ? {} : { errorCode }), ...(session === undefined ? {} : { session }) }
    options.onCall?.({ ...call, status, ms, bytes, ...more })
  }
  if (service === undefined) {
    const call = { service: signingName, operation: request.path, accessKeyId, input: {} }
    return send(response, call, unknownService(signingName), report)
  }
  const baseUrl = `http://${request.headers.host}`
  const { world, functions = NO_FUNCTIONS, decide = noDecision, secretOf } = options
  const setting = { world, baseUrl, gone: gone.signal, functions, decide, secretOf }
  const { call, reply } = await perform(service, request, claim, setting, options)
  return send(response, call, reply, report)
}

function send(
  response: ServerResponse,
  call: Call,
  reply: WireReply,
  report: (call: Call, reply: WireReply) => void,
): void {
  if (reply.status === 0) response.destroy()
  else respond(response, reply)
  report(call, reply)
}

function respond(response: ServerResponse, reply: WireReply): void {
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
  response.end(reply.body)
}

function incomingBroke(request: IncomingMessage): boolean {
  return request.destroyed && !request.complete
}

async function read(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const url = new URL(incoming.url ?? '/', 'http://wire')
  return {
    method: incoming.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    rawPath: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

function unknownService(name: string): WireReply {
  const found = name === '' ? 'no AWS Signature Version 4 in the Authorization header' : `the service "${name}"`
  const message = `The local cloud cannot answer this request: it found ${found}.`
  const body = JSON.stringify({ __type: 'NotImplemented', message })
  return { status: 501, headers: { 'content-type': 'application/json' }, body, errorCode: 'NotImplemented' }
}

export type { Middleware } from './perform.ts'
