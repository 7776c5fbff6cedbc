// Verdicts behind nginx: the container, its mapping, the app in it, and the page's WebSocket.

import { opens as opensPage, pagePath, wantedHealth, wantedPage } from '../../domain/app.ts'
import type { Site } from '../../domain/site.ts'
import type { Inspection } from '../../hosts/inspection.ts'
import type { Facts } from '../facts.ts'
import { BY_NGINX, described, isReady, isShut, isUp, likeStrangers, statusOf } from '../web.ts'
import { HOST_RULES } from './host.ts'
import { breaks, type Rule, type RuleHit } from './rule.ts'
import { redirectLoop } from './tls.ts'

/** What the container is to be published as. */
const mapping = ({ container }: Site): RegExp =>
  new RegExp(`^(127\\.0\\.0\\.1|0\\.0\\.0\\.0):${container.hostPort}->${container.port}/tcp$`)

const isMapped = ({ container }: Inspection, site: Site): boolean =>
  container.publish.some((one) => mapping(site).test(one))

function containerDown(facts: Facts): RuleHit | undefined {
  const { inspection, healthy, site } = facts
  if (healthy) return undefined
  if (!inspection) return backendUnknown(facts)
  const { name, state, exitCode, restarts } = inspection.container
  if (state === 'running') return undefined
  if (state === 'unknown') return dockerSilent(inspection, site, 'container-down')
  const code = exitCode === null ? '' : `, exit code ${exitCode}`
  const often = restarts ? `, started again ${restarts} times` : ''
  const what = state === 'absent' ? `there is no container ${name}` : `container ${name} is ${state}${code}${often}`
  return breaks(what, { values: { container: name || site.hostname } })
}

/** A busy Docker may not answer in time. Its proxies are seen nevertheless: one for each published port. */
function dockerSilent(
  { answers, listening }: Inspection,
  { container }: Site,
  asked: 'container-down' | 'not-mapped',
): RuleHit | undefined {
  const { hostPort } = container
  const proxies = listening.filter(({ program }) => program === 'docker-proxy')
  if (answers.app?.status !== 0 || listening.some(({ port }) => port === hostPort)) return undefined
  const likelier = proxies.length > 0 ? 'not-mapped' : 'container-down'
  if (asked !== likelier) return undefined
  const others = proxies.map(({ address, port }) => `${address}:${port}`).join(', ')
  const what = `nobody listens on 127.0.0.1:${hostPort}, and Docker did not answer in time`
  const how = '`docker ps -a` on the host: a container that does not run is down; one that runs is not mapped'
  const name = likelier === 'not-mapped' ? 'container-down' : 'not-mapped'
  return breaks(others ? `${what}; containers are published on ${others}` : what, { or: { name, how } })
}

/** 502 and no look at the host: three causes look alike from outside. */
function backendUnknown(facts: Facts): RuleHit | undefined {
  if (statusOf(facts) !== 502) return undefined
  const how =
    '`docker ps -a` on the host: a container that does not run is down; one without 127.0.0.1:<port>-> is not mapped'
  return breaks('nginx answers 502: the container is down or not mapped', { or: { name: 'not-mapped', how } })
}

function notMapped(facts: Facts): RuleHit | undefined {
  const { inspection, healthy, site } = facts
  if (!inspection || healthy) return undefined
  const { hostPort, port } = site.container
  const { nginx } = inspection.answers
  if (inspection.container.state === 'unknown') {
    const unmapped = dockerSilent(inspection, site, 'not-mapped')
    if (unmapped) return unmapped
  }
  if (inspection.container.state === 'running' && !isMapped(inspection, site)) {
    const found = inspection.container.publish.join(', ') || 'nothing'
    return breaks(`the container publishes ${found}; wanted 127.0.0.1:${hostPort}->${port}/tcp`)
  }
  const through = [nginx?.status ?? 0, statusOf(facts) ?? 0].find((status) => BY_NGINX.includes(status))
  if (!isReady(site, inspection.answers) || isUp(site, inspection.answers) || through === undefined) return undefined
  return breaks(
    `nginx answers ${through} though the app answers on 127.0.0.1:${hostPort}: its block leads to another port, or SELinux keeps it from connecting`,
  )
}

