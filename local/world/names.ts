// DNS names the way Route 53 keeps them: lower case, trailing dot, odd characters as `\ooo`; and its order of records.
import type { RecordSet } from './types.ts'

/** `WWW.Example.com` -> `www.example.com.`, `*.example.com` -> `\052.example.com.` */
export function normaliseName(name: string): string {
  const dotted = name.endsWith('.') ? name : `${name}.`
  return dotted
    .replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

/** `\052.example.com.` -> `*.example.com`: as it stands in a DNS packet. */
export function plainName(name: string): string {
  return name
    .replace(/\.$/, '')
    .replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** True for the zone's own name and every name below it. */
export function isWithin(name: string, zoneName: string): boolean {
  return name === zoneName || name.endsWith(`.${zoneName}`)
}

export function recordKey(record: Pick<RecordSet, 'name' | 'type' | 'setIdentifier'>): string {
  const key = `${record.name}|${record.type}`
  return record.setIdentifier === undefined ? key : `${key}|${record.setIdentifier}`
}

/** Route 53 sorts by the name with its labels reversed, trailing dot included ("com.example.www."). */
function sortName(name: string): string {
  return `${name.replace(/\.$/, '').split('.').reverse().join('.')}.`
}

const sorted = new WeakMap<ReadonlyMap<string, RecordSet>, readonly RecordSet[]>()

/** A zone's records in the order of ListResourceRecordSets: name, type, set identifier. */
export function inOrder(records: ReadonlyMap<string, RecordSet>): readonly RecordSet[] {
  const known = sorted.get(records)
  if (known !== undefined) return known
  const keyed = [...records.values()].map((record) => ({ record, key: orderKey(record) }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const list = keyed.map(({ record }) => record)
  sorted.set(records, list)
  return list
}

/** A space sorts before every character of a name, so that a shorter name comes first. */
export function orderKey(record: Pick<RecordSet, 'name' | 'type' | 'setIdentifier'>): string {
  return `${sortName(record.name)} ${record.type} ${record.setIdentifier ?? ''}`
}
