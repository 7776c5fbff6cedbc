// What the world says a record must be: written from the promise in the documentation, without a look at the planner.
//
//   the site's instances                  | record
//   some run or start with an address     | exactly their addresses
//   some start or run, all without        | left as it is
//   all stopped, or on their way          | at rest: parked, deleted or kept
//   none at all                           | at rest, after two looks a minute apart
import { isDeepStrictEqual } from 'node:util'
import type { SeenInstance } from '../../../local/world/queries.ts'
import type { HostedZone, RecordSet } from '../../../local/world/types.ts'
import { type Documents, liveNames, retiredNames, type SiteDocument } from './documents.ts'

export type RecordType = 'A' | 'AAAA'

export type Verdict =
  /** `record` null: there must be none. */
  | { readonly kind: 'be'; readonly record: RecordSet | null }
  /** The same, when the site of this hostname was without instances a minute ago already. */
  | { readonly kind: 'absent'; readonly record: RecordSet | null; readonly hostname: string }
  /** Nobody may write it. */
  | { readonly kind: 'leave' }

const LEAVE: Verdict = { kind: 'leave' }

type Instances = readonly SeenInstance[]

export function verdict(
  documents: Documents,
  instances: Instances,
  zoneId: string,
  name: string,
  type: RecordType,
): Verdict {
  const owner = [...documents.values()].find((site) => allNames(site).includes(name))
  if (!owner || isContested(documents, owner) || owner.hostedZoneId !== zoneId) return LEAVE
  if (type === 'AAAA' && !owner.ipv6) return LEAVE
  if (retiredNames(owner).includes(name)) return { kind: 'be', record: resting(owner, name, type) }
  return ofInstances(owner, matching(owner, instances), name, type)
}

function ofInstances(site: SiteDocument, instances: Instances, name: string, type: RecordType): Verdict {
  const up = instances.filter(({ state, address }) => (state === 'running' || state === 'pending') && address !== null)
  if (up.length > 0) {
    const addresses = up.map((one) => (type === 'A' ? one.address : one.ipv6)).filter((one) => one !== null)
    const values = [...new Set(addresses)]
    return { kind: 'be', record: values.length > 0 ? { name, type, ttl: site.ttl, values } : null }
  }
  if (instances.some(({ state }) => state === 'running' || state === 'pending') || site.onStop === 'keep') return LEAVE
  const record = resting(site, name, type)
  return instances.length > 0 ? { kind: 'be', record } : { kind: 'absent', record, hostname: site.hostname }
}

const resting = (site: SiteDocument, name: string, type: RecordType): RecordSet | null =>
  type === 'AAAA' || site.onStop === 'delete' ? null : { name, type, ttl: site.parkTtl, values: [site.parkAddress] }

export const matching = (site: SiteDocument, instances: Instances): Instances =>
  instances.filter(({ tags }) => Object.entries(site.instances).every(([key, value]) => tags[key.slice(4)] === value))

export const allNames = (site: SiteDocument): string[] => [...liveNames(site), ...retiredNames(site)]

/** Two sites that claim one name are both left alone. */
export const isContested = (documents: Documents, site: SiteDocument): boolean =>
  [...documents.values()].some(
    (other) => other !== site && allNames(other).some((name) => allNames(site).includes(name)),
  )

/** Records that no run may touch, because of what stands there or because Route 53 will not have it. */
export function isClosed(zone: HostedZone, name: string, type: RecordType): boolean {
  const outside = name !== zone.name && !name.endsWith(`.${zone.name}`)
  return outside || zone.protectedKeys.has(`${name}|${type}`) || isForeign(zone.records, name, type)
}

/** A CNAME, an alias, or a weighted record of this type. */
export const isForeign = (records: HostedZone['records'], name: string, type: string): boolean =>
  [...records.values()].some(
    (one) => one.name === name && (one.type === 'CNAME' || (one.type === type && isSpecial(one))),
  )

const isSpecial = ({ alias, setIdentifier }: RecordSet): boolean => alias !== undefined || setIdentifier !== undefined

/** From five sites up, the absence of more than a third at once is taken for an accident, and nothing is parked for it. */
export function isMassAbsence(documents: Documents, instances: Instances, readable: ReadonlySet<string>): boolean {
  const sites = [...documents.values()].filter(
    (site) => readable.has(site.hostedZoneId) && !isContested(documents, site),
  )
  return sites.length >= 5 && sites.filter((site) => matching(site, instances).length === 0).length * 3 > sites.length
}

export function sameRecord(a: RecordSet | null, b: RecordSet | null): boolean {
  if (a === null || b === null) return a === b
  const sorted = (one: RecordSet) => ({ ...one, values: [...one.values].sort() })
  return isDeepStrictEqual(sorted(a), sorted(b))
}

export const shown = (record: RecordSet | null): string =>
  record ? `${record.values.join(', ')} (TTL ${record.ttl})` : 'no record'
