// Visitors from far away, as a program of its own in their namespace: node far-away.ts <how many> <address> <name> <own address>. Each says
// hello a third of a second after its connection is open, or comes again where this program was late. Prints the first line that each got, or why it
// got none within 20 s.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls, createSecureContext } from 'node:tls'

const [count = '0', address = '', name = '', localAddress = ''] = process.argv.slice(2)
/** Made once, before the first visit, since it takes long. */
const secureContext = createSecureContext()
/** Milliseconds. The kernel of the host keeps a connection for a second; a busy machine may wake this program later than that. */
const LATE = 700

async function visit(tries = 20): Promise<string> {
  const began = performance.now()
  const socket = connect({ host: address, port: 443, localAddress })
  await once(socket, 'connect')
  const closed = once(socket, 'close').then(
    () => [Buffer.from('closed')],
    (error: Error) => [Buffer.from(error.message)],
  )
  await pause(300)
  const secure = connectTls({ socket, servername: name, rejectUnauthorized: false, secureContext })
  secure.on('error', () => {})
  secure.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)
  if (performance.now() - began > LATE && tries > 1) {
    secure.destroy()
    return visit(tries - 1)
  }
  const answer = once(secure, 'data', { signal: AbortSignal.timeout(20_000) })
  const [data] = (await Promise.race([answer, closed])) as [Buffer]
  secure.destroy()
  return data.toString().split('\r\n')[0]!
}

const got: string[] = []
// One after the other: where nginx stands still, it loses one of them.
while (got.length < Number(count)) got.push(await visit().catch((error: Error) => error.message))
console.log(JSON.stringify(got))
process.exit()
