// The whole DNS side on virtual time: random worlds, schedules and faults (SEED=n repeats a run, RUNS=n runs more).
import fc from 'fast-check'
import { LONG } from '../support/long-tests.ts'
import { converges, reportOf } from './converges.ts'
import { mutants } from './simulation/mutants.ts'

const RUNS = Number(process.env.RUNS ?? (LONG ? 1_000 : 400))
const SEED = Number(process.env.SEED ?? 20_260_101)
/** Milliseconds: only what never ends takes so long. */
const LIMIT = Math.max(1_800_000, RUNS * 100)

test(
  'at rest every record is right, and no write on the way was foreign, needless or without evidence',
  async () => {
    const details = await fc.check(converges(), { seed: SEED, numRuns: RUNS })
    if (details.failed) throw new Error(await reportOf(details))
  },
  LIMIT,
)

describe('a planted bug is found:', () => {
  test.each(Object.entries(mutants))(
    '%s',
    async (name, mutant) => {
      const details = await fc.check(converges({ mutant }), { seed: SEED, numRuns: RUNS, endOnFailure: true })
      console.info(`${name}: ${details.failed ? `found in run ${details.numRuns}` : `not found in ${RUNS} runs`}`)
      expect(details).toMatchObject({ failed: true })
    },
    LIMIT,
  )
})
