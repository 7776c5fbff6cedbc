// Asks hosts whether they are still as their last command left them.

import type { Site } from '../domain/site.ts'
import { together } from '../steps/together.ts'
import { hostDrift, isBusy } from './drift.ts'
import { hostKey, type PlannedHost } from './plan.ts'
import type { HostPorts } from './ports.ts'

/** Hosts asked at once. */
const SIDE_BY_SIDE = 10

export interface Inspected {
  readonly drift: ReadonlyMap<string, string>
  readonly silent: ReadonlySet<string>
}

/** Milliseconds kept for telling hosts; who is not asked before is as silent as who does not answer. */
const FOR_TELLING = 60_000

/** Only where the last command succeeded: what is under way, or failed, is known without asking the host. */
export async function inspectHosts(
  ports: Pick<HostPorts, 'inspect' | 'clock'>,
  sites: readonly Site[],
  plan: readonly PlannedHost[],
  deadline: number,
): Promise<Inspected> {
  const [drift, silent] = [new Map<string, string>(), new Set<string>()]
  const done = ports.inspect ? plan.filter(({ action, last }) => action === 'keep' && last?.status === 'Success') : []
  for (let first = 0; first < done.length; first += SIDE_BY_SIDE) {
    if (deadline - ports.clock.now() < FOR_TELLING) {
      for (const planned of done.slice(first)) silent.add(hostKey(planned))
      break
    }
    await together(
      done.slice(first, first + SIDE_BY_SIDE).map(async (planned) => {
        const site = sites.find(({ hostname }) => hostname === planned.site)!
        const inspection = await ports.inspect!(planned.instanceId, site)
        const found = inspection && hostDrift(inspection, planned.command.parameters.SiteHash!)
        if (!inspection || (!found && isBusy(inspection))) silent.add(hostKey(planned))
        if (found) drift.set(hostKey(planned), found)
      }),
    )
  }
  return { drift, silent }
}
