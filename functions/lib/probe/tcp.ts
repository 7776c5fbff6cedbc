// Opens a TCP connection and closes it at once: who answers, and how.
import { connect as open } from 'node:net'
import type { Connection } from '../diagnosis/observation.ts'

/** @param limit milliseconds after which no answer is `silent` */
export function connect(address: string, port: number, limit: number): Promise<Connection> {
  const { promise, resolve } = Promise.withResolvers<Connection>()
  const socket = open({ host: address, port })
  const end = (connection: Connection): void => {
    clearTimeout(timer)
    socket.destroy()
    resolve(connection)
  }
  const timer = setTimeout(() => end('silent'), limit)
  socket.once('connect', () => end('open'))
  socket.once('error', (error: NodeJS.ErrnoException) => end(CONNECTIONS[error.code ?? ''] ?? 'silent'))
  return promise
}

/** What an ICMP answer or a reset says. A filter may send either. */
const CONNECTIONS: Readonly<Record<string, Connection>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EACCES: 'unreachable',
}
