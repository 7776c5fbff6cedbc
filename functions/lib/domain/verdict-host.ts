// Verdicts on nginx, container and app, from what came through port 80 and from the host's own look at itself.
import type { Inspection } from './inspection.ts'
import { UPLOAD_BYTES, valueIn } from './observation.ts'
import type { Site } from './site.ts'
import { described, type Facts, isOk, isUpgraded } from './verdict-facts.ts'
import type { Finding, Rule } from './verdict-rule.ts'

const breaks = (what: string, more: Omit<Finding, 'what' | 'breaks'> = {}): Finding => ({ what, breaks: true, ...more })

/** Status of what came through port 80 for the site's name; undefined where nothing came. */
const statusOf = ({ health }: Facts): number | undefined =>
  health?.answer.kind === 'answer' ? health.answer.status : undefined

function nginxDown({ inspection, healthy }: Facts): Finding | undefined {
  if (!inspection || inspection.nginx.active || healthy) return undefined
  const holder = inspection.listening.find(({ port }) => port === 80)
  const error = inspection.nginx.error ? `; its configuration does not load: ${inspection.nginx.error}` : ''
  return breaks(
    `nginx does not run${holder ? `, and ${holder.program ?? 'another program'} holds port 80` : ''}${error}`,
  )
}

/** The host's word that nginx serves our block for the name; undefined without an inspection. */
const served = ({ inspection }: Facts): boolean | undefined =>
  inspection && inspection.rendering.live !== null && inspection.rendering.live === inspection.rendering.file

/** What an unknown Host gets is a page; undefined where it was not seen. */
function strangersGetPage({ seen, inspection }: Facts): boolean | undefined {
  const outside = valueIn(seen.unknownHost)
  if (outside && outside.kind !== 'silent') return outside.kind === 'answer'
  const host = inspection?.nginx.unknownHost
  return host === undefined || host === null ? undefined : host === 'site'
}

/** The site's name gets what an unknown one gets, so that nobody serves the name itself. */
function likeStrangers({ seen, health }: Facts): boolean {
  const other = valueIn(seen.unknownHost)
  const own = health?.answer
  if (other?.kind !== 'answer' || own?.kind !== 'answer') return false
  return other.status === own.status && other.body === own.body
}

const BY_NGINX = [502, 503, 504]

function otherDefault(facts: Facts): Finding | undefined {
  const { healthy, seen, inspection } = facts
  if (!strangersGetPage(facts) || inspection?.nginx.active === false) return undefined
  const answer = valueIn(seen.unknownHost)
  const what = `an unknown Host gets an answer${answer ? `: ${described(answer)}` : ''}; wanted none`
  const others = inspection?.nginx.sameNameBlocks ?? []
  const instead = served(facts) === false || (served(facts) === undefined && likeStrangers(facts))
  if (healthy || !instead) return { what, breaks: false }
  if (inspection)
    return breaks(
      `${what}, and ${facts.site.hostname} gets the same${others.length > 0 ? ` (${others.join(', ')})` : ''}`,
    )
  const how = 'on the host, `nginx -T | grep -n server_name`: without a block for the name it is missing, else shadowed'
  return breaks(`${what}, and ${facts.site.hostname} gets the same`, { or: { name: 'site-block-missing', how } })
}

function blockMissing(facts: Facts): Finding | undefined {
  const { inspection, healthy, health, site } = facts
  if (healthy || inspection?.nginx.active === false || !health) return undefined
  if (inspection) return blockSeen(facts, inspection)
  if (health.answer.kind !== 'ended') return undefined
  const how =
    'on the host, `nginx -T` shows the block for the name; then `docker ps -a` and the log of nginx tell who ended the connection'
  return breaks(`${site.hostname} gets what an unknown Host gets: ${described(health.answer)}`, {
    or: { name: 'app-not-listening', how },
  })
}

