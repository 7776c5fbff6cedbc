// A site and its host with faults in them, and what every probe would see of it: faults together hide each other as they
// do in the world.
import type { CauseName } from '../../functions/lib/diagnosis/diagnosis.ts'
import type { HttpAnswer, Observation } from '../../functions/lib/diagnosis/observation.ts'
import type { HostCertificate, Inspection } from '../../functions/lib/hosts/inspection.ts'
import { aRecord, LAUNCH } from './domain.ts'
import {
  ADDRESS,
  anInspection,
  answer,
  aTlsSite,
  healthy,
  inspected,
  LATER,
  notAsked,
  OLD,
  openNetwork,
  placed,
  SITE,
  seen,
  servedCertificate,
} from './observation.ts'

/** Named as the causes that they must give. */
export const FAULTS = [
  'instance-not-running',
  'no-public-address',
  'record-missing',
  'record-parked',
  'record-stale',
  'record-wrong',
  'resolvers-behind',
  'no-internet-gateway',
  'network-acl-closed',
  'security-group-closed',
  'app-port-open',
  'host-firewall',
  'nginx-down',
  'other-default-site',
  'site-block-missing',
  'body-limit',
  'container-down',
  'not-mapped',
  'app-not-listening',
  'gateway-timeout',
  'health-wrong',
  'websocket-not-upgraded',
  'tls-closed',
  'certificate-expired',
  'certificate-wrong-name',
  'certificate-chain-incomplete',
  'certificate-untrusted',
  'redirect-loop',
  'agent-offline',
  'command-failed',
] as const satisfies readonly CauseName[]

export type Fault = (typeof FAULTS)[number]
export type Faults = ReadonlySet<Fault>

const RECORDS = ['record-missing', 'record-parked', 'record-stale', 'record-wrong', 'resolvers-behind'] as const
const APP = ['container-down', 'not-mapped', 'app-not-listening', 'gateway-timeout', 'health-wrong'] as const
/** Of what is served on 443. */
export const CERTIFICATE = [
  'certificate-expired',
  'certificate-wrong-name',
  'certificate-chain-incomplete',
  'certificate-untrusted',
] as const
const TLS = [...CERTIFICATE, 'tls-closed', 'redirect-loop'] as const
export const OTHER_PAGE = answer(404, '<html>another site</html>')
const SILENT: HttpAnswer = { kind: 'silent' }

const first = <T extends Fault>(faults: Faults, among: readonly T[]): T | undefined =>
  among.find((one) => faults.has(one))

const runs = (faults: Faults): boolean => !faults.has('instance-not-running')
/** What keeps everybody from port 80 without a word. */
const WALLS = ['no-internet-gateway', 'network-acl-closed', 'security-group-closed', 'host-firewall'] as const
const isReached = (faults: Faults): boolean =>
  runs(faults) && !faults.has('no-public-address') && first(faults, WALLS) === undefined
const isInspected = (faults: Faults): boolean =>
  runs(faults) && !faults.has('agent-offline') && !faults.has('no-internet-gateway')

/** What nginx says to a Host: 0 is nothing at all. */
function throughNginx(faults: Faults, toSite: boolean): HttpAnswer {
  if (faults.has('nginx-down')) return { kind: 'refused' }
  if (!toSite || faults.has('site-block-missing'))
    return faults.has('other-default-site') ? OTHER_PAGE : { kind: 'ended' }
  const app = first(faults, APP)
  if (app === undefined) return answer(200, 'ok')
  if (app === 'health-wrong') return answer(200, '<html>the page</html>')
  return app === 'gateway-timeout' ? SILENT : answer(502, '<html>502 Bad Gateway</html>')
}

const CIRCLE = { ...answer(307), location: `https://${SITE}/_stcore/stream` }

const hasTls = (faults: Faults): boolean => first(faults, TLS) !== undefined

/** What a visitor who asks for HTTPS is shown. */
function tls(faults: Faults): Observation['tls'] {
  if (!hasTls(faults)) return notAsked('the site has no certificate')
  if (faults.has('tls-closed')) return seen({ kind: 'silent' }, 2_000)
  if (faults.has('nginx-down')) return seen({ kind: 'refused' })
  if (faults.has('site-block-missing')) return seen({ kind: 'ended' })
  const wrong = faults.has('certificate-wrong-name') ? { names: ['other.example.com'], lacks: [SITE] } : {}
  const old = faults.has('certificate-expired') ? { validTo: LATER - 1 } : {}
  const alone = faults.has('certificate-chain-incomplete') ? 'incomplete' : undefined
  const unknown = faults.has('certificate-untrusted') ? 'untrusted' : 'trusted'
  return servedCertificate({ ...wrong, ...old, chain: alone ?? unknown })
}

/** The same as the host itself sees it. */
function ownCertificate(faults: Faults): HostCertificate | null {
  if (!hasTls(faults) || faults.has('nginx-down') || faults.has('site-block-missing')) return null
  return {
    names: faults.has('certificate-wrong-name') ? ['other.example.com'] : [SITE],
    issuer: 'Test CA',
    until: new Date(LATER + (faults.has('certificate-expired') ? -1 : 80 * 24 * 3600_000)).toISOString(),
    alone: faults.has('certificate-chain-incomplete'),
  }
}

