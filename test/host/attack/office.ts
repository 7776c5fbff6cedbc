// Visitors who share one address, as a program of its own in their namespace: node office.ts <how many> <address> <name>. Each gets a page and
// what belongs to it by HTTP/2, at once, and keeps it open by a WebSocket. When all are there, each asks for one thing more.
// Prints how often each answer came.
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTls } from 'node:tls'

const ASSETS = 25
/** So many come at a time: with 150 open pages they stay below the limit of 256, also where the app answers none of them for a while. */
const AT_ONCE = 4
const [count = '0', address = '', name = ''] = process.argv.slice(2)
const to = { port: 443, host: address, servername: name, rejectUnauthorized: false }
const got: Record<string, number> = {}
const note = (what: string): void => {
  got[what] = (got[what] ?? 0) + 1
}

async function get(session: ClientHttp2Session, path: string): Promise<void> {
  const stream = session.request({ ':path': path, ':authority': name })
  const [headers] = await once(stream, 'response')
  note(String(headers[':status']))
  stream.resume()
  await once(stream, 'close')
}

const connectAnew = (): ClientHttp2Session =>
  connectHttp2(`https://${name}`, { createConnection: () => connectTls({ ...to, ALPNProtocols: ['h2'] }) })

async function arrive(): Promise<ClientHttp2Session> {
  const session = connectAnew()
  await get(session, '/')
  await Promise.all(Array.from({ length: ASSETS }, (_, number) => get(session, `/static/${number}.js`)))
  const socket = connectTls(to).on('error', () => note('error'))
  socket.write(
    `GET /_stcore/stream HTTP/1.1\r\nHost: ${name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  )
  const [data] = (await once(socket, 'data')) as [Buffer]
  note(data.toString().split(' ')[1]!)
  socket.on('data', () => {}).on('close', () => note('cut'))
  return session
}

const sessions: ClientHttp2Session[] = []
for (let left = Number(count); left > 0; left -= AT_ONCE)
  sessions.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, arrive))))
// As a browser does where nginx has closed a session that was idle for 75 s, or closes it just then.
for (const session of sessions) {
  const more = (one: ClientHttp2Session) => get(one, '/static/more.js')
  await more(session.closed || session.destroyed ? connectAnew() : session).catch(() => more(connectAnew()))
}
console.log(JSON.stringify(got))
process.exit()
