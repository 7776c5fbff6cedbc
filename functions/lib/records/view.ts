// The records at our names, as last read or written.
import { OutOfTime } from '../domain/errors.ts'
import type { RecordSet } from '../domain/record.ts'
import { namesOf } from '../domain/record.ts'
import type { DnsRole, Site } from '../domain/site.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
import type { DnsPorts } from './ports.ts'

export interface ZoneView {
  /** Of the account in which it lies: the sites of a zone agree on it. */
  readonly role: DnsRole
  /** The names that were asked for. */
  readonly names: ReadonlySet<string>
  /** An error where the zone cannot be read. */
  readonly records: readonly RecordSet[] | Error
}

/** By zone id. */
export type View = ReadonlyMap<string, ZoneView>

/** Reads the zones, or the names in them, that the view lacks; zones side by side. */
export async function completeView(
  ports: DnsPorts,
  deadline: number,
  sites: readonly Site[],
  view: View,
): Promise<View> {
  const zones = Map.groupBy(sites, (site) => site.hostedZoneId)
  const entries = [...zones].map(async ([zoneId, members]): Promise<[string, ZoneView]> => {
    const names = new Set(members.flatMap(namesOf))
    const role = members[0]!.dnsRoleArn
    const known = view.get(zoneId)
    if (known?.role === role && names.isSubsetOf(known.names)) return [zoneId, known]
    const read = () => ports.listRecords(zoneId, [...names], role)
    return [zoneId, { role, names, records: await patiently(ports.clock, deadline, read).catch(unlessOutOfTime) }]
  })
  return new Map(await together(entries))
}

/** One zone's error never stops another zone; running out of time stops all. */
function unlessOutOfTime(error: Error): Error {
  if (error instanceof OutOfTime) throw error
  return error
}

export const readableRecords = (view: View): ReadonlyMap<string, readonly RecordSet[]> =>
  new Map([...view].flatMap(([zoneId, { records }]) => (records instanceof Error ? [] : [[zoneId, records]])))

export const errorsOf = (view: View): ReadonlyMap<string, Error> =>
  new Map([...view].flatMap(([zoneId, { records }]) => (records instanceof Error ? [[zoneId, records]] : [])))