function upgrade(faults: Faults): HttpAnswer {
  if (faults.has('redirect-loop') && !faults.has('nginx-down') && !faults.has('site-block-missing')) return CIRCLE
  const health = throughNginx(faults, true)
  if (health.kind !== 'answer' || health.body !== 'ok') return health
  return faults.has('websocket-not-upgraded') ? answer(200, '<html>the page</html>') : answer(101)
}

function upload(faults: Faults): HttpAnswer {
  const served = !faults.has('nginx-down') && !faults.has('site-block-missing')
  if (!served) return throughNginx(faults, true)
  if (faults.has('redirect-loop')) return CIRCLE
  return faults.has('body-limit') ? answer(413) : answer(100)
}

const status = (one: HttpAnswer): number => (one.kind === 'answer' ? one.status : 0)
const told = (one: HttpAnswer) => ({ status: status(one), body: one.kind === 'answer' ? one.body : '' })

function inspection(faults: Faults): Inspection {
  const usual = anInspection()
  const app = first(faults, APP)
  const up = !faults.has('nginx-down')
  const missing = faults.has('site-block-missing')
  const rendering = usual.rendering.file
  const own = app === undefined ? answer(200, 'ok') : app === 'health-wrong' ? answer(200, '<html>the page') : SILENT
  const wall = faults.has('host-firewall')
  return {
    ...usual,
    rendering: { file: missing ? null : rendering, live: missing || !up ? null : rendering },
    nginx: {
      ...usual.nginx,
      active: up,
      unknownHost: !up ? 'refused' : faults.has('other-default-site') ? 'site' : 'none',
    },
    container: {
      ...usual.container,
      state: app === 'container-down' ? 'exited' : 'running',
      exitCode: app === 'container-down' ? 137 : null,
      publish:
        app === 'not-mapped' ? ['127.0.0.1:8502->8501/tcp'] : app === 'container-down' ? [] : usual.container.publish,
      listens: app === 'app-not-listening' ? [] : ['0.0.0.0:8501'],
    },
    answers: {
      app: told(own),
      nginx: told(throughNginx(faults, true)),
      appWebSocket: status(own) === 200 ? 101 : 0,
      nginxWebSocket: status(upgrade(faults)),
    },
    firewall: wall ? { port80: 'closed', rule: '-A INPUT -p tcp --dport 80 -j DROP' } : usual.firewall,
    certificate: ownCertificate(faults),
  }
}

function records(faults: Faults): Pick<Observation, 'records' | 'nameServers' | 'resolvers' | 'strangers'> {
  const fault = first(faults, RECORDS)
  const resting = !runs(faults) || faults.has('no-public-address')
  const rests = resting ? '192.0.2.1' : ADDRESS
  const held = fault === 'record-parked' ? '192.0.2.1' : fault === 'record-stale' ? OLD : rests
  const says = (value: string | undefined, server: string) => ({
    server,
    addresses: value === undefined ? [] : [value],
    ttl: value === undefined ? undefined : 60,
    code: value === undefined ? 'ENOTFOUND' : undefined,
  })
  const record =
    fault === 'record-missing'
      ? []
      : fault === 'record-wrong'
        ? [aRecord({ type: 'CNAME', values: ['elsewhere.example.net.'] })]
        : [aRecord({ values: [held] })]
  const served = fault === 'record-missing' ? undefined : fault === 'record-wrong' ? OLD : held
  return {
    records: seen(record),
    nameServers: seen([says(served, '198.51.100.1')]),
    resolvers: seen([says(fault === 'resolvers-behind' ? OLD : served, '1.1.1.1')]),
    strangers: fault === 'record-stale' ? seen([{ address: OLD, answer: OTHER_PAGE }]) : notAsked('no other address'),
  }
}

function network(faults: Faults): Observation['network'] {
  const rule = (port: number) => ({ groupId: 'sg-1', protocol: 'tcp', from: port, to: port, sources: ['0.0.0.0/0'] })
  const ports = [
    ...(faults.has('security-group-closed') ? [] : [80]),
    ...(hasTls(faults) && !faults.has('tls-closed') ? [443] : []),
    ...(faults.has('app-port-open') ? [8501] : []),
  ]
  const deny = {
    number: 90,
    egress: false,
    action: 'deny',
    protocol: '6',
    from: 80,
    to: 80,
    cidr: '0.0.0.0/0',
  } as const
  return seen({
    groups: [{ id: 'sg-1', inbound: ports.map(rule) }],
    acl: {
      ...openNetwork.acl!,
      entries: [...openNetwork.acl!.entries, ...(faults.has('network-acl-closed') ? [deny] : [])],
    },
    routeTable: {
      ...openNetwork.routeTable!,
      routes: openNetwork.routeTable!.routes.filter(
        ({ target }) => target === 'local' || !faults.has('no-internet-gateway'),
      ),
    },
  })
}

