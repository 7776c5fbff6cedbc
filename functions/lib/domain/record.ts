// DNS record sets as Route 53 keeps them, and the order it keeps them in.

export interface RecordSet {
  /** Lower case with a trailing dot, `*` as `\052`: as the service lists it. */
  readonly name: string
  readonly type: string
  /** Seconds; undefined for an alias record. */
  readonly ttl: number | undefined
  readonly values: readonly string[]
  /** Why this record can not be one that we wrote: an alias, or one of several under a routing policy. */
  readonly special?: string
}

export type RecordChange =
  | { readonly action: 'create'; readonly record: RecordSet }
  | { readonly action: 'replace'; readonly record: RecordSet; readonly previous: RecordSet }
  | { readonly action: 'delete'; readonly previous: RecordSet }

/** A hostname in the service's own spelling. */
export const fqdn = (hostname: string): string => `${hostname.toLowerCase()}.`

interface Named {
  readonly hostname: string
  readonly aliases: readonly string[]
  readonly retired: readonly string[]
}

/** Every name that a site claims, as Route 53 spells it. */
export const namesOf = ({ hostname, aliases, retired }: Named): string[] => [hostname, ...aliases, ...retired].map(fqdn)

/** A record's name as people write it. */
export const hostnameOf = (record: { readonly name: string }): string => record.name.replace(/\.$/, '')

export const changedRecord = (change: RecordChange): RecordSet =>
  change.action === 'delete' ? change.previous : change.record

/** Same name, type, TTL and set of values: their order means nothing to DNS. */
export function sameRecord(a: RecordSet, b: RecordSet): boolean {
  return a.name === b.name && a.type === b.type && a.ttl === b.ttl && sameValues(a.values, b.values)
}

function sameValues(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join(' ') === [...b].sort().join(' ')
}

/** The service's order of names: by labels from the right (ListResourceRecordSets, "Sort order"). */
export function compareNames(a: string, b: string): number {
  const [left, right] = [sortKey(a), sortKey(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

const sortKey = (name: string): string => `${name.replace(/\.$/, '').split('.').reverse().join('.')}.`

/** The records after these changes: what Route 53 holds once it has accepted them. */
export function applyChanges(records: readonly RecordSet[], changes: readonly RecordChange[]): RecordSet[] {
  const gone = new Set(changes.map((change) => recordKey(changedRecord(change))))
  const kept = records.filter((record) => !gone.has(recordKey(record)))
  return [...kept, ...changes.flatMap((change) => (change.action === 'delete' ? [] : [change.record]))]
}

export const recordKey = (record: { readonly name: string; readonly type: string }): string =>
  `${record.name} ${record.type}`