function notListening(facts: Facts): RuleHit | undefined {
  const { inspection, healthy, site } = facts
  if (healthy) return undefined
  const { port, hostPort } = site.container
  if (!inspection) {
    if (statusOf(facts) !== 502) return undefined
    const how = `\`docker logs\` on the host: a container that runs, and an app in it that does not listen on 0.0.0.0:${port} yet`
    return breaks('nginx answers 502: or the app does not listen yet', { or: { name: 'container-down', how } })
  }
  const { state, name, listens } = inspection.container
  const values = { container: name }
  const dockerKnown = state !== 'unknown'
  if (dockerKnown && (state !== 'running' || !isMapped(inspection, site))) return undefined
  if (!dockerKnown && !inspection.listening.some((one) => one.port === hostPort)) return undefined
  if (isUp(site, inspection.answers) && statusOf(facts) === 502)
    return breaks('the app answered nginx only while this was being looked at: it was still starting', { values })
  if (inspection.answers.app?.status !== 0 || isHanging(facts)) return undefined
  const ends = listens ? `; in the container, programs listen on ${listens.join(', ') || 'nothing'}` : ''
  const container = state === 'running' ? 'the container runs' : 'Docker does not say whether the container runs'
  return breaks(`${container}, and nobody answers on 127.0.0.1:${hostPort}${ends}`, { values })
}

/** Somebody takes the connection and says nothing. */
function isHanging({ health, inspection, site }: Facts): boolean {
  if (health?.answer.kind === 'silent' || (health?.answer.kind === 'answer' && health.answer.status === 504))
    return true
  // Docker's proxy takes every connection: who listens is known inside the container only.
  const ends = [`0.0.0.0:${site.container.port}`, `[::]:${site.container.port}`]
  return inspection?.answers.app?.status === 0 && ends.some((end) => inspection.container.listens?.includes(end))
}

function healthWrong(facts: Facts): RuleHit | undefined {
  const { inspection, health, healthy, site } = facts
  const status = statusOf(facts)
  if (healthy || !health || siteFull(facts)) return undefined
  if (inspection) {
    const { answers } = inspection
    // The host could not look through nginx in time.
    const { live, file } = inspection.rendering
    const unseen = !answers.nginx?.status && live !== null && live === file
    const ready = isReady(site, answers)
    const own = ready && (isUp(site, answers) || unseen)
    if (own && status !== 502 && !isHanging(facts))
      return breaks(
        `outside gets ${described(health.answer)}, and the host itself ok: is another machine or proxy between them?`,
      )
    if (!answers.app?.status || ready) return undefined
    const said = described({ kind: 'answer', server: undefined, ...answers.app })
    return breaks(`the app's own ${site.health.path} says ${said}; ${wantedHealth(site)}`)
  }
  if (status === undefined || status === 502 || status === 504 || likeStrangers(facts)) return undefined
  return breaks(`${site.health.path} says ${described(health.answer)}; ${wantedHealth(site)}`, {
    or: {
      name: 'other-default-site',
      how: `on the host, \`curl 127.0.0.1:${site.container.hostPort}${site.health.path}\`: ${site.health.body ?? '2xx'}, then another server block answers for the name`,
    },
  })
}

function gatewayTimeout(facts: Facts): RuleHit | undefined {
  const { health, inspection } = facts
  if (!health || !isHanging(facts)) return undefined
  const { state } = inspection?.container ?? { state: 'unknown' }
  if (inspection && state !== 'unknown' && (state !== 'running' || !isMapped(inspection, facts.site))) return undefined
  return breaks(`the app takes connections and says nothing; through nginx: ${described(health.answer)}`)
}

/** What Streamlit's servers say about a handshake that lost a header on its way (1.64, and the older ones on Tornado). */
function lostHeader({ status, body }: { status: number; body: string }): string {
  if (status === 403) return 'the Host header: Streamlit compares it with Origin'
  if (/"Connection" must be/.test(body)) return 'the Connection header'
  if (/Can "Upgrade" only/.test(body) || status === 200) return 'the Upgrade header'
  if (status === 400 || status === 426) return 'the Upgrade or the Connection header'
  return 'perhaps the Upgrade header'
}

