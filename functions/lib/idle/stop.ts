// Carries out the stops of a plan, each told where people want or must know of it.
import { StopRefused } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { stoppedNotice } from './notice.ts'
import type { PlannedIdle } from './plan.ts'
import type { IdlePorts } from './ports.ts'

export interface Stops {
  readonly stopped: readonly string[]
  /** Instance id -> EC2's words. */
  readonly refused: ReadonlyMap<string, string>
}

/** One after the other: an error of one instance must not hide what became of another. */
export async function stopAll(
  ports: Pick<IdlePorts, 'stop' | 'publish'>,
  plan: readonly PlannedIdle[],
  sites: readonly Site[],
): Promise<Stops> {
  const stopped: string[] = []
  const refused = new Map<string, string>()
  for (const planned of plan.filter(({ action }) => action === 'stop')) {
    try {
      await ports.stop(planned.instanceId)
    } catch (error) {
      if (!(error instanceof StopRefused)) throw error
      refused.set(planned.instanceId, error.message)
      continue
    }
    stopped.push(planned.instanceId)
    if (planned.tells || wantNotice(planned, sites)) await ports.publish(stoppedNotice(planned))
  }
  return { stopped, refused }
}

const wantNotice = ({ sites: names }: PlannedIdle, sites: readonly Site[]): boolean =>
  sites.some(({ hostname, idle }) => names.includes(hostname) && idle?.notice === true)
