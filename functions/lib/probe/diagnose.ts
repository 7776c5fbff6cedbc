// A diagnosis: gathers what can be seen of a site, all probes side by side, and lets the verdict be judged from it.

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { brokenSite, judge, unknownSite } from '../diagnosis/judge.ts'
import {
  chosenInstance,
  type LastCommand,
  type Observation,
  type PlacedInstance,
  type Seen,
  type Stranger,
  valueIn,
} from '../diagnosis/observation.ts'
import { isOk } from '../diagnosis/web.ts'
import { hasAccess, opens } from '../domain/app.ts'
import { fqdn, type RecordSet } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import { inspectHost, type SentCommand, subjectOf } from '../hosts/command.ts'
import { askServers } from './dns.ts'
import { inspect, lastLine } from './host.ts'
import { askPage, askPath, askUpload, type HttpTarget } from './http.ts'
import { notAsked, observe } from './limited.ts'
import type { DiagnosePorts } from './ports.ts'
import { connect } from './tcp.ts'
import { askCertificate } from './tls.ts'

/**
 * Milliseconds. The three rounds together stay below 10 s. A closed app's port says nothing on every healthy site, and function and
 * instance are of one region: a second would only make everybody wait.
 */
const LIMIT = {
  ...{ sites: 2_000, account: 2_000, api: 3_000, dns: 2_500, tcp: 2_000, appPort: 800, http: 4_000 },
  all: 9_500,
}

/** Beyond the limit of a probe that ends itself. */
const MARGIN = 300

/**
 * @param deadline milliseconds since the epoch after which no probe begins or goes on
 * @param asksHost false: no command is sent to the host; for whoever looks every few seconds
 * @throws Error when the declared sites cannot be read
 */
export async function diagnose(
  hostname: string,
  ports: DiagnosePorts,
  deadline: number,
  { asksHost = true }: { readonly asksHost?: boolean } = {},
): Promise<Diagnosis> {
  const at = ports.now()
  const sites = await observe(LIMIT.sites, () => ports.readSites())
  if (sites.kind !== 'seen') throw new Error(`the declared sites: ${sites.kind === 'failed' ? sites.error : sites.why}`)
  const site = sites.value.sites.find((one) => one.hostname === hostname)
  const broken = sites.value.broken.find((one) => one.hostname === hostname)
  const took = (): number => ports.now() - at
  if (broken) return brokenSite(broken, at, took())
  if (!site) return unknownSite(hostname, sites.value, at, took())
  const observation = await look(site, ports, at, Math.min(deadline, at + LIMIT.all), asksHost)
  return judge(observation, took())
}

/** The second round tells which host to ask and where; the third asks it. */
async function look(
  site: Site,
  ports: DiagnosePorts,
  at: number,
  deadline: number,
  asksHost: boolean,
): Promise<Observation> {
  const within = (limit: number): number => Math.max(1, Math.min(limit, deadline - ports.now()))
  const servers = observe(within(LIMIT.account + 1_000), () => ports.nameServers(site.hostedZoneId, site.dnsRoleArn))
  const resolvers = observe(within(LIMIT.dns), () => askServers(ports.resolvers, site.hostname))
  const [instances, records] = await Promise.all([
    observe(within(LIMIT.account), (signal) => ports.listInstances(site.instances, signal)),
    observe(within(LIMIT.account), () =>
      ports.listRecords(site.hostedZoneId, [site.hostname, ...site.aliases].map(fqdn), site.dnsRoleArn),
    ),
  ])
  const instance = chosenInstance(valueIn(instances) ?? [])
  let well = false
  const outside = lookFromOutside(site, instance, ports, within).then((seen) => {
    well = isWell(site, seen)
    return seen
  })
  const [asked, fromOutside, fromHost, strangers, network] = await Promise.all([
    servers.then((found) => askNameServers(found, site, within)),
    outside,
    inspectIts(site, instance, ports, within, asksHost ? () => well : undefined),
    lookAtStrangers(site, valueIn(instances) ?? [], valueIn(records) ?? [], ports, within),
    instance
      ? observe(within(LIMIT.api), (signal) => ports.describeNetwork(instance, signal))
      : notAsked('no instance to look at'),
  ])
  return {
    ...{ site, at, instances, records, nameServers: asked, resolvers: await resolvers, network, strangers },
    ...fromOutside,
    ...fromHost,
  }
}

type Within = (limit: number) => number

async function askNameServers(
  servers: Seen<readonly string[]>,
  site: Site,
  within: Within,
): Promise<Observation['nameServers']> {
  if (servers.kind !== 'seen') return servers
  return observe(within(LIMIT.dns), () => askServers(servers.value, site.hostname))
}

type FromOutside = Pick<Observation, 'port80' | 'appPort' | 'tls' | 'health' | 'unknownHost' | 'webSocket' | 'upload'>

/** A name that nobody can have (RFC 2606). */
const NOBODY = 'ragstream-edge.invalid'

