// One address before local clouds that follow one another: a process keeps its clients of AWS, and reaches each cloud with them.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Front {
  /** `http://<address>:<port>` */
  readonly url: string
  /** Breaks off what is open: no call of the cloud before comes to the next one. */
  breakOff(): void
  close(): Promise<void>
}

/** @param behind the address of the present cloud */
export async function startFront(behind: () => string): Promise<Front> {
  const sockets = new Set<Socket>()
  const server = createServer((asking) => {
    const { hostname, port } = new URL(behind())
    const answering = connect(Number(port), hostname)
    for (const [one, other] of [
      [asking, answering],
      [answering, asking],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.once('close', () => sockets.delete(one) && other.destroy())
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const breakOff = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakOff,
    close() {
      breakOff()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
