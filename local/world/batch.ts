// One ChangeResourceRecordSets batch: limits, validation and the answer in the service's own words. Atomic: either
// every change can be made or none is, and every bad one is named.
import { isIPv4, isIPv6 } from 'node:net'
import { Draft } from './draft.ts'
import { isWithin, normaliseName, recordKey } from './names.ts'
import { type HostedZone, type RecordChange, type RecordSet, ServiceError } from './types.ts'

/** The records after the batch. Throws InvalidChangeBatch, or InvalidInput where a field is missing. */
export function applyBatch(zone: HostedZone, changes: readonly RecordChange[]): ReadonlyMap<string, RecordSet> {
  const batch = changes.map((change) => ({ ...change, record: normaliseRecord(change.record) }))
  refuse(limitProblems(batch))
  for (const change of batch) requireFields(change)
  const draft = new Draft(zone.records)
  const problems: string[] = []
  for (const change of batch) {
    const problem = problemOf(zone, draft, change)
    if (problem === undefined) draft.put(change)
    else problems.push(problem)
  }
  refuse(problems.length > 0 ? problems : conflicts(zone, draft, batch))
  return draft.result()
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new ServiceError('InvalidChangeBatch', `[${problems.join(', ')}]`)
}

function normaliseRecord(record: RecordSet): RecordSet {
  return { ...record, name: normaliseName(record.name) }
}

/** 1,000 ResourceRecord elements and 32,000 characters of values, an UPSERT twice ("Quotas", Route 53 guide). */
function limitProblems(batch: readonly RecordChange[]): string[] {
  let elements = 0
  let characters = 0
  for (const { action, record } of batch) {
    const times = action === 'UPSERT' ? 2 : 1
    elements += times * Math.max(1, record.values.length)
    characters += times * record.values.reduce((sum, value) => sum + value.length, 0)
  }
  const problems: string[] = []
  if (elements > 1000) problems.push('Number of records limit of 1000 exceeded.')
  if (characters > 32_000) problems.push('Number of characters limit of 32000 exceeded.')
  return problems
}

function requireFields({ action, record }: RecordChange): void {
  const at = `Change with [Action=${action}, Name=${record.name}, Type=${record.type}, SetIdentifier=${record.setIdentifier ?? 'null'}]`
  if (record.alias !== undefined) return
  if (record.ttl === null) throw new ServiceError('InvalidInput', `Invalid request: Missing field 'TTL' in ${at}`)
  if (record.values.length === 0) {
    throw new ServiceError('InvalidInput', `Invalid request: Missing field 'ResourceRecords' in ${at}`)
  }
}

/** What this change alone does wrong on the records as the changes before it left them. */
function problemOf(zone: HostedZone, draft: Draft, { action, record }: RecordChange): string | undefined {
  const { name, type } = record
  const set = `resource record set [name='${name}', type='${type}'${record.setIdentifier === undefined ? '' : `, set identifier='${record.setIdentifier}'`}]`
  if (!isWithin(name, zone.name)) return `RRSet with DNS name ${name} is not permitted in zone ${zone.name}`
  if (zone.protectedKeys.has(`${name}|${type}`)) {
    return `Tried to change ${set} but it has a resource record set protection`
  }
  const current = draft.get(recordKey(record))
  if (action === 'CREATE' && current !== undefined) return `Tried to create ${set} but it already exists`
  if (action !== 'DELETE') return invalidValue(record) ?? conflictOfSets(draft, record)
  if (current === undefined) return `Tried to delete ${set} but it was not found`
  if (!same(current, record)) return `Tried to delete ${set} but the values provided do not match the current values`
  return undefined
}

function invalidValue({ type, values }: RecordSet): string | undefined {
  const repeated = values.find((value, i) => values.indexOf(value) !== i)
  if (repeated !== undefined) return `Duplicate Resource Record: '${repeated}'`
  const fatal = (problem: string, value: string) =>
    `Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`
  for (const value of values) {
    if (type === 'A' && !isIPv4(value))
      return fatal('ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)', value)
    if (type === 'AAAA' && !isIPv6(value))
      return fatal('AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)', value)
    if (type === 'TXT' && !/^("([^"\\]|\\.)*"\s*)+$/.test(value)) {
      return fatal('InvalidCharacterString (Value should be enclosed in quotation marks)', value)
    }
  }
  return undefined
}

/** A simple record and weighted ones (or others with a set identifier) never share name and type. */
function conflictOfSets(draft: Draft, record: RecordSet): string | undefined {
  const others = draft.ofName(record.name).filter((other) => other.type === record.type)
  const mixed = others.some((other) => (other.setIdentifier === undefined) !== (record.setIdentifier === undefined))
  if (!mixed) return undefined
  const identifier = record.setIdentifier === undefined ? '' : `, SetIdentifier ${record.setIdentifier}`
  return `RRSet with DNS name ${record.name}, type ${record.type}${identifier} cannot be created as other RRSets exist with the same name and type.`
}

/** Rules on the outcome of the whole batch: a CNAME stands alone and never at the apex; the apex keeps SOA and NS. */
function conflicts(zone: HostedZone, draft: Draft, batch: readonly RecordChange[]): string[] {
  const problems = new Set<string>()
  for (const { action, record } of batch) {
    if (action === 'DELETE') continue
    const { name, type } = record
    const cname = draft.ofName(name).some((other) => other.type === 'CNAME')
    const others = draft.ofName(name).some((other) => other.type !== 'CNAME')
    const refused = `RRSet of type ${type} with DNS name ${name} is not permitted`
    if (type === 'CNAME' && name === zone.name) problems.add(`${refused} at apex in zone ${zone.name}`)
    else if (type === 'CNAME' && others) {
      problems.add(`${refused} as it conflicts with other records with the same DNS name in zone ${zone.name}`)
    } else if (type !== 'CNAME' && cname) {
      problems.add(
        `${refused} because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone.name}`,
      )
    }
  }
  if (!draft.get(`${zone.name}|SOA`)) problems.add('A HostedZone must contain exactly one SOA record.')
  if (!draft.get(`${zone.name}|NS`))
    problems.add('A HostedZone must contain at least one NS record for the zone itself.')
  return [...problems]
}

/** DELETE must repeat what is there; only the order of the values is free. */
function same(a: RecordSet, b: RecordSet): boolean {
  if (a.alias !== undefined || b.alias !== undefined) {
    return (
      a.alias !== undefined &&
      b.alias !== undefined &&
      a.alias.hostedZoneId === b.alias.hostedZoneId &&
      normaliseName(a.alias.dnsName) === normaliseName(b.alias.dnsName) &&
      a.alias.evaluateTargetHealth === b.alias.evaluateTargetHealth
    )
  }
  const values = new Set(a.values)
  const sameValues = a.values.length === b.values.length && b.values.every((value) => values.has(value))
  return a.ttl === b.ttl && a.weight === b.weight && sameValues
}
