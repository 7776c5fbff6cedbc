// Stops the instances that nobody uses: read, plan, look twice, look once more at what is there now, stop.
import { type Instance, startOf } from '../domain/instance.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
import { lookAt } from './ask.ts'
import type { LookResult } from './look.ts'
import type { Memory } from './memory.ts'
import { withOutlook } from './outlook.ts'
import { type Details, type IdlePlanInput, LOOKS, type PlannedIdle, planIdle } from './plan.ts'
import type { IdlePorts, IdleReport, IdleRequest } from './ports.ts'
import { remember } from './remember.ts'
import { stopAll } from './stop.ts'

const NOTHING: IdleReport = { plan: [], stopped: [], problems: [], judged: [] }

/** The one step behind the schedule and people. EC2 comes first: while nothing runs, that is all. */
export async function convergeIdle(ports: IdlePorts, request: IdleRequest): Promise<IdleReport> {
  const { clock } = ports
  const list = () => patiently(clock, request.deadline, () => ports.listInstances())
  let instances = await list()
  if (!instances.some(isRunning)) return NOTHING
  const { sites, broken } = await patiently(clock, request.deadline, () => ports.readSites())
  const [looks, details] = [new Map<string, LookResult[]>(), new Map<string, Details>()]
  const memory = sites.some(({ idle }) => idle !== null)
    ? await patiently(clock, request.deadline, () => ports.readMemory())
    : new Map<string, Memory>()
  const input = (): IdlePlanInput => ({
    ...{ sites, broken: broken.map(({ hostname }) => hostname), instances, looks, details, memory },
    ...{ minute: ports.minute, now: clock.now() },
  })
  for (let round = 0; round < (request.dryRun ? 1 : LOOKS); round++) {
    const due = planIdle(input()).filter(({ action }) => action === 'look')
    if (due.length === 0) break
    if (round > 0) await clock.sleep(ports.apart)
    await lookAt(ports, due, looks)
    if (round > 0) await askDetails(ports, input(), due, details)
  }
  let plan = planIdle(input())
  if (request.dryRun) return { ...NOTHING, plan: withOutlook(plan, instances, looks) }
  if (plan.some(({ action }) => action === 'stop')) {
    // Somebody may have stopped and started it since, or tagged it: a look at another start counts for nothing.
    instances = await list()
    plan = planIdle(input())
  }
  const stops = await stopAll(ports, plan, sites)
  return { plan, stopped: stops.stopped, ...(await remember(ports, { plan, looks, memory, refused: stops.refused })) }
}

const isRunning = ({ state }: Instance): boolean => state === 'running'

/** What only a stop needs: most looks find somebody, and need none of it. */
async function askDetails(
  ports: IdlePorts,
  { sites, instances, now }: IdlePlanInput,
  due: readonly PlannedIdle[],
  details: Map<string, Details>,
): Promise<void> {
  await together(
    due.map(async ({ start, instanceId, sites: names, terms }) => {
      const instance = instances.find((one) => startOf(one) === start)!
      const mine = sites.filter(({ hostname }) => names.includes(hostname))
      const [commands, live] = await together([
        ports.listCommands(instanceId, now - terms!.stopAfter),
        ports.wasLive(mine, instance),
      ])
      details.set(start, { commands, live })
    }),
  )
}
