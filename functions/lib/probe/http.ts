// Single HTTP requests to an address, with the headers that a browser would send. None of them changes anything.

import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { type HttpAnswer, UPLOAD_BYTES } from '../diagnosis/observation.ts'
import { type App, UPLOAD } from '../domain/app.ts'
import { plainText } from '../domain/plain-text.ts'

export interface HttpTarget {
  readonly address: string
  readonly port: number
  /** For the Host header, and the name that TLS asks for. */
  readonly host: string
  /** By HTTPS; whether the certificate is a good one is not judged here. */
  readonly secure?: boolean
  /** Milliseconds after which no answer is `silent`. */
  readonly limit: number
}

/** The app's own word on whether it is ready; or any other path. */
export const askPath = (target: HttpTarget, path: string): Promise<HttpAnswer> => exchange(target, { path })

/** The page's WebSocket: Streamlit compares Origin with Host. Status 101 only when the handshake is answered rightly. Without one, /. */
export function askPage(target: HttpTarget, { websocket }: App): Promise<HttpAnswer> {
  if (websocket === null) return askPath(target, '/')
  const key = randomBytes(16).toString('base64')
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    Origin: `${target.secure ? 'https' : 'http'}://${target.host}`,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
  }
  return exchange(target, { path: websocket, headers }, (response) =>
    response.headers['sec-websocket-accept'] === acceptOf(key) ? response.statusCode! : 502,
  )
}

/** RFC 6455, 4.2.2. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/**
 * Says that it would send an upload, and sends none of it: nginx refuses by the length alone (413), or asks for the body
 * (100) and passes nothing on before it has all of it.
 */
export function askUpload(target: HttpTarget): Promise<HttpAnswer> {
  const headers = { 'Content-Length': String(UPLOAD_BYTES), Expect: '100-continue' }
  return exchange(target, { method: 'PUT', path: UPLOAD, headers })
}

/** Milliseconds: where nobody even takes the connection, no answer will come. */
const CONNECT = 2_000

/** At most so many characters of a body are kept. */
const KEPT = 200

function exchange(
  { address, port, host, limit, secure = false }: HttpTarget,
  options: RequestOptions,
  upgraded: (response: IncomingMessage) => number = () => 101,
): Promise<HttpAnswer> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>()
  const sent = (secure ? secureRequest : request)({
    host: address,
    port,
    agent: false,
    ...(secure ? { servername: host, rejectUnauthorized: false } : {}),
    ...options,
    headers: { Host: host, 'User-Agent': 'ragstream-edge', Connection: 'close', ...options.headers },
  })
  const end = (answer: HttpAnswer): void => {
    clearTimeout(timer)
    resolve(answer)
    sent.destroy()
  }
  let timer = setTimeout(() => end({ kind: 'silent' }), Math.min(limit, CONNECT))
  sent.once('socket', (socket) =>
    socket.once('connect', () => {
      clearTimeout(timer)
      timer = setTimeout(() => end({ kind: 'silent' }), limit)
    }),
  )
  sent.once('error', ({ code }: NodeJS.ErrnoException) => end({ kind: FAILURES[code ?? ''] ?? 'ended' }))
  sent.once('response', async (response) => end(answerOf(response, response.statusCode!, await bodyOf(response))))
  sent.once('upgrade', (response) => end(answerOf(response, upgraded(response), '')))
  sent.once('continue', () => end({ kind: 'answer', status: 100, server: undefined, body: '' }))
  if (sent.getHeader('Expect')) sent.flushHeaders()
  else sent.end()
  return promise
}

/** By the code of a failed connection; any other is an end. */
export const FAILURES: Readonly<Record<string, 'refused' | 'silent'>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'silent',
  ENETUNREACH: 'silent',
  ETIMEDOUT: 'silent',
}

const answerOf = ({ headers }: IncomingMessage, status: number, body: string): HttpAnswer => ({
  kind: 'answer',
  status,
  server: headers.server === undefined ? undefined : plainText(String(headers.server)),
  body: plainText(body, KEPT),
  ...(headers.location === undefined ? {} : { location: plainText(headers.location) }),
})

/** The beginning; of a body that breaks off, what came. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk
      if (body.length >= KEPT) break
    }
  } catch {
    // What came is what was seen.
  }
  return body.slice(0, KEPT)
}
