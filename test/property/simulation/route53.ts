// What the Route 53 adapter answers, from the account: listings, batches, and the service's refusals as our errors.

import { BatchRejected, TryLater, ZoneBusy } from '../../../functions/lib/domain/errors.ts'
import type { RecordChange, RecordSet } from '../../../functions/lib/domain/record.ts'
import { inOrder } from '../../../local/world/queries.ts'
import type * as world from '../../../local/world/types.ts'
import { ServiceError } from '../../../local/world/types.ts'
import type { Account } from './account.ts'

export function listRecords(account: Account, zoneId: string, names: readonly string[]): RecordSet[] {
  return translating(() => {
    account.dispatch({ type: 'CountRoute53Request' })
    const zone = account.zone(zoneId)
    if (!zone) throw new ServiceError('NoSuchHostedZone', `No hosted zone found with ID: ${zoneId}`, 404)
    return inOrder(zone.records)
      .filter((record) => names.includes(record.name))
      .map(fromWorld)
  })
}

export function changeRecords(account: Account, zoneId: string, changes: readonly RecordChange[]): string {
  return translating(() => {
    account.dispatch({ type: 'CountRoute53Request' })
    const records = changes.flatMap(toWorld)
    return account.dispatch<'ChangeResourceRecordSets'>({ type: 'ChangeResourceRecordSets', zoneId, changes: records })
      .id
  })
}

export function fromWorld(record: world.RecordSet): RecordSet {
  const { name, type, ttl, values, alias, setIdentifier } = record
  const special = alias ? `an alias record to ${alias.dnsName}` : setIdentifier
  return { name, type, ttl: ttl ?? undefined, values, ...(special === undefined ? {} : { special }) }
}

/** A replacement is a DELETE of what was read and a CREATE. */
function toWorld(change: RecordChange): world.RecordChange[] {
  return [
    ...(change.action === 'create' ? [] : [{ action: 'DELETE' as const, record: plain(change.previous) }]),
    ...(change.action === 'delete' ? [] : [{ action: 'CREATE' as const, record: plain(change.record) }]),
  ]
}

const plain = ({ name, type, ttl, values }: RecordSet): world.RecordSet => ({ name, type, ttl: ttl ?? null, values })

function translating<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const { code, message } = error
    if (code === 'Throttling') throw new TryLater(`${code}: ${message}`)
    if (code === 'PriorRequestNotComplete') throw new ZoneBusy(`${code}: ${message}`)
    if (code !== 'InvalidChangeBatch' && code !== 'InvalidInput') throw error
    throw new BatchRejected(message.replace(/^\[|\]$/g, '').split(/, (?=(?:Tried|Invalid|RRSet|The|Duplicate)\b)/))
  }
}
