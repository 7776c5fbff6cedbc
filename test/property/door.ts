// The property: whatever visitors, the owner, EC2 and the network do, never more starts than the limits, never one by a GET, and in the end the site is
// live, broken or asleep.
import fc from 'fast-check'
import type { DoorPorts } from '../../functions/lib/door/ports.ts'
import { type Act, CALM, lived, type Mutant, type Trial } from './door-world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const kind = fc.constantFrom<Act['kind']>(
  ...(['press', 'press', 'page', 'page', 'visit', 'replay', 'forge'] as const),
  ...(['stop', 'stop', 'stop', 'start', 'free', 'none', 'lost', 'later'] as const),
)
const act = fc.record({ at: fc.nat(CALM - 900), kind, process: fc.nat(2) })
/** Presses, and a stop after each, close together: this is what limits are for. */
const greedy = fc
  .tuple(fc.nat(CALM / 2), fc.integer({ min: 60, max: 600 }), fc.integer({ min: 3, max: 12 }))
  .map(([from, apart, many]) =>
    Array.from({ length: many }, (_, n): Act[] => [
      { at: from + n * apart, kind: 'press', process: n },
      { at: from + n * apart, kind: 'press', process: n + 1 },
      { at: from + n * apart + 55, kind: 'stop', process: 0 },
    ])
      .flat()
      .filter(({ at }) => at < CALM - 900),
  )

export const trials: fc.Arbitrary<Trial> = fc.record({
  perDay: fc.integer({ min: 1, max: 5 }),
  perHour: fc.integer({ min: 1, max: 3 }),
  begins: fc.oneof(fc.nat(1439), fc.integer({ min: 1260, max: 1439 })),
  acts: fc
    .tuple(fc.array(act, { maxLength: 25 }), fc.oneof(fc.constant([]), greedy))
    .map(([some, many]) => [...some, ...many]),
  liveAfter: fc.constantFrom(50, 90, 700, null),
  faults: fc.array(fc.constantFrom('none', 'none', 'none', 'none', 'fails', 'lost'), { maxLength: 20 }),
  takes: fc.array(fc.constantFrom(5, 20, 80, 400), { minLength: 1, maxLength: 7 }),
  behind: fc.constantFrom(0, 0, 300, 1_000),
})

const ENDS = ['live', 'broken', 'asleep', 'limit']

export async function faultsOf(trial: Trial, mutant?: Mutant): Promise<string[]> {
  const { starts, faults, ends } = await lived(trial, mutant)
  const ofHour = starts.filter(
    (at) => starts.filter((other) => other >= at && other - at < HOUR).length > trial.perHour,
  )
  const days = Map.groupBy(starts, (at) => Math.floor(at / DAY))
  return [
    ...faults,
    ...ofHour.map((at) => `more than ${trial.perHour} starts within an hour from ${new Date(at).toISOString()}`),
    ...[...days.values()].filter((all) => all.length > trial.perDay).map((all) => `${all.length} starts on a day`),
    ...(ENDS.includes(ends) ? [] : [`in the end it is ${ends}`]),
  ]
}

export const withinTheLimits = ({ onRun, mutant }: { readonly onRun?: () => void; readonly mutant?: Mutant } = {}) =>
  fc.asyncProperty(trials, async (trial) => {
    onRun?.()
    const faults = await faultsOf(trial, mutant)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })

/** The door with one thing wrong about it. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'each try is written down as a start at the time of its entry': (ports) => ({
    ...ports,
    readEntries: async (hostname) =>
      (await ports.readEntries(hostname)).map(({ name, value }) => {
        if (!name.startsWith('starts/')) return { name, value }
        const { at, ...start } = JSON.parse(value)
        return { name, value: JSON.stringify({ ...start, at, triedAt: at, answer: 'started' }) }
      }),
  }),
  'entries are forgotten': (ports) => ({ ...ports, readEntries: async () => [] }),
  'a visit starts it': (ports) => ({
    ...ports,
    listInstances: async () => {
      const all = await ports.listInstances()
      if (all.some(({ state }) => state === 'stopped')) await ports.start(['i'])
      return all
    },
  }),
  'the launch time stays': (ports) => {
    const known = new Map<string, number>()
    const listInstances: DoorPorts['listInstances'] = async () =>
      (await ports.listInstances()).map((one) => {
        if (!known.has(one.id)) known.set(one.id, one.launchTime)
        return { ...one, launchTime: known.get(one.id)! }
      })
    return { ...ports, listInstances }
  },
}
