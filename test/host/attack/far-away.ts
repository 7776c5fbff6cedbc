// Visitors from far away, as a program of its own in their namespace: node far-away.ts <how many> <address> <name> <own address>. Each says
// hello a third of a second after its connection is open. Prints the first line that each got, or why it got none within 2 s.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

const [count = '0', address = '', name = '', localAddress = ''] = process.argv.slice(2)

async function visit(): Promise<string> {
  const socket = connect({ host: address, port: 443, localAddress })
  await once(socket, 'connect')
  const closed = once(socket, 'close').then(() => [Buffer.from('closed')])
  await pause(300)
  const secure = connectTls({ socket, servername: name, rejectUnauthorized: false })
  secure.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)
  const answer = once(secure, 'data', { signal: AbortSignal.timeout(2_000) })
  const [data] = (await Promise.race([answer, closed])) as [Buffer]
  secure.on('error', () => {}).destroy()
  return data.toString().split('\r\n')[0]!
}

const visits = Array.from({ length: Number(count) }, () => visit().catch((error: Error) => error.message))
console.log(JSON.stringify(await Promise.all(visits)))
process.exit()
