// Instances that are used and left, on virtual time (SEED=n repeats a run, RUNS=n runs more).
import fc from 'fast-check'
import { mutants, neverStoppedInUse } from './idle.ts'

const RUNS = Number(process.env.RUNS ?? 150)
const SEED = Number(process.env.SEED ?? 20_261_130)

test('never stopped while used at the second look; in the end stopped when unused', () =>
  fc.assert(neverStoppedInUse(), { seed: SEED, numRuns: RUNS }))

describe('a planted fault is found:', () => {
  test.each(Object.entries(mutants))('%s', async (_, mutant) => {
    const details = await fc.check(neverStoppedInUse({ mutant }), { seed: SEED, numRuns: 2_000, endOnFailure: true })
    expect(details).toMatchObject({ failed: true })
  })
})
