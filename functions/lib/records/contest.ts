// Finds another writer of a record by the changes of the record itself, whatever program writes it.
//
//   found where instances run                         | another writer
//   their address with another TTL                     | yes
//   anything else, 5 minutes and more after the start  | yes: it was right by then
//   the same, but what the site's rest would be        | no: this service was late
//   no record                                          | no: it is new, or was deleted: nobody's value stands there
//   their addresses and more                           | no: an instance of the site has gone
//   the same, sooner                                   | no: this start has not been seen yet
import type { Contest } from '../domain/contest.ts'
import { type Instance, startOf } from '../domain/instance.ts'
import { hostnameOf, type RecordSet, sameRecord } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import { type PlannedRecord, shown } from './plan.ts'

/** Milliseconds after a start by which its record is written, usually in seconds. */
const SETTLED = 5 * 60_000

/** It is written for a start of the last minutes: what becomes of that start, the end of its command tells. */
export const isOfStart = ({ instances: ids }: PlannedRecord, instances: readonly Instance[], now: number): boolean =>
  instances.some(
    ({ id, state, launchTime }) =>
      ids.includes(id) && (state === 'running' || state === 'pending') && now - launchTime < SETTLED,
  )

/** Of a record that was put right, or undefined. `now` in milliseconds since the epoch. */
export function contestOf(
  planned: PlannedRecord,
  site: Site,
  instances: readonly Instance[],
  now: number,
): Contest | undefined {
  const { record, previous, type, zoneId } = planned
  const running = instances.filter(({ id, state }) => planned.instances.includes(id) && state === 'running')
  const last = running.toSorted((a, b) => a.launchTime - b.launchTime).at(-1)
  if (!record || !previous || !last) return undefined
  const onlyTtl = sameRecord({ ...previous, ttl: record.ttl }, record)
  const late = now - last.launchTime < SETTLED || isAtRest(previous, site)
  const gone = record.values.every((value) => previous.values.includes(value))
  if (!onlyTtl && (late || gone)) return undefined
  const what = { site: site.hostname, zoneId, name: hostnameOf(planned), type }
  return { ...what, found: shown(previous), wanted: shown(record), at: now, start: startOf(last) }
}

/** A kept record holds the address that the instance had before. */
function isAtRest(previous: RecordSet, { onStop, parkAddress }: Site): boolean {
  return onStop === 'keep' || sameRecord(previous, { ...previous, values: [parkAddress] })
}
