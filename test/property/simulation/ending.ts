// The judgement at rest: every record that a site claims against what the world says.
import type { Account } from './account.ts'
import type { SiteDocument } from './documents.ts'
import { allNames, isClosed, isMassAbsence, type RecordType, sameRecord, shown, verdict } from './oracle.ts'

export function faultsAtRest(account: Account): string[] {
  const documents = account.documents.at(-1)!.value
  return [...documents.values()].flatMap((site) =>
    allNames(site).flatMap((name) => [...faultsOf(account, site, name, 'A'), ...faultsOf(account, site, name, 'AAAA')]),
  )
}

function faultsOf(account: Account, site: SiteDocument, name: string, type: RecordType): string[] {
  const documents = account.documents.at(-1)!.value
  const zone = account.zone(site.hostedZoneId)
  const instances = account.seenInstances()
  const right = verdict(documents, instances, site.hostedZoneId, name, type)
  if (!zone || right.kind === 'leave' || isClosed(zone, name, type)) return []
  if (right.kind === 'absent' && isMassAbsence(documents, instances, new Set(account.state.zones.keys()))) return []
  const is = zone.records.get(`${name}|${type}`) ?? null
  return sameRecord(right.record, is) ? [] : [`at rest ${name} ${type} is ${shown(is)}, not ${shown(right.record)}`]
}
