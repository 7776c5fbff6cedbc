// Which memory size each function should have, from what its heaviest work holds and how long it starts with a part of a core.
import type { Peaks } from './peak.ts'
import { WHOLE_CORE_MB } from './share.ts'

/** Megabytes. */
export const SIZES = [128, 256, 512, 1024, WHOLE_CORE_MB] as const

export interface Memory {
  readonly functionName: string
  /** Megabytes in serverless.yml. */
  readonly declared: number
  /** Import and first event together: the CPU that they take, and by the clock in the order of SIZES. Medians. */
  readonly cpuMs: number
  readonly coldMs: readonly number[]
  /** False: no control group could be made, and the times are those of a whole core. */
  readonly limited: boolean
}

export interface Heaviest {
  /** When and at which commit, where that was kept: cold starts may be measured again without it. */
  readonly taken?: string
  readonly memory: readonly Memory[]
  /** Megabytes that the functions were given -> what they held. */
  readonly heaviest: ReadonlyMap<number, Peaks>
}

/** Milliseconds with a part of a core, were nobody else there. */
const byCpu = (cpuMs: number, size: number): number => (cpuMs * WHOLE_CORE_MB) / size

/** A process that meets the limit is ended in the middle of its work. */
const ROOM = 0.25

/** Milliseconds: only for this one a person waits. */
const WAITED_FOR: Readonly<Record<string, number>> = { diagnose: 500 }

/** The smallest size that leaves a quarter free, and is quick enough where somebody waits. */
export function recommended({ functionName, cpuMs }: Memory, heaviest: Heaviest['heaviest']): number {
  const most = Math.max(...[...heaviest.values()].map((peaks) => peaks[functionName] ?? 0))
  const patience = WAITED_FOR[functionName] ?? Number.POSITIVE_INFINITY
  const fits = (size: number) => {
    const held = heaviest.get(size)?.[functionName] ?? most
    return held <= size * (1 - ROOM) && byCpu(cpuMs, size) <= patience
  }
  return SIZES.find(fits) ?? WHOLE_CORE_MB
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2)

function row(one: Memory, heaviest: Heaviest['heaviest']): string {
  const held = [...heaviest.values()].map((peaks) => (peaks[one.functionName] ?? 0).toFixed(0))
  const times = SIZES.map((size, index) => `${seconds(byCpu(one.cpuMs, size))} (${seconds(one.coldMs[index]!)})`)
  const cells = [one.functionName, ...held, ...times, one.declared, `**${recommended(one, heaviest)}**`]
  return `| ${cells.join(' | ')} |`
}

export function memorySection({ memory, heaviest, taken = 'by an earlier run' }: Heaviest, runs: number): string {
  const sizes = [...heaviest.keys()]
  const head = [
    'function',
    ...sizes.map((size) => `peak of ${size} MB`),
    ...SIZES.map((size) => `${size} MB, s`),
    'declared',
    'measured need',
  ]
  const how = memory.every(({ limited }) => limited)
    ? `each in a control group that gets size / ${WHOLE_CORE_MB} of a core`
    : 'on a whole core, since no control group could be made here'
  return `### Memory

Lambda gives CPU in proportion to memory: ${WHOLE_CORE_MB} MB are one core. Two things decide, and both were measured (${taken}):

- *Peak*: the most resident memory (\`VmHWM\`, MB) of any process of the function at its heaviest: a full stage of 100 sites, whose instances start in one call; then everything
  is looked at and mended, some sites are diagnosed, a certificate is obtained from pebble. Packaged bundles on the local cloud, the heap limited as Lambda's start
  script does for that size; hosts answer at once, with as much output as an answer can hold.
- *Seconds*: import and first event of a cold start: the CPU time that they take, at that part of a core; in brackets by the clock, the median of ${runs} runs, ${how},
  beside whatever else this machine did.

| ${head.join(' | ')} |
| --- | ${head
    .slice(1)
    .map(() => '---:')
    .join(' | ')} |
${memory.map((one) => row(one, heaviest)).join('\n')}

The need is the smallest size of which the heaviest work leaves a quarter free: a process that meets its limit is ended in the middle of its work. For \`diagnose\`, and for it
alone, a person waits: it should have started within half a second. Nobody waits for the others, an instance takes longer to boot.
All of a cold start is CPU, so that its price is the same at every size: a quarter of the time at four times the memory. A warm event mostly waits for AWS, and there memory is paid
and does nothing: so no function has more than it needs. A fleet of 1,000 instances stays below 256 MB, too (\`test/fleet\`, which holds it).
`
}
