// Which memory size each function should have, from what its heaviest work holds and how long it starts with a part of a core.

import { latencies } from '../work/watch.ts'
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
  /** The event once more, by the clock, in the order of SIZES. Medians. */
  readonly warmMs: readonly number[]
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

/** Milliseconds at a size of memory, as GB-s. */
const gbSeconds = (ms: number, size: number): number => (ms / 1000) * (size / 1024)

/** By measured cost of a warm event, of the sizes that are enough. */
function cheapest(one: Memory, heaviest: Heaviest['heaviest']): number {
  const least = recommended(one, heaviest)
  const costs = SIZES.flatMap((size, index) =>
    size < least ? [] : [{ size, cost: gbSeconds(one.warmMs[index]!, size) }],
  )
  return costs.reduce((a, b) => (b.cost < a.cost ? b : a)).size
}

function costRow(one: Memory, heaviest: Heaviest['heaviest']): string {
  const costs = SIZES.flatMap((size, index) =>
    [one.coldMs[index]!, one.warmMs[index]!].map((ms) => gbSeconds(ms, size).toFixed(3)),
  )
  return `| ${[one.functionName, ...costs, one.declared, `**${cheapest(one, heaviest)}**`].join(' | ')} |`
}

const costTable = ({ memory, heaviest }: Heaviest): string => {
  const head = ['function', ...SIZES.flatMap((size) => [`${size} MB, cold`, 'warm']), 'declared', 'cheapest']
  return `| ${head.join(' | ')} |
| --- | ${head
    .slice(1)
    .map(() => '---:')
    .join(' | ')} |
${memory.map((one) => costRow(one, heaviest)).join('\n')}`
}

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
    ...sizes.map((size) => `peak with ${size} MB`),
    ...SIZES.map((size) => `${size} MB, s`),
    'declared',
    'measured need',
  ]
  const how = memory.every(({ limited }) => limited)
    ? `A control group of Linux (cgroup) gave each run a part of one core: the memory size divided by ${WHOLE_CORE_MB}`
    : 'Each run had a whole core, because no control group could be made here'
  return `### Memory

Lambda gives CPU in proportion to memory: ${WHOLE_CORE_MB} MB are one core. Two things decide about the memory of a function. Both were measured (${taken}):

- *Peak*: the largest resident memory (\`VmHWM\`, MB) of a process of the function under the heaviest work. This work is a full stage of 100 sites, whose instances start in one call. Then the functions
  check and repair everything, diagnose some sites, and obtain a certificate from pebble. The packaged bundles run on the local cloud. The heap has the limit that Lambda’s start script sets for that memory size. Hosts answer at once, with the longest possible output.
- *Seconds*: the CPU time of import and first event at a cold start, divided by the part of a core that a function with this memory size gets. The number in brackets is the time by the clock, the median of ${runs} runs. ${how}.
  Other programs used the machine at the same time.

| ${head.join(' | ')} |
| --- | ${head
    .slice(1)
    .map(() => '---:')
    .join(' | ')} |
${memory.map((one) => row(one, heaviest)).join('\n')}

The measured need is the smallest memory size at which a quarter stays free under the heaviest work. A process that reaches its limit is ended in the middle of its work. For \`diagnose\` there is a second condition:
at this size, *seconds* is at most half a second, because a person waits. Nobody waits for the other functions, because an instance takes longer to boot.

The next table shows costs in GB-s for each memory size. The column *cold* is a cold start with its first event. The column *warm* is the same event once more. Each run had the part of a core that belongs to the memory size. The services answered as slowly as real ones (${latencies()}).
*Cheapest*: of the sizes that reach the measured need, the size with the lowest cost of a warm event.

${costTable({ memory, heaviest })}

A cold start uses mostly CPU. With four times the memory it takes little more than a quarter of the time. A warm event mostly waits for AWS. During this wait you pay for memory that does nothing. So no function has more memory than it needs. With 1,000 instances, the functions need less than 256 MB, too (\`test/fleet\` checks this).
`
}
