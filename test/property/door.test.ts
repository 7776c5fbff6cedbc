// A door with visitors on virtual time (SEED=n repeats a run, RUNS=n runs more).
import fc from 'fast-check'
import { mutants, withinTheLimits } from './door.ts'

const RUNS = Number(process.env.RUNS ?? 150)
const SEED = Number(process.env.SEED ?? 20_261_130)

test('never more starts than the limits, never one by a GET, and in the end live, broken or asleep', () =>
  fc.assert(withinTheLimits(), { seed: SEED, numRuns: RUNS }))

describe('a planted fault is found:', () => {
  test.each(Object.entries(mutants))('%s', async (_, mutant) => {
    const details = await fc.check(withinTheLimits({ mutant }), { seed: SEED, numRuns: 2_000, endOnFailure: true })
    expect(details).toMatchObject({ failed: true })
  })
})
