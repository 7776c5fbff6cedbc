// What the zones' name servers answer, from `served`: wildcards, CNAME, alias, NXDOMAIN and no data with the SOA.
import { isWithin, normaliseName } from './names.ts'
import type { HostedZone, RecordSet, World } from './types.ts'

export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED'
  readonly answers: readonly RecordSet[]
  readonly authority: readonly RecordSet[]
}

/** Asks every public zone; a name outside all of them is refused. */
export function lookup(state: World, name: string, type: string): DnsAnswer {
  const zone = zoneOf(state, normaliseName(name))
  return zone === undefined ? { rcode: 'REFUSED', answers: [], authority: [] } : lookupIn(state, zone, name, type)
}

/** Asks one zone. */
export function lookupIn(state: World, zone: HostedZone, name: string, type: string): DnsAnswer {
  const answers: RecordSet[] = []
  let owner = normaliseName(name)
  // A CNAME is followed inside the zone only; the bound ends loops.
  for (let hops = 0; hops < 9; hops += 1) {
    const found = recordsAt(zone, owner)
    if (found === undefined) return negative(zone, 'NXDOMAIN', answers)
    const matching = choose(found.filter((record) => record.type === type || type === 'ANY'))
    if (matching.length > 0) {
      answers.push(...matching.flatMap((record) => resolved(state, record, owner)))
      return answers.length > 0 ? { rcode: 'NOERROR', answers, authority: [] } : negative(zone, 'NOERROR', [])
    }
    const cname = found.find((record) => record.type === 'CNAME')
    if (cname === undefined) return negative(zone, 'NOERROR', answers)
    answers.push({ ...cname, name: owner })
    owner = normaliseName(cname.values[0]!)
    if (!isWithin(owner, zone.name)) break
  }
  return { rcode: 'NOERROR', answers, authority: [] }
}

/** Of several public zones the one with the longest name answers, of equal names the first. */
function zoneOf(state: World, name: string): HostedZone | undefined {
  let best: HostedZone | undefined
  for (const zone of state.zones.values()) {
    if (zone.privateZone || !isWithin(name, zone.name)) continue
    if (best === undefined || zone.name.length > best.name.length) best = zone
  }
  return best
}

/** The negative answer's SOA carries the lesser of its TTL and its minimum (RFC 2308): 900 s with Route 53's values. */
function negative(zone: HostedZone, rcode: 'NOERROR' | 'NXDOMAIN', answers: readonly RecordSet[]): DnsAnswer {
  const soa = zone.served.get(`${zone.name}|SOA`)!
  const minimum = Number(soa.values[0]!.split(' ').at(-1))
  return { rcode, answers, authority: [{ ...soa, ttl: Math.min(soa.ttl!, minimum) }] }
}

/** Of weighted records the heaviest answers: there is no randomness here. */
function choose(records: readonly RecordSet[]): readonly RecordSet[] {
  if (records.every((record) => record.setIdentifier === undefined)) return records
  const heaviest = records.reduce((a, b) => ((b.weight ?? 0) > (a.weight ?? 0) ? b : a))
  return [heaviest]
}

/** An alias answers with its target's records, if that zone is ours; others point at AWS resources that are not here. */
function resolved(state: World, record: RecordSet, owner: string): RecordSet[] {
  if (record.alias === undefined) return [{ ...record, name: owner }]
  const zone = state.zones.get(record.alias.hostedZoneId)
  const target = zone?.served.get(`${normaliseName(record.alias.dnsName)}|${record.type}`)
  return target === undefined || target.alias !== undefined ? [] : [{ ...target, name: owner }]
}

interface NameIndex {
  readonly records: ReadonlyMap<string, readonly RecordSet[]>
  /** Names that exist: those with records and everything above them ("empty non-terminals"). */
  readonly names: ReadonlySet<string>
}

const indexes = new WeakMap<ReadonlyMap<string, RecordSet>, NameIndex>()

function indexOf(served: ReadonlyMap<string, RecordSet>): NameIndex {
  const known = indexes.get(served)
  if (known !== undefined) return known
  const records = new Map<string, RecordSet[]>()
  const names = new Set<string>()
  for (const record of served.values()) {
    records.set(record.name, [...(records.get(record.name) ?? []), record])
    for (let name = record.name; name !== '' && !names.has(name); name = parent(name)) names.add(name)
  }
  const index = { records, names }
  indexes.set(served, index)
  return index
}

/** The records of the name or of the wildcard that stands for it; undefined when the name does not exist. */
function recordsAt(zone: HostedZone, name: string): readonly RecordSet[] | undefined {
  const { records, names } = indexOf(zone.served)
  if (names.has(name)) return records.get(name) ?? []
  let encloser = parent(name)
  while (!names.has(encloser) && encloser !== '') encloser = parent(encloser)
  return records.get(`\\052.${encloser}`)
}

function parent(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}