async function lookFromOutside(
  site: Site,
  instance: PlacedInstance | undefined,
  ports: DiagnosePorts,
  within: Within,
): Promise<FromOutside> {
  const why = !ports.outside
    ? 'nobody outside can reach this machine'
    : instance?.state !== 'running' || !instance.publicIp
      ? 'no running instance with a public address'
      : undefined
  if (why !== undefined) {
    const none = notAsked(why)
    return { port80: none, appPort: none, tls: none, health: none, unknownHost: none, webSocket: none, upload: none }
  }
  const address = instance!.publicIp!
  const askHealth = (target: HttpTarget) => askPath(target, site.health.path)
  const tcp = (port: number, limit: number) =>
    observe(within(limit + MARGIN), () => connect(address, port, within(limit)))
  const http = (host: string, ask: (target: HttpTarget) => ReturnType<typeof askPath>) =>
    observe(within(LIMIT.http + MARGIN), () => ask({ address, port: ports.webPort, host, limit: within(LIMIT.http) }))
  // With a certificate, port 80 answers the health alone and leads everybody else to HTTPS.
  const page = (ask: (target: HttpTarget) => ReturnType<typeof askPath>) => {
    const way = site.certificate ? { port: ports.tlsPort, secure: true } : { port: ports.webPort }
    const target = { address, host: site.hostname, limit: within(LIMIT.http), ...way }
    return observe(within(LIMIT.http + MARGIN), () => ask(target))
  }
  const tls = () => {
    if (!site.certificate) return notAsked('the site has no certificate')
    const names = [site.hostname, ...site.aliases]
    return observe(within(LIMIT.tcp + MARGIN), () =>
      askCertificate({ address, port: ports.tlsPort, names, limit: within(LIMIT.tcp) }),
    )
  }
  const [port80, appPort, served, health, unknownHost, webSocket, upload] = await Promise.all([
    tcp(ports.webPort, LIMIT.tcp),
    tcp(site.container.hostPort, LIMIT.appPort),
    tls(),
    http(site.hostname, askHealth),
    http(NOBODY, askHealth),
    page((target) => askPage(target, site)),
    page(askUpload),
  ])
  return { port80, appPort, tls: served, health, unknownHost, webSocket, upload }
}

/** Everything that is asked from outside, and each answer as it should be: the host cannot say more. */
const isWell = (site: Site, { health, unknownHost, webSocket, upload }: FromOutside): boolean => {
  const status = (seen: FromOutside['upload']): number | undefined => {
    const answer = valueIn(seen)
    return answer?.kind === 'answer' ? answer.status : undefined
  }
  const shut = valueIn(unknownHost)?.kind === 'ended'
  const page = opens(site, status(webSocket) ?? 0) && !hasAccess(site)
  return isOk(site, valueIn(health)) && page && status(upload) === 100 && shut
}

type FromHost = Pick<Observation, 'agent' | 'command' | 'host'>

async function inspectIts(
  site: Site,
  instance: PlacedInstance | undefined,
  ports: DiagnosePorts,
  within: Within,
  isNeedless: (() => boolean) | undefined,
): Promise<FromHost> {
  if (instance?.state !== 'running') {
    const none = notAsked('no running instance')
    return { agent: none, command: none, host: none }
  }
  // What is left of the diagnosis: an agent may take its time, and nothing waits for this look but the end.
  const limit = within(LIMIT.all) - MARGIN
  const look = inspectHost(site, ports.inspectDocument)
  const [agent, command, host] = await Promise.all([
    observe(within(LIMIT.api), () => ports.describeAgent(instance.id)),
    observe(within(LIMIT.api), () => lastCommand(site, instance, ports)),
    isNeedless
      ? observe(limit + MARGIN, () => inspect(ports, { instanceId: instance.id, command: look, limit, isNeedless }))
      : notAsked('this look asks no host'),
  ])
  return { agent, command, host }
}

async function lastCommand(
  site: Site,
  instance: PlacedInstance,
  ports: DiagnosePorts,
): Promise<LastCommand | undefined> {
  const sent = await ports.listCommands(instance.id, instance.launchTime)
  const subject = subjectOf(site)
  const last = sent.filter(({ comment }) => comment.split(' ')[0] === subject).toSorted(byTime)[0]
  if (!last) return undefined
  const { id, status, requestedAt } = last
  if (status === 'Success') return { id, status, requestedAt, lastLine: undefined }
  const invocation = await ports.readInvocation(id, instance.id)
  return { id, status, requestedAt, lastLine: lastLine(invocation?.output) || undefined }
}

const byTime = (a: SentCommand, b: SentCommand): number => b.requestedAt - a.requestedAt

/** Whoever answers at an address that the record names and no running instance has. */
async function lookAtStrangers(
  site: Site,
  instances: readonly PlacedInstance[],
  records: readonly RecordSet[],
  ports: DiagnosePorts,
  within: Within,
): Promise<Seen<readonly Stranger[]>> {
  const ours = instances.flatMap(({ publicIp }) => publicIp ?? [])
  const named = records.filter(({ type, special }) => type === 'A' && !special).flatMap(({ values }) => values)
  const addresses = named.filter((address) => !ours.includes(address) && address !== site.parkAddress).slice(0, 3)
  if (addresses.length === 0 || !ports.outside) return notAsked('the record names no other address')
  return observe(within(LIMIT.http + MARGIN), () =>
    Promise.all(
      addresses.map(async (address) => {
        const limit = within(LIMIT.http)
        return {
          address,
          answer: await askPath({ address, port: ports.webPort, host: site.hostname, limit }, site.health.path),
        }
      }),
    ),
  )
}
