// The property: whatever people, containers, agents and looks do, an instance is never stopped while it was used at the second look; in the end one that
// nobody uses is stopped, and one with a site without `idle` runs.
import fc from 'fast-check'
import type { IdlePorts } from '../../functions/lib/idle/ports.ts'
import { CALM, type Fault, HOURS, lived, type Mutant, type Span, type Trial } from './idle-world.ts'

const moment = fc.oneof(fc.nat(CALM), fc.nat(3600))
const span = (most: number): fc.Arbitrary<Span> =>
  fc
    .tuple(moment, fc.oneof(fc.integer({ min: 5, max: 60 }), fc.integer({ min: 5, max: most })))
    .map(([from, length]) => [from, Math.min(CALM, from + length)] as const)
const few = <T>(of: fc.Arbitrary<T>, maxLength = 3) => fc.array(of, { maxLength })
const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'lost', 'late', 'stale', 'other boot', 'wrong clock')

export const trials: fc.Arbitrary<Trial> = fc.record({
  sites: fc.array(fc.record({ stopAfter: fc.constantFrom('10m', '30m'), unusedAfter: fc.constantFrom('10m', '15m') }), {
    minLength: 1,
    maxLength: 2,
  }),
  hasOther: fc.constantFrom(false, false, false, true),
  sessions: few(span(5_000), 5),
  computing: few(span(3_000)),
  people: few(span(2_000)),
  commands: few(moment),
  restarts: few(moment),
  tags: few(span(4_000), 2),
  liveAfter: fc.constantFrom(30, 30, 700, null),
  faults: fc.array(fault, { maxLength: 40 }),
  every: fc.constantFrom(300, 300, 300, 110),
})

export async function faultsOf(trial: Trial, mutant?: Mutant): Promise<string[]> {
  const { faults, runsAtEnd } = await lived(trial, mutant)
  const wanted = trial.hasOther
  const end =
    runsAtEnd === wanted
      ? []
      : [`after ${HOURS} hours it ${runsAtEnd ? 'runs, unused' : 'is stopped, and a site has no idle'}`]
  return [...faults, ...end]
}

export const neverStoppedInUse = ({ onRun, mutant }: { readonly onRun?: () => void; readonly mutant?: Mutant } = {}) =>
  fc.asyncProperty(trials, async (trial) => {
    onRun?.()
    const faults = await faultsOf(trial, mutant)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })

const IDLE_LOOK = { nginx: { sessions: 0, quiet: 90_000 }, networkBytes: 0, gpu: null, people: 0 } as const

/** The step with one thing wrong about it. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'a failed look is taken for idle': (ports) =>
    wrapped(ports, {
      look: async (id, names) => {
        try {
          return await ports.look(id, names)
        } catch {
          const uptime = ports.clock.now() / 1000
          return { schema: 1, bootId: '', uptime, clock: '', cpuSeconds: 0, ...IDLE_LOOK }
        }
      },
    }),
  'the launch time is not compared': (ports) => {
    let known: number | undefined
    return wrapped(ports, {
      listInstances: async () =>
        (await ports.listInstances()).map((one) => {
          known ??= one.launchTime
          return { ...one, launchTime: known }
        }),
    })
  },
  'the other site is forgotten': (ports) =>
    wrapped(ports, {
      readSites: async () => {
        const { sites, broken } = await ports.readSites()
        return { sites: sites.slice(0, 1), broken }
      },
    }),
  'the second look is the first one again': (ports) => {
    let last: { readonly at: number; readonly look: Awaited<ReturnType<IdlePorts['look']>> } | undefined
    return wrapped(ports, {
      look: async (id, names) => {
        const look = await ports.look(id, names)
        const now = ports.clock.now()
        const again = last && now - last.at < 60_000 ? { ...last.look, uptime: look.uptime } : look
        last = last && now - last.at < 60_000 ? undefined : { at: now, look }
        return again
      },
    })
  },
  'an answer of another boot counts': (ports) =>
    wrapped(ports, {
      look: async (id, names) => ({ ...(await ports.look(id, names)), bootId: '0', uptime: ports.clock.now() / 1000 }),
    }),
}

/** The world's methods stand on its prototype. */
const wrapped = (ports: IdlePorts, changed: Partial<IdlePorts>): IdlePorts =>
  Object.assign(Object.create(ports), changed)