function blockSeen(facts: Facts, { rendering, nginx, answers }: Inspection): Finding | undefined {
  const { site, health } = facts
  const others = nginx.sameNameBlocks.length > 0 ? `; ${nginx.sameNameBlocks.join(', ')} claims the name too` : ''
  const error = nginx.error ? `; the configuration does not load: ${nginx.error}` : ''
  if (rendering.file === null) return breaks(`nginx has no server block for ${site.hostname}${others}${error}`)
  if (rendering.live === null) {
    // A block without the mark answers the name; where the app behind it is bad, that is the cause.
    return BY_NGINX.includes(statusOf(facts) ?? 0) && !others
      ? undefined
      : breaks(`the block for ${site.hostname} is on the host, and nginx does not serve it${others}${error}`)
  }
  if (rendering.live !== rendering.file)
    return breaks(`nginx serves an older block for ${site.hostname} than its file holds${error}`)
  const elsewhere = isOk(appAnswer(answers)) && health?.from === 'host' && health.answer.kind === 'answer'
  return elsewhere && !BY_NGINX.includes(statusOf(facts) ?? 0) && !isUp(answers)
    ? breaks(`the block for ${site.hostname} leads elsewhere than to the app on 127.0.0.1:${site.container.hostPort}`)
    : undefined
}

const appAnswer = ({ app }: Inspection['answers']) =>
  ({ kind: 'answer', status: app.status, server: undefined, body: app.body }) as const

const isUp = ({ nginx }: Inspection['answers']): boolean => nginx.status === 200 && nginx.body.trim() === 'ok'

/** Bytes of nginx's size with unit; `k m g` as the site's pattern has them. */
const bytesOf = (size: string): number => Number.parseInt(size, 10) * 1024 ** ('kmg'.indexOf(size.at(-1)!) + 1)

function bodyLimit(facts: Facts): Finding | undefined {
  const { seen, site } = facts
  const upload = valueIn(seen.upload)
  if (upload?.kind !== 'answer' || upload.status !== 413 || bytesOf(site.proxy.clientMaxBodySize) < UPLOAD_BYTES)
    return undefined
  if (otherDefault(facts)?.breaks || blockMissing(facts)) return undefined
  return breaks(`an upload of 2 MB is refused (413); wanted ${site.proxy.clientMaxBodySize}`)
}

/** What the container is to be published as. */
const mapping = ({ container }: Site): RegExp =>
  new RegExp(`^(127\\.0\\.0\\.1|0\\.0\\.0\\.0):${container.hostPort}->${container.port}/tcp$`)

const isMapped = ({ container }: Inspection, site: Site): boolean =>
  container.publish.some((one) => mapping(site).test(one))

function containerDown(facts: Facts): Finding | undefined {
  const { inspection, healthy, site } = facts
  if (healthy) return undefined
  if (!inspection) return backendUnknown(facts)
  const { name, state, exitCode, restarts } = inspection.container
  if (state === 'running' || state === 'unknown') return undefined
  const code = exitCode === null ? '' : `, exit code ${exitCode}`
  const often = restarts ? `, started again ${restarts} times` : ''
  const what = state === 'absent' ? `there is no container ${name}` : `container ${name} is ${state}${code}${often}`
  return breaks(what, { values: { container: name || site.hostname } })
}

/** 502 and no look at the host: three causes look alike from outside. */
function backendUnknown(facts: Facts): Finding | undefined {
  if (statusOf(facts) !== 502) return undefined
  const how =
    '`docker ps -a` on the host: a container that does not run is down; one without 127.0.0.1:<port>-> is not mapped'
  return breaks('nginx answers 502: the container is down or not mapped', { or: { name: 'not-mapped', how } })
}

function notMapped({ inspection, healthy, site }: Facts): Finding | undefined {
  if (!inspection || healthy || inspection.container.state !== 'running' || isMapped(inspection, site)) return undefined
  const { hostPort, port } = site.container
  const found = inspection.container.publish.join(', ') || 'nothing'
  return breaks(`the container publishes ${found}; wanted 127.0.0.1:${hostPort}->${port}/tcp`)
}

function notListening(facts: Facts): Finding | undefined {
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
  if (state !== 'running' || !isMapped(inspection, site)) return undefined
  if (isUp(inspection.answers) && statusOf(facts) === 502)
    return breaks('the app answered nginx only while this was being looked at: it was still starting', { values })
  if (inspection.answers.app.status > 0 || isHanging(facts)) return undefined
  const ends = listens ? `; in the container, programs listen on ${listens.join(', ') || 'nothing'}` : ''
  return breaks(`the container runs, and nobody answers on 127.0.0.1:${hostPort}${ends}`, { values })
}

