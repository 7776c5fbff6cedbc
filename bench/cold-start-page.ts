// The page of what a cold start costs: median and spread of each variant, and how much of the default packaging is left.
import { type Heaviest, memorySection } from './cold/memory-page.ts'
import { percentile, type Report } from './figures.ts'

export const VARIANTS = ['as packaged', 'default packaging', 'SDK from disk', 'empty handler'] as const

export interface Sample {
  readonly importMs: number
  readonly importCpuMs: number
  readonly firstEventMs: number
  readonly firstEventCpuMs: number
  /** The same event once more. */
  readonly warmMs: number
  readonly peakMb: number
}

export interface Measured {
  readonly functionName: string
  readonly zipBytes: number
  /** Of the file that is imported, and the samples, each in the order of VARIANTS. */
  readonly bytes: readonly number[]
  readonly samples: readonly (readonly Sample[])[]
}

interface Setting {
  readonly runs: number
  readonly shareRuns: number
  readonly cores: number
  readonly node: string
}

type Figure = keyof Sample

const quantile = (samples: readonly Sample[], figure: Figure, part: number): number =>
  percentile(
    samples.map((sample) => sample[figure]),
    part,
  )

const median = (samples: readonly Sample[], figure: Figure) => quantile(samples, figure, 0.5)

const spread = (samples: readonly Sample[], figure: Figure): string =>
  `${quantile(samples, figure, 0.25).toFixed(0)} to ${quantile(samples, figure, 0.75).toFixed(0)}`

const shown = (value: number, digits = 0): string => value.toFixed(digits)

/** What is left of the import with default packaging: of its CPU time, which the neighbours on the machine do not bend. */
const share = ({ samples }: Measured): number => median(samples[0]!, 'importCpuMs') / median(samples[1]!, 'importCpuMs')

const MOST = 0.4

/** Why one that falls short does: what its default packaging takes beside the others'. */
function boundOf(one: Measured, all: readonly Measured[]): string {
  const others = all.filter((other) => other !== one)
  const among = (variant: 0 | 1): string => {
    const [own, ...rest] = [one, ...others].map(({ samples }) => median(samples[variant]!, 'importCpuMs'))
    return `${shown(own!)} ms of CPU, and the other functions take ${shown(Math.min(...rest))} to ${shown(Math.max(...rest))}`
  }
  return `its default packaging takes ${among(1)}; as packaged it takes ${among(0)}`
}

const reach = (one: Measured, _: number, all: readonly Measured[]): Report['reach'][number] => ({
  what: `cold import of the function ${one.functionName}: CPU time, as a ratio to the default packaging`,
  wanted: `at most ${MOST}`,
  found: share(one).toFixed(2),
  met: share(one) <= MOST,
  bound: boundOf(one, all),
})

/** The same in short, for the page of all measurements. */
export const reportOf = (
  measured: readonly Measured[],
  { memory, heaviest, taken }: Heaviest,
  runs: number,
): Report => ({
  name: 'cold-start',
  title: 'Cold start',
  tables: [
    {
      title:
        'Import of each function in a fresh process, ms: the median, and in brackets the range of the middle half of the runs (a quarter of the runs was faster, a quarter was slower)',
      columns: ['function', ...VARIANTS, 'CPU, ratio to the default', 'first event'],
      rows: measured.map((one) => [
        one.functionName,
        ...one.samples.map((these) => `${shown(median(these, 'importMs'))} (${spread(these, 'importMs')})`),
        share(one).toFixed(2),
        shown(median(one.samples[0]!, 'firstEventMs')),
      ]),
    },
  ],
  reach: measured.map(reach),
  charts: [
    {
      file: 'cold-start',
      title: 'Import of a function in a fresh process. Red line: with default packaging',
      unit: 'ms',
      bars: measured.map(({ functionName, samples }) => ({
        label: functionName,
        value: median(samples[0]!, 'importMs'),
        floor: median(samples[1]!, 'importMs'),
      })),
    },
  ],
  notes: [
    `Each variant of each function ran ${runs} times, and the variants alternate. The empty handler is the floor. [What the columns mean](#what-a-cold-start-costs).`,
  ],
  numbers: { measured, taken, memory, heaviest: Object.fromEntries(heaviest) },
})

function row({ functionName, bytes, samples }: Measured, index: number): string {
  const these = samples[index]!
  const ratio = (figure: Figure) => median(these, figure) / median(samples[1]!, figure)
  return `| ${[
    functionName,
    VARIANTS[index],
    shown(bytes[index]! / 1000),
    `**${shown(median(these, 'importCpuMs'))}**`,
    spread(these, 'importCpuMs'),
    shown(ratio('importCpuMs'), 2),
    shown(median(these, 'importMs')),
    spread(these, 'importMs'),
    shown(ratio('importMs'), 2),
    shown(median(these, 'firstEventCpuMs')),
    shown(median(these, 'firstEventMs')),
    spread(these, 'firstEventMs'),
    shown(median(these, 'peakMb')),
  ].join(' | ')} |`
}

export const page = (
  measured: readonly Measured[],
  heaviest: Heaviest,
  { runs, shareRuns, cores, node }: Setting,
): string => `## What a cold start costs

Written by \`npm run bench:cold -- ${runs}\`: ${runs} runs of each variant in turn, each in a fresh process (Node.js ${node}, ${cores} cores that others use too), the services
on loopback. *Import* is the time for the import of the handler. *First event* finds nothing to do: one site, its instance stopped, its name parked, its
certificate good. The function makes its clients, and reads sites, instances and records. A diagnosis asks the name servers. Figures are medians in milliseconds. *Middle half* is the range without the fastest and the slowest quarter of the
runs. The clock also counts the time that other programs on the machine take. The CPU time does not.

| function | variant | KB | import, CPU | middle half | ratio to default | import, clock | middle half | ratio to default | first event, CPU | first event, clock | middle half | peak MB |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${measured.flatMap((one) => VARIANTS.map((_, index) => row(one, index))).join('\n')}

Zips: ${measured.map(({ functionName, zipBytes }) => `${functionName} ${shown(zipBytes / 1000)} KB`).join(', ')}.

- *Default packaging* is the output of esbuild with only \`platform: node\`: the SDK's CommonJS build, not minified. *SDK from disk* loads
  \`@aws-sdk/*\` from \`node_modules\`, like a function that uses the SDK of Lambda's runtime. *Empty handler* is the floor.
- [lean-bundle.cjs](../resources/package/lean-bundle.cjs) makes the difference, in four ways: the ES modules of the SDK; schemas that are left out if nothing uses
  them; only one credential provider (the environment); and parts of Node.js that load at their first use. A test keeps the size of each function
  within a budget.
${measured
  .filter((one) => share(one) > MOST)
  .map(
    (one) =>
      `- \`${one.functionName}\` needs more than ${MOST} times the CPU of its default packaging: ${boundOf(one, measured)}.`,
  )
  .join('\n')}
- \`certificate\` has no EC2 client. This client is the largest, and our packaging makes it much smaller. So \`certificate\` gains less than the other functions. It loads its ACME library only when it asks an authority. This makes the import faster in every variant of the table.

${memorySection(heaviest, shareRuns)}`
