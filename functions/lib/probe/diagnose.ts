// A diagnosis: gathers what can be seen of a site, all probes side by side, and lets the verdict be judged from it.

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { brokenSite, judge, unknownSite } from '../diagnosis/judge.ts'
import {
  chosenInstance,
  type InspectionResult,
  type LastCommand,
  type Observation,
  type PlacedInstance,
  type Seen,
  type Stranger,
  valueIn,
} from '../diagnosis/observation.ts'
import { TryLater } from '../domain/errors.ts'
import { fqdn, type RecordSet } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import { inspectHost, type SentCommand, subjectOf } from '../hosts/command.ts'
import { askServers } from './dns.ts'
import { inspect, type Look, lastLine } from './host.ts'
import { askPath } from './http.ts'
import { MARGIN, notAsked, observe, type Within } from './limited.ts'
import { type FromOutside, isWell, lookFromOutside } from './outside.ts'
import type { DiagnosePorts } from './ports.ts'

/** Milliseconds. The three rounds together stay below 10 s. `visit`: after which the account and the host are asked, whatever visitors get. */
const LIMIT = { sites: 2_000, account: 2_000, api: 3_000, dns: 2_500, stranger: 4_000, visit: 2_000, all: 9_500 }

export interface Asks {
  /** False: no command is sent to the host; for a caller that looks every few seconds. */
  readonly asksHost?: boolean
  /** What the host has just answered, or the command that has just inspected it. */
  readonly inspection?: InspectionResult | string | undefined
  /**
   * The account and the host are asked only where the site is not seen to be live, or asleep, without them. `live`: nor where its record
   * alone keeps it from being live.
   */
  readonly asNeeded?: 'verdict' | 'live' | undefined
}

/**
 * @param deadline milliseconds since the epoch after which no probe begins or goes on
 * @throws Error when the declared sites cannot be read
 */
export async function diagnose(
  hostname: string,
  ports: DiagnosePorts,
  deadline: number,
  asks: Asks = {},
): Promise<Diagnosis> {
  const at = ports.now()
  const sites = await observe(LIMIT.sites, () => ports.readSites())
  if (sites.kind !== 'seen') throw new Error(`the declared sites: ${sites.kind === 'failed' ? sites.error : sites.why}`)
  const site = sites.value.sites.find((one) => one.hostname === hostname)
  const broken = sites.value.broken.find((one) => one.hostname === hostname)
  const took = (): number => ports.now() - at
  if (broken) return brokenSite(broken, at, took())
  if (!site) return unknownSite(hostname, sites.value, at, took())
  const observation = await look(site, ports, at, Math.min(deadline, at + LIMIT.all), asks)
  return judge(observation, took())
}

/** The second round tells which host to ask and where; the third asks it. */
async function look(site: Site, ports: DiagnosePorts, at: number, deadline: number, asks: Asks): Promise<Observation> {
  const within = (limit: number): number => Math.max(1, Math.min(limit, deadline - ports.now()))
  const servers = observe(within(LIMIT.account + 1_000), () => ports.nameServers(site.hostedZoneId, site.dnsRoleArn))
  const resolvers = observe(within(LIMIT.dns), () => askServers(ports.resolvers, site.hostname))
  const readRecords = () =>
    ports.listRecords(site.hostedZoneId, [site.hostname, ...site.aliases].map(fqdn), site.dnsRoleArn)
  const [instances, records] = await Promise.all([
    observe(within(LIMIT.account), (signal) => ports.listInstances(site.instances, signal)),
    observe(within(LIMIT.account), () => (asks.asNeeded ? readRecords() : twice(readRecords, ports))),
  ])
  const instance = chosenInstance(valueIn(instances) ?? [])
  let well = false
  const visited = Promise.all([
    servers.then((found) => askNameServers(found, site, within)),
    resolvers,
    lookFromOutside(site, instance, ports, within).then((seen) => {
      well = isWell(site, seen)
      return seen
    }),
    lookAtStrangers(site, valueIn(instances) ?? [], valueIn(records) ?? [], ports, within),
  ])
  const before = { site, place: ports.place, at, instances, records }
  if (asks.asNeeded) {
    const seen = await Promise.race([visited, late(LIMIT.visit)])
    const enough = seen && { ...before, ...visitedAs(seen), ...withoutAsking(asks) }
    if (enough && isEnough(judge(enough, 0), asks)) return enough
  }
  const [seen, fromHost, network] = await Promise.all([
    visited,
    inspectIts(site, instance, ports, within, { ...asks, isNeedless: () => well }),
    instance
      ? observe(within(LIMIT.api), (signal) => ports.describeNetwork(instance, signal))
      : notAsked('no instance to look at'),
  ])
  return { ...before, ...visitedAs(seen), ...fromHost, network }
}

