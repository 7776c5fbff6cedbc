// The page of what a cold start costs: median and spread of each variant, and how much of the default packaging is left.

import type { Report } from './figures.ts'

export const VARIANTS = ['as packaged', 'default packaging', 'SDK from disk', 'empty handler'] as const

export interface Sample {
  readonly importMs: number
  readonly importCpuMs: number
  readonly firstEventMs?: number
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
  readonly cores: number
  readonly node: string
}

type Figure = keyof Sample

function quantile(samples: readonly Sample[], figure: Figure, part: number): number | undefined {
  const values = samples.flatMap((sample) => sample[figure] ?? []).sort((a, b) => a - b)
  return values.length === 0 ? undefined : values[Math.min(values.length - 1, Math.floor(values.length * part))]
}

const median = (samples: readonly Sample[], figure: Figure) => quantile(samples, figure, 0.5)

const shown = (value: number | undefined, digits = 0): string => (value === undefined ? '-' : value.toFixed(digits))

const spread = (samples: readonly Sample[], figure: Figure): string =>
  `${shown(quantile(samples, figure, 0.25))} to ${shown(quantile(samples, figure, 0.75))}`

/** What is left of the import with default packaging. */
const share = ({ samples }: Measured): number => median(samples[0]!, 'importMs')! / median(samples[1]!, 'importMs')!

const MOST = 0.4

/** The same in short, for the page of all measurements. */
export const reportOf = (measured: readonly Measured[], runs: number): Report => ({
  name: 'cold-start',
  title: 'Cold start',
  tables: [
    {
      title: 'Import of each function in a fresh process, ms (middle half)',
      columns: ['function', ...VARIANTS, 'beside the default', 'first event'],
      rows: measured.map((one) => [
        one.functionName,
        ...one.samples.map((these) => `${shown(median(these, 'importMs'))} (${spread(these, 'importMs')})`),
        share(one).toFixed(2),
        shown(median(one.samples[0]!, 'firstEventMs')),
      ]),
    },
  ],
  reach: measured.map((one) => ({
    what: `cold import of ${one.functionName}, beside the default packaging`,
    wanted: `at most ${MOST}`,
    found: share(one).toFixed(2),
    met: share(one) <= MOST,
  })),
  charts: [
    {
      file: 'cold-start',
      title: 'Import of a function in a fresh process; the line: with default packaging',
      unit: 'ms',
      bars: measured.map(({ functionName, samples }) => ({
        label: functionName,
        value: median(samples[0]!, 'importMs')!,
        floor: median(samples[1]!, 'importMs')!,
      })),
    },
  ],
  notes: [`${runs} runs of each in turn. The floor is the empty handler. More on [its own page](cold-start.md).`],
  numbers: measured,
})

function row({ functionName, bytes, samples }: Measured, index: number): string {
  const these = samples[index]!
  const ratio = (figure: Figure) => median(these, figure)! / median(samples[1]!, figure)!
  return `| ${[
    functionName,
    VARIANTS[index],
    shown(bytes[index]! / 1000),
    `**${shown(median(these, 'importCpuMs'))}**`,
    spread(these, 'importCpuMs'),
    shown(ratio('importCpuMs'), 2),
    shown(median(these, 'importMs')),
    shown(ratio('importMs'), 2),
    shown(median(these, 'firstEventMs')),
    shown(median(these, 'peakMb')),
  ].join(' | ')} |`
}

export const page = (
  measured: readonly Measured[],
  { runs, cores, node }: Setting,
): string => `# What a cold start costs

Written by \`npm run bench:cold -- ${runs}\`: ${runs} runs of each variant in turn, each in a fresh process (Node.js ${node}, ${cores} cores that others use too), the services
on loopback. *Import* is from before the import of the handler until it is there, *first event* one message of an instance that no site wants: the
clients are made, the sites and instances are read (\`outcome\` hears of commands, and drops it). Figures are medians; the clock also counts what the neighbours on the machine take, the CPU does not.

| function | variant | KB | import, CPU ms | middle half | of default | import, ms by the clock | of default | first event ms | peak MB |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${measured.flatMap((one) => VARIANTS.map((_, index) => row(one, index))).join('\n')}

Zips: ${measured.map(({ functionName, zipBytes }) => `${functionName} ${shown(zipBytes / 1000)} KB`).join(', ')}.

- *Default packaging* is what esbuild makes when it is told nothing but \`platform: node\`: the SDK's CommonJS build, not minified. *SDK from disk* leaves
  \`@aws-sdk/*\` to \`node_modules\`, as a function does that uses the SDK of Lambda's runtime.
- What makes the difference is in [lean-bundle.cjs](../resources/lean-bundle.cjs): the SDK's ES modules, schemas with literal keys, which can be left out when
  nothing uses them, no credential providers but the environment, and parts of Node.js that load as they are used. A test holds the sizes
  within a budget for each function.

## Memory

256 MB, and 512 for \`diagnose\`, for which a person waits. The peak above is of a process with nothing to do; a fleet of 1,000 instances that start at once stays within 170 MB on the local cloud, which
limits the heap as Lambda's start script does (\`test/stack/fleet\`). 128 MB would be too small for it. CPU comes in proportion to memory (1,769 MB are
one core): with more, an event is handled sooner and costs the same while the CPU is what it waits for, but these functions mostly wait for AWS, where
memory is paid and does nothing. A cold start is paid once a burst, and nobody waits for it: an instance takes longer to boot.
`
