// A site on loopback as a diagnosis reaches it: a real app behind real sockets, and an account that answers what a test says.
import { createHash } from 'node:crypto'
import type { DiagnosePorts } from '../../functions/lib/probe/ports.ts'
import { aRecord, aSite, LAUNCH } from './domain.ts'
import { httpServer } from './loopback.ts'
import { anInspection, openNetwork, placed, SITE } from './observation.ts'

export const HERE = '127.0.0.1'

/** Streamlit's own manners behind a right nginx: an unknown Host gets no answer. */
const appServer = (): Promise<number> =>
  httpServer(
    (request, response) => {
      if (request.headers.host !== SITE) request.socket.destroy()
      else response.end(request.url === '/_stcore/health' ? 'ok' : '<html>')
    },
    (server) =>
      server.on('upgrade', (request, socket) => {
        const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
        const accept = createHash('sha1').update(key).digest('base64')
        socket.end(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        )
      }),
  )

/** `calls` are the names of the ports, in the order in which they were asked. */
export async function fakeDiagnosis(
  fields: Partial<DiagnosePorts> = {},
): Promise<DiagnosePorts & { readonly calls: string[] }> {
  const calls: string[] = []
  const webPort = await appServer()
  const site = aSite(SITE)
  const ports: DiagnosePorts = {
    place: { stage: 'prod', region: 'eu-central-1' },
    readSites: async () => ({ sites: [site], broken: [] }),
    listInstances: async () => [placed({ publicIp: HERE })],
    listRecords: async () => [aRecord({ values: [HERE] })],
    nameServers: async () => [],
    resolvers: [],
    describeNetwork: async () => openNetwork,
    describeAgent: async () => ({ pingStatus: 'Online', lastPing: LAUNCH + 1 }),
    listCommands: async () => [],
    sendCommand: async () => 'c-look',
    readInvocation: async () => ({ status: 'Success', output: JSON.stringify(anInspection()) }),
    configureDocument: 'ConfigureHost-0123abcd',
    inspectDocument: 'InspectHost-0123abcd',
    outside: true,
    webPort,
    tlsPort: 443,
    now: () => Date.now(),
    sleep: () => Promise.resolve(),
    ...fields,
  }
  const heard = Object.entries(ports).map(([name, port]) => [
    name,
    typeof port !== 'function' || name === 'now' || name === 'sleep'
      ? port
      : (...words: never[]) => {
          calls.push(name)
          return (port as (...args: never[]) => unknown)(...words)
        },
  ])
  return { ...Object.fromEntries(heard), calls }
}
