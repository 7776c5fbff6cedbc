// How a start ends, whatever its agent does: live, or in one notice; and nothing is left waiting (SEED=n repeats a run,
// RUNS=n runs more).
import fc from 'fast-check'
import { type Fate, GOOD, live, SITE } from './host-world.ts'
import { type Agent, start, startsEndRight, subjects } from './start.ts'

const RUNS = Number(process.env.RUNS ?? 12)
const SEED = Number(process.env.SEED ?? 20_261_130)

const always = (status: 'Success' | 'Failed' | 'Undeliverable') => () => status

test('an agent that is 4 minutes late: still live, by one command, and nobody is bothered', async () => {
  const story = await start({ registersAfter: 240, ends: always('Success') }, 20)
  expect(story).toMatchObject({ deadLetters: 0, waiting: 0, commands: 1 })
  expect(story.outcome.events.map(({ detail }) => detail.site)).toEqual([SITE])
  expect(story.liveAfter).toBeGreaterThanOrEqual(240)
  expect(subjects(story)).toEqual([])
})

test('an agent that never comes: one notice and one dead letter', async () => {
  const story = await start({ registersAfter: Number.POSITIVE_INFINITY, ends: always('Success') }, 40)
  expect(story).toMatchObject({ deadLetters: 1, waiting: 0, commands: 0, liveAfter: undefined })
  expect(subjects(story)).toEqual([`ragstream-edge: ${SITE}: AgentNotRegistered`])
})

test('a command that an agent loses while it updates itself: sent again, live, and nobody is bothered', async () => {
  const story = await start({ registersAfter: 5, ends: (n) => (n === 1 ? 'Undeliverable' : 'Success') }, 20)
  expect(story).toMatchObject({ deadLetters: 0, waiting: 0, commands: 2 })
  expect(story.outcome.events).toHaveLength(1)
  expect(subjects(story)).toEqual([])
})

test('a command that always fails: three tries, one notice', async () => {
  const story = await start({ registersAfter: 5, ends: always('Failed') }, 40)
  expect(story).toMatchObject({ deadLetters: 0, waiting: 0, commands: 3, liveAfter: undefined })
  expect(subjects(story)).toEqual([expect.stringMatching(/could not be configured$/)])
})

test.each([1, 2, 5])('its end is told %i times: one try after 30 s, another after 2 minutes', async (copies) => {
  const { triedAfter, outcome } = await start({ registersAfter: 5, ends: always('Failed'), copies }, 40)
  expect(triedAfter.map((seconds) => Math.floor(seconds / 10) * 10)).toEqual([0, 30, 150])
  expect(outcome.notices).toHaveLength(1)
})

test('a registry that is away for 100 s: live by the third try', async () => {
  let first: number | undefined
  const ends: Agent['ends'] = (_, now) => {
    first ??= now
    return now - first < 100_000 ? 'Failed' : 'Success'
  }
  const story = await start({ registersAfter: 5, ends, copies: 2 }, 40)
  expect(story).toMatchObject({ commands: 3, deadLetters: 0, waiting: 0 })
  expect([story.outcome.events.length, story.outcome.notices.length]).toEqual([1, 0])
})

describe('a step that a person has to repair', () => {
  const FOR_A_PERSON: Fate = {
    ...{ takes: 0, does: 'fail', tells: 'Failed' },
    says: 'step=port-80 result=failed reason="apache2 listens" hint="stop it"\n',
  }
  const repaired = (tries: number) =>
    live({ ...{ registersAfter: 5, minutes: 80, hasSchedule: true }, fate: (n) => (n <= tries ? FOR_A_PERSON : GOOD) })

  test.each([1, 2])(
    'repaired after %i tries: told at once, and the next look of the schedule ends it',
    async (tries) => {
      const story = await repaired(tries)
      expect(story).toMatchObject({ deadLetters: 0, waiting: 0, commands: tries + 1 })
      expect(story.liveAfter).toBeCloseTo(tries * 900, -2)
      expect(subjects(story)).toEqual([
        expect.stringMatching(/: \S+: \S+ could not be configured$/),
        expect.stringMatching(/: over: .* could not be configured$/),
      ])
    },
  )

  test('never repaired: one try more by each of two looks, and one notice', async () => {
    const story = await repaired(99)
    expect(story).toMatchObject({ deadLetters: 0, waiting: 0, commands: 3, liveAfter: undefined })
    expect(story.triedAfter.map((seconds) => Math.round(seconds / 60))).toEqual([0, 15, 30])
    expect(subjects(story)).toHaveLength(1)
  })
})

test('any agent: live at last with at most three commands, or exactly one notice; never both, never neither', () =>
  fc.assert(startsEndRight(), { seed: SEED, numRuns: RUNS }))
