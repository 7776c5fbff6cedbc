// Every hop with its state and its evidence, given which hops have a cause that breaks them.
import { healthyWords, pagePath } from '../domain/app.ts'
import type { Site } from '../domain/site.ts'
import { type Cause, HOPS, type Hop, type HopName } from './diagnosis.ts'
import { at, type Facts } from './facts.ts'
import type { Admission } from './network.ts'
import { type HttpAnswer, type Seen, valueIn } from './observation.ts'
import { recordIsRight, said } from './rules/record.ts'
import { described, isOpen, isReady, isServedOutside, shown } from './web.ts'

type Account = Pick<Hop, 'state' | 'evidence'>

const ok = (evidence: string): Account => ({ state: 'ok', evidence })
const unknown = (evidence: string): Account => ({ state: 'unknown', evidence })
const notReached = (evidence: string): Account => ({ state: 'not reached', evidence })

const NO_HOST = notReached('no running instance')

const unseen = (seen: Seen<unknown>): Account =>
  seen.kind === 'failed' ? unknown(seen.error) : notReached(seen.kind === 'not asked' ? seen.why : 'nothing was seen')

function instance({ seen, instance, running, atRest }: Facts): Account {
  if (seen.instances.kind !== 'seen') return unseen(seen.instances)
  if (!instance) return unknown('no instance')
  if (!running)
    return atRest ? ok(`${instance.id} is ${instance.state}`) : unknown(`${instance.id} is ${instance.state}`)
  const agent = valueIn(seen.agent)
  const several = seen.instances.value.filter(({ state }) => state === 'running').length
  const more = several > 1 ? `, the newest of ${several}` : ''
  const command = valueIn(seen.command)
  const heard = `${agent ? `, agent ${agent.pingStatus}` : ''}${command ? `, configure-host ${command.status}` : ''}`
  return ok(`${running.id} runs since ${at(running.launchTime)}${more}${heard}`)
}

function publicAddress({ running }: Facts): Account {
  if (!running) return NO_HOST
  return running.publicIp ? ok(running.publicIp) : unknown('none yet')
}

function record(facts: Facts): Account {
  const { seen, records, atRest } = facts
  if (seen.records.kind !== 'seen' || !records) return unseen(seen.records)
  const [own] = records
  const held = own?.record ? `${own.record.type} ${own.record.values.join(', ')}, TTL ${own.record.ttl}` : 'no record'
  if (atRest) return ok(held)
  if (!recordIsRight(facts)) return unknown(held)
  if (seen.nameServers.kind !== 'seen')
    return unknown(`${held}; its name servers: ${unseen(seen.nameServers).evidence}`)
  const answers = seen.nameServers.value
  const right = answers.filter(({ code }) => code === undefined).length
  const told = `${held}; ${right} of ${answers.length} name servers say so`
  return right > 0 ? ok(told) : unknown(`${told}: ${answers.map(({ code }) => code).join(', ')}`)
}

function resolvers(facts: Facts): Account {
  const { seen } = facts
  if (seen.resolvers.kind !== 'seen') return unseen(seen.resolvers)
  const told = seen.resolvers.value.map((one) => `${one.server}: ${said(one)}`).join('; ')
  if (facts.addresses.length === 0) return notReached(told)
  const right = seen.resolvers.value.filter(({ addresses }) => addresses.join() === facts.addresses.join())
  return right.length === seen.resolvers.value.length ? ok(told) : unknown(told)
}

function ruled(facts: Facts, admission: Admission | undefined): Account {
  const { network, port80 } = facts.seen
  if (!facts.instance) return NO_HOST
  if (network.kind !== 'seen') return unseen(network)
  if (!admission) return unknown('not found')
  if (admission.kind !== 'none') return ok(admission.by)
  return valueIn(port80) === 'open' ? ok(`${admission.by}; and yet it answers`) : unknown(admission.by)
}

function port80({ seen, running, restricted, inspection }: Facts): Account {
  if (!running) return NO_HOST
  if (seen.port80.kind !== 'seen') return seen.port80.kind === 'failed' ? unseen(seen.port80) : unknown(seen.port80.why)
  const { value, ms } = seen.port80
  if (value === 'open') return ok(`open from outside in ${ms} ms`)
  if (restricted && inspection) return unknown('only some addresses are admitted: the host’s own look decides')
  return notReached(value)
}

