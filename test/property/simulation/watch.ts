// Looks over the shoulder of every batch: nothing foreign, nothing needless, and nothing but what the world said at
// some moment of the time that a run may take.
import type { RecordChange } from '../../../functions/lib/domain/record.ts'
import type { SeenInstance } from '../../../local/world/queries.ts'
import type { World } from '../../../local/world/types.ts'
import { type Account, during, until } from './account.ts'
import { isForeign, matching, type RecordType, sameRecord, shown, type Verdict, verdict } from './oracle.ts'
import type { Timeline } from './timeline.ts'

/** The function's time, and the slowest request that was under way when it ended: milliseconds. */
const LONGEST_RUN = 60_000 + 15_000
const SECOND_LOOK = 60_000

interface Key {
  readonly zoneId: string
  readonly name: string
  readonly type: string
}

/** `staleness`: how old an answer may be, milliseconds. `fault` gets one sentence for each thing that is wrong. */
export function watchBatches(account: Account, timeline: Timeline, staleness: number, fault: Fault): void {
  account.onBatch((before, zoneId, changes) => {
    const keys = new Map(changes.map(({ record: { name, type } }) => [`${name} ${type}`, { zoneId, name, type }]))
    for (const key of keys.values())
      for (const sentence of faultsOfWrite(account, before, key, timeline.now, staleness)) fault(sentence)
  })
}

type Fault = (sentence: string) => void

function faultsOfWrite(account: Account, before: World, key: Key, now: number, staleness: number): string[] {
  const { zoneId, name, type } = key
  const old = before.zones.get(zoneId)!.records
  if (isForeign(old, name, type)) return [`touched a foreign record: ${name} ${type}`]
  const was = old.get(`${name}|${type}`) ?? null
  const is = account.zone(zoneId)!.records.get(`${name}|${type}`) ?? null
  const sentence = `${name} ${type}: ${shown(was)} -> ${shown(is)}`
  if (sameRecord(was, is)) return [`needless write: ${sentence}`]
  if (type !== 'A' && type !== 'AAAA') return [`touched a type that is not ours: ${sentence}`]
  const grounds = verdictsSince(account, { ...key, type }, now - LONGEST_RUN - staleness)
  if (grounds.some((ground) => ground.kind === 'be' && sameRecord(ground.record, is))) return []
  const absent = grounds.filter((ground) => ground.kind === 'absent')
  const hostnames = absent.filter(({ record }) => sameRecord(record, is)).map(({ hostname }) => hostname)
  if (hostnames.some((hostname) => wasAbsent(account, hostname, now - SECOND_LOOK))) return []
  return [`write without evidence: ${sentence}`]
}

type OurKey = Key & { readonly type: RecordType }

/** Addresses that a write gives to a name and that the last answer about instances, which its run got, did not show for an instance that starts or runs. */
export function unfounded(account: Account, seen: readonly SeenInstance[], changes: readonly RecordChange[]): string[] {
  const shown = seen.filter(({ state }) => state === 'pending' || state === 'running')
  const parked = account.documents.flatMap(({ value }) => [...value.values()].map((site) => site.parkAddress))
  const known = new Set([...shown.flatMap(({ address, ipv6 }) => [address, ipv6]), ...parked])
  return changes.flatMap((change) =>
    change.action === 'delete'
      ? []
      : change.record.values
          .filter((value) => !known.has(value))
          .map((value) => `wrote an address that no instance has: ${change.record.name} ${value}`),
  )
}

/** Documents and instances are read apart: each document of that time goes with each set of instances. */
function verdictsSince(account: Account, { zoneId, name, type }: OurKey, from: number): Verdict[] {
  const instances = during(account.instances, from)
  return during(account.documents, from).flatMap((documents) =>
    instances.map((seen) => verdict(documents, seen, zoneId, name, type)),
  )
}

/** At some moment before `time`, whatever the site selected then. */
function wasAbsent(account: Account, hostname: string, time: number): boolean {
  const sites = until(account.documents, time).map((documents) => documents.get(hostname))
  const instances = until(account.instances, time)
  return sites.some((site) => site && instances.some((seen) => matching(site, seen).length === 0))
}
