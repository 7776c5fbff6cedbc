// The table of verdicts, row by row: an observation, and what is said of it.
import { CAUSES, type Diagnosis, HOPS } from '../../../functions/lib/diagnosis/diagnosis.ts'
import { brokenSite, judge, RULES, unknownSite } from '../../../functions/lib/diagnosis/judge.ts'
import type { Observation } from '../../../functions/lib/diagnosis/observation.ts'
import type { HostCertificate } from '../../../functions/lib/hosts/inspection.ts'
import { OTHER_PAGE, observationOf } from '../../support/diagnosed.ts'
import { aRecord, aSite, LAUNCH } from '../../support/domain.ts'
import {
  ADDRESS,
  anInspection,
  answer,
  aTlsSite,
  failed,
  healthy,
  healthyTls,
  inspected,
  LATER,
  notAsked,
  OLD,
  openNetwork,
  placed,
  SITE,
  seen,
  servedCertificate,
  tlsNetwork,
} from '../../support/observation.ts'

const of = (observation: Observation): Diagnosis => judge(observation, 1_200)
const names = ({ causes }: Diagnosis): string[] => causes.map(({ name, or }) => (or ? `${name} or ${or.name}` : name))
const broken = ({ hops }: Diagnosis): string[] => hops.filter(({ state }) => state === 'broken').map(({ hop }) => hop)

const SILENT = seen({ kind: 'silent' } as const, 4_000)
const shut = {
  port80: seen('silent' as const, 2_000),
  health: SILENT,
  unknownHost: SILENT,
  webSocket: SILENT,
  upload: SILENT,
}
const refused = { kind: 'refused' } as const
const nobodyListens = {
  port80: seen('refused' as const),
  ...{ health: seen(refused), unknownHost: seen(refused), webSocket: seen(refused), upload: seen(refused) },
}
/** As nginx 1.22 says it with the site's own file. */
const FULL = answer(429, 'Too many requests to this site at once. Please try again in a moment.\n')
const page = answer(200, '<html>Streamlit</html>')
const through502 = { health: seen(answer(502)), webSocket: seen(answer(502)), upload: seen(answer(100)) }
const noHost = { host: seen({ kind: 'not taken' } as const, 5_000), agent: failed('no result within 3000 ms') }
const none = notAsked('no running instance')
const stopped = {
  ...{ port80: none, appPort: none, health: none, unknownHost: none, webSocket: none, upload: none, command: none },
  instances: seen([placed({ state: 'stopped', publicIp: undefined })]),
  host: notAsked('no host'),
  agent: notAsked('no host'),
}
const parked = aRecord({ values: ['192.0.2.1'], ttl: 10 })
const group = (...sources: string[]) => ({
  ...openNetwork,
  groups: [{ id: 'sg-1', inbound: [{ groupId: 'sg-1', protocol: 'tcp', from: 80, to: 80, sources }] }],
})
const resolver = (fields: object) =>
  seen([{ server: '8.8.8.8', addresses: [], ttl: undefined, code: undefined, ...fields }])
const inspection = (fields: Parameters<typeof anInspection>[0]) => inspected(anInspection(fields))
const usual = anInspection()
const appWith = (app: { status: number; body: string }, nginx = app) => ({ ...usual.answers, app, nginx })

/** Somebody's own file and container, and nothing of ours yet. */
const BY_HAND = {
  rendering: { file: null, live: null },
  nginx: { ...usual.nginx, sameNameBlocks: ['/etc/nginx/conf.d/own.conf'] },
  container: { ...usual.container, state: 'absent', image: null, hash: null, publish: [] },
  listening: [
    { address: '0.0.0.0', port: 80, program: 'nginx' },
    { address: '0.0.0.0', port: 8501, program: 'docker-proxy' },
  ],
}

const silent = { kind: 'silent' } as const
const tlsShut = { tls: seen(silent, 2_000), webSocket: SILENT, upload: SILENT }
const without443 = {
  ...openNetwork.acl!,
  entries: [
    { number: 90, egress: false, action: 'deny', protocol: '6', from: 443, to: 443, cidr: '0.0.0.0/0' } as const,
    ...openNetwork.acl!.entries,
  ],
}
/** What nginx on the host shows to who asks there. */
const showing = (fields: Partial<HostCertificate>, more: Parameters<typeof anInspection>[0] = {}) => {
  const until = new Date(LATER + 80 * 24 * 3600_000).toISOString()
  return inspection({ certificate: { names: [SITE], issuer: 'Test CA', until, alone: false, ...fields }, ...more })
}
/** A site that lets only some in, and what nginx says to the others. */
const guardedBy = (way: 'passwordsPath' | 'networks', status: number) => {
  const access = way === 'networks' ? { networks: ['198.51.100.0/24'] } : { passwordsPath: '/ragstream/visitors' }
  return [aTlsSite({ access }), answer(status, `<html><h1>${status}</h1><center>nginx</center></html>`)] as const
}

const nobody = notAsked('nobody outside can reach this machine')
const UNASKED = {
  ...{ port80: nobody, appPort: nobody, tls: nobody, health: nobody },
  ...{ unknownHost: nobody, webSocket: nobody, upload: nobody },
}

interface Row {
  readonly verdict: Diagnosis['verdict']
  readonly causes: readonly string[]
  /** Default: none. */
  readonly broken?: readonly string[]
  readonly says?: RegExp
}

/** An API: no page, and a health in its own words. */
const API = aSite(SITE, { health: { path: '/healthz', body: '{"status": "ok"}' }, websocket: null })
const SAID = { status: 200, body: '{"status": "ok"}' }
const apiAnswers = (fields: object = {}) => ({
  ...{
    site: API,
    health: seen(answer(200, `${SAID.body}\n`)),
    webSocket: seen(answer(404, '{"detail": "Not Found"}')),
  },
  host: inspection({ answers: { app: SAID, nginx: SAID, appWebSocket: 404, nginxWebSocket: 404, ...fields } }),
})
const TELLS = aTlsSite({
  access: { passwordsPath: '/visitors' },
  health: { path: '/ready', body: 'yes' },
  websocket: null,
})

