// What a diagnosis sees of a healthy site; a test breaks what it names.

import type { Network } from '../../functions/lib/diagnosis/network.ts'
import type { Observation, PlacedInstance, Seen, ServedCertificate } from '../../functions/lib/diagnosis/observation.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { Inspection } from '../../functions/lib/hosts/inspection.ts'
import { aRecord, aSite, LAUNCH } from './domain.ts'

export const SITE = 'app.example.com'
export const ADDRESS = '203.0.113.1'
export const OLD = '203.0.113.9'
/** Ten minutes after the start: agents have registered by then. */
export const LATER = LAUNCH + 600_000
const DAY = 24 * 3600_000

export const seen = <T>(value: T, ms = 10): Seen<T> => ({ kind: 'seen', value, ms })
export const failed = (error: string, ms = 10): Seen<never> => ({ kind: 'failed', error, ms })
export const notAsked = (why: string): Seen<never> => ({ kind: 'not asked', why })

export const placed = (fields: Partial<PlacedInstance> = {}): PlacedInstance => ({
  id: 'i-00000000000000001',
  state: 'running',
  tags: { Name: 'app', 'ragstream-edge:stage': 'prod' },
  publicIp: ADDRESS,
  ipv6: undefined,
  launchTime: LAUNCH,
  vpcId: 'vpc-1',
  subnetId: 'subnet-1',
  groupIds: ['sg-1'],
  ...fields,
})

const everything = {
  number: 100,
  action: 'allow',
  protocol: '-1',
  from: undefined,
  to: undefined,
  cidr: '0.0.0.0/0',
} as const

export const openNetwork: Network = {
  groups: [{ id: 'sg-1', inbound: [{ groupId: 'sg-1', protocol: 'tcp', from: 80, to: 80, sources: ['0.0.0.0/0'] }] }],
  acl: {
    id: 'acl-1',
    entries: [
      { ...everything, egress: false },
      { ...everything, egress: true },
    ],
  },
  routeTable: {
    id: 'rtb-1',
    main: true,
    routes: [
      { destination: '172.31.0.0/16', target: 'local', active: true },
      { destination: '0.0.0.0/0', target: 'igw-1', active: true },
    ],
  },
}

export const anInspection = (fields: Partial<Inspection> = {}): Inspection => ({
  schema: 1,
  site: SITE,
  versions: { system: 'Debian GNU/Linux 12', nginx: '1.22.1', docker: '20.10.24', agent: '3.3.1' },
  applied: '0123456789ab',
  rendering: { file: '0123456789abcdef', live: '0123456789abcdef' },
  nginx: { active: true, error: null, sameNameBlocks: [], unknownHost: 'none' },
  container: {
    name: 'ragstream-edge-app',
    state: 'running',
    restarts: 0,
    exitCode: null,
    image: 'ragstream:1.4.0',
    hash: '0'.repeat(32),
    publish: ['127.0.0.1:8501->8501/tcp'],
  },
  listening: [
    { address: '0.0.0.0', port: 80, program: 'nginx' },
    { address: '127.0.0.1', port: 8501, program: 'docker-proxy' },
  ],
  answers: {
    app: { status: 200, body: 'ok' },
    nginx: { status: 200, body: 'ok' },
    appWebSocket: 101,
    nginxWebSocket: 101,
  },
  firewall: { port80: 'open', rule: null },
  lastResult: null,
  ...fields,
})

/** With a certificate, as it is once that was obtained and served. */
export const aTlsSite = (fields: Readonly<Record<string, unknown>> = {}): Site => ({
  ...aSite(SITE, { tls: 'acme', ...fields }),
  certificate: {
    path: `/ragstream-edge/prod/tls/${SITE}/${'0'.repeat(32)}`,
    names: [SITE],
    directory: 'https://acme.example/directory',
    notBefore: new Date(LAUNCH - 10 * DAY).toISOString(),
    notAfter: new Date(LAUNCH + 80 * DAY).toISOString(),
  },
})

export const servedCertificate = (fields: Partial<ServedCertificate> = {}): Observation['tls'] =>
  seen({
    kind: 'served',
    certificate: {
      ...{ names: [SITE], lacks: [], issuer: 'Test CA', validTo: LAUNCH + 80 * DAY, chain: 'trusted' as const },
      ...fields,
    },
  })

/** The rules of a site with HTTPS; `sources` are who may come to 443. */
export const tlsNetwork = (...sources: string[]): Network => {
  const [group] = openNetwork.groups
  const rule = { groupId: 'sg-1', protocol: 'tcp', from: 443, to: 443, sources }
  return { ...openNetwork, groups: [{ ...group!, inbound: [...group!.inbound, rule] }] }
}

/** A healthy site with HTTPS. */
export const healthyTls = (fields: Partial<Observation> = {}): Observation =>
  healthy({ site: aTlsSite(), network: seen(tlsNetwork('0.0.0.0/0')), tls: servedCertificate(), ...fields })

export const answer = (status: number, body = '') => ({ kind: 'answer', status, server: 'nginx/1.22.1', body }) as const

export const inspected = (inspection: Inspection): Observation['host'] =>
  seen({ kind: 'inspected', command: 'c-9', inspection }, 900)

export const healthy = (fields: Partial<Observation> = {}): Observation => ({
  site: aSite(SITE),
  place: { stage: 'prod', region: 'eu-central-1' },
  at: LATER,
  instances: seen([placed()]),
  records: seen([aRecord()]),
  nameServers: seen([{ server: '198.51.100.1', addresses: [ADDRESS], ttl: 60, code: undefined }]),
  resolvers: seen([{ server: '1.1.1.1', addresses: [ADDRESS], ttl: 42, code: undefined }]),
  network: seen(openNetwork),
  port80: seen('open'),
  appPort: seen('silent', 2_000),
  tls: notAsked('the site has no certificate'),
  health: seen(answer(200, 'ok')),
  unknownHost: seen({ kind: 'ended' }),
  webSocket: seen(answer(101)),
  upload: seen(answer(100)),
  strangers: notAsked('the record names no other address'),
  agent: seen({ pingStatus: 'Online', lastPing: LATER - 60_000 }),
  command: seen({ id: 'c-1', status: 'Success', requestedAt: LAUNCH + 10_000, lastLine: undefined }),
  host: inspected(anInspection()),
  ...fields,
})
