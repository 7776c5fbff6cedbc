// HTTP as a browser would speak it, against servers that answer wrongly, late, or not at all.
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { STREAMLIT } from '../../../functions/lib/domain/app.ts'
import { askPage, askPath, askUpload, type HttpTarget } from '../../../functions/lib/probe/http.ts'
import { connect } from '../../../functions/lib/probe/tcp.ts'
import { holdTimersInEach } from '../../support/held-timers.ts'
import { CLOSED_PORT, httpServer, tcpServer } from '../../support/loopback.ts'

const timers = holdTimersInEach()

const HOST = 'app.example.com'
const at = (port: number, limit = 20_000): HttpTarget => ({ address: '127.0.0.1', port, host: HOST, limit })
/** Milliseconds: for what is silent on purpose. */
const SHORT = 100

describe('health', () => {
  test('asks for the right path with the site’s Host, and reads status, server and body', async () => {
    const asked: (string | undefined)[] = []
    const port = await httpServer((request, response) => {
      asked.push(request.method, request.url, request.headers.host)
      response.setHeader('Server', 'nginx/1.22.1').end('ok')
    })
    await expect(askPath(at(port), STREAMLIT.health.path)).resolves.toEqual({
      kind: 'answer',
      status: 200,
      server: 'nginx/1.22.1',
      body: 'ok',
    })
    expect(asked).toEqual(['GET', '/_stcore/health', HOST])
  })

  test('a page of any length: its beginning', async () => {
    const port = await httpServer((_, response) => response.writeHead(404).end('x'.repeat(1_000_000)))
    await expect(askPath(at(port), STREAMLIT.health.path)).resolves.toMatchObject({
      kind: 'answer',
      status: 404,
      body: 'x'.repeat(200),
    })
  })

  test('a body that breaks off: what came', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\no'))
    })
    await expect(askPath(at(port), STREAMLIT.health.path)).resolves.toMatchObject({
      kind: 'answer',
      status: 200,
      body: 'o',
    })
  })

  test.each<[string, Parameters<typeof tcpServer>[0], string]>([
    ['ends without an answer, as nginx at 444', (socket) => socket.once('data', () => socket.end()), 'ended'],
    [
      'resets, as docker-proxy without an app',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      'ended',
    ],
    ['speaks no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'ended'],
  ])('a server that %s', async (_, onConnection, kind) => {
    const port = await tcpServer(onConnection)
    await expect(askPath(at(port), STREAMLIT.health.path)).resolves.toEqual({ kind })
  })

  test('nobody listens: refused', async () => {
    await expect(askPath(at(CLOSED_PORT), STREAMLIT.health.path)).resolves.toEqual({ kind: 'refused' })
  })

  test.each([
    ['says nothing', ''],
    ['begins and stays silent', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\no'],
  ])('a server that %s: silent at the limit', async (_, words) => {
    timers.release()
    const port = await tcpServer((socket) => void socket.write(words))
    await expect(askPath(at(port, SHORT), STREAMLIT.health.path)).resolves.toEqual({ kind: 'silent' })
  })
})

describe('WebSocket', () => {
  const accept = (headers: IncomingHttpHeaders) =>
    createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const upgrading = (answer: (headers: IncomingHttpHeaders) => string) =>
    httpServer(
      (_, response) => response.end('<html>'),
      (server) => server.on('upgrade', (request, socket) => socket.write(answer(request.headers))),
    )
  const switching = (key: string) =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`

  test('a handshake as a browser makes it, Origin equal to Host: 101', async () => {
    let headers: IncomingHttpHeaders = {}
    const port = await upgrading((asked) => {
      headers = asked
      return switching(accept(asked))
    })
    await expect(askPage(at(port), STREAMLIT)).resolves.toMatchObject({ kind: 'answer', status: 101 })
    expect(headers).toMatchObject({ host: HOST, origin: `http://${HOST}`, upgrade: 'websocket', connection: 'Upgrade' })
  })

  test('101 from somebody who did not read the key is none', async () => {
    const port = await upgrading(() => switching('bm9uc2Vuc2U='))
    await expect(askPage(at(port), STREAMLIT)).resolves.toMatchObject({ kind: 'answer', status: 502 })
  })

  test('a page in place of 101, as behind a proxy that loses Upgrade', async () => {
    const port = await httpServer((_, response) => response.end('<html>'))
    await expect(askPage(at(port), STREAMLIT)).resolves.toMatchObject({ kind: 'answer', status: 200, body: '<html>' })
  })

  test('403, as Streamlit says to a foreign Origin', async () => {
    const port = await upgrading(() => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    await expect(askPage(at(port), STREAMLIT)).resolves.toMatchObject({ kind: 'answer', status: 403 })
  })

  test('of a site without one: what / says, to a request without an upgrade', async () => {
    const port = await httpServer(({ url, headers }, response) => response.end(`${url} ${headers.upgrade}`))
    const page = askPage(at(port), { ...STREAMLIT, websocket: null })
    await expect(page).resolves.toMatchObject({ kind: 'answer', status: 200, body: '/ undefined' })
  })
})

describe('upload', () => {
  test('asked for its body: 100, and not one byte of it is sent', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<string>()
    const port = await tcpServer((socket) => {
      let heard = ''
      socket.on('data', (chunk) => {
        heard += chunk
        if (heard.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      })
      socket.once('close', () => end(heard))
    })
    await expect(askUpload(at(port))).resolves.toMatchObject({ kind: 'answer', status: 100 })
    const heard = await over
    expect(heard).toMatch(/^PUT \/_stcore\/upload_file\/\S+ HTTP\/1.1\r\n/)
    expect(heard).toMatch(/content-length: 2097152\r\n/i)
    expect(heard).toMatch(/\r\n\r\n$/)
  })

  test('413 by the length alone', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n'))
    })
    await expect(askUpload(at(port))).resolves.toMatchObject({ kind: 'answer', status: 413 })
  })
})

describe('TCP', () => {
  test('open, and closed again at once', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    const port = await tcpServer((socket) => socket.resume().once('close', () => end()))
    await expect(connect('127.0.0.1', port, 20_000)).resolves.toBe('open')
    await over
  })

  test('refused', async () => expect(connect('127.0.0.1', CLOSED_PORT, 20_000)).resolves.toBe('refused'))
})