/** Route 53 takes 5 requests a second from an account, and the functions make some of them. A person has no next look that would see more. */
async function twice<T>(read: () => Promise<T>, { sleep }: DiagnosePorts): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof TryLater)) throw error
    await sleep(1_000)
    return read()
  }
}

/** Nothing more can change the verdict, or make it live. */
const isEnough = ({ verdict, hops }: Diagnosis, { asNeeded }: Asks): boolean =>
  verdict === 'live' ||
  verdict === 'asleep' ||
  (asNeeded === 'live' && hops.some(({ hop, state }) => hop === 'record' && state === 'broken'))

const late = async (ms: number): Promise<undefined> => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  setTimeout(resolve, ms, undefined).unref()
  return promise
}

type Visited = readonly [
  nameServers: Observation['nameServers'],
  resolvers: Observation['resolvers'],
  outside: FromOutside,
  strangers: Observation['strangers'],
]

const visitedAs = ([nameServers, resolvers, outside, strangers]: Visited) => ({
  ...{ nameServers, resolvers, strangers },
  ...outside,
})

const withoutAsking = ({ inspection }: Asks): FromHost & Pick<Observation, 'network'> => {
  const needless = notAsked('the verdict does not need it')
  const host = typeof inspection === 'object' ? answered(inspection) : needless
  return { agent: needless, command: needless, network: needless, host }
}

const answered = (value: InspectionResult): Observation['host'] => ({ kind: 'seen', value, ms: 0 })

async function askNameServers(
  servers: Seen<readonly string[]>,
  site: Site,
  within: Within,
): Promise<Observation['nameServers']> {
  if (servers.kind !== 'seen') return servers
  return observe(within(LIMIT.dns), () => askServers(servers.value, site.hostname))
}

type FromHost = Pick<Observation, 'agent' | 'command' | 'host'>

async function inspectIts(
  site: Site,
  instance: PlacedInstance | undefined,
  ports: DiagnosePorts,
  within: Within,
  { asksHost = true, inspection, asNeeded, isNeedless }: Asks & Pick<Look, 'isNeedless'>,
): Promise<FromHost> {
  if (instance?.state !== 'running') {
    const none = notAsked('no running instance')
    return { agent: none, command: none, host: none }
  }
  const askAgent = () => observe(within(LIMIT.api), () => ports.describeAgent(instance.id))
  // What is left of the diagnosis: an agent may take its time, and nothing waits for this look but the end.
  const limit = within(LIMIT.all) - MARGIN - (asNeeded ? FOR_THE_AGENT : 0)
  const askHost = (): Promise<Observation['host']> | Observation['host'] => {
    if (typeof inspection === 'object') return answered(inspection)
    if (!asksHost) return notAsked('this look asks no host')
    const command = inspectHost(site, ports.inspectDocument)
    const look = { instanceId: instance.id, command, limit, isNeedless, known: inspection }
    return observe(limit + MARGIN, () => inspect(ports, look))
  }
  const host = Promise.resolve(askHost())
  const [command, agent] = await Promise.all([
    observe(within(LIMIT.api), () => lastCommand(site, instance, ports)),
    asNeeded ? host.then((seen) => (hasAnswered(seen) ? notAsked('the host has answered') : askAgent())) : askAgent(),
  ])
  return { agent, command, host: await host }
}

/** Milliseconds. */
const FOR_THE_AGENT = 1_500

const hasAnswered = (seen: Observation['host']): boolean => valueIn(seen)?.kind === 'inspected'

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
  return observe(within(LIMIT.stranger + MARGIN), () =>
    Promise.all(
      addresses.map(async (address) => {
        const limit = within(LIMIT.stranger)
        return {
          address,
          answer: await askPath({ address, port: ports.webPort, host: site.hostname, limit }, site.health.path),
        }
      }),
    ),
  )
}
