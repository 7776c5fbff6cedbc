// What inspect-host prints of a site that is well.
import type { Inspection } from '../../functions/lib/hosts/inspection.ts'

export const HASH = '9eb88168cdda'

export const anInspection = (fields: Partial<Inspection> = {}): Inspection => ({
  schema: 1,
  site: 'app.example.com',
  versions: { system: 'debian', nginx: '1.22.1', docker: '20.10.24', agent: null },
  applied: HASH,
  rendering: { file: 'a873d577fd441d8d', live: 'a873d577fd441d8d' },
  nginx: { active: true, error: null, sameNameBlocks: [], unknownHost: 'none' },
  container: {
    ...{ name: 'ragstream-edge-app.example.com', state: 'running', restarts: 0, exitCode: null },
    ...{ image: 'ragstream:1.4.0', hash: null, publish: ['127.0.0.1:8501->8501/tcp'], listens: null },
  },
  listening: [],
  answers: {
    ...{ app: { status: 200, body: 'ok' }, nginx: { status: 200, body: 'ok' } },
    ...{ appWebSocket: 101, nginxWebSocket: 101 },
  },
  firewall: { port80: 'open', rule: null },
  lastResult: null,
  ...fields,
})
