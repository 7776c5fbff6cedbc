// node bench/proxy/socket-app.ts <port>: an app that takes WebSockets and answers every message at once. Plain sockets: a library would
// be measured with the proxy.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { FROM_APP, FROM_BROWSER } from './frames.ts'

/** RFC 6455, 4.2.2. */
const accept = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

const server = createServer((_request, response) => response.end('ok'))
server.on('upgrade', (request, socket: Socket) => {
  socket.setNoDelay(true)
  const key = accept(request.headers['sec-websocket-key'] ?? '')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  )
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    for (; bytes >= FROM_BROWSER.length; bytes -= FROM_BROWSER.length) socket.write(FROM_APP)
  })
  socket.on('error', () => {}) // The browser has gone.
})
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => console.log('serves'))
