// Asks hosts for a look at their use, several side by side.
import { together } from '../steps/together.ts'
import type { LookResult } from './look.ts'
import type { PlannedIdle } from './plan.ts'
import type { IdlePorts } from './ports.ts'

/** Hosts asked at once. */
const SIDE_BY_SIDE = 10

/** Adds a look to those of each start. What fails is a look, too: nobody is idle because of it. */
export async function lookAt(
  ports: Pick<IdlePorts, 'look' | 'clock'>,
  due: readonly PlannedIdle[],
  looks: Map<string, LookResult[]>,
): Promise<void> {
  for (let first = 0; first < due.length; first += SIDE_BY_SIDE)
    await together(
      due.slice(first, first + SIDE_BY_SIDE).map(async (planned) => {
        looks.set(planned.start, [...(looks.get(planned.start) ?? []), await oneLook(ports, planned)])
      }),
    )
}

async function oneLook(
  ports: Pick<IdlePorts, 'look' | 'clock'>,
  { instanceId, sites }: PlannedIdle,
): Promise<LookResult> {
  const { clock } = ports
  const askedAt = clock.now()
  try {
    const seen = await ports.look(instanceId, sites)
    return { kind: 'seen', look: seen, askedAt, answeredAt: clock.now() }
  } catch (error) {
    const { name, message } = error as Error
    return { kind: 'failed', why: name === 'Error' ? message : `${name}: ${message}` }
  }
}
