// Hosts whose agents lose commands and begin them again: what is applied at the end, after how long, by how many commands (SEED=n repeats a run,
// RUNS=n runs more).
import fc from 'fast-check'
import { type Fate, GOOD, type Life, live } from './host-world.ts'
import { hostsEndRight } from './hosts.ts'

const RUNS = Number(process.env.RUNS ?? 150)
const SEED = Number(process.env.SEED ?? 20_261_130)
const LOST: Fate = { takes: 5, does: 'nothing', tells: 'never' }

const of = (fates: readonly Fate[], life: Partial<Life> = {}) =>
  live({ minutes: 40, registersAfter: 5, fate: (n) => fates[n - 1] ?? GOOD, ...life })

test('an agent loses a command: it is cancelled after 5 minutes and sent again, live within 10', async () => {
  const story = await of([LOST])
  expect(story).toMatchObject({ commands: 2, waiting: 0, deadLetters: 0 })
  expect(story.rightAfter).toBeLessThan(600)
  expect(story.liveAfter).toBeLessThan(600)
  expect(story.outcome.notices).toEqual([])
})

test('an agent carries out a command and loses its end: sent again, so that somebody hears of it', async () => {
  const story = await of([{ ...GOOD, tells: 'never' }])
  expect(story).toMatchObject({ commands: 2, waiting: 0 })
  expect(story.liveAfter).toBeLessThan(600)
  expect(story.outcome.notices).toEqual([])
})

test('three are lost, one after the other: each is doubted after 5 minutes', async () => {
  const story = await of([LOST, LOST, LOST])
  expect(story).toMatchObject({ commands: 4, waiting: 0 })
  expect(story.liveAfter).toBeLessThan(3 * 310 + 60)
  expect(story.outcome.notices).toEqual([])
})

test('every command is lost: six tries within half an hour, and one notice within 70 minutes', async () => {
  const story = await live({ minutes: 70, registersAfter: 5, hasSchedule: true, fate: () => LOST })
  expect([story.commands, story.outcome.notices.length]).toEqual([6, 1])
  expect(story.triedAfter.at(-1)).toBeLessThan(1_800)
})

test('a host that works for 15 minutes is not sent a second command', async () => {
  const story = await of([{ ...GOOD, takes: 900 }])
  expect(story).toMatchObject({ commands: 1, waiting: 0 })
  expect(story.outcome.events).toHaveLength(1)
})

describe('the agent begins a lost command again, after another image was applied', () => {
  const life: Partial<Life> = { changesAt: [60], minutes: 40 }
  const resumed = [{ ...LOST, againAfter: 600 }]

  test('the new image stays', async () => {
    const story = await of(resumed, life)
    expect(story.commands).toBe(2)
    expect(story.rightAfter).toBeLessThan(120)
  })

  test('on a host that does what it is told, the old one comes back: seen here', async () => {
    const story = await of(resumed, { ...life, mutant: (host) => void Object.assign(host, { leavesToNewer: false }) })
    expect(story).toMatchObject({ rightAfter: undefined, wentBack: 1 })
  })
})

test('of two that wait for the lock the later sent comes first: the other changes nothing', async () => {
  const story = await of([{ ...GOOD, takes: 60 }], { changesAt: [20, 25], lastComesFirst: true })
  expect(story.commands).toBe(3)
  expect(story.rightAfter).toBeLessThan(100)
})

test('Systems Manager forgets: the host says that it is right, and gets nothing', async () => {
  const story = await of([], { minutes: 12 * 60, hasSchedule: true, forgetsAfter: 3_600 })
  expect(story).toMatchObject({ commands: 1, waiting: 0 })
  expect(story.outcome.notices).toEqual([])
})

test('it forgets, and the host is another than wanted: sent', async () => {
  const story = await of([], {
    ...{ minutes: 12 * 60, hasSchedule: true, forgetsAfter: 3_600, changesAt: [3 * 3_600] },
    fate: (n) => (n === 2 ? LOST : GOOD),
  })
  expect(story.commands).toBe(3)
  expect(story.rightAfter).toBeLessThan(3 * 3_600 + 600)
})

test('any agent, any memory: the host ends as its site is, or its maintainer was told', () =>
  fc.assert(hostsEndRight(), { seed: SEED, numRuns: RUNS }))

test('a host that does whatever it is told is found out', async () => {
  const { failed } = await fc.check(
    hostsEndRight({ mutant: (host) => void Object.assign(host, { leavesToNewer: false }) }),
    { numRuns: 500, seed: 1, endOnFailure: true },
  )
  expect(failed).toBe(true)
})
