// The host's document step by step, beside the script without safety checks.
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
      bound: `the programs start one after another; the longest steps were ${longest(runs, NOTHING)}`,
    },
    {
      what: 'host, first configuration: extra time over a script without safety checks',
      wanted: 'under 20 %',
      found: `${(cost * 100).toFixed(0)} %`,
      met: cost < 0.2,
      bound: `the script without safety checks took ${total(minimal).toFixed(0)} ms, most of it for the start of the app; the longest steps of our script were ${longest(runs, FIRST)}. Our script makes the container after ${beforeContainer(runs)} ms. Before that, it reads the state of the host, sets the firewall rules and tests nginx. Meanwhile it asks the registry for a new image, and lets Docker create the container’s network`,
    },
  ]
  return {
    name: 'host',
    title: 'Host',
    tables: [sideBySide(runs), byStep(runs)],
    reach,
    charts: [chartOf(runs)],
    notes: [
      'Both scripts ran in turn on one real machine (systemd, nginx, Docker engine, Streamlit). Before each first configuration, the host was emptied. Both scripts end when the app answers `ok` through port 80.',
      'The script without safety checks stops the old container before it starts the new one. Visitors get 502 until the new container has started. In an *overlap*, our script starts the new container on another port, while the old one serves.  It waits until the new container is healthy, and then starts it once more on the site’s port. So a change of image takes longer, and visitors do not notice it. In a *replace*, our script also stops the old container first.',
      'The first configuration mostly waits for the start of the app (`container`, `health`), in both scripts. Our script does two things that the other script does not do. First, it checks what is on the host before it changes anything. At the same time it asks the registry whether the tag has a new image (`lock` to `image`). Second, it starts the container on its own network, which takes Docker longer. This network keeps the container from the instance metadata. While the app is starting, the run tests nginx, reloads nginx, and checks that nginx has switched.',
      'The row *nothing to do* has no value for the script without safety checks. That script does not check anything. It does everything again, and the app is away meanwhile. Our script mostly waits for the programs that it starts. Among them is Docker’s client, for the containers, the image and the registry. The script asks the registry while its other checks run.',
    ],
    numbers: Object.fromEntries(runs),
  }
}

const sideBySide = (runs: Runs): Table => ({
  title: 'Time in ms, and the ratio to a script without safety checks',
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

/** Up to and with the image. */
function beforeContainer(runs: Runs): string {
  const { ours } = runs.get(FIRST)!
  const steps = stepsOf(ours)
  const before = steps.slice(0, steps.indexOf('image') + 1)
  return before.reduce((sum, step) => sum + tookOf(ours, step), 0).toFixed(0)
}

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
    title: 'Our script: median time of each step in ms',
    columns: ['step', ...names],
    rows: steps.map((step) => [step, ...names.map((name) => took(name, step))]),
  }
}

const chartOf = (runs: Runs): Chart => ({
  file: 'host',
  title: 'A host is configured. Red line: a script without safety checks',
  unit: 'ms',
  bars: [...runs].map(([label, { ours, minimal }]) => ({
    label,
    value: total(ours),
    ...(minimal.length > 0 ? { floor: total(minimal) } : {}),
  })),
})
