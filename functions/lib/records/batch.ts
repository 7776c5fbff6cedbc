// Cuts record changes into batches that Route 53 accepts, and finds the one bad change that makes a batch fail.
import { changedRecord, hostnameOf, type RecordChange, type RecordSet, recordKey } from '../domain/record.ts'

/**
 * A batch holds at most 1,000 ResourceRecord elements and 32,000 characters of values (Route 53 quotas,
 * "ChangeResourceRecordSets API maximums"). A replacement is a DELETE and a CREATE, and so counts both.
 */
const LIMITS = { elements: 1000, characters: 32_000 }

/** What earlier rejections taught: the largest batch in which a change may be sent again. */
export interface Rejections {
  readonly maxSize: ReadonlyMap<string, number>
  /** Changes that were refused alone, after a fresh look: they are given up, with the service's words. */
  readonly givenUp: ReadonlyMap<string, string>
  /** How often a change was in a batch that was refused because another writer had been faster. */
  readonly clashes: ReadonlyMap<string, number>
}

export const noRejections: Rejections = { maxSize: new Map(), givenUp: new Map(), clashes: new Map() }

/** Lost races in a row after which a change is taken for bad, not unlucky. */
const MAX_CLASHES = 3

const keyOf = (change: RecordChange): string => recordKey(changedRecord(change))

/** Batches in the order of the changes; those given up are left out. */
export function splitBatches(changes: readonly RecordChange[], rejections: Rejections): RecordChange[][] {
  const batches: { changes: RecordChange[]; elements: number; characters: number; maxSize: number }[] = []
  for (const change of changes) {
    if (rejections.givenUp.has(keyOf(change))) continue
    const size = weigh(change)
    const maxSize = rejections.maxSize.get(keyOf(change)) ?? Number.POSITIVE_INFINITY
    const open = batches.find(
      (batch) =>
        batch.elements + size.elements <= LIMITS.elements &&
        batch.characters + size.characters <= LIMITS.characters &&
        batch.changes.length < Math.min(batch.maxSize, maxSize),
    )
    if (open) {
      open.changes.push(change)
      open.elements += size.elements
      open.characters += size.characters
      open.maxSize = Math.min(open.maxSize, maxSize)
    } else batches.push({ changes: [change], ...size, maxSize })
  }
  return batches.map((batch) => batch.changes)
}

function weigh(change: RecordChange): { elements: number; characters: number } {
  const parts: RecordSet[] = [
    ...(change.action === 'create' ? [] : [change.previous]),
    ...(change.action === 'delete' ? [] : [change.record]),
  ]
  const values = parts.flatMap((record) => record.values)
  return { elements: values.length, characters: values.join('').length }
}

/**
 * Learns from a refused batch. A batch that clashes with somebody else's write is worth another try as it is, after a
 * fresh look. Otherwise the changes that the service names go alone, and where it names none, the batch is halved.
 */
export function learn(rejections: Rejections, batch: readonly RecordChange[], reasons: readonly string[]): Rejections {
  const text = reasons.join('\n')
  if (reasons.every(isClash)) {
    const counts = batch.map((change) => [keyOf(change), (rejections.clashes.get(keyOf(change)) ?? 0) + 1] as const)
    const clashes = new Map([...rejections.clashes, ...counts])
    if (counts.some(([, count]) => count < MAX_CLASHES)) return { ...rejections, clashes }
  }
  if (batch.length === 1) {
    const key = keyOf(batch[0]!)
    return { ...rejections, givenUp: new Map([...rejections.givenUp, [key, reasons.join('; ')]]) }
  }
  const named = batch.filter((change) => mentions(text, changedRecord(change)))
  const suspects = named.length > 0 ? named : batch
  const size = named.length > 0 ? 1 : Math.ceil(batch.length / 2)
  return {
    ...rejections,
    maxSize: new Map([...rejections.maxSize, ...suspects.map((one) => [keyOf(one), size] as const)]),
  }
}

/** The record is not as we read it: another writer was faster. */
const isClash = (reason: string): boolean => /already exists|was not found|do not match the current values/.test(reason)

const mentions = (text: string, record: RecordSet): boolean =>
  text.includes(`'${record.name}'`) || text.includes(`'${hostnameOf(record)}'`)
