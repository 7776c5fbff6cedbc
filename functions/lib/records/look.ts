// One look at the world: the sites, the instances, and the records at the sites' names.
import { type Instance, selectInstances, wantedIds } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'
import type { SiteSet } from '../domain/site-set.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
import { isOnlyStarting } from './desired.ts'
import { type PlannedRecord, planRecords } from './plan.ts'
import type { DnsPorts, DnsRequest } from './ports.ts'
import { completeView, errorsOf, readableRecords, type View } from './view.ts'

export interface Look {
  readonly siteSet: SiteSet
  readonly instances: readonly Instance[]
  readonly view: View
}

/** Reads sites and instances, and of the records what `view` lacks. */
export async function lookAtWorld(ports: DnsPorts, { deadline }: DnsRequest, view: View): Promise<Look> {
  const [siteSet, instances] = await together([
    patiently(ports.clock, deadline, () => ports.readSites()),
    patiently(ports.clock, deadline, () => ports.listInstances()),
  ])
  return { siteSet, instances, view: await completeView(ports, deadline, decided(siteSet.sites, instances), view) }
}

/** The records of the others decide nothing: they are not read. A retired name rests whatever the instances do. */
function decided(sites: readonly Site[], instances: readonly Instance[]): Site[] {
  const members = selectInstances(sites, instances)
  return sites.filter(({ hostname, retired }) => retired.length > 0 || !isOnlyStarting(members.get(hostname) ?? []))
}

/**
 * The first look by sites that are remembered, whose names are known: instances and records side by side. Unless it shows that all is as it is
 * to be, the sites are read, too.
 * @returns undefined where no sites are remembered, or may not be trusted
 */
export async function glance(ports: DnsPorts, request: DnsRequest): Promise<Look | undefined> {
  const remembered = request.eventsOf ? ports.lastSites?.() : undefined
  if (!remembered) return undefined
  const { deadline } = request
  const listed = patiently(ports.clock, deadline, () => ports.listInstances())
  const named = request.areStarts ? decided(remembered.sites, await listed) : remembered.sites
  const [instances, view] = await together([listed, completeView(ports, deadline, named, new Map())])
  const look = { siteSet: remembered, instances, view }
  if (isAsItIsToBe(look, request)) return look
  const siteSet = await patiently(ports.clock, deadline, () => ports.readSites())
  return { siteSet, instances, view: await completeView(ports, deadline, decided(siteSet.sites, instances), view) }
}

/** An instance that none of the remembered sites wants may be wanted by a new one. Of one that starts there is nothing to do. */
function isAsItIsToBe({ siteSet, instances, view }: Look, request: DnsRequest): boolean {
  const { sites, broken } = siteSet
  if (broken.length > 0 || errorsOf(view).size > 0) return false
  if (!request.eventsOf?.isSubsetOf(wantedIds(selectInstances(sites, instances)))) return false
  const names = new Set(decided(sites, instances).map(({ hostname }) => hostname))
  return planReadable(sites, instances, view, request).every(
    ({ action, site }) => action === 'keep' || !names.has(site),
  )
}

/** For the sites whose zones could be read, or need not be. */
export function planReadable(
  sites: readonly Site[],
  instances: readonly Instance[],
  view: View,
  { unmatchedBefore, force }: DnsRequest,
): PlannedRecord[] {
  const records = readableRecords(view)
  const needed = new Set(decided(sites, instances))
  const readable = sites.filter((site) => records.has(site.hostedZoneId) || !needed.has(site))
  return planRecords({ sites: readable, instances, records, unmatchedBefore, force })
}
