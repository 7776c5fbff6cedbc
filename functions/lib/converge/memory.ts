// Remembers between looks what the records are, so that a burst of events does not read the zone again for each batch; and what the sites are,
// so that an event that changes nothing is seen to be one with two reads.
import { applyChanges, type RecordSet } from '../domain/record.ts'
import type { SiteSet } from '../domain/site-set.ts'
import type { Clock } from './clock.ts'
import type { DnsPorts } from './dns.ts'

/**
 * Milliseconds. A write that rests on something older is refused by Route 53, never wrong. But a record can seem right
 * that another process of the function, or a person, has written since: who trusts the memory has to look again later.
 */
const MAX_AGE = 60_000

interface Remembered {
  readonly names: ReadonlySet<string>
  readonly records: readonly RecordSet[]
  readonly readAt: number
}

/**
 * The same ports, with the records of each zone kept from the last read and carried along by each write. Any failed
 * write forgets its zone; `forget` forgets all, for looks that must see what people did.
 */
export function rememberRecords(ports: DnsPorts): DnsPorts & { forget(): void } {
  const zones = new Map<string, Remembered>()
  const { clock } = ports
  return {
    ...ports,
    forget: () => zones.clear(),
    async listRecords(zoneId, names, role) {
      const known = zones.get(zoneId)
      if (known && clock.now() - known.readAt < MAX_AGE && new Set(names).isSubsetOf(known.names)) return known.records
      zones.delete(zoneId)
      const readAt = clock.now()
      const records = await ports.listRecords(zoneId, names, role)
      zones.set(zoneId, { names: new Set(names), records, readAt })
      return records
    },
    async changeRecords(zoneId, changes, comment, role) {
      const known = zones.get(zoneId)
      zones.delete(zoneId)
      const change = await ports.changeRecords(zoneId, changes, comment, role)
      if (known) zones.set(zoneId, { ...known, records: applyChanges(known.records, changes) })
      return change
    },
  }
}

/** Milliseconds for which what one part of a run has read is as good as read by the next part. */
const FRESH = 5_000

/**
 * A read for two parts of one run that look at the same world, one right after the other: what the first has read last, the second is given
 * once. What the second asks for again, after it has done something, is read.
 */
export function handOver<Args extends readonly unknown[], T>(read: (...args: Args) => Promise<T>, clock: Clock) {
  const last = new Map<string, { readonly value: T; readonly readAt: number }>()
  return {
    async first(...args: Args): Promise<T> {
      const readAt = clock.now()
      const value = await read(...args)
      last.set(JSON.stringify(args), { value, readAt })
      return value
    },
    async second(...args: Args): Promise<T> {
      const known = last.get(JSON.stringify(args))
      last.delete(JSON.stringify(args))
      return known && clock.now() - known.readAt < FRESH ? known.value : read(...args)
    },
  }
}

interface SitePorts {
  readSites(): Promise<SiteSet>
  readonly clock: Clock
}

/** The same ports, with the sites of the last read at hand for a minute. `readSites` still reads. */
export function rememberSites<Ports extends SitePorts>(ports: Ports): Ports & { lastSites(): SiteSet | undefined } {
  let last: { readonly siteSet: SiteSet; readonly readAt: number } | undefined
  const { clock } = ports
  return {
    ...ports,
    lastSites: () => (last && clock.now() - last.readAt < MAX_AGE ? last.siteSet : undefined),
    async readSites() {
      last = undefined
      const readAt = clock.now()
      const siteSet = await ports.readSites()
      last = { siteSet, readAt }
      return siteSet
    },
  }
}