function nginx(facts: Facts): Account {
  const { running, health, inspection, seen } = facts
  if (!running) return NO_HOST
  const version = inspection?.versions.nginx ? `nginx ${inspection.versions.nginx}` : 'nginx'
  if (health && health.answer.kind !== 'refused') {
    const told = `${version}; an unknown Host ${toStranger(valueIn(seen.unknownHost))}`
    if (!facts.site.certificate) return ok(told)
    const certificate = shown(facts)
    if (!certificate) return unknown(`${told}; its certificate was not seen`)
    const by = isServedOutside(seen) ? '' : ', as the host sees it'
    return ok(`${told}; certificate until ${at(certificate.validTo)}${by}`)
  }
  if (inspection?.nginx.active) return ok(`${version} runs`)
  return unseen(seen.health.kind === 'seen' ? { kind: 'not asked', why: 'port 80 was not reached' } : seen.health)
}

const toStranger = (answer: HttpAnswer | undefined): string =>
  answer === undefined ? 'was not tried' : `gets ${answer.kind === 'ended' ? 'no answer' : described(answer)}`

function container({ running, healthy, inspection, seen }: Facts): Account {
  if (!running) return NO_HOST
  if (inspection && inspection.container.state !== 'unknown') {
    const { name, state, publish, image } = inspection.container
    if (state === 'absent') return unknown(`no container ${name}`)
    const free = typeof inspection.diskFreeMb === 'number' ? `; ${inspection.diskFreeMb} MB of disk free` : ''
    const told = `${image ?? 'no image'} ${state}, ${publish.join(', ') || 'nothing published'}${free}`
    return state === 'running' || healthy ? ok(told) : unknown(told)
  }
  if (healthy) return ok('answers')
  return seen.host.kind === 'failed' ? unknown(seen.host.error) : notReached('the host was not inspected')
}

function app({ running, healthy, health, inspection, site }: Facts): Account {
  if (!running) return NO_HOST
  if (health && healthy) return ok(`${healthyWords(site)}, seen from ${source(health.from)}`)
  if (inspection && isReady(site, inspection.answers)) return ok(`${healthyWords(site)} on the loopback port`)
  return notReached(health ? described(health.answer) : 'nothing came through')
}

function webSocket({ running, webSocket, healthy, guarded, opens, site }: Facts): Account {
  if (!running) return NO_HOST
  if (!webSocket) return notReached('nothing came through')
  if (guarded && opens)
    return ok(`${described(webSocket.answer)} to strangers, as access wants; ${opened(site)} from the app itself`)
  if (isOpen(site, webSocket)) {
    const status = webSocket.answer.kind === 'answer' ? webSocket.answer.status : ''
    return ok(`${status} at ${pagePath(site)}${told(site)}, seen from ${source(webSocket.from)}`)
  }
  return healthy ? unknown(described(webSocket.answer)) : notReached(described(webSocket.answer))
}

const opened = ({ websocket }: Site): string => (websocket === null ? 'a page' : '101')
const told = ({ websocket }: Site): string => (websocket === null ? ' (the site has no websocket)' : '')

const source = (from: 'outside' | 'host'): string => (from === 'outside' ? 'outside' : 'the host')

const ACCOUNTS: Readonly<Record<HopName, (facts: Facts) => Account>> = {
  instance,
  'public address': publicAddress,
  record,
  resolvers,
  route: (facts) => ruled(facts, facts.routes),
  'network ACL': (facts) => ruled(facts, facts.acl),
  'security group': (facts) => ruled(facts, facts.groups),
  'port 80': port80,
  nginx,
  container,
  app,
  websocket: webSocket,
}

const PROBES: Readonly<Record<HopName, (facts: Facts) => readonly Seen<unknown>[]>> = {
  instance: ({ seen }) => [seen.instances, seen.agent],
  'public address': ({ seen }) => [seen.instances],
  record: ({ seen }) => [seen.records, seen.nameServers],
  resolvers: ({ seen }) => [seen.resolvers],
  route: ({ seen }) => [seen.network],
  'network ACL': ({ seen }) => [seen.network],
  'security group': ({ seen }) => [seen.network],
  'port 80': ({ seen }) => [seen.port80],
  nginx: ({ seen }) => [seen.unknownHost, seen.upload, seen.tls],
  container: ({ seen }) => [seen.host],
  app: ({ seen }) => [seen.health],
  websocket: ({ seen }) => [seen.webSocket],
}

/** A hop is broken exactly when a cause that breaks the site lies there. */
export function hopsOf(facts: Facts, breaking: readonly Cause[]): Hop[] {
  return HOPS.map((hop) => {
    const account = ACCOUNTS[hop](facts)
    const cause = breaking.find((one) => one.hop === hop)
    const times = PROBES[hop](facts).flatMap((seen) => (seen.kind === 'not asked' ? [] : [seen.ms]))
    const time = times.length > 0 ? { ms: Math.max(...times) } : {}
    return cause ? { hop, state: 'broken', evidence: cause.what, ...time } : { hop, ...account, ...time }
  })
}
