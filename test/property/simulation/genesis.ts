// Makes the account of a scenario: zones, site documents, instances, and what stands at the names before all begins.

import { step } from '../../../local/world/step.ts'
import type { Action, HostedZone, RecordSet, World } from '../../../local/world/types.ts'
import { createWorld, publicAddresses } from '../../../local/world/world.ts'
import { PATH, STAGE, STAGE_TAG } from './account.ts'
import type { Documents, SiteDocument } from './documents.ts'
import type { InstanceShape, RecordKind, Scenario, SiteShape } from './scenario.ts'

const ZONES = [
  { id: 'ZALPHA', name: 'alpha.example' },
  { id: 'ZBETA', name: 'beta.example' },
  { id: 'ZSUBALPHA', name: 'sub.alpha.example' },
] as const

const SELECTORS: readonly Readonly<Record<string, string>>[] = [
  { 'tag:Name': 'n0' },
  { 'tag:Name': 'n1' },
  { 'tag:Name': 'n2' },
  { 'tag:Name': 'n3' },
  { 'tag:Role': 'web' },
  { 'tag:Name': 'n0', 'tag:Role': 'web' },
]

export const tagsOf = ({ name, web }: InstanceShape): Record<string, string> => ({
  [STAGE_TAG]: STAGE,
  Name: `n${name}`,
  ...(web ? { Role: 'web' } : {}),
})

export function documentOf(shape: SiteShape, index: number, zones: number): SiteDocument {
  const zone = ZONES[index % zones]!
  const names = shape.names.map((number) => `w${number}.${zone.name}`)
  return {
    hostname: `s${index}.${zone.name}`,
    hostedZoneId: zone.id,
    instances: SELECTORS[shape.selector]!,
    image: 'ragstream:1.4.0',
    aliases: [...names.slice(shape.retired), ...(shape.misplaced ? [`s${index}.elsewhere.example`] : [])],
    retired: names.slice(0, shape.retired),
    ttl: shape.ttl,
    parkTtl: shape.ttl / 6,
    ipv6: shape.ipv6,
    onStop: shape.onStop,
    parkAddress: shape.parkAddress,
  }
}

export const documentsOf = ({ sites, zones }: Scenario): Documents =>
  new Map(sites.map((shape, index) => documentOf(shape, index, zones)).map((site) => [site.hostname, site]))

export function worldOf(scenario: Scenario, now: number): World {
  let world = createWorld({ tempo: scenario.tempo, publicPool: publicAddresses(scenario.addresses) })
  const act = (action: Action) => {
    world = step(world, action, now).state
  }
  const existing = scenario.zoneMissing && scenario.zones > 1 ? scenario.zones - 1 : scenario.zones
  for (const { id, name } of ZONES.slice(0, existing)) act({ type: 'CreateHostedZone', id, name })
  for (const site of documentsOf(scenario).values())
    act({ type: 'PutParameter', name: `${PATH}/sites/${site.hostname}`, value: JSON.stringify(site) })
  for (const [index, shape] of scenario.instances.entries()) {
    const id = instanceId(index)
    const ipv6 = shape.ipv6 ? { ipv6: `2001:db8::${index + 1}` } : {}
    const state =
      shape.state === 'pending' ? {} : ({ state: shape.state === 'stopped' ? 'stopped' : 'running' } as const)
    act({ type: 'RunInstance', id, tags: tagsOf(shape), ...ipv6, ...state })
    if (shape.state === 'stopping') act({ type: 'StopInstances', ids: [id] })
  }
  return world
}

export const instanceId = (index: number): string => `i-${index.toString(16).padStart(8, '0')}`

/** All of a name's address records become these: what a person does in the console, or did before the service came. */
export function putAt(world: World, zoneId: string, name: string, records: readonly RecordSet[]): World {
  const zone = world.zones.get(zoneId)
  if (!zone) return world
  const others = [...zone.records].filter(([, one]) => one.name !== name || one.type === 'TXT')
  const changed: HostedZone = { ...zone, records: new Map([...others, ...records.map(keyed)]) }
  return { ...world, zones: new Map([...world.zones, [zoneId, changed]]) }
}

const keyed = (record: RecordSet): [string, RecordSet] => [
  [record.name, record.type, ...(record.setIdentifier === undefined ? [] : [record.setIdentifier])].join('|'),
  record,
]

/** `right` is for the caller to say. */
export function recordsOf(kind: Exclude<RecordKind, 'right'>, site: SiteDocument, name: string): RecordSet[] {
  const plain = { name, type: 'A', ttl: 60 }
  switch (kind) {
    case 'none':
      return []
    case 'stale': {
      const v6 = { name, type: 'AAAA', ttl: 60, values: ['2001:db8::bad'] }
      return [{ ...plain, values: ['203.0.113.10', '198.51.100.7'] }, ...(site.ipv6 ? [v6] : [])]
    }
    case 'parked':
      return [{ ...plain, ttl: site.parkTtl, values: [site.parkAddress] }]
    case 'alias': {
      const alias = { hostedZoneId: 'ZELB', dnsName: 'lb.example.', evaluateTargetHealth: false }
      return [{ name, type: 'A', ttl: null, values: [], alias }]
    }
    case 'weighted':
      return [{ ...plain, values: ['198.51.100.8'], setIdentifier: 'blue', weight: 10 }]
    case 'cname':
      return [{ ...plain, type: 'CNAME', values: ['other.example.'] }]
  }
}
