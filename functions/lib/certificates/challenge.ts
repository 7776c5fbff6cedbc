// The TXT records by which a certificate authority sees that a name is ours, and whose they are while they are there.

import type { RecordChange, RecordSet } from '../domain/record.ts'
import { challengeName } from './plan.ts'

/** What must be readable at `_acme-challenge.<hostname>`. */
export interface Challenge {
  readonly hostname: string
  readonly value: string
}

/** Seconds: the authority asks the zone's servers itself, a resolver between must not remember an earlier value. */
const TTL = 10

/** A second value beside the proof says until when its writer may be at work; authorities look for theirs among all. */
const LEASE = /^"ragstream-edge until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"$/

export const challengeRecord = ({ hostname, value }: Challenge, until: number): RecordSet => {
  const record = leaseRecord(hostname, until)
  return { ...record, values: [`"${value}"`, ...record.values] }
}

/** Holds the name before there is anything to prove: authorities give a second run the same order, and its proofs the same values. */
export const leaseRecord = (hostname: string, until: number): RecordSet => ({
  name: challengeName(hostname),
  type: 'TXT',
  ttl: TTL,
  values: [`"ragstream-edge until ${new Date(until).toISOString()}"`],
})

export type Standing =
  | { readonly kind: 'free' }
  /** A run was killed before it cleaned up. */
  | { readonly kind: 'left'; readonly record: RecordSet }
  /** Another run may be at work. */
  | { readonly kind: 'busy'; readonly until: string }
  | { readonly kind: 'foreign'; readonly found: string }

/** `records` are those at the name, of every type. */
export function standingOf(records: readonly RecordSet[], now: number): Standing {
  const foreign = records.find((record) => record.type === 'CNAME' || (record.type === 'TXT' && !leaseOf(record)))
  if (foreign) return { kind: 'foreign', found: foreign.special ?? `a ${foreign.type} record of somebody else` }
  const record = records.find(({ type }) => type === 'TXT')
  if (!record) return { kind: 'free' }
  const until = leaseOf(record)!
  return Date.parse(until) <= now ? { kind: 'left', record } : { kind: 'busy', until }
}

const leaseOf = ({ values, special }: RecordSet): string | undefined =>
  special ? undefined : values.flatMap((value) => LEASE.exec(value)?.[1] ?? [])[0]

/** Fails at Route 53 when the record is no longer as it was read: of two runs side by side only one gets the name. */
export const claim = (record: RecordSet, standing: Standing): RecordChange =>
  standing.kind === 'left' ? { action: 'replace', record, previous: standing.record } : { action: 'create', record }
