// One look at the hosts: the sites, the instances, and the commands that the running ones got since their start.

import { type Instance, selectInstances, wantedIds } from '../domain/instance.ts'
import type { SiteSet } from '../domain/site-set.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
import type { SentCommand } from './command.ts'
import { planHosts } from './plan.ts'
import type { HostPorts, HostRequest } from './ports.ts'

/** By `startKey`. */
type Told = ReadonlyMap<string, readonly SentCommand[]>

export interface HostsSeen {
  readonly siteSet: SiteSet
  /** Those that a site selects, in any state. */
  readonly instances: readonly Instance[]
  readonly told: Told
}

/** Another start has commands of its own. */
const startKey = ({ id, launchTime }: Instance): string => `${id} ${launchTime}`

/** Reads sites and instances, and the commands of the hosts. */
export async function readHosts(ports: HostPorts, { deadline }: HostRequest): Promise<HostsSeen> {
  const [siteSet, instances] = await together([
    patiently(ports.clock, deadline, () => ports.readSites()),
    patiently(ports.clock, deadline, () => ports.listInstances()),
  ])
  return completed(ports, deadline, siteSet, instances, new Map())
}

/**
 * After commands to hosts, of which some may have failed: their sites may have changed meanwhile, and the last command that a host gets has to be for its site as it is.
 * Only if they have, the rest is read again, too. A new site, and an instance that starts, have events of their own.
 */
export async function lookAgain(
  ports: HostPorts,
  { deadline }: HostRequest,
  look: HostsSeen,
  { tried, sent }: { readonly tried: ReadonlySet<string>; readonly sent: ReadonlySet<string> },
): Promise<HostsSeen> {
  const siteSet = await readAgain(ports, deadline, look, tried)
  if (JSON.stringify(siteSet) === JSON.stringify(look.siteSet)) return look
  const instances = await patiently(ports.clock, deadline, () => ports.listInstances())
  return completed(ports, deadline, siteSet, instances, toldOf(look, sent))
}

/** The sites of these hosts; of the others, what was read last. */
const readAgain = (ports: HostPorts, deadline: number, look: HostsSeen, ids: ReadonlySet<string>): Promise<SiteSet> =>
  patiently(ports.clock, deadline, () => ports.readAgain?.(sitesOf(look, ids)) ?? ports.readSites())

/** By name. Sites of one host may stand in each other's way, so all of them count. */
function sitesOf({ siteSet, instances }: HostsSeen, ids: ReadonlySet<string>): string[] {
  const members = selectInstances(siteSet.sites, instances)
  return [...members].flatMap(([hostname, own]) => (own.some(({ id }) => ids.has(id)) ? [hostname] : []))
}

/**
 * The first look by sites that are remembered: instances and commands. Unless it shows that every host was told what they say, the sites are
 * read, too: no command is ever sent or refused by memory.
 * @returns undefined where no sites are remembered, or may not be trusted
 */
export async function glanceAtHosts(ports: HostPorts, request: HostRequest): Promise<HostsSeen | undefined> {
  const remembered = request.eventsOf ? ports.lastSites?.() : undefined
  if (!remembered) return undefined
  const { deadline } = request
  const instances = await patiently(ports.clock, deadline, () => ports.listInstances())
  const look = await completed(ports, deadline, remembered, instances, new Map())
  const open = openHosts(look, ports, request)
  if (open?.size === 0) return look
  const siteSet = open
    ? await readAgain(ports, deadline, look, open)
    : await patiently(ports.clock, deadline, () => ports.readSites())
  return completed(ports, deadline, siteSet, instances, look.told)
}

/**
 * Those of which something is to be done, by these sites.
 * @returns undefined where these sites are not enough: an instance that none of them wants may be wanted by a new one
 */
function openHosts(
  look: HostsSeen,
  { documentName, retryAfter, clock }: HostPorts,
  { eventsOf, force }: HostRequest,
): ReadonlySet<string> | undefined {
  const { sites, broken } = look.siteSet
  if (broken.length > 0 || !eventsOf?.isSubsetOf(new Set(look.instances.map(({ id }) => id)))) return undefined
  const plan = planHosts({
    sites,
    instances: look.instances,
    sent: sentIn(look),
    ...{ documentName, retryAfter },
    force,
    now: clock.now(),
  })
  return new Set(plan.filter(({ action }) => action !== 'keep').map(({ instanceId }) => instanceId))
}

export const sentIn = ({ told }: HostsSeen): SentCommand[] => [...told.values()].flat()

/** Of these hosts only: what a run has sent itself is newer than all that it would be shown of them. */
function toldOf({ instances, told }: HostsSeen, ids: ReadonlySet<string>): Told {
  const known = instances.filter((one) => ids.has(one.id) && told.has(startKey(one)))
  return new Map(known.map((one) => [startKey(one), told.get(startKey(one))!]))
}

/** Calls at once: enough to be quick, too few to be throttled. */
const SIDE_BY_SIDE = 10

async function completed(
  ports: HostPorts,
  deadline: number,
  siteSet: SiteSet,
  all: readonly Instance[],
  known: Told,
): Promise<HostsSeen> {
  const wanted = wantedIds(selectInstances(siteSet.sites, all))
  const instances = all.filter((instance) => wanted.has(instance.id))
  const running = instances.filter(({ state }) => state === 'running')
  const told = new Map(
    running.flatMap((one) => (known.has(startKey(one)) ? [[startKey(one), known.get(startKey(one))!]] : [])),
  )
  const unknown = running.filter((one) => !told.has(startKey(one)))
  for (let first = 0; first < unknown.length; first += SIDE_BY_SIDE) {
    const some = unknown.slice(first, first + SIDE_BY_SIDE)
    const read = (one: Instance) => patiently(ports.clock, deadline, () => ports.listCommands(one.id, one.launchTime))
    const lists = await together(some.map(read))
    for (const [index, one] of some.entries()) told.set(startKey(one), lists[index]!)
  }
  return { siteSet, instances, told }
}
