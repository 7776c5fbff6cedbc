// One look at the world: the sites, the instances, and the records at the sites' names.
import { type Instance, selectInstances, wantedIds } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'
import type { SiteSet } from '../domain/site-set.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
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
  return { siteSet, instances, view: await completeView(ports, deadline, siteSet.sites, view) }
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
  const [instances, view] = await together([
    patiently(ports.clock, deadline, () => ports.listInstances()),
    completeView(ports, deadline, remembered.sites, new Map()),
  ])
  const look = { siteSet: remembered, instances, view }
  if (isAsItIsToBe(look, request)) return look
  const siteSet = await patiently(ports.clock, deadline, () => ports.readSites())
  return { siteSet, instances, view: await completeView(ports, deadline, siteSet.sites, view) }
}

/** An instance that none of the remembered sites wants may be wanted by a new one. */
function isAsItIsToBe({ siteSet, instances, view }: Look, request: DnsRequest): boolean {
  const { sites, broken } = siteSet
  if (broken.length > 0 || errorsOf(view).size > 0) return false
  if (!request.eventsOf?.isSubsetOf(wantedIds(selectInstances(sites, instances)))) return false
  return planReadable(sites, instances, view, request).every(({ action }) => action === 'keep')
}

/** For the sites whose zones could be read. */
export function planReadable(
  sites: readonly Site[],
  instances: readonly Instance[],
  view: View,
  { unmatchedBefore, force }: DnsRequest,
): PlannedRecord[] {
  const records = readableRecords(view)
  const readable = sites.filter((site) => records.has(site.hostedZoneId))
  return planRecords({ sites: readable, instances, records, unmatchedBefore, force })
}
