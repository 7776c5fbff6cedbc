// Asks hosts for their state. It asks the hosts whose state only they themselves know. In a look for drift it also asks the hosts whose last command succeeded.

import { OutOfTime } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { patiently } from '../steps/patiently.ts'
import { together } from '../steps/together.ts'
import { hostDrift, isBusy } from './drift.ts'
import type { Inspection } from './inspection.ts'
import { type HostWord, hostKey, isDone, type PlannedHost } from './plan.ts'
import type { HostPorts } from './ports.ts'

/** Hosts asked at once. */
const SIDE_BY_SIDE = 10

/** By `hostKey`. */
export type HostWords = ReadonlyMap<string, HostWord>

/** Milliseconds kept for telling hosts; who is not asked before is not judged. Events leave a run one minute in all. */
const FOR_TELLING = { looksForDrift: 60_000, onEvents: 30_000 }

export async function inspectHosts(
  ports: Pick<HostPorts, 'inspect' | 'clock'>,
  sites: readonly Site[],
  plan: readonly PlannedHost[],
  { deadline, looksForDrift }: { readonly deadline: number; readonly looksForDrift: boolean },
): Promise<HostWords> {
  const words = new Map<string, HostWord>()
  const reserve = looksForDrift ? FOR_TELLING.looksForDrift : FOR_TELLING.onEvents
  const asked = plan.filter((planned) => planned.action === 'ask' || (looksForDrift && isDone(planned)))
  for (let first = 0; first < asked.length; first += SIDE_BY_SIDE) {
    if (deadline - ports.clock.now() < reserve) {
      for (const planned of asked.slice(first)) words.set(hostKey(planned), UNASKED)
      break
    }
    await together(
      asked.slice(first, first + SIDE_BY_SIDE).map(async (planned) => {
        const site = sites.find(({ hostname }) => hostname === planned.site)!
        const ask = () => ports.inspect(planned.instanceId, site)
        const inspection = await patiently(ports.clock, deadline - reserve, ask).catch(unlessOutOfTime)
        words.set(hostKey(planned), inspection instanceof OutOfTime ? UNASKED : wordOf(inspection, planned, site))
      }),
    )
  }
  return words
}

const UNASKED: HostWord = { state: 'unasked', isLocked: false }

const unlessOutOfTime = (error: unknown): OutOfTime => {
  if (error instanceof OutOfTime) return error
  throw error
}

function wordOf(inspection: Inspection | undefined, { command }: PlannedHost, site: Site): HostWord {
  if (!inspection) return { state: 'silent', isLocked: false }
  const drift = hostDrift(inspection, command.parameters.SiteHash!, site)
  const isLocked = inspection.locked === true || inspection.locked === null
  if (drift) return { state: 'differs', drift, isLocked }
  return { state: isBusy(inspection) ? 'busy' : 'right', isLocked }
}
