// Bugs that well-known peers have, and two about addresses, planted into the ports of the production step.

import { BatchRejected } from '../../../functions/lib/domain/errors.ts'
import type { Instance } from '../../../functions/lib/domain/instance.ts'
import { changedRecord, type RecordChange, type RecordSet } from '../../../functions/lib/domain/record.ts'
import type { DnsPorts } from '../../../functions/lib/records/ports.ts'
import { listRecords } from '../../../local/world/queries.ts'
import { Injected } from './calls.ts'
import type { Mutant } from './ports.ts'
import { fromWorld } from './route53.ts'

/** Every look after the first sees what the first one saw. */
const noSecondLook: Mutant = (ports) => ({
  ...ports,
  readSites: once(ports.readSites),
  listInstances: once(ports.listInstances),
})

/** A look that failed is no look. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let first: Promise<T> | undefined
  return () => {
    first ??= read().catch((error) => {
      first = undefined
      throw error
    })
    return first
  }
}

/** The instance is taken to be in the state that the event told. */
const trustsTheEvent: Mutant = (ports, { triggers }) => ({
  ...ports,
  listInstances: async () => {
    const told = new Map(triggers.flatMap((one) => (one.kind === 'instance' ? [[one.instanceId, one.state]] : [])))
    const instances = await ports.listInstances()
    return instances.map((one): Instance => ({ ...one, state: told.get(one.id) ?? one.state }))
  },
})

/** The service lists from the first record at OR AFTER a name: its name goes unread. */
const firstListedRecord: Mutant = (ports, { account }) => ({
  ...ports,
  listRecords: async (zoneId, names, role) => {
    await ports.listRecords(zoneId, names, role)
    const zone = account.zone(zoneId)!
    return names.flatMap((name): RecordSet[] => {
      const first = listRecords(zone, { name, type: 'A' }).records[0]
      return first ? [{ ...fromWorld(first), name }] : []
    })
  },
})

/** What goes is whatever is there by now, not what was read. */
const deletesByCurrentValue: Mutant = (ports, { account }) => ({
  ...ports,
  changeRecords: (zoneId, changes, comment, role) => {
    const current = changes.flatMap((change): RecordChange[] => {
      const { name, type } = changedRecord(change)
      const found = account.zone(zoneId)?.records.get(`${name}|${type}`)
      if (change.action === 'delete') return found ? [{ action: 'delete', previous: fromWorld(found) }] : []
      const { record } = change
      return [found ? { action: 'replace', record, previous: fromWorld(found) } : { action: 'create', record }]
    })
    return current.length > 0 ? ports.changeRecords(zoneId, current, comment, role) : Promise.resolve('none')
  },
})

/** One bad record fails the whole batch, again and again. */
const batchNotIsolated: Mutant = (ports: DnsPorts) => ({
  ...ports,
  changeRecords: (zoneId, changes, comment, role) =>
    ports.changeRecords(zoneId, changes, comment, role).catch((error) => {
      throw error instanceof BatchRejected ? new Injected(error.message) : error
    }),
})

/** Each instance is taken to have the address of the next one. */
const addressOfAnother: Mutant = (ports) => ({
  ...ports,
  listInstances: async () => {
    const instances = await ports.listInstances()
    const addressed = instances.filter(({ publicIp }) => publicIp !== undefined)
    const next = new Map(addressed.map(({ id }, index) => [id, addressed[(index + 1) % addressed.length]!.publicIp]))
    return instances.map((one): Instance => ({ ...one, publicIp: next.get(one.id) }))
  },
})

const firstAddresses = new WeakMap<object, Map<string, string>>()

/** The address that a start showed first stands for as long as the instance is up, though EC2 took it back. */
const firstAddressKept: Mutant = (ports, { account }) => ({
  ...ports,
  listInstances: async () => {
    const kept = firstAddresses.get(account) ?? new Map<string, string>()
    firstAddresses.set(account, kept)
    const instances = await ports.listInstances()
    return instances.map((one): Instance => {
      const start = `${one.id} ${one.launchTime}`
      if (one.publicIp !== undefined && !kept.has(start)) kept.set(start, one.publicIp)
      return { ...one, publicIp: kept.get(start) }
    })
  },
})

export const mutants: Readonly<Record<string, Mutant>> = {
  'no second look': noSecondLook,
  'trusting the state in the event': trustsTheEvent,
  'first listed record taken': firstListedRecord,
  'delete by current value': deletesByCurrentValue,
  'batch not isolated': batchNotIsolated,
  'address of another instance': addressOfAnother,
  'address that EC2 took back': firstAddressKept,
}
