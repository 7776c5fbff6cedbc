// The host's document step by step, beside the script without safety.
import { type Chart, median, type Reach, type Report, spread, type Table } from '../figures.ts'

/** One run: all of it, and how long each step took, in ms. */
export interface Timed {
  readonly all: number
  readonly steps: readonly { readonly step: string; readonly took: number }[]
}

/** By case, in the order of the cases; the same case of both scripts bears one name. */
export type Runs = ReadonlyMap<string, { readonly ours: readonly Timed[]; readonly minimal: readonly Timed[] }>

export const FIRST = 'first configuration, image present'
export const NOTHING = 'nothing to do'

const total = (runs: readonly Timed[]): number => median(runs.map(({ all }) => all))

export function reportOf(runs: Runs): Report {
  const { ours, minimal } = runs.get(FIRST)!
  const cost = median(ours.map(({ all }, round) => all / minimal[round]!.all)) - 1
  const idle = total(runs.get(NOTHING)!.ours)
  const reach: Reach[] = [
    {
      what: 'host, nothing to do',
      wanted: 'under 300 ms',
      found: `${idle.toFixed(0)} ms`,
      met: idle < 300,
      bound: `programs started one after the other, of which most took ${longest(runs, NOTHING)}`,
    },
    {
      what: 'host: what safety adds to the first configuration',
      wanted: 'under 20 %',
      found: `${(cost * 100).toFixed(0)} %`,
      met: cost < 0.2,
      bound: `without safety all of it took ${total(minimal).toFixed(0)} ms, most of it the app’s own start; of ours most took ${longest(runs, FIRST)}`,
    },
  ]
  return {
    name: 'host',
    title: 'Host',
    tables: [sideBySide(runs), byStep(runs)],
    reach,
    charts: [chartOf(runs)],
    notes: [
      'One real machine (systemd, nginx, Docker engine, Streamlit), both scripts in turn, each first configuration on a host that was made bare again. Both end when the app answers `ok` through port 80.',
      'The script without safety stops the app before it starts the new one: its visitors get 502 for as long as the new one starts. Ours starts the new one beside the old one, waits until it is healthy, and starts it once more on the port: a change of image takes longer, and nobody notices.',
      'What bounds the first configuration: the app’s own start (`container`, `health`), in both. In ours only: the looks at what is there before anything is touched, and the question to the registry whether the tag has moved, which goes on beside them (together `lock` to `image`); then what Docker takes longer to start a container on a network of its own, which keeps it from the instance metadata. That nginx is tested, reloaded and seen to have switched happens while the app is starting.',
      'Nothing to do has nothing beside it: the script without safety does not look and does all of it again, so that its app is gone for as long as it starts. What bounds ours is the start of its programs, among them Docker’s client for the containers, for the image and for the registry; the registry is asked beside the rest.',
    ],
    numbers: Object.fromEntries(runs),
  }
}

const sideBySide = (runs: Runs): Table => ({
  title: 'ms, beside a script without safety',
  columns: ['what happens', 'ragstream-edge', 'without safety', 'ratio'],
  rows: [...runs].map(([name, { ours, minimal }]) => [
    name,
    spread(ours.map(({ all }) => all)),
    minimal.length > 0 ? spread(minimal.map(({ all }) => all)) : '-',
    minimal.length > 0 ? median(ours.map(({ all }, round) => all / minimal[round]!.all)).toFixed(2) : '-',
  ]),
})

const stepsOf = (runs: readonly Timed[]): string[] => [
  ...new Set(runs.flatMap(({ steps }) => steps.map(({ step }) => step))),
]

const tookOf = (runs: readonly Timed[], step: string): number =>
  median(runs.map(({ steps }) => steps.filter((one) => one.step === step).reduce((sum, { took }) => sum + took, 0)))

/** The three steps of ours that take longest. */
const longest = (runs: Runs, name: string): string => {
  const { ours } = runs.get(name)!
  const steps = stepsOf(ours).map((step) => ({ step, took: tookOf(ours, step) }))
  const most = steps.toSorted((a, b) => b.took - a.took).slice(0, 3)
  return most.map(({ step, took }) => `\`${step}\` (${took.toFixed(0)} ms)`).join(', ')
}

function byStep(runs: Runs): Table {
  const names = [...runs.keys()]
  const steps = stepsOf([...runs.values()].flatMap(({ ours }) => ours))
  const took = (name: string, step: string) => {
    const value = tookOf(runs.get(name)!.ours, step)
    return value > 0 ? value.toFixed(0) : '-'
  }
  return {
    title: 'Ours by step, median ms from the line before it',
    columns: ['step', ...names],
    rows: steps.map((step) => [step, ...names.map((name) => took(name, step))]),
  }
}

const chartOf = (runs: Runs): Chart => ({
  file: 'host',
  title: 'A host is configured; the line: a script without safety',
  unit: 'ms',
  bars: [...runs].map(([label, { ours, minimal }]) => ({
    label,
    value: total(ours),
    ...(minimal.length > 0 ? { floor: total(minimal) } : {}),
  })),
})