/** Somebody takes the connection and says nothing. */
function isHanging({ health, inspection, site }: Facts): boolean {
  if (health?.answer.kind === 'silent' || (health?.answer.kind === 'answer' && health.answer.status === 504))
    return true
  // Docker's proxy takes every connection: who listens is known inside the container only.
  const ends = [`0.0.0.0:${site.container.port}`, `[::]:${site.container.port}`]
  return inspection?.answers.app.status === 0 && ends.some((end) => inspection.container.listens?.includes(end))
}

function healthWrong(facts: Facts): Finding | undefined {
  const { inspection, health, healthy } = facts
  const status = statusOf(facts)
  if (healthy || !health) return undefined
  if (inspection) {
    const { app } = inspection.answers
    if (app.status === 0 || isOk(appAnswer(inspection.answers))) return undefined
    return breaks(`the app's own /_stcore/health says ${described(appAnswer(inspection.answers))}; wanted 200 "ok"`)
  }
  if (status === undefined || BY_NGINX.includes(status) || likeStrangers(facts)) return undefined
  return breaks(`/_stcore/health says ${described(health.answer)}; wanted 200 "ok"`, {
    or: {
      name: 'other-default-site',
      how: 'on the host, `curl 127.0.0.1:8501/_stcore/health`: ok, then another server block answers for the name',
    },
  })
}

