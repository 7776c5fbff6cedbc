// The life of a site on the local cloud: what the owner of the account does, and what must then become true by itself.
import { Resolver } from 'node:dns/promises'
import type { LocalCloud } from './cloud.ts'
import type { Command, Instance, World } from './world/types.ts'

/** As the stack's parameters declare it; checked by the functions, not here. */
export interface DeclaredSite {
  readonly hostname: string
  readonly hostedZoneId: string
  readonly instances: Readonly<Record<string, string>>
  readonly dnsRoleArn?: string | null
  readonly tls?: string
}

/** A role that a site names, as the owner of its zone's account made it. */
export interface ZoneRole {
  readonly arn: string
  readonly trust: { readonly Version: string; readonly Statement: readonly object[] }
  readonly permissions: unknown
}

/** The accounts before the first deploy: the zone of each site, the roles of those zones, and for each site one instance that nobody needs yet. */
export function furnishAccount(
  cloud: LocalCloud,
  sites: readonly DeclaredSite[],
  stage: string,
  roles: readonly ZoneRole[] = [],
): string[] {
  createZones(cloud, sites)
  // The person at the keyboard is the owner of both accounts.
  const me = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${cloud.world.state.account}:user/local-admin` },
    Action: 'sts:AssumeRole',
  }
  for (const { trust, ...role } of roles) {
    const Statement = [...trust.Statement, me]
    cloud.world.dispatch({ type: 'PutRole', ...role, trust: { ...trust, Statement } })
  }
  return sites.map((site) => {
    const { id } = site.instances
    if (id !== undefined && cloud.world.state.instances.has(id)) return id
    const wanted = id === undefined ? {} : { id }
    const tags = tagsOf(site, stage)
    return cloud.world.dispatch<'RunInstance'>({ type: 'RunInstance', tags, ...wanted, state: 'stopped' }).id
  })
}

export function createZones({ world }: LocalCloud, sites: readonly DeclaredSite[]): void {
  for (const [id, members] of Map.groupBy(sites, (site) => site.hostedZoneId))
    world.dispatch({
      ...{ type: 'CreateHostedZone', id, name: commonSuffix(members.map((site) => site.hostname)) },
      account: accountOfZone(members[0]!) ?? world.state.account,
    })
}

const accountOfZone = ({ dnsRoleArn }: DeclaredSite): string | undefined => dnsRoleArn?.split(':')[4]

/** What an instance bears that the site selects and the roles may touch. */
export function tagsOf(site: DeclaredSite, stage: string): Readonly<Record<string, string>> {
  const { id: _, ...tags } = site.instances
  const chosen = Object.entries(tags).map(([key, value]) => [key.slice('tag:'.length), value])
  return { ...Object.fromEntries(chosen), 'ragstream-edge:stage': stage }
}

/** The parent domain that the names share. */
function commonSuffix(hostnames: readonly string[]): string {
  const parents = hostnames.map((hostname) => hostname.split('.').slice(1).reverse())
  const [first = []] = parents
  const length = first.findIndex((label, index) => parents.some((parent) => parent[index] !== label))
  return `${first
    .slice(0, length === -1 ? first.length : length)
    .reverse()
    .join('.')}.`
}

/** Resolves once it holds; rejects, naming what was waited for, when it does not within the time. */
export function until<T>(
  cloud: Pick<LocalCloud, 'world'>,
  what: string,
  seconds: number,
  look: (world: World) => T | undefined,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const attempt = () => {
    try {
      const found = look(cloud.world.state)
      if (found !== undefined) resolve(found)
    } catch (error) {
      reject(error)
    }
  }
  const unsubscribe = cloud.world.subscribe(attempt)
  const timer = setTimeout(() => reject(new Error(`${what}: not so after ${seconds} s`)), seconds * 1000)
  attempt()
  return promise.finally(() => {
    unsubscribe()
    clearTimeout(timer)
  })
}

/** Seconds: only what never comes takes so long, on a busy machine too. */
const LONG = 300

export interface Live {
  readonly address: string
  readonly command: Command
}

/** `StartInstances`, and then nothing but waiting: record INSYNC at the new address, host configured. */
export function startInstance(cloud: LocalCloud, site: DeclaredSite, id: string, seconds = LONG): Promise<Live> {
  cloud.world.dispatch({ type: 'StartInstances', ids: [id] })
  return untilLive(cloud, site, id, seconds)
}

/** The same for an instance that starts already. */
export async function untilLive(
  cloud: Pick<LocalCloud, 'world'>,
  site: DeclaredSite,
  id: string,
  seconds = LONG,
): Promise<Live> {
  const address = await until(cloud, `${site.hostname} leads to ${id}`, seconds, (world) => {
    const instance = world.instances.get(id)
    return instance && isRunning(instance) && served(world, site)?.includes(instance.publicIp)
      ? instance.publicIp
      : undefined
  })
  const command = await until(cloud, `${id} has run the document for ${site.hostname}`, seconds, (world) =>
    lastCommand(world, site, id),
  )
  return { address, command }
}

const isRunning = (instance: Instance): instance is Instance & { publicIp: string } =>
  instance.state === 'running' && instance.publicIp !== null

/** Addresses that the zone's name servers answer for the site's name. */
export function served(world: World, site: DeclaredSite): readonly string[] | undefined {
  const zone = world.zones.get(site.hostedZoneId)
  return [...(zone?.served.values() ?? [])].find((record) => record.name === `${site.hostname}.` && record.type === 'A')
    ?.values
}

/**
 * The newest configuration of the site since the instance's start, once all of them have ended. Runs side by side may each send one: the host goes by
 * the time of sending, whichever the service got first, and what was sent before the newest says `superseded`.
 * @throws Error when it failed
 */
function lastCommand(world: World, site: DeclaredSite, id: string): Command | undefined {
  const since = world.instances.get(id)?.launchTime ?? 0
  const sent = [...world.commands.values()].filter(
    ({ invocations, parameters, requestedAt }) =>
      invocations.has(id) &&
      parameters.Hostname?.[0] === site.hostname &&
      parameters.SentAt !== undefined &&
      requestedAt >= since,
  )
  if (sent.some(({ invocations }) => invocations.get(id)?.endedAt === null)) return undefined
  const command = sent.toSorted((a, b) => sentAt(a) - sentAt(b)).at(-1)
  const invocation = command?.invocations.get(id)
  if (!invocation || invocation.status === 'Success') return command
  const lines = invocation.stdout.trim().split('\n')
  throw new Error(`command ${command?.id} on ${id}: ${invocation.status}: ${lines.at(-1)}`)
}

const sentAt = ({ parameters }: Command): number => Number(parameters.SentAt?.[0])

/** `StopInstances`, until the instance is stopped, its machine is off and the record leads elsewhere. */
export async function stopInstance(
  cloud: LocalCloud,
  site: DeclaredSite,
  id: string,
  seconds = LONG,
): Promise<readonly string[]> {
  const address = cloud.world.state.instances.get(id)?.publicIp
  cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
  const values = await until(cloud, `${site.hostname} no longer leads to ${address}`, seconds, (world) => {
    const now = served(world, site)
    const stopped = world.instances.get(id)?.state === 'stopped'
    return stopped && now && !now.includes(address ?? '') ? now : undefined
  })
  await cloud.hosts.settled()
  return values
}

/** What a resolver gets from the zone's name server. */
export function askNameServer(cloud: LocalCloud, hostname: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 10_000, tries: 3 })
  resolver.setServers([`${cloud.dns.address}:${cloud.dns.port}`])
  return resolver.resolve4(hostname)
}
