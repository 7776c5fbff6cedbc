// Servers on loopback that behave as a broken site would: each on a port of its own, closed after the test.
import { createServer as createHttp, type Server as HttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** @returns its port on 127.0.0.1 */
export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  return (server.address() as AddressInfo).port
}

/** @returns its port on 127.0.0.1 */
export const tcpServer = (onConnection: (socket: Socket) => void): Promise<number> =>
  listening(createServer(onConnection))

export function httpServer(
  onRequest: RequestListener,
  prepare: (server: HttpServer) => void = () => {},
): Promise<number> {
  const server = createHttp(onRequest)
  prepare(server)
  return listening(server)
}

/** A port on which nobody listens: the kernel gives it to nobody. One that was just given back may be given to another process. */
export const CLOSED_PORT = 1
