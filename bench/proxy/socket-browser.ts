// node bench/proxy/socket-browser.ts <port> <host> <sockets> <ms> <pid of the proxy>: opens WebSockets, then sends one message after the other on
// each, and prints as JSON how long both took, and what memory the proxy held.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { STREAMLIT } from '../../functions/lib/domain/app.ts'
import { FROM_APP, FROM_BROWSER } from './frames.ts'

const [port = 0, , count = 0, lasts = 0, proxy = 0] = process.argv.slice(2).map(Number)
const host = process.argv[3]

async function open(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.write(
    `GET ${STREAMLIT.websocket} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  if (!String(answer).startsWith('HTTP/1.1 101 ')) throw new Error(`found ${String(answer).slice(0, 60)}, wanted 101`)
  return socket
}

/** Milliseconds of each message, until the time is over. */
function talk(socket: Socket, until: number, times: number[]): Promise<void> {
  let [bytes, sent] = [0, 0]
  const send = () => {
    sent = performance.now()
    socket.write(FROM_BROWSER)
  }
  return new Promise((resolve, reject) => {
    socket.on('close', () => reject(new Error('a socket was closed while it talked')))
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes < FROM_APP.length) return
      bytes -= FROM_APP.length
      times.push(performance.now() - sent)
      if (performance.now() < until) send()
      else resolve()
    })
    send()
  })
}

/** MB of a process and its children. */
function memory(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  return children.map(memory).reduce((sum, one) => sum + one, own)
}

const sockets: Socket[] = []
const started = performance.now()
// Fifty at a time, so that no queue of connections overflows.
while (sockets.length < count)
  sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, count - sockets.length) }, open))))
const opened = performance.now() - started
const times: number[] = []
const from = performance.now()
await Promise.all(sockets.map((socket) => talk(socket, from + lasts, times)))
const seconds = (performance.now() - from) / 1000
const sorted = times.sort((a, b) => a - b)
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
console.log(
  JSON.stringify({
    count: times.length,
    opened,
    perSecond: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    memory: memory(proxy),
  }),
)
process.exit(0)
