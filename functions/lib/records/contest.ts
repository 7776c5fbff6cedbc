// Another writer of a record: found by what becomes of the record, whoever writes it and however.
//
//   found where instances run                         | another writer
//   their address with another TTL                     | yes
//   anything else, 5 minutes and more after the start  | yes: it was right by then
//   the same, but what the site's rest would be        | no: this service was late
//   the same, sooner                                   | no: this start has not been seen yet
import type { Contest } from '../domain/contest.ts'
import { type Instance, startOf } from '../domain/instance.ts'
import { hostnameOf, sameRecord } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import { type PlannedRecord, shown } from './plan.ts'

/** Milliseconds after a start by which its record is written, usually in seconds. */
const SETTLED = 5 * 60_000

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
  if (!record || !last) return undefined
  const onlyTtl = previous !== undefined && sameRecord({ ...previous, ttl: record.ttl }, record)
  const late = now - last.launchTime < SETTLED || isAtRest(planned, site)
  if (!onlyTtl && late) return undefined
  const what = { site: site.hostname, zoneId, name: hostnameOf(planned), type }
  return { ...what, found: shown(previous), wanted: shown(record), at: now, start: startOf(last) }
}

function isAtRest({ previous, record }: PlannedRecord, { onStop, parkAddress }: Site): boolean {
  if (!previous) return onStop === 'delete'
  return sameRecord(previous, { ...record!, values: [parkAddress] })
}