/** 429 by nginx, and not by the app: as many requests are open as the site's limits admit. */
function siteFull({ health, webSocket, inspection, site }: Facts): RuleHit | undefined {
  const full = [webSocket, health].find((web) => web?.answer.kind === 'answer' && web.answer.status === 429)
  if (!full || inspection?.answers.appWebSocket === 429 || inspection?.answers.app?.status === 429) return undefined
  const asked = full === health ? site.health.path : pagePath(site)
  return breaks(
    `nginx answers ${asked} with 429: as many pages and requests are open as the site may have, or one address of its visitors`,
  )
}

const SHUT =
  'the site has access, and its host lets nobody in before HTTPS and the list of visitors are there: the output of its last command says what was refused'

function notUpgraded(facts: Facts): RuleHit | undefined {
  const { webSocket, healthy, inspection, guarded, opens, site } = facts
  if (!healthy || !webSocket || opens || redirectLoop(facts) || siteFull(facts)) return undefined
  const own = inspection?.answers.appWebSocket
  const told = `${pagePath(site)} gives ${described(webSocket.answer)}; ${wantedPage(site)}`
  if (own !== undefined && !opensPage(site, own))
    return breaks(`${told}; the app itself gives ${own || 'no answer'}`, { hop: 'websocket' })
  if (guarded) return undefined
  if (isShut(site, webSocket)) return site.certificate ? breaks(`${told}: ${SHUT}`) : undefined
  const lost =
    webSocket.answer.kind === 'answer' && site.websocket !== null ? `: nginx loses ${lostHeader(webSocket.answer)}` : ''
  return breaks(`${told}${lost}`)
}

export const APP_RULES: readonly Rule[] = [
  {
    name: 'container-down',
    hop: 'container',
    when: 'the inspection finds that the container does not run; or nginx answers 502 and the host could not be inspected',
    fix: 'on the host, `docker logs <container>` shows why it ended. ./edge resync <site> <target> starts it again',
    rivals: ['not-mapped'],
    find: containerDown,
  },
  {
    name: 'not-mapped',
    hop: 'container',
    when: 'the container runs, but is not published on the loopback port that nginx uses',
    rivals: ['container-down'],
    fix: './edge resync <site> <target> makes the container again with the right port',
    find: notMapped,
  },
  ...HOST_RULES,
  {
    name: 'app-not-listening',
    hop: 'app',
    when: 'container and published port are right, but no program answers on the port; or nginx answers 502 and the host could not be inspected',
    fix: 'wait if it has just started. Else read `docker logs <container>` on the host. The app must listen on 0.0.0.0, at the port `container.port` of the site’s file',
    rivals: ['container-down'],
    find: notListening,
  },
  {
    name: 'health-wrong',
    hop: 'app',
    when: 'the app answers `health.path`, but not with 200 and `health.body` (if `health.body` is null: not with 2xx)',
    fix: 'compare `container.port` and `health` in the site’s file with the app. Without `health` in the file, the app must be Streamlit without a base path',
    rivals: ['other-default-site'],
    find: healthWrong,
  },
  {
    name: 'gateway-timeout',
    hop: 'app',
    when: 'nginx accepts the request, but the app does not answer: 504, or nothing for 4 s',
    fix: 'the app hangs. On the host, `docker logs <container>` and `docker stats` show what it does. `docker restart <container>` starts it again',
    more: '`docker stats` shows whether memory is used up',
    find: gatewayTimeout,
  },
  {
    name: 'site-full',
    hop: 'websocket',
    when: 'nginx, not the app, answers 429: the site has reached one of its limits',
    fix: 'for more visitors, raise proxy.connections. If many visitors share one address (an office, a proxy), raise proxy.connectionsPerAddress. Each open page needs two of worker_connections in nginx.conf. Against an attack, lower proxy.connectionsPerAddress',
    more: 'The visitors’ addresses: `ss -Htn state established "( sport = :443 or sport = :80 )"` on the host',
    find: siteFull,
  },
  {
    name: 'websocket-not-upgraded',
    hop: 'websocket',
    when: 'the health check passes, but a handshake at `websocket` does not give 101 (if `websocket` is null: `/` gives 500 or more). The finding names the lost header',
    fix: 'if the finding names an answer of the app itself, read the log of the app. Else somebody changed the site’s nginx file: on the host, remove /etc/nginx/conf.d/ragstream-edge-<site>.conf, then ./edge resync <site> <target> writes it again. A proxy before the host can lose the headers Upgrade, Connection and Host too',
    find: notUpgraded,
  },
]
