// One address before local clouds that follow one another: a process keeps its clients of AWS, and reaches each cloud with them.
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

export interface Front {
  /** `http://<address>:<port>` */
  readonly url: string
  /** Breaks off what is open: no call of the cloud before comes to the next one. */
  breakOff(): void
  close(): Promise<void>
}

/** @param behind the address of the present cloud */
export async function startFront(behind: () => string): Promise<Front> {
  const server = createServer((asking, answer) => {
    const { hostname, port } = new URL(behind())
    const { method, url: path, headers } = asking
    const passed = request({ hostname, port, method, path, headers, agent: false }, (answered) => {
      // A client that kept a connection might send its next call on one that was just broken off.
      answer.writeHead(answered.statusCode!, { ...answered.headers, connection: 'close' })
      pipeline(answered, answer, () => {})
    })
    pipeline(asking, passed, () => {})
    passed.on('error', () => answer.destroy())
    answer.once('close', () => passed.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakOff: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