const rows: [string, Partial<Observation>, Row][] = [
  ['an API without a page', apiAnswers(), { verdict: 'live', causes: [], says: /is live: .* says ok and answers \/$/ }],
  [
    'the health of an API is another one',
    {
      ...apiAnswers({ app: { status: 200, body: 'ok' }, nginx: { status: 200, body: 'ok' } }),
      health: seen(answer(200, 'ok')),
    },
    {
      ...{ verdict: 'broken', causes: ['health-wrong'], broken: ['app'] },
      says: /the app's own \/healthz says 200 "ok"; wanted 200 "{"status": "ok"}"$/,
    },
  ],
  [
    'a site without a WebSocket whose page fails',
    { ...apiAnswers({ appWebSocket: 500, nginxWebSocket: 500 }), webSocket: seen(answer(500, 'Error')) },
    {
      ...{ verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'] },
      says: /\/ gives 500 "Error"; wanted less than 500 of the app: the site has no websocket; the app itself gives 500$/,
    },
  ],
  ['healthy', {}, { verdict: 'live', causes: [], says: /^app.example.com is live: 203.0.113.1 says ok and opens/ }],
  [
    'no instance bears the tags, and the record still points somewhere',
    { instances: seen([]), ...shut },
    {
      verdict: 'broken',
      causes: ['no-instance', 'record-stale'],
      broken: ['instance', 'record'],
      says: /tag:Name = app/,
    },
  ],
  [
    'only a terminated instance bears the tags',
    { instances: seen([placed({ state: 'terminated' })]), records: seen([parked]) },
    { verdict: 'broken', causes: ['no-instance'], broken: ['instance'] },
  ],
  [
    'stopped, and the name is parked',
    { ...stopped, records: seen([parked]) },
    {
      verdict: 'asleep',
      causes: ['instance-not-running'],
      says: /is asleep: i-0+1 is stopped, and the name is parked/,
    },
  ],
  [
    'stopped, the name is parked, and port 80 is closed: trouble of the next start',
    { ...stopped, records: seen([parked]), network: seen(group()) },
    { verdict: 'asleep', causes: ['instance-not-running', 'security-group-closed'] },
  ],
  [
    'stopped with onStop delete, and no record',
    { ...stopped, site: aSite(SITE, { onStop: 'delete' }), records: seen([]) },
    { verdict: 'asleep', causes: ['instance-not-running'] },
  ],
  [
    'stopped with onStop keep, and the old record',
    { ...stopped, site: aSite(SITE, { onStop: 'keep' }) },
    { verdict: 'asleep', causes: ['instance-not-running'] },
  ],
  [
    'stopped, and the record still points to its address, where somebody else answers',
    { ...stopped, strangers: seen([{ address: ADDRESS, answer: OTHER_PAGE }]) },
    {
      verdict: 'broken',
      causes: ['instance-not-running', 'record-stale'],
      broken: ['instance', 'record'],
      says: /besides: record-stale/,
    },
  ],
  [
    'stopped, and the record was not read',
    { ...stopped, records: failed('Throttling') },
    { verdict: 'unknown', causes: ['instance-not-running'] },
  ],
  [
    'running without a public address',
    { instances: seen([placed({ publicIp: undefined })]), records: seen([parked]), ...shut, port80: notAsked('none') },
    { verdict: 'broken', causes: ['no-public-address'], broken: ['public address'] },
  ],
  ['the instances were not read', { instances: failed('UnauthorizedOperation') }, { verdict: 'unknown', causes: [] }],
  ['no record', { records: seen([]) }, { verdict: 'broken', causes: ['record-missing'], broken: ['record'] }],
  [
    'an alias of the site without a record',
    { site: aSite(SITE, { aliases: ['www.example.com'] }) },
    { verdict: 'broken', causes: ['record-missing'], broken: ['record'], says: /no A record for www.example.com/ },
  ],
  [
    'parked though it runs',
    { records: seen([parked]) },
    { verdict: 'broken', causes: ['record-parked'], broken: ['record'] },
  ],
  [
    'at another address, where somebody else answers',
    { records: seen([aRecord({ values: [OLD] })]), strangers: seen([{ address: OLD, answer: OTHER_PAGE }]) },
    {
      verdict: 'broken',
      causes: ['record-stale or record-wrong'],
      broken: ['record'],
      says: /somebody else answers at 203.0.113.9: 404/,
    },
  ],
  [
    'written, and a name server still says the old one',
    { nameServers: seen([{ server: 'ns1', addresses: [OLD], ttl: 60, code: undefined }]) },
    {
      verdict: 'broken',
      causes: ['record-stale'],
      broken: ['record'],
      says: /name server ns1 still answers 203.0.113.9 for 60 s/,
    },
  ],
  [
    'its name servers do not answer',
    { nameServers: seen([{ server: 'ns1', addresses: [], ttl: undefined, code: 'ETIMEOUT' }]) },
    { verdict: 'unknown', causes: [] },
  ],
  [
    'a CNAME',
    { records: seen([aRecord({ type: 'CNAME', values: ['x.example.net.'] })]) },
    { verdict: 'broken', causes: ['record-wrong'], broken: ['record'], says: /a CNAME record/ },
  ],
  [
    'an alias record',
    { records: seen([aRecord({ values: [], ttl: undefined, special: 'an alias record to elb.example.' })]) },
    { verdict: 'broken', causes: ['record-wrong'], broken: ['record'], says: /an alias record to elb/ },
  ],
  [
    'the right address, and another beside it',
    { records: seen([aRecord({ values: [ADDRESS, OLD] })]) },
    { verdict: 'broken', causes: ['record-wrong'], broken: ['record'] },
  ],
  [
    'an IPv6 address that nobody asked for',
    { records: seen([aRecord(), aRecord({ type: 'AAAA', values: ['2001:db8::1'] })]) },
    { verdict: 'live', causes: ['record-wrong'], says: /AAAA record, 2001:db8::1/ },
  ],
  [
    'two instances, and the record has both',
    {
      instances: seen([placed(), placed({ id: 'i-2', publicIp: OLD })]),
      records: seen([aRecord({ values: [OLD, ADDRESS] })]),
      nameServers: seen([{ server: 'ns1', addresses: [ADDRESS, OLD], ttl: 60, code: undefined }]),
      resolvers: resolver({ addresses: [ADDRESS, OLD], ttl: 3 }),
    },
    { verdict: 'live', causes: [] },
  ],
  [
    'a resolver still holds the park address',
    { resolvers: resolver({ addresses: ['192.0.2.1'], ttl: 42 }) },
    { verdict: 'live', causes: ['resolvers-behind'] },
  ],
  [
    'no resolver knows the name',
    { resolvers: resolver({ code: 'ENOTFOUND' }) },
    { verdict: 'broken', causes: ['resolvers-behind or record-wrong'], broken: ['resolvers'], says: /no such name/ },
  ],
  [
    'every resolver refuses what it gets: DNSSEC or the delegation, and nothing to wait for',
    { resolvers: resolver({ code: 'ESERVFAIL' }) },
    { verdict: 'broken', causes: ['resolvers-behind'], broken: ['resolvers'], says: /ESERVFAIL/ },
  ],
  [
    'every resolver holds another address for a day',
    { resolvers: resolver({ addresses: [OLD], ttl: 86_000 }) },
    { verdict: 'broken', causes: ['resolvers-behind or record-wrong'], broken: ['resolvers'] },
  ],
  ['a resolver does not answer', { resolvers: resolver({ code: 'ETIMEOUT' }) }, { verdict: 'live', causes: [] }],
  [
    'no group admits port 80',
    { ...shut, network: seen(group()) },
    { verdict: 'broken', causes: ['security-group-closed'], broken: ['security group'] },
  ],
  [
    'only the office is admitted, and the host is well',
    { ...shut, network: seen(group('198.51.100.7/32')) },
    { verdict: 'live', causes: [], says: /as the host itself sees it/ },
  ],
  [
    'only the office is admitted, and the host could not be asked',
    { ...shut, ...noHost, network: seen(group('198.51.100.7/32')) },
    { verdict: 'unknown', causes: ['agent-offline'] },
  ],
  [
    'only the office is admitted, and the container is down',
    {
      ...shut,
      network: seen(group('198.51.100.7/32')),
      host: inspection({
        container: { ...usual.container, state: 'exited', exitCode: 1 },
        answers: appWith({ status: 0, body: '' }, { status: 502, body: '' }),
      }),
    },
    { verdict: 'broken', causes: ['container-down'], broken: ['container'], says: /is exited, exit code 1/ },
  ],
  [
    'the site says that only the host is to be asked',
    { ...shut, site: aSite(SITE, { probe: 'host' }) },
    { verdict: 'live', causes: [] },
  ],
  [
    'silent, the rules are open, and so is the host’s firewall',
    shut,
    { verdict: 'broken', causes: ['no-answer'], broken: ['port 80'] },
  ],
  [
    'silent, the rules are open, and the host could not be asked',
    { ...shut, host: failed('AccessDenied') },
    { verdict: 'broken', causes: ['no-answer or host-firewall'], broken: ['port 80'] },
  ],
  [
    'silent, and the rules were not read',
    { ...shut, network: failed('UnauthorizedOperation') },
    { verdict: 'broken', causes: ['no-answer or security-group-closed'], broken: ['port 80'] },
  ],
  [
    'refused, and the host’s firewall does it',
    { ...nobodyListens, host: inspection({ firewall: { port80: 'closed', rule: '-j REJECT' } }) },
    { verdict: 'broken', causes: ['host-firewall'], broken: ['port 80'], says: /-j REJECT/ },
  ],
  [
    'refused, and nginx runs without port 80',
    { ...nobodyListens, host: inspection({ listening: [] }) },
    { verdict: 'broken', causes: ['connection-refused'], broken: ['port 80'], says: /nothing listens on port 80/ },
  ],
  [
    'refused, and the host could not be asked',
    { ...nobodyListens, host: failed('AccessDenied') },
    { verdict: 'broken', causes: ['connection-refused or nginx-down'], broken: ['port 80'] },
  ],
  [
    'nginx does not run, since its configuration does not load',
    {
      ...nobodyListens,
      host: inspection({
        answers: appWith({ status: 200, body: 'ok' }, { status: 0, body: '' }),
        nginx: { active: false, error: '[emerg] unknown directive', sameNameBlocks: [], unknownHost: 'refused' },
        rendering: { file: null, live: null },
        // The inspection's own nginx -t.
        listening: [{ address: '0.0.0.0', port: 80, program: 'nginx' }],
      }),
    },
    { verdict: 'broken', causes: ['nginx-down'], broken: ['nginx'], says: /nginx does not run; .*unknown directive/ },
  ],
  [
    'an unknown Host gets a page, and the site is well',
    { unknownHost: seen(OTHER_PAGE) },
    { verdict: 'live', causes: ['other-default-site'] },
  ],
  [
    'everybody gets another page, and the host could not be asked',
    { ...noHost, unknownHost: seen(OTHER_PAGE), health: seen(OTHER_PAGE), webSocket: seen(OTHER_PAGE) },
    { verdict: 'broken', causes: ['agent-offline', 'other-default-site or site-block-missing'], broken: ['nginx'] },
  ],
  [
    'the name gets nothing, as an unknown one, and the host could not be asked',
    { host: failed('x'), health: seen({ kind: 'ended' }), webSocket: seen({ kind: 'ended' }) },
    { verdict: 'broken', causes: ['site-block-missing or app-not-listening'], broken: ['nginx'] },
  ],
  [
    'another block of the same name wins',
    {
      health: seen(page),
      webSocket: seen(page),
      host: inspection({
        rendering: { file: 'aaaabbbbccccdddd', live: null },
        nginx: { ...usual.nginx, sameNameBlocks: ['/etc/nginx/conf.d/mine.conf'] },
        answers: appWith({ status: 200, body: 'ok' }, { status: 200, body: '<html>' }),
      }),
    },
    { verdict: 'broken', causes: ['site-block-missing'], broken: ['nginx'], says: /mine.conf claims the name too/ },
  ],
  [
    'still served by hand, and well',
    { host: inspection(BY_HAND) },
    {
      verdict: 'live',
      causes: ['served-by-hand'],
      says: /^app.example.com is served by hand: the server block in \/etc\/nginx\/conf.d\/own.conf, docker-proxy on 0.0.0.0:8501/,
    },
  ],
  [
    'still served by hand, without the lines of a WebSocket, and the record is old: no word of files that are not there',
    {
      ...{ host: inspection(BY_HAND), webSocket: seen(answer(200, '<html>')), upload: seen(answer(413)) },
      ...{ unknownHost: seen(page), records: seen([aRecord({ values: [OLD] })]) },
    },
    {
      verdict: 'broken',
      causes: ['served-by-hand', 'record-stale or record-wrong'],
      broken: ['record', 'websocket'],
      says: /^app.example.com is served by hand: .*; it is broken at record/,
    },
  ],
  [
    'somebody’s container has the port, and nothing leads to it',
    {
      ...{ health: seen(page), webSocket: seen(page), unknownHost: seen(page) },
      host: inspection({ ...BY_HAND, nginx: { ...usual.nginx, unknownHost: 'site' } }),
    },
    {
      verdict: 'broken',
      causes: ['served-by-hand'],
      broken: ['nginx'],
      says: /by hand: docker-proxy on 0.0.0.0:8501$/,
    },
  ],
  [
    'our block is not served, and the host has no python3 to look for others',
    {
      health: seen(page),
      webSocket: seen(page),
      host: inspection({
        rendering: { file: 'aaaabbbbccccdddd', live: null },
        nginx: { ...usual.nginx, sameNameBlocks: null },
        answers: appWith({ status: 200, body: 'ok' }, { status: 200, body: '<html>' }),
      }),
    },
    { verdict: 'broken', causes: ['site-block-missing'], broken: ['nginx'], says: /was not seen \(is python3/ },
  ],
  ['413 at 2 MB', { upload: seen(answer(413)) }, { verdict: 'broken', causes: ['body-limit'], broken: ['nginx'] }],
  [
    '413 at 2 MB, as the site wants it',
    { upload: seen(answer(413)), site: aSite(SITE, { proxy: { clientMaxBodySize: '1m' } }) },
    { verdict: 'live', causes: [] },
  ],
  [
    '502, and the host could not be asked',
    { ...through502, host: failed('x') },
    {
      verdict: 'broken',
      causes: ['container-down or not-mapped', 'app-not-listening or container-down'],
      broken: ['container', 'app'],
    },
  ],
  [
    '502, and there is no container',
    {
      ...through502,
      host: inspection({
        container: { ...usual.container, state: 'absent', publish: [] },
        answers: appWith({ status: 0, body: '' }),
      }),
    },
    { verdict: 'broken', causes: ['container-down'], broken: ['container'], says: /there is no container/ },
  ],
  [
    '502, and the container is published on another port',
    {
      ...through502,
      host: inspection({
        container: { ...usual.container, publish: ['127.0.0.1:8502->8501/tcp'] },
        answers: appWith({ status: 0, body: '' }),
      }),
    },
    { verdict: 'broken', causes: ['not-mapped'], broken: ['container'], says: /127.0.0.1:8502->8501/ },
  ],
  [
    '502, and the app listens on the container’s loopback only',
    {
      ...through502,
      host: inspection({
        container: { ...usual.container, listens: ['127.0.0.1:8501'] },
        answers: appWith({ status: 0, body: '' }, { status: 502, body: '' }),
      }),
    },
    { verdict: 'broken', causes: ['app-not-listening'], broken: ['app'], says: /listen on 127.0.0.1:8501/ },
  ],
  [
    '502, and a moment later the host sees the app',
    through502,
    { verdict: 'broken', causes: ['app-not-listening'], broken: ['app'], says: /still starting/ },
  ],
  ...(
    [
      ['docker-proxy', 8502, 'not-mapped or container-down', 'container'],
      ['sshd', 22, 'container-down or not-mapped', 'container'],
      ['docker-proxy', 8501, 'app-not-listening', 'app'],
    ] as const
  ).map(([program, port, cause, hop]): [string, Partial<Observation>, Row] => [
    `502, Docker is too busy to answer, and ${program} listens on ${port}`,
    {
      ...through502,
      host: inspection({
        container: { ...usual.container, state: 'unknown', publish: [] },
        listening: [{ address: '127.0.0.1', port, program }],
        answers: appWith({ status: 0, body: '' }, { status: 502, body: '' }),
      }),
    },
    { verdict: 'broken', causes: [cause], broken: [hop] },
  ]),
  [
    'a page where ok is wanted, and the host could not be asked',
    { health: seen(page), webSocket: seen(page), host: failed('x') },
    { verdict: 'broken', causes: ['health-wrong or other-default-site'], broken: ['app'] },
  ],
  [
    '504',
    { health: seen(answer(504)), webSocket: seen(answer(504)), host: failed('x') },
    { verdict: 'broken', causes: ['gateway-timeout'], broken: ['app'] },
  ],
  [
    'the app hangs, as the host sees it too',
    {
      health: SILENT,
      webSocket: SILENT,
      host: inspection({
        answers: appWith({ status: 0, body: '' }),
        container: { ...usual.container, listens: ['0.0.0.0:8501'] },
      }),
    },
    { verdict: 'broken', causes: ['gateway-timeout'], broken: ['app'] },
  ],
  ...(
    [
      [page, /loses the Upgrade header/],
      [answer(403, 'Forbidden'), /loses the Host header/],
      [answer(400, 'Can "Upgrade" only to "WebSocket".'), /loses the Upgrade header/],
      [answer(400, '"Connection" must be "Upgrade".'), /loses the Connection header/],
      [answer(400, 'Bad Request'), /the Upgrade or the Connection header/],
    ] as const
  ).map(([socket, says]): [string, Partial<Observation>, Row] => [
    `no WebSocket: ${socket.status} ${socket.body}`,
    { webSocket: seen(socket) },
    { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'], says },
  ]),
  ...(
    [
      ['the page', { webSocket: seen(FULL) }, /_stcore\/stream with 429: as many pages/],
      ['the health too', { health: seen(FULL), webSocket: seen(FULL) }, /as many pages/],
    ] as const
  ).map(([what, seen, says]): [string, Partial<Observation>, Row] => [
    `nginx answers 429: ${what}`,
    seen,
    { verdict: 'broken', causes: ['site-full'], broken: ['websocket'], says },
  ]),
  [
    'the app itself answers 429',
    {
      webSocket: seen(answer(429)),
      host: inspection({ answers: { ...usual.answers, appWebSocket: 429, nginxWebSocket: 429 } }),
    },
    { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'], says: /the app itself gives 429/ },
  ],
  [
    'no WebSocket, not from the app itself either',
    {
      webSocket: seen(answer(404)),
      host: inspection({ answers: { ...usual.answers, appWebSocket: 404, nginxWebSocket: 404 } }),
    },
    { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'], says: /the app itself gives 404/ },
  ],
  ...(
    [
      ['is not known', undefined, LATER],
      ['was lost', { pingStatus: 'ConnectionLost', lastPing: LATER - 1 }, LATER],
      ['was heard before the start only', { pingStatus: 'Online', lastPing: LAUNCH - 1 }, LATER],
    ] as const
  ).map(([title, agent, at]): [string, Partial<Observation>, Row] => [
    `the agent ${title}, and the site is well`,
    { agent: seen(agent), at, host: failed('AgentNotRegistered') },
    { verdict: 'live', causes: ['agent-offline'] },
  ]),
  [
    'the agent is still to register, a minute after the start',
    { agent: seen(undefined), at: LAUNCH + 60_000, host: failed('AgentNotRegistered'), command: seen(undefined) },
    { verdict: 'live', causes: [] },
  ],
  [
    'a minute after the start, and the agent that ran the configuration since is not known any more',
    { agent: seen(undefined), at: LAUNCH + 60_000, host: failed('AgentNotRegistered') },
    { verdict: 'live', causes: ['agent-offline'] },
  ],
  [
    'the agent takes no command, though it is said to be online',
    { host: seen({ kind: 'not taken' }, 5_000) },
    { verdict: 'live', causes: ['agent-offline'] },
  ],
  [
    'the agent had little time to take a command: nothing is said of it',
    { host: seen({ kind: 'not taken' }, 2_000) },
    { verdict: 'live', causes: [] },
  ],
  [
    'the last command failed at the container, and the one before still serves',
    {
      command: seen({
        id: 'c-9',
        status: 'Failed',
        requestedAt: LATER,
        lastLine: 'step=image result=failed reason="not pulled"',
      }),
    },
    { verdict: 'live', causes: ['command-failed'] },
  ],
  ['the app’s port answers from outside', { appPort: seen('open') }, { verdict: 'live', causes: ['app-port-open'] }],
  [
    'Docker keeps the containers of the host not apart',
    { host: inspection({ keptApart: false }) },
    { verdict: 'live', causes: ['not-kept-apart'], says: /iptables: false/ },
  ],
  [
    'little room for the next image',
    { host: inspection({ diskFreeMb: 1023 }) },
    { verdict: 'live', causes: ['disk-low'], says: /1023 MB are free/ },
  ],
  [
    'room for an image, and containers that are kept apart',
    { host: inspection({ diskFreeMb: 1024, keptApart: true }) },
    { verdict: 'live', causes: [] },
  ],
  ['neither is known', { host: inspection({ diskFreeMb: null, keptApart: null }) }, { verdict: 'live', causes: [] }],
  [
    'nobody outside can be asked, the host is well, and whether the rules lead to it was not read',
    {
      ...{ port80: none, appPort: none, health: none, unknownHost: none, webSocket: none, upload: none },
      network: failed('UnauthorizedOperation'),
    },
    { verdict: 'unknown', causes: [] },
  ],
  [
    'nobody outside can be asked, and the host is well',
    {
      ...{ port80: notAsked('rendered'), appPort: notAsked('rendered'), health: notAsked('rendered') },
      ...{ unknownHost: notAsked('rendered'), webSocket: notAsked('rendered'), upload: notAsked('rendered') },
    },
    { verdict: 'live', causes: [], says: /as the host itself sees it/ },
  ],
]

const expiredSite = {
  ...aTlsSite(),
  certificate: { ...aTlsSite().certificate!, notAfter: new Date(LATER).toISOString() },
}

const DAY = 24 * 3600_000
const overdueSite = {
  ...aTlsSite(),
  certificate: {
    ...aTlsSite().certificate!,
    notBefore: new Date(LATER - 63 * DAY).toISOString(),
    notAfter: new Date(LATER + 27 * DAY).toISOString(),
  },
}

const tlsRows: [string, Partial<Observation>, Row][] = [
  ['HTTPS, and all is well', {}, { verdict: 'live', causes: [] }],
  [
    'no rule admits 443',
    { network: seen(openNetwork), ...tlsShut },
    {
      verdict: 'broken',
      causes: ['tls-closed'],
      broken: ['security group'],
      says: /no rule of sg-1 admits TCP 443/,
    },
  ],
  [
    'no rule admits 443 while the instance sleeps: trouble of the next start',
    { ...stopped, tls: none, records: seen([parked]), network: seen(openNetwork) },
    { verdict: 'asleep', causes: ['instance-not-running', 'tls-closed'] },
  ],
  [
    'what is stored expired while the instance sleeps: trouble of the next start',
    { ...stopped, site: expiredSite, tls: none, records: seen([parked]) },
    { verdict: 'asleep', causes: ['instance-not-running', 'certificate-expired'], says: /none was obtained since/ },
  ],
  [
    'what is stored expired, and what is served is good: the next look renews',
    { site: expiredSite },
    { verdict: 'live', causes: [] },
  ],
  [
    'two thirds of the life of what is stored and three days are over: told beside the live site, in time',
    { site: overdueSite },
    {
      verdict: 'live',
      causes: ['certificate-overdue'],
      says: /was to be renewed from 2\d{3}-.*still the one that ends at/,
    },
  ],
  [
    'the same while the instance sleeps',
    { ...stopped, site: overdueSite, tls: none, records: seen([parked]) },
    { verdict: 'asleep', causes: ['instance-not-running', 'certificate-overdue'] },
  ],
  [
    'the network ACL denies 443 alone',
    { ...tlsShut, network: seen({ ...tlsNetwork('0.0.0.0/0'), acl: without443 }) },
    { verdict: 'broken', causes: ['tls-closed'], broken: ['network ACL'], says: /inbound TCP 443 is denied/ },
  ],
  [
    '443 is silent, and its rules are open',
    tlsShut,
    { verdict: 'broken', causes: ['tls-closed'], broken: ['port 80'] },
  ],
  [
    '443 is silent, its rules were not read and the host is not there',
    { ...tlsShut, ...noHost, network: failed('UnauthorizedOperation') },
    { verdict: 'broken', causes: ['agent-offline', 'tls-closed'], broken: ['port 80'] },
  ],
  [
    'nobody serves HTTPS yet',
    { tls: seen(refused), webSocket: seen(refused), upload: seen(refused) },
    { verdict: 'broken', causes: ['tls-closed'], broken: ['nginx'] },
  ],
  [
    'the handshake for the name is refused',
    { tls: seen({ kind: 'ended' }), webSocket: seen({ kind: 'ended' }) },
    { verdict: 'broken', causes: ['tls-closed'], broken: ['nginx'] },
  ],
  [
    '443 for some only: the host’s own look decides',
    { ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')), host: showing({}) },
    { verdict: 'live', causes: [] },
  ],
  [
    '443 for some only, and the host has not seen the certificate in time',
    { ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')) },
    { verdict: 'unknown', causes: [], says: /not everything was seen: .*; its certificate was not seen/ },
  ],
  [
    'nginx answers 429 to whoever asks without the password',
    { site: guardedBy('passwordsPath', 429)[0], webSocket: seen(FULL) },
    { verdict: 'broken', causes: ['site-full'], broken: ['websocket'], says: /as many pages/ },
  ],
  [
    '443 for some only, and nginx answers the host itself 429',
    {
      ...{ ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')) },
      host: inspection({ answers: { ...usual.answers, nginxWebSocket: 429 } }),
    },
    { verdict: 'broken', causes: ['site-full'], broken: ['websocket'], says: /as many pages/ },
  ],
  [
    '443 for some only, and the host’s own WebSocket does not open',
    {
      ...{ ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')) },
      host: inspection({ answers: { ...usual.answers, nginxWebSocket: 400 } }),
    },
    { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'] },
  ],
  ...[
    ['is too old', { until: new Date(LATER).toISOString() }, 'certificate-expired'],
    ['is for another name', { names: ['other.example.com'] }, 'certificate-wrong-name'],
    ['came alone', { alone: true }, 'certificate-chain-incomplete'],
  ].map(([what, fields, cause]): [string, Partial<Observation>, Row] => [
    `443 for some only: on the host itself the certificate ${what}`,
    { ...{ ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')) }, host: showing(fields as object) },
    { verdict: 'broken', causes: [cause as string], broken: ['nginx'] },
  ]),
  [
    '443 for some only, and the host shows a wildcard',
    {
      ...{ ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')) },
      host: showing({ names: ['*.example.com'] }),
    },
    { verdict: 'live', causes: [] },
  ],
  [
    'what visitors are shown counts more than what the host shows itself',
    { host: showing({ until: new Date(LATER).toISOString() }) },
    { verdict: 'live', causes: [] },
  ],
  [
    'the host’s own firewall closes 443 alone',
    { ...tlsShut, host: inspection({ firewall: { ...usual.firewall, port443: 'closed', rule443: 'the rule' } }) },
    { verdict: 'broken', causes: ['host-firewall'], broken: ['port 80'], says: /closes TCP 443: the rule/ },
  ],
  [
    'the host’s own firewall closes both',
    {
      ...{ ...shut, ...tlsShut },
      host: inspection({ firewall: { port80: 'closed', rule: 'one', port443: 'closed', rule443: 'two' } }),
    },
    { verdict: 'broken', causes: ['host-firewall'], broken: ['port 80'], says: /TCP 80: one, and TCP 443: two/ },
  ],
  [
    'no rule admits 443, and the host closes it too',
    {
      ...{ ...tlsShut, network: seen(openNetwork) },
      host: inspection({ firewall: { ...usual.firewall, port443: 'closed', rule443: null } }),
    },
    { verdict: 'broken', causes: ['tls-closed', 'host-firewall'], broken: ['security group', 'port 80'] },
  ],
  [
    'tls is on, and no certificate was obtained yet',
    { site: aSite(SITE, { tls: 'acme' }), network: seen(openNetwork), tls: notAsked('the site has no certificate') },
    { verdict: 'live', causes: ['certificate-missing'], says: /no certificate was obtained yet/ },
  ],
  ...([503, 101] as const).map((status): [string, Partial<Observation>, Row] => [
    `no certificate was obtained yet for a site with access, and strangers get ${status}`,
    {
      ...{ network: seen(openNetwork), tls: notAsked('the site has no certificate') },
      ...{
        site: aSite(SITE, { tls: 'acme', access: { networks: ['203.0.113.0/24'] } }),
        webSocket: seen(answer(status)),
      },
    },
    {
      ...{ verdict: 'broken', causes: ['certificate-missing'], broken: ['nginx'] },
      says: status === 503 ? /port 80 answers them with 503/ : /port 80 lets everybody in/,
    },
  ]),
  [
    'no certificate for a site with access, while the instance sleeps: trouble of the next start',
    {
      ...{ ...stopped, records: seen([parked]), network: seen(openNetwork), tls: none },
      site: aSite(SITE, { tls: 'acme', access: { passwordsPath: '/visitors' } }),
    },
    { verdict: 'asleep', causes: ['instance-not-running', 'certificate-missing'] },
  ],
  [
    'a certificate, and 503 to strangers: the host could not read its list of visitors',
    { site: aTlsSite({ access: { passwordsPath: '/visitors' } }), webSocket: seen(answer(503)) },
    {
      verdict: 'broken',
      causes: ['websocket-not-upgraded'],
      broken: ['websocket'],
      says: /lets nobody in before HTTPS and the list/,
    },
  ],
  [
    'the certificate was not seen, though its page was: not said to be live',
    { tls: failed('no result within 2000 ms') },
    { verdict: 'unknown', causes: [] },
  ],
  [
    'the certificate lacks an alias that is new',
    { tls: servedCertificate({ lacks: [`www.${SITE}`] }) },
    { verdict: 'live', causes: ['certificate-wrong-name'] },
  ],
  [
    'an authority that is not known here, and an old certificate of it: only what is wrong for sure',
    { tls: servedCertificate({ chain: 'untrusted', validTo: LATER }) },
    { verdict: 'broken', causes: ['certificate-expired'], broken: ['nginx'] },
  ],
  [
    'a redirect to another page is none to itself',
    { webSocket: seen({ ...answer(302), location: '/login' }) },
    { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'] },
  ],
  ...[`https://${SITE}/_stcore/stream`, `http://${SITE}/_stcore/stream`, '/_stcore/stream'].map(
    (location): [string, Partial<Observation>, Row] => [
      `HTTPS leads to ${location}`,
      { webSocket: seen({ ...answer(301), location }) },
      { verdict: 'broken', causes: ['redirect-loop'], broken: ['nginx'] },
    ],
  ),
  [
    'guarded, without a WebSocket: 401 to strangers, and a page from the app',
    {
      ...{ site: TELLS, webSocket: seen(guardedBy('passwordsPath', 401)[1]) },
      host: inspection({
        answers: {
          app: { status: 200, body: 'yes' },
          nginx: { status: 200, body: 'ok' },
          appWebSocket: 200,
          nginxWebSocket: 401,
        },
      }),
    },
    { verdict: 'live', causes: [] },
  ],
  [
    'guarded: nginx says ok to strangers, and the app says something else',
    {
      ...{ site: TELLS, webSocket: seen(guardedBy('passwordsPath', 401)[1]) },
      host: inspection({
        answers: {
          app: { status: 200, body: 'no' },
          nginx: { status: 200, body: 'ok' },
          appWebSocket: 200,
          nginxWebSocket: 401,
        },
      }),
    },
    { verdict: 'broken', causes: ['health-wrong'], broken: ['app'], says: /\/ready says 200 "no"; wanted 200 "yes"/ },
  ],
  ...[guardedBy('passwordsPath', 401), guardedBy('networks', 403)].flatMap(
    ([site, refusal]): [string, Partial<Observation>, Row][] => [
      [
        `${refusal.status} to strangers, as access wants it, and the app opens its WebSocket`,
        { site, webSocket: seen(refusal), upload: seen(refusal) },
        { verdict: 'live', causes: [] },
      ],
      [
        `${refusal.status} to strangers, and the app itself does not open`,
        { site, webSocket: seen(refusal), host: inspection({ answers: { ...usual.answers, appWebSocket: 404 } }) },
        { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'], says: /itself gives 404/ },
      ],
      [
        `${refusal.status} to strangers, and the host cannot be asked`,
        { site, webSocket: seen(refusal), ...noHost },
        { verdict: 'unknown', causes: ['agent-offline'] },
      ],
      [
        `${refusal.status} to the host itself, where 443 is for some only`,
        {
          ...{ ...tlsShut, site, network: seen(tlsNetwork('198.51.100.7/32')) },
          host: showing({}, { answers: { ...usual.answers, nginxWebSocket: refusal.status } }),
        },
        { verdict: 'live', causes: [] },
      ],
      [
        `${refusal.status} though the site lets everybody in`,
        { webSocket: seen(refusal) },
        { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'] },
      ],
    ],
  ),
  [
    '403 of the app behind a list of networks: the Host header is lost nevertheless',
    { site: guardedBy('networks', 403)[0], webSocket: seen(answer(403, 'Forbidden')) },
    { verdict: 'broken', causes: ['websocket-not-upgraded'], broken: ['websocket'], says: /loses the Host header/ },
  ],
]

const all: [string, Observation, Row][] = [
  ...rows.map(([name, fields, row]): [string, Observation, Row] => [name, healthy(fields), row]),
  ...tlsRows.map(([name, fields, row]): [string, Observation, Row] => [name, healthyTls(fields), row]),
]

test.each(all)('%s', (_, observation, row) => {
  const diagnosis = of(observation)
  expect({ verdict: diagnosis.verdict, causes: names(diagnosis), broken: broken(diagnosis) }).toEqual({
    verdict: row.verdict,
    causes: row.causes,
    broken: row.broken ?? [],
  })
  const said = [diagnosis.sentence, ...diagnosis.causes.map(({ what }) => what)].join('\n')
  if (row.says) expect(said).toMatch(row.says)
})

test('every resolver refuses what it gets: the advice is not to wait', () => {
  const [cause] = of(healthy({ resolvers: resolver({ code: 'ESERVFAIL' }) })).causes
  expect(cause!.fix).toMatch(/^waiting does not help against SERVFAIL. Either DNSSEC is broken/)
})

test('a host that is served by hand: both ways on, and no hop is well for a container that is not there', () => {
  const { path, hops } = of(healthy({ host: inspection(BY_HAND) }))
  expect(path.join(' ').replace(/[|\s]+/g, ' ')).toMatch(
    /do: either write adopt: true .* Or remove the server block and/,
  )
  expect(hops.find(({ hop }) => hop === 'container')).toMatchObject({
    state: 'unknown',
    evidence: 'no container ragstream-edge-app',
  })
})

test('the hop of nginx says until when the certificate is good, and who has seen it', () => {
  const evidence = (fields: Partial<Observation>) =>
    of(healthyTls(fields)).hops.find(({ hop }) => hop === 'nginx')!.evidence
  const office = { ...tlsShut, network: seen(tlsNetwork('198.51.100.7/32')) }
  expect(evidence({})).toMatch(/; certificate until \d{4}-\d\d-\d\dT[\d:]+Z$/)
  expect(evidence({ ...office, host: showing({}) })).toMatch(/; certificate until .*Z, as the host sees it$/)
  expect(evidence(office)).toMatch(/; its certificate was not seen$/)
})

describe('where only the host can look, an answer that was not seen in time proves nothing', () => {
  const late = { rendering: { ...usual.rendering, live: null }, answers: { ...usual.answers, nginx: null } }
  test.each<[string, Parameters<typeof anInspection>[0], Diagnosis['verdict']]>([
    ['all was seen', {}, 'live'],
    ['nginx', { answers: { ...usual.answers, nginx: null } }, 'unknown'],
    ['nginx, and which file it serves', late, 'unknown'],
    [
      'nginx, and whether it is active',
      { ...late, nginx: { ...usual.nginx, active: null, unknownHost: null } },
      'unknown',
    ],
    ['the app', { answers: { ...usual.answers, app: null } }, 'live'],
    [
      'none of the looks',
      {
        ...late,
        nginx: { active: null, error: 'nginx -t did not end in time', sameNameBlocks: null, unknownHost: null },
        container: { ...usual.container, state: 'unknown', image: null, hash: null, publish: [] },
        listening: [],
        answers: { app: null, nginx: null, appWebSocket: 0, nginxWebSocket: 0 },
      },
      'unknown',
    ],
  ])('%s', (_, fields, verdict) => {
    const found = of(healthy({ ...UNASKED, host: inspection(fields) }))
    expect([found.verdict, found.causes]).toEqual([verdict, []])
  })
})

test.each([
  ['where only the host can look', {}],
  ['refused from outside', { port80: seen('refused' as const), health: seen(refused), webSocket: seen(refused) }],
])('nginx is stopped, and systemd did not say so in time, %s', (_, outside) => {
  const stopped = {
    rendering: { ...usual.rendering, live: null },
    nginx: { ...usual.nginx, active: null, unknownHost: 'refused' },
    answers: { ...usual.answers, nginx: { status: 0, body: '' }, nginxWebSocket: 0 },
  } as const
  expect(names(of(healthy({ ...UNASKED, ...outside, host: inspection(stopped) })))).toEqual(['nginx-down'])
})

test('the hop of the container says how much of the disk is free', () => {
  const evidence = (fields: Parameters<typeof anInspection>[0]) =>
    of(healthy({ host: inspection(fields) })).hops.find(({ hop }) => hop === 'container')!.evidence
  expect(evidence({ diskFreeMb: 20_480 })).toMatch(/8501\/tcp; 20480 MB of disk free$/)
  expect(evidence({ diskFreeMb: null })).toMatch(/8501\/tcp$/)
})

test('restricted: said where the rules admit only some, or the site says so', () => {
  expect(of(healthy()).restricted).toBe(false)
  expect(of(healthy({ network: seen(group('198.51.100.7/32')) })).restricted).toBe(true)
  expect(of(healthy({ site: aSite(SITE, { probe: 'host' }) })).restricted).toBe(true)
})

test('every cause has a row in a test, and every ambiguity stands in the table', () => {
  const diagnoses = [
    ...all.map(([, observation]) => of(observation)),
    of(observationOf('no-internet-gateway')),
    of(observationOf('network-acl-closed')),
    of(observationOf('certificate-chain-incomplete')),
    of(observationOf('certificate-untrusted')),
  ]
  const named = new Set(diagnoses.flatMap(({ causes }) => causes.map(({ name }) => name)))
  expect(CAUSES.filter((name) => !named.has(name))).toEqual(['site-unknown', 'site-broken'])
  const rivals = new Map(RULES.map((rule) => [rule.name, rule.rivals ?? []]))
  const undeclared = diagnoses
    .flatMap(({ causes }) => causes)
    .filter(({ name, or }) => or && !rivals.get(name)?.includes(or.name))
  expect(undeclared).toEqual([])
})

test('every hop has every state that it can have', () => {
  const hops = all.flatMap(([, observation]) => of(observation).hops)
  const states = (hop: string) => [...new Set(hops.filter((one) => one.hop === hop).map(({ state }) => state))].sort()
  for (const hop of HOPS) expect([hop, states(hop)]).toEqual([hop, expect.arrayContaining(['ok'])])
  expect(new Set(hops.map(({ state }) => state))).toEqual(new Set(['ok', 'broken', 'not reached', 'unknown']))
})

test('what to do has the values in it', () => {
  const [cause] = of(observationOf('security-group-closed')).causes
  expect(cause?.fix).toBe(
    'aws ec2 authorize-security-group-ingress --region eu-central-1 --group-id sg-1 --protocol tcp --port 80 --cidr 0.0.0.0/0',
  )
})

test('a site that nobody declares, and one whose document has errors', () => {
  const site = aSite(SITE)
  const unknown = unknownSite('ap.example.com', { sites: [site], broken: [] }, LATER, 5)
  expect(unknown).toMatchObject({
    verdict: 'broken',
    sentence: 'no site ap.example.com is declared; declared: app.example.com',
    causes: [{ name: 'site-unknown' }],
  })
  const errors = [{ path: 'image', found: 'nothing', wanted: 'an image' }]
  const bad = brokenSite({ hostname: SITE, errors }, LATER, 5)
  expect(bad.causes).toMatchObject([{ name: 'site-broken', what: expect.stringContaining('image') }])
  expect(new Set(bad.hops.map(({ state }) => state))).toEqual(new Set(['not reached']))
})