function gatewayTimeout(facts: Facts): Finding | undefined {
  const { health, inspection } = facts
  if (!health || !isHanging(facts)) return undefined
  if (inspection && (inspection.container.state !== 'running' || !isMapped(inspection, facts.site))) return undefined
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

function notUpgraded({ webSocket, healthy, inspection }: Facts): Finding | undefined {
  if (!healthy || !webSocket || isUpgraded(webSocket)) return undefined
  const own = inspection?.answers.appWebSocket
  const told = `/_stcore/stream gives ${described(webSocket.answer)}; wanted 101`
  if (own !== undefined && own !== 101)
    return breaks(`${told}; the app itself gives ${own || 'no answer'}`, { hop: 'websocket' })
  const lost = webSocket.answer.kind === 'answer' ? `: nginx loses ${lostHeader(webSocket.answer)}` : ''
  return breaks(`${told}${lost}`)
}

const FAILED = ['Failed', 'TimedOut', 'Cancelled', 'DeliveryTimedOut', 'ExecutionTimedOut', 'Undeliverable']

/** Steps of the document that are about the container; the others prepare the host and nginx. */
const CONTAINER_STEPS = /\bstep=(image|candidate|container\S*|health|settle|secrets|metadata|host-port)\b/

function commandFailed({ seen, inspection, healthy }: Facts): Finding | undefined {
  const command = valueIn(seen.command)
  if (!command || !FAILED.some((status) => command.status.replaceAll(' ', '') === status)) return undefined
  const line = command.lastLine ?? inspection?.lastResult?.line
  return {
    what: `configure-host ended as ${command.status}${line ? `: ${line}` : ''}`,
    breaks: !healthy,
    hop: CONTAINER_STEPS.test(line ?? '') ? 'container' : 'nginx',
    values: { command: command.id },
  }
}

/** Milliseconds from a start in which an agent may still be registering. */
const GRACE = 5 * 60_000

/** A command that came to an end since the start was run by an agent that was registered by then. */
const spokeSinceStart = ({ seen }: Facts): boolean =>
  ['Success', 'Failed'].includes(valueIn(seen.command)?.status ?? '')

function agentOffline(facts: Facts): Finding | undefined {
  const { seen, running, routes, agentHasWay } = facts
  // Without a way to the Internet no agent speaks: that is named already.
  if (!running || routes?.kind === 'none' || !agentHasWay) return undefined
  const values = { instance: running.id }
  const young = seen.at - running.launchTime < GRACE && !spokeSinceStart(facts)
  if (seen.agent.kind === 'seen') {
    const agent = seen.agent.value
    if (!agent)
      return young ? undefined : { what: `Systems Manager does not know ${running.id}`, breaks: false, values }
    const { pingStatus, lastPing = 0 } = agent
    const told = `its agent was last heard at ${new Date(lastPing).toISOString()} (${pingStatus})`
    if (lastPing < running.launchTime && !young) return { what: `${told}, before its start`, breaks: false, values }
    if (pingStatus !== 'Online' && lastPing >= running.launchTime) return { what: told, breaks: false, values }
  }
  const look = valueIn(seen.host)
  if (look?.kind !== 'not taken' || (young && seen.agent.kind === 'seen' && !seen.agent.value)) return undefined
  return { what: 'its agent does not take commands, though it was heard of lately', breaks: false, values }
}

export const HOST_RULES: readonly Rule[] = [
  {
    name: 'agent-offline',
    hop: 'instance',
    when: 'Systems Manager does not know the instance, has not heard its agent since the start, or the agent takes no command; the site may be live nevertheless',
    fix: 'on the host: systemctl status amazon-ssm-agent; its role needs AmazonSSMManagedInstanceCore and 443 outward',
    find: agentOffline,
  },
  {
    name: 'nginx-down',
    hop: 'nginx',
    when: 'the inspection finds nginx not running',
    fix: 'on the host: nginx -t, then systemctl start nginx',
    find: nginxDown,
  },
  {
    name: 'other-default-site',
    hop: 'nginx',
    when: 'an unknown Host gets a page: another default server shadows ours; breaks when the site’s name gets that page too',
    fix: 'on the host: nginx -T | grep -n default_server; remove the other one, or give it a name',
    rivals: ['site-block-missing'],
    find: otherDefault,
  },
  {
    name: 'site-block-missing',
    hop: 'nginx',
    when: 'nginx does not serve the block of the site: no file, not loaded, or another block of the same name wins',
    fix: 'invoke resync: the host is configured again; nginx -t names what keeps it from loading',
    rivals: ['app-not-listening'],
    find: blockMissing,
  },
  {
    name: 'body-limit',
    hop: 'nginx',
    when: 'the headers of an upload of 2 MB get 413, and the site allows more',
    fix: 'invoke resync: client_max_body_size of the block is not what the site says',
    find: bodyLimit,
  },
  {
    name: 'command-failed',
    hop: 'nginx',
    when: 'the newest configure-host command since the start failed; the site may be live with what ran before',
    fix: 'docs/runbook.md, "What a host says", explains the step and its reason; aws ssm get-command-invocation --command-id <command> has all lines',
    find: commandFailed,
  },
  {
    name: 'container-down',
    hop: 'container',
    when: 'the inspection finds the container not running; or nginx answers 502 and the host could not be inspected',
    fix: 'on the host: docker logs <container>; then invoke resync',
    rivals: ['not-mapped'],
    find: containerDown,
  },
  {
    name: 'not-mapped',
    hop: 'container',
    when: 'the container runs, and is not published on the loopback port that nginx leads to',
    fix: 'invoke resync: the container is made again with the right port',
    find: notMapped,
  },
  {
    name: 'app-not-listening',
    hop: 'app',
    when: 'container and mapping are right, and nobody answers on the port; or nginx answers 502 and the host could not be inspected',
    fix: 'wait while it starts; on the host: docker logs <container>. It has to listen on 0.0.0.0 at container.port',
    rivals: ['container-down'],
    find: notListening,
  },
  {
    name: 'health-wrong',
    hop: 'app',
    when: 'the app answers /_stcore/health, and not with 200 and the body ok',
    fix: 'is it Streamlit, on the port that the site says, without a base path?',
    rivals: ['other-default-site'],
    find: healthWrong,
  },
  {
    name: 'gateway-timeout',
    hop: 'app',
    when: 'nginx takes the request and the app does not answer: 504, or nothing for 4 s',
    fix: 'the app hangs: docker logs and docker stats on the host; start the container again',
    find: gatewayTimeout,
  },
  {
    name: 'websocket-not-upgraded',
    hop: 'websocket',
    when: 'the health is ok, and a handshake at /_stcore/stream does not give 101; which header is lost is told',
    fix: 'invoke resync: the block does not pass on Upgrade, Connection and Host; is there another proxy in between?',
    find: notUpgraded,
  },
]
