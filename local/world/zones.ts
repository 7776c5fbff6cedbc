// Hosted zones: a batch of changes is listed at once and served when it is INSYNC.
import { applyBatch } from './batch.ts'
import { normaliseName, recordKey } from './names.ts'
import { edit, setOne } from './share.ts'
import { type Handler, quiet, type Transition, wakeBy } from './transition.ts'
import { type HostedZone, type RecordSet, ServiceError, type World, type ZoneChange } from './types.ts'

export const createHostedZone: Handler<'CreateHostedZone'> = (state, action) => {
  const { id } = action
  if (state.zones.has(id)) throw new ServiceError('HostedZoneAlreadyExists', `The hosted zone ${id} exists`, 409)
  const name = normaliseName(action.name)
  const records = new Map(apex(name).map((record) => [recordKey(record), record]))
  const zone: HostedZone = {
    id,
    account: action.account ?? state.account,
    name,
    privateZone: action.privateZone ?? false,
    records,
    served: records,
    protectedKeys: new Set(),
  }
  return quiet({ ...state, zones: setOne(state.zones, id, zone) })
}

/** The values that Route 53 writes into a new zone. */
function apex(name: string): RecordSet[] {
  const servers = ['ns-1.awsdns-00.com.', 'ns-513.awsdns-00.net.', 'ns-1025.awsdns-00.org.', 'ns-1537.awsdns-00.co.uk.']
  const soa = 'ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400'
  return [
    { name, type: 'NS', ttl: 172_800, values: servers },
    { name, type: 'SOA', ttl: 900, values: [soa] },
  ]
}

/** The limit is the account's, whatever the zone or the operation. A refused request does not count. */
export const countRoute53Request: Handler<'CountRoute53Request'> = (state, action, now) => {
  const account = action.account ?? state.account
  const recent = state.route53Calls.filter(({ at }) => at > now - 1000)
  if (recent.filter((one) => one.account === account).length >= state.tempo.route53PerSecond)
    throw new ServiceError('Throttling', 'Rate exceeded')
  return quiet({ ...state, route53Calls: [...recent, { account, at: now }] })
}

export const changeResourceRecordSets: Handler<'ChangeResourceRecordSets'> = (state, action, now) => {
  const zone = findZone(state, action.zoneId)
  const pending = lastPending(state, zone.id)
  if (state.tempo.route53Serial && pending !== undefined) {
    const sentence = 'The request was rejected because Route 53 was still processing a prior request.'
    throw new ServiceError('PriorRequestNotComplete', sentence)
  }
  const records = applyBatch(zone, action.changes)
  const change: ZoneChange = {
    id: `C${state.serial.toString(36).toUpperCase().padStart(20, '0')}`,
    zoneId: zone.id,
    submittedAt: now,
    // A later change never overtakes an earlier one, even when the tempo was made faster between them.
    insyncAt: Math.max(now + state.tempo.insyncMs, pending?.insyncAt ?? 0),
    status: 'PENDING',
    records,
  }
  const next: World = {
    ...state,
    serial: state.serial + 1,
    zones: setOne(state.zones, zone.id, { ...zone, records }),
    changes: setOne(state.changes, change.id, change),
    openChanges: [...state.openChanges, change.id],
  }
  return quiet(wakeBy(next, change.insyncAt), change)
}

export const protectRecords: Handler<'ProtectRecords'> = (state, action) => {
  const zone = findZone(state, action.zoneId)
  const protectedKeys = new Set([...zone.protectedKeys, ...action.keys])
  return quiet({ ...state, zones: setOne(state.zones, zone.id, { ...zone, protectedKeys }) })
}

export function advanceZones(state: World, now: number): Transition {
  const due = open(state).filter((change) => change.insyncAt <= now)
  if (due.length === 0) return quiet(state)
  const changes = edit(
    state.changes,
    due.map((change): [string, ZoneChange] => [change.id, { ...change, status: 'INSYNC', records: null }]),
  )
  const served = new Map(due.map((change) => [change.zoneId, change.records!]))
  const zones = edit(
    state.zones,
    [...served].map(([id, records]): [string, HostedZone] => [id, { ...state.zones.get(id)!, served: records }]),
  )
  const openChanges = state.openChanges.filter((id) => changes.get(id)?.status === 'PENDING')
  return quiet({ ...state, zones, changes, openChanges })
}

export function zonesDue(state: World): number {
  return Math.min(...open(state).map((change) => change.insyncAt))
}

export function findZone(state: World, id: string): HostedZone {
  const zone = state.zones.get(id)
  if (zone === undefined) throw new ServiceError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404)
  return zone
}

function lastPending(state: World, zoneId: string): ZoneChange | undefined {
  return open(state).findLast((change) => change.zoneId === zoneId)
}

function open(state: World): ZoneChange[] {
  return state.openChanges.map((id) => state.changes.get(id)!)
}
