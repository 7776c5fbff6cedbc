// Executes record plans, and nothing else does: sends batches to Route 53, and updates the view of the records.

import { BatchRejected, ZoneBusy } from '../domain/errors.ts'
import { applyChanges, type RecordChange, type RecordSet } from '../domain/record.ts'
import type { DnsRole } from '../domain/site.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
import { learn, type Rejections, splitBatches } from './batch.ts'
import type { PlannedRecord } from './plan.ts'
import type { DnsPorts } from './ports.ts'
import type { View, ZoneView } from './view.ts'

export interface AppliedPlan {
  readonly applied: readonly PlannedRecord[]
  /** Without the zones that refused something: they are read again. */
  readonly view: View
  /** The very same ones when nothing was refused. */
  readonly rejections: Rejections
  /** Another writer was faster somewhere, or is about to be. */
  readonly overtaken: boolean
}

interface Applying {
  readonly deadline: number
  /** Called with each change after Route 53 took it, and with the id of the change. */
  readonly onApplied: (planned: PlannedRecord, change: string) => void
}

interface Zone {
  readonly id: string
  readonly role: DnsRole
}

/** Zones side by side, the batches of a zone one after the other. `plan` holds writes only. */
export async function applyPlan(
  ports: DnsPorts,
  request: Applying,
  plan: readonly PlannedRecord[],
  view: View,
  before: Rejections,
): Promise<AppliedPlan> {
  const zones = [...Map.groupBy(plan, (planned) => planned.zoneId)]
  const outcomes = await together(
    zones.map(([zoneId, part]) =>
      applyToZone(ports, request, { id: zoneId, role: view.get(zoneId)!.role }, part, before),
    ),
  )
  const zonesAfter = [...view].flatMap(([zoneId, zone]): [string, ZoneView][] => {
    const outcome = outcomes.find((one) => one.zoneId === zoneId)
    if (outcome && (outcome.overtaken || outcome.rejections !== before)) return []
    const records = zone.records as readonly RecordSet[]
    return [[zoneId, outcome ? { ...zone, records: applyChanges(records, outcome.applied.map(toChange)) } : zone]]
  })
  return {
    applied: outcomes.flatMap((outcome) => outcome.applied),
    view: new Map(zonesAfter),
    rejections: outcomes
      .map((outcome) => outcome.rejections)
      .filter((learnt) => learnt !== before)
      .reduce(merge, before),
    overtaken: outcomes.some((outcome) => outcome.overtaken),
  }
}

async function applyToZone(
  ports: DnsPorts,
  request: Applying,
  zone: Zone,
  plan: readonly PlannedRecord[],
  before: Rejections,
) {
  const plannedOf = new Map(plan.map((planned) => [toChange(planned), planned]))
  const applied: PlannedRecord[] = []
  let rejections = before
  for (const batch of splitBatches([...plannedOf.keys()], before)) {
    const answer = await submit(ports, request, zone, batch, applied.length > 0)
    if (answer instanceof ZoneBusy) return { zoneId: zone.id, applied, rejections, overtaken: true }
    if (answer instanceof BatchRejected) {
      rejections = learn(rejections, batch, answer.reasons)
      continue
    }
    for (const change of batch) {
      const planned = plannedOf.get(change)!
      applied.push(planned)
      request.onApplied(planned, answer)
    }
  }
  return { zoneId: zone.id, applied, rejections, overtaken: rejections.clashes !== before.clashes }
}

/** The change's id, or why not. Where the zone is busy with a change that is not `ours`, this plan is out of date: it is not sent again. */
function submit(
  ports: DnsPorts,
  request: Applying,
  { id, role }: Zone,
  batch: readonly RecordChange[],
  ours: boolean,
): Promise<BatchRejected | ZoneBusy | string> {
  const comment = `ragstream-edge: ${batch.length} change${batch.length === 1 ? '' : 's'}`
  return patiently(ports.clock, request.deadline, async () => {
    try {
      return await ports.changeRecords(id, batch, comment, role)
    } catch (error) {
      if (error instanceof BatchRejected || (error instanceof ZoneBusy && !ours)) return error
      throw error
    }
  })
}

function toChange({ action, record, previous }: PlannedRecord): RecordChange {
  if (action === 'create' && record) return { action, record }
  if (action === 'replace' && record && previous) return { action, record, previous }
  if (action === 'delete' && previous) return { action, previous }
  throw new TypeError(`not a write: ${action}`)
}

/** Each zone learnt on its own from the same start, so that what another zone holds of a change may be older. */
const merge = (a: Rejections, b: Rejections): Rejections => ({
  maxSize: mergeBy(Math.min, a.maxSize, b.maxSize),
  givenUp: new Map([...a.givenUp, ...b.givenUp]),
  clashes: mergeBy(Math.max, a.clashes, b.clashes),
})

const mergeBy = (
  choose: (...values: number[]) => number,
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> =>
  new Map([...a, ...[...b].map(([key, value]) => [key, choose(value, a.get(key) ?? value)] as const)])