function outside(faults: Faults): Partial<Observation> {
  if (!runs(faults) || faults.has('no-public-address')) {
    const none = notAsked('no running instance with a public address')
    return { port80: none, appPort: none, tls: none, health: none, unknownHost: none, webSocket: none, upload: none }
  }
  if (!isReached(faults)) {
    const none = seen(SILENT, 4_000)
    const shut = hasTls(faults) ? seen({ kind: 'silent' } as const, 2_000) : notAsked('the site has no certificate')
    return { port80: seen('silent', 2_000), tls: shut, health: none, unknownHost: none, webSocket: none, upload: none }
  }
  return {
    port80: seen(faults.has('nginx-down') ? 'refused' : 'open'),
    health: seen(throughNginx(faults, true)),
    unknownHost: seen(throughNginx(faults, false)),
    tls: tls(faults),
    webSocket: seen(faults.has('tls-closed') ? SILENT : upgrade(faults)),
    upload: seen(faults.has('tls-closed') ? SILENT : upload(faults)),
  }
}

function host(faults: Faults): Pick<Observation, 'agent' | 'command' | 'host'> {
  if (!runs(faults)) {
    const none = notAsked('no running instance')
    return { agent: none, command: none, host: none }
  }
  const online = isInspected(faults)
  const failed = faults.has('command-failed')
  return {
    agent: seen({ pingStatus: online ? 'Online' : 'ConnectionLost', lastPing: LATER - 60_000 }),
    command: seen({
      id: 'c-1',
      status: failed ? 'Failed' : 'Success',
      requestedAt: LAUNCH + 10_000,
      lastLine: failed
        ? 'step=packages result=failed reason="packages were not installed" hint="look at the log"'
        : undefined,
    }),
    host: online ? inspected(inspection(faults)) : seen({ kind: 'not taken' }, 5_000),
  }
}

export const observationOf = (...injected: readonly Fault[]): Observation => {
  const faults = new Set(injected)
  const state = runs(faults) ? 'running' : 'stopped'
  const address = runs(faults) && !faults.has('no-public-address') ? ADDRESS : undefined
  return healthy({
    ...(hasTls(faults) ? { site: aTlsSite() } : {}),
    instances: seen([placed({ state, publicIp: address })]),
    ...records(faults),
    network: network(faults),
    ...outside(faults),
    ...host(faults),
  })
}

/** Whether visitors get the page: the model's own truth, against which `live` is held. */
export const pageWorks = (...injected: readonly Fault[]): boolean =>
  injected.every((fault) =>
    [
      'app-port-open',
      'other-default-site',
      'agent-offline',
      'command-failed',
      'resolvers-behind',
      'body-limit',
      'certificate-untrusted',
    ].includes(fault),
  )

/** The faults among those injected of which any probe can know: others hide behind them. */
export function visible(...injected: readonly Fault[]): Fault[] {
  const faults = new Set(injected)
  const looked = isReached(faults) || isInspected(faults)
  const record = first(faults, RECORDS)
  const app = first(faults, APP)
  const nginx = looked && !faults.has('nginx-down')
  const served = nginx && !faults.has('site-block-missing')
  const shows = isReached(faults) && served && !faults.has('tls-closed')
  const certificate = CERTIFICATE.filter((fault) => faults.has(fault))
  const judged = shows || (served && isInspected(faults))
  const shown: Partial<Record<Fault, boolean>> = {
    'no-public-address': runs(faults),
    'no-internet-gateway': true,
    'network-acl-closed': true,
    'security-group-closed': true,
    'app-port-open': true,
    'instance-not-running': true,
    'host-firewall':
      runs(faults) &&
      (isInspected(faults) || (first(faults, WALLS) === 'host-firewall' && !faults.has('no-public-address'))),
    'nginx-down': looked,
    'other-default-site': nginx,
    'site-block-missing': nginx,
    'body-limit': shows && !faults.has('redirect-loop'),
    'websocket-not-upgraded':
      served && app === undefined && !faults.has('redirect-loop') && (shows || isInspected(faults)),
    'tls-closed': true,
    'certificate-expired': judged,
    'certificate-wrong-name': judged,
    'certificate-chain-incomplete': judged,
    'certificate-untrusted': shows && certificate.length === 1,
    'redirect-loop': shows,
    'agent-offline': runs(faults) && !faults.has('no-internet-gateway'),
    'command-failed': runs(faults),
  }
  return injected.filter((fault) => {
    if ((RECORDS as readonly Fault[]).includes(fault)) return fault === record && isRecordVisible(faults, record)
    if ((APP as readonly Fault[]).includes(fault))
      return fault === app && (isInspected(faults) || (served && isReached(faults)))
    return shown[fault] ?? false
  })
}

/** While nothing is to be led anywhere, only what is foreign or leads to others is wrong. */
function isRecordVisible(faults: Faults, record: Fault | undefined): boolean {
  if (runs(faults) && !faults.has('no-public-address')) return true
  return record === 'record-wrong' || (record === 'record-stale' && !runs(faults))
}
