// The property: whatever the world, the schedule and the faults, at rest every record is right, and nothing was written
// on the way there that should not have been.
import fc, { type RunDetails } from 'fast-check'
import type { Mutant } from './simulation/ports.ts'
import { type Scenario, scenarios } from './simulation/scenario.ts'
import { calm, hasty } from './simulation/schedules.ts'
import { simulate } from './simulation/simulate.ts'

/** In calm and hasty schedules events alone must do, before any reconcile. */
const anySchedule = fc.oneof(scenarios, scenarios.map(calm), scenarios.map(hasty))

export const converges = ({ onRun, mutant }: { readonly onRun?: () => void; readonly mutant?: Mutant } = {}) =>
  fc.asyncProperty(anySchedule, async (scenario) => {
    onRun?.()
    const { faults } = await simulate(scenario, mutant)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })

/** Seed, shrunk counterexample and its story. */
export async function reportOf(details: RunDetails<[Scenario]>): Promise<string> {
  if (!details.failed) return `ok: seed ${details.seed}, ${details.numRuns} runs, none failed`
  const [scenario] = details.counterexample!
  const { faults, story } = await simulate(scenario)
  const head = `failed: seed ${details.seed}, path ${details.counterexamplePath}, run ${details.numRuns}, shrunk ${details.numShrinks} times`
  return [head, JSON.stringify(scenario), ...story, ...faults].join('\n')
}
