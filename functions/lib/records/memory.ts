// Remembers between looks what the records are, so that a burst of events does not read the zone again for each batch.
import { ZoneBusy } from '../domain/errors.ts'
import { applyChanges, type RecordSet } from '../domain/record.ts'
import type { DnsPorts } from './ports.ts'

/**
 * Milliseconds. A write that rests on something older is refused by Route 53, never wrong. But a record can seem right
 * that another process of the function, or a person, has written since: who trusts the memory has to look again later.
 */
const MAX_AGE = 60_000

interface Remembered {
  readonly names: ReadonlySet<string>
  readonly records: readonly RecordSet[]
  readonly readAt: number
  /** The last write met a busy zone. The next write may rest on these records, a look may not. */
  readonly isBusy?: boolean
}

/**
 * The same ports, with the records of each zone kept from the last read and carried along by each write. Any failed
 * write forgets its zone. If the zone was busy, nothing was written: the write that is sent again goes on from the same records. `forget` forgets
 * all, for looks that must see what people did.
 */
export function rememberRecords(ports: DnsPorts): DnsPorts & { forget(): void } {
  const zones = new Map<string, Remembered>()
  const { clock } = ports
  return {
    ...ports,
    forget: () => zones.clear(),
    async listRecords(zoneId, names, role) {
      const known = zones.get(zoneId)
      const isFresh = known && !known.isBusy && clock.now() - known.readAt < MAX_AGE
      if (isFresh && new Set(names).isSubsetOf(known.names)) return known.records
      zones.delete(zoneId)
      const readAt = clock.now()
      const records = await ports.listRecords(zoneId, names, role)
      zones.set(zoneId, { names: new Set(names), records, readAt })
      return records
    },
    async changeRecords(zoneId, changes, comment, role) {
      const known = zones.get(zoneId)
      zones.delete(zoneId)
      const change = await ports.changeRecords(zoneId, changes, comment, role).catch((error) => {
        if (known && error instanceof ZoneBusy) zones.set(zoneId, { ...known, isBusy: true })
        throw error
      })
      if (known) zones.set(zoneId, { ...known, isBusy: false, records: applyChanges(known.records, changes) })
      return change
    },
  }
}
