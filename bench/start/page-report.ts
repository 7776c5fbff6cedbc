// The waterfall of a start up to the page, for a parked TTL of 60 s and of 10 s side by side, and what bounds it.
import { markdown, median, type Reach, type Report, reachTable, type Table } from '../figures.ts'
import type { Lap } from './stopwatch.ts'
import type { Arrival } from './visits.ts'

/** Seconds of a parked name: before, and now. */
export const TTLS = [60, 10] as const

/** Seconds that are AWS's own. */
export interface Assumed {
  readonly pending: number
  readonly agent: number
  readonly insync: number
}

/** Milliseconds since StartInstances. */
export interface Start {
  readonly ttl: number
  readonly laps: readonly Lap[]
  /** The visitor's resolver got the new address from the name server. */
  readonly resolver: number
  readonly fresh: Arrival
  /** Absent where nobody waited for it. */
  readonly before?: Arrival
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2)

function cell(values: readonly number[]): string {
  if (values.length === 0) return '-'
  return `${seconds(median(values))} (${seconds(Math.min(...values))} to ${seconds(Math.max(...values))})`
}

const ofTtl = (starts: readonly Start[], ttl: number) => starts.filter((one) => one.ttl === ttl)

type Row = readonly [name: string, path: string, at: (start: Start) => number | undefined]

const lapAt =
  (name: string) =>
  ({ laps }: Start): number =>
    laps.find((lap) => lap.name === name)!.at

/** From the start to the page, in the order of the picture. */
const ROWS: readonly Row[] = [
  ['EC2: instance running', 'both', lapAt('instance running')],
  ['record written', 'name', lapAt('address in the record')],
  ['INSYNC', 'name', lapAt('INSYNC')],
  ['the visitor’s resolver has the new address', 'name', ({ resolver }) => resolver],
  ['boot: machine up', 'host', lapAt('machine up')],
  ['agent registered', 'host', lapAt('agent registered')],
  ['command sent', 'host', lapAt('command sent')],
  ['nginx', 'host', lapAt('host: nginx')],
  ['app: health through port 80', 'host', lapAt('host: health through port 80')],
  ['(a) first byte, a fresh browser', 'visitor', ({ fresh }) => fresh.firstByte],
  ['(a) Streamlit’s first render', 'visitor', ({ fresh }) => fresh.rendered],
  ['(b) first byte, the browser asked before', 'visitor', ({ before }) => before?.firstByte],
  ['(b) Streamlit’s first render', 'visitor', ({ before }) => before?.rendered],
]

const valuesOf = (starts: readonly Start[], at: Row[2]): number[] => starts.flatMap((start) => at(start) ?? [])

const waterfall = (starts: readonly Start[]): Table => ({
  title: 'From StartInstances to the page: when each phase has ended, seconds (median, least to most)',
  columns: ['phase', 'path', ...TTLS.map((ttl) => `parked TTL ${ttl} s`)],
  rows: ROWS.map(([name, path, at]) => [name, path, ...TTLS.map((ttl) => cell(valuesOf(ofTtl(starts, ttl), at)))]),
})

export function reportOf(starts: readonly Start[], assumed: Assumed, cores: number): Report {
  const [was, is] = TTLS.map((ttl) => ofTtl(starts, ttl)) as [Start[], Start[]]
  const page = (some: readonly Start[]) => median(some.map(({ fresh }) => fresh.rendered))
  const share = page(is) / page(was)
  const asked = TTLS.map((ttl) => valuesOf(ofTtl(starts, ttl), ({ before }) => before?.rendered))
  const reach: Reach = {
    what: 'start to page, for a visitor whose resolver remembered the parked address. The time with a TTL of 10 s of the parked name (`parkTtl`), divided by the time with 60 s',
    wanted: 'at most 0.5',
    found: `${share.toFixed(2)} (${seconds(page(is))} s of ${seconds(page(was))} s)`,
    met: share <= 0.5,
    bound: `the resolver has the new address after ${seconds(median(is.map(({ resolver }) => resolver)))} s, the host is done after ${seconds(median(is.map(lapAt('host: done'))))} s`,
  }
  return {
    name: 'start-to-page',
    title: 'Start to page',
    tables: [waterfall(starts)],
    reach: [reach],
    charts: [],
    notes: [
      `${was.length} starts with each TTL, in turn (browser (b): ${asked.map((times) => times.length).join(' and ')} starts), on real machines (systemd, nginx, Docker engine, Streamlit, Chromium, a caching resolver) on ${cores} cores, functions as packaged. Right before each start a browser asks for the parked name, so that the resolver remembers the parked address for the whole TTL. That is the worst moment to ask.`,
      `(a) is another visitor with the same resolver, who opens a new browser every ${1.5 + 0.25} s until the page is there. (b) is the browser that asked for the parked name before the start. Chromium keeps each answer for at least 60 s, whatever its TTL is. So a short TTL does not help this browser. With a TTL of 60 s, the page came after ${seconds(median(asked[0]!))} s (${asked[0]!.length} starts). With a TTL of 10 s, it came after ${seconds(median(asked[1]!))} s. Only ${asked[1]!.length} starts with this TTL waited for this browser, because it comes long after everything else is done. The first byte came after one or two periods of 60 s, as the least and the greatest value in the table show.`,
      `Assumed, not measured, and set by \`--pending\`, \`--agent\` and \`--insync\`: the instance is running after ${assumed.pending} s, the agent registers ${assumed.agent} s after the boot, a change is INSYNC after ${assumed.insync} s. The boot is that of a container. In AWS these three times and the boot take longer, often tens of seconds each. So in AWS the resolver has the new address before the host is ready, and the visitor waits less for the resolver.`,
    ],
    numbers: starts,
  }
}

export const page = ({ title, tables, reach, notes }: Report, taken: string): string => `
## ${title}

Written by \`npm run bench -- start-to-page\`, which takes some 20 minutes. Measured ${taken}.

${tables.map((table) => `${table.title}:\n\n${markdown(table)}`).join('\n\n')}

${markdown(reachTable(reach))}

${notes.map((note) => `- ${note}`).join('\n')}

`
