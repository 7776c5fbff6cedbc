// A client that does not normalise, as a program of its own in the visitors' namespace: node raw.ts <address> <SNI> <patience> <at once>.
// Takes Attempts as JSON on standard input, each on a connection of its own, and prints the answers in their order.
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls, createSecureContext } from 'node:tls'

export interface Attempt {
  readonly port: 80 | 443
  /** Bytes as they are, one for each character. */
  readonly raw?: string
  /** HTTP/2: its pseudo headers and others. */
  readonly headers?: Readonly<Record<string, string>>
}

const [address = '', servername = '', patience = '1000', width = '16'] = process.argv.slice(2)

/** Made once. Otherwise each handshake makes its own. */
const secureContext = createSecureContext()

/** All that came until the other side closed, or sent nothing for `patience` milliseconds; for a second where it may keep the connection open. */
function raw(port: number, bytes: string): Promise<string> {
  const socket =
    port === 80
      ? connect(port, address)
      : connectTls({
          port,
          host: address,
          servername,
          secureContext,
          rejectUnauthorized: false,
          ALPNProtocols: ['http/1.1'],
        })
  const { promise, resolve } = Promise.withResolvers<string>()
  let got = ''
  const staysOpen = !/^Connection: close/im.test(bytes) || /^Upgrade:/im.test(bytes)
  socket.setEncoding('latin1').on('data', (piece: string) => {
    got += piece
    if (staysOpen) socket.setTimeout(1000)
  })
  socket.on('error', () => {}).on('close', () => resolve(got))
  socket.setTimeout(Number(patience), () => socket.destroy())
  socket.write(bytes, 'latin1')
  return promise
}

async function http2(headers: Readonly<Record<string, string>>): Promise<string> {
  const session = connectHttp2(`https://${servername}`, {
    createConnection: () =>
      connectTls({ port: 443, host: address, servername, rejectUnauthorized: false, ALPNProtocols: ['h2'] }),
  })
  session.on('error', () => {})
  const { promise, resolve } = Promise.withResolvers<string>()
  let got = ''
  try {
    const stream = session.request({ ...headers }).setEncoding('latin1')
    stream.setTimeout(Number(patience), () => stream.close())
    stream.on('response', (answer) => {
      got = `HTTP/2 ${answer[':status']}\r\n\r\n`
    })
    stream.on('data', (piece: string) => {
      got += piece
    })
    stream.on('error', () => {}).on('close', () => resolve(got))
    stream.end()
    return await promise
  } catch {
    return got
  } finally {
    session.destroy()
  }
}

const attempts = JSON.parse(await text(process.stdin)) as readonly Attempt[]
const answers: string[] = []
let next = 0
async function attacker(): Promise<void> {
  while (next < attempts.length) {
    const number = next++
    const { port, raw: bytes, headers = {} } = attempts[number]!
    answers[number] = bytes === undefined ? await http2(headers) : await raw(port, bytes)
  }
}
await Promise.all(Array.from({ length: Number(width) }, attacker))
console.log(JSON.stringify(answers))
