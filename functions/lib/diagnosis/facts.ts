// What follows from an observation before any cause is named: who is asked, who is admitted, who answered and with what.

import { hasAccess, opens } from '../domain/app.ts'
import { hasItsAddress } from '../domain/instance.ts'
import { fqdn, type RecordSet } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import type { Inspection } from '../hosts/inspection.ts'
import { type Admission, admittedByAcl, admittedByGroups, admittedByRoutes, letsOut, publicSources } from './network.ts'
import { chosenInstance, type DnsAnswer, type Observation, type PlacedInstance, valueIn } from './observation.ts'
import { isGuarded, isOk, isOpen, isReady, type Web, webHealth, webSocketOf } from './web.ts'

export interface Facts {
  readonly seen: Observation
  readonly site: Site
  readonly instance: PlacedInstance | undefined
  readonly running: PlacedInstance | undefined
  /** Public addresses of all running instances of the site. */
  readonly addresses: readonly string[]
  /** The record of each of the site's names, the hostname first; undefined while Route 53 was not read. */
  readonly records: readonly NamedRecord[] | undefined
  /** No instance runs, and every name rests as `onStop` says. */
  readonly atRest: boolean
  readonly routes: Admission | undefined
  readonly acl: Admission | undefined
  readonly groups: Admission | undefined
  /** The same for TCP 443; undefined for a site without a certificate. */
  readonly tlsAcl: Admission | undefined
  readonly tlsGroups: Admission | undefined
  /** The network ACL lets the host's agent reach its service. */
  readonly agentHasWay: boolean
  readonly appSources: readonly string[]
  /** The rules admit only some addresses, so that silence proves nothing. */
  readonly restricted: boolean
  readonly inspection: Inspection | undefined
  readonly health: Web | undefined
  readonly healthy: boolean
  readonly webSocket: Web | undefined
  /** The WebSocket was refused because of the site's `access`. Only the host can answer for the app behind it. */
  readonly guarded: boolean
  /** The page's WebSocket opens, for those who may come in. */
  readonly opens: boolean
}

export interface NamedRecord {
  readonly hostname: string
  readonly record: RecordSet | undefined
}

export function factsOf(seen: Observation): Facts {
  const { site } = seen
  const all = valueIn(seen.instances) ?? []
  const instance = chosenInstance(all)
  const running = instance?.state === 'running' ? instance : undefined
  const found = valueIn(seen.records)
  const records = found && [site.hostname, ...site.aliases].map((hostname) => recordAt(found, hostname))
  const network = valueIn(seen.network)
  const acl = network?.acl && admittedByAcl(network.acl, 80)
  const groups = network && admittedByGroups(network.groups, 80)
  const tlsAcl = site.certificate && network?.acl && admittedByAcl(network.acl, 443)
  const tlsGroups = site.certificate && network && admittedByGroups(network.groups, 443)
  const look = valueIn(seen.host)
  const inspection = look?.kind === 'inspected' ? look.inspection : undefined
  const health = webHealth(seen, inspection)
  const webSocket = webSocketOf(seen, inspection)
  const guarded = isGuarded(site, webSocket)
  return {
    ...{
      seen,
      site,
      instance,
      running,
      records,
      acl,
      groups,
      tlsAcl,
      tlsGroups,
      inspection,
      health,
      webSocket,
      guarded,
    },
    addresses: all.flatMap(({ state, publicIp }) => (state === 'running' && publicIp ? [publicIp] : [])).sort(),
    atRest:
      seen.instances.kind === 'seen' &&
      !running &&
      (records ?? []).every(({ record }) => rests(site, record) || isOfStarting(record, all)),
    routes: network?.routeTable && admittedByRoutes(network.routeTable),
    agentHasWay: !network?.acl || letsOut(network.acl, 443),
    appSources: network ? publicSources(network.groups, site.container.hostPort) : [],
    restricted:
      site.probe === 'host' ||
      [groups, tlsGroups].some((admission) => admission?.kind === 'some') ||
      [acl, tlsAcl].some((admission) => admission?.kind === 'some' && admission.way === 'in'),
    healthy: isOk(site, health?.answer) && !belied(site, inspection),
    opens: guarded ? inspection !== undefined && opens(site, inspection.answers.appWebSocket) : isOpen(site, webSocket),
  }
}

/** To strangers of a guarded site nginx says ok by the status of the app; its host sees what the app says. */
const belied = (site: Site, inspection: Inspection | undefined): boolean =>
  hasAccess(site) && (inspection?.answers.app?.status ?? 0) > 0 && !isReady(site, inspection!.answers)

/** A CNAME or AAAA alone is what visitors get, too. */
function recordAt(found: readonly RecordSet[], hostname: string): NamedRecord {
  const atName = found.filter(({ name }) => name === fqdn(hostname))
  return { hostname, record: atName.find(({ type }) => type === 'CNAME') ?? atName.find(({ type }) => type === 'A') }
}

const rests = (site: Site, record: RecordSet | undefined): boolean =>
  site.onStop === 'keep' || record === undefined || isParked(site, record)

/** The record of a name whose instance starts holds its address already, where EC2 shows it. */
const isOfStarting = (record: RecordSet | undefined, all: readonly PlacedInstance[]): boolean =>
  record?.values.every((value) => all.some((one) => hasItsAddress(one) && one.publicIp === value)) ?? false

export const isParked = (site: Site, { values }: RecordSet): boolean =>
  values.length === 1 && values[0] === site.parkAddress

export const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.toSorted().join() === b.toSorted().join()

/** Answers of servers that said something: addresses, or that there are none. */
export const spoken = (answers: readonly DnsAnswer[] | undefined): DnsAnswer[] =>
  (answers ?? []).filter(({ code }) => code === undefined || code === 'ENOTFOUND' || code === 'ENODATA')

export const at = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`
