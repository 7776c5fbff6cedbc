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
    { what: 'nothing to do', wanted: 'under 300 ms', found: `${idle.toFixed(0)} ms`, met: idle < 300 },
    {
      what: 'what safety adds to the first configuration',
      wanted: 'under 20 %',
      found: `${(cost * 100).toFixed(0)} %`,
      met: cost < 0.2,
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
      'What bounds the first configuration: the app’s own start (`container`, `health`), in both. In ours only: the looks at what is there before anything is touched, and the question to the registry whether the tag has moved, which goes on beside them (together `lock` to `image`); then about 60 ms that Docker takes longer to start a container on a network of its own, which keeps it from the instance metadata. That nginx is tested, reloaded and seen to have switched costs nothing here: the app is starting meanwhile.',
      'Nothing to do is 26 programs. Three of them are Docker’s client, 20 ms of a processor each: which containers there are, which image, and whether the registry has another one; with all other programs and the shell a run takes about 150 ms of a processor. The registry is asked beside the rest, so on a machine with two free cores it takes less time than that, beside neighbours more.',
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

function byStep(runs: Runs): Table {
  const names = [...runs.keys()]
  const steps = new Set(
    [...runs.values()].flatMap(({ ours }) => ours.flatMap((run) => run.steps.map(({ step }) => step))),
  )
  const took = (name: string, step: string) => {
    const values = runs
      .get(name)!
      .ours.map((run) => run.steps.filter((one) => one.step === step).reduce((sum, one) => sum + one.took, 0))
    return median(values) > 0 ? median(values).toFixed(0) : '-'
  }
  return {
    title: 'Ours by step, median ms from the line before it',
    columns: ['step', ...names],
    rows: [...steps].map((step) => [step, ...names.map((name) => took(name, step))]),
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
