// The zones' name servers: a real DNS server (UDP and TCP) that answers from what each zone serves.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import type { LiveWorld } from '../world/types.ts'
import { type AnsweredQuery, answerQuery, type Transport } from './dns-answer.ts'

export interface DnsOptions {
  readonly world: Pick<LiveWorld, 'state'>
  readonly address?: string
  readonly port?: number
  readonly onQuery?: (query: AnsweredQuery) => void
}

export interface DnsServer {
  readonly address: string
  readonly port: number
  /** Every query so far, as it was answered. */
  readonly queries: readonly AnsweredQuery[]
  close(): Promise<void>
}

export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const address = options.address ?? '127.0.0.1'
  const { udp, tcp, port } = await bindBoth(address, options.port ?? 0)
  const connections = new Set<Socket>()
  const queries: AnsweredQuery[] = []
  const reply = (message: Buffer, from: string, transport: Transport): Buffer | undefined => {
    const answered = answerQuery(options.world.state, message, from, transport)
    if (answered?.report !== undefined) {
      queries.push(answered.report)
      options.onQuery?.(answered.report)
    }
    return answered?.packet
  }
  udp.on('message', (message: Buffer, peer: RemoteInfo) => {
    const packet = reply(message, peer.address, 'udp')
    if (packet !== undefined) udp.send(packet, peer.port, peer.address)
  })
  tcp.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    serve(socket, (message) => reply(message, socket.remoteAddress ?? '', 'tcp'))
  })
  return {
    address,
    port,
    queries,
    async close() {
      for (const socket of connections) socket.destroy()
      await Promise.all([new Promise((done) => udp.close(() => done(null))), new Promise((done) => tcp.close(done))])
    },
  }
}

/** Over TCP each message has its length in front (RFC 1035, 4.2.2); several may come on one connection. */
function serve(socket: Socket, reply: (message: Buffer) => Buffer | undefined): void {
  let waiting = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0)
      const packet = reply(waiting.subarray(2, end))
      waiting = waiting.subarray(end)
      if (packet === undefined) {
        socket.destroy()
        return
      }
      const length = Buffer.alloc(2)
      length.writeUInt16BE(packet.length)
      socket.write(Buffer.concat([length, packet]))
    }
  })
  // A client may reset its connection at any time.
  socket.on('error', () => socket.destroy())
}

interface Bound {
  readonly udp: UdpSocket
  readonly tcp: Server
  readonly port: number
}

/** One port for both: with port 0 the kernel's choice for UDP can be taken for TCP, then another one is tried. */
async function bindBoth(address: string, wanted: number, attempts = 10): Promise<Bound> {
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject)
    udp.bind(wanted, address, resolve)
  })
  const { port } = udp.address()
  const tcp = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject)
      tcp.listen(port, address, resolve)
    })
  } catch (error) {
    udp.close()
    if (wanted !== 0 || attempts <= 1) throw error
    return bindBoth(address, wanted, attempts - 1)
  }
  return { udp, tcp, port }
}
