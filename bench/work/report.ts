// The cases side by side with their floors.
import { type Chart, median, type Reach, type Report, ratio, spread, type Table } from '../figures.ts'
import type { Case, Floor } from './cases.ts'
import { TEN } from './ten-sites.ts'
import { LATENCY, type Work } from './watch.ts'

interface Row {
  readonly name: string
  readonly floor: Floor
  readonly works: readonly Work[]
}

export function reportOf(done: ReadonlyMap<Case, readonly Work[]>, ten: readonly Work[]): Report {
  const rows: Row[] = [...[...done].map(([one, works]) => ({ ...one, works })), { ...TEN, works: ten }]
  return {
    name: 'work',
    title: 'Work per event',
    tables: [callsOf(rows), timesOf(rows)],
    reach: reachOf(rows),
    charts: chartsOf(rows),
    notes: [
      `Packaged functions, warm processes, one site with one instance; each call waits as long as a real service takes (${latencies()}). Rounds in turn; the first one is not counted.`,
      ...rows.map(({ name, floor }) => `Floor of *${name}*: ${floor.calls} calls. ${floor.why}.`),
    ],
    numbers: rows,
  }
}

const latencies = () =>
  Object.entries(LATENCY)
    .map(([service, ms]) => `${service} ${ms} ms`)
    .join(', ')

const all = (row: Row, of: (work: Work) => number): number[] => row.works.map(of)
const calls = (row: Row): number => median(all(row, (work) => work.calls.length))
const functionsOf = ({ floor }: Row): string[] => Object.keys(floor.ms)
const time = (row: Row, name: string): number => median(all(row, (work) => work.longest[name] ?? Number.NaN))

const callsOf = (rows: readonly Row[]): Table => ({
  title: 'Calls and bytes of an event, over all services',
  columns: ['what happens', 'calls', 'floor', 'ratio', 'of them writes', 'KB', 'calls under way side by side'],
  rows: rows.map((row) => [
    row.name,
    spread(all(row, (work) => work.calls.length)),
    String(row.floor.calls),
    ratio(calls(row), row.floor.calls),
    spread(all(row, (work) => work.calls.filter(isWrite).length)),
    (median(all(row, (work) => work.bytes)) / 1000).toFixed(1),
    median(all(row, (work) => work.added / work.busy)).toFixed(2),
  ]),
})

const isWrite = (call: string): boolean => / (Change|Send)/.test(call)

const timesOf = (rows: readonly Row[]): Table => ({
  title: 'Longest run of each function for it, ms',
  columns: ['what happens', 'function', 'ms', 'floor: its calls one by one where they must', 'ratio'],
  rows: rows.flatMap((row) =>
    functionsOf(row).map((name) => [
      row.name,
      name,
      spread(all(row, (work) => work.longest[name] ?? Number.NaN)),
      String(row.floor.ms[name]),
      ratio(time(row, name), row.floor.ms[name]!),
    ]),
  ),
})

function reachOf(rows: readonly Row[]): Reach[] {
  const [start, twice, schedule] = rows as [Row, Row, Row]
  const reads = (of: Row, service: RegExp) =>
    median(all(of, (work) => work.calls.filter((call) => service.test(call)).length))
  const writes = median(all(schedule, (work) => work.calls.filter(isWrite).length))
  const records = reads(twice, /DescribeInstances|GetParameters|ListResource/) - reads(twice, /ListCommand/)
  return [
    { what: 'nothing to do: writes', wanted: '0', found: String(writes), met: writes === 0 },
    {
      what: 'nothing to do, configuration known: reads of both functions for one site',
      wanted: '2 + 2',
      found: String(twice.works[0]!.calls.length),
      met: calls(twice) <= 4 && records >= 0,
    },
    {
      what: 'first start: calls beside the floor',
      wanted: String(start.floor.calls),
      found: String(calls(start)),
      met: calls(start) <= start.floor.calls,
    },
  ]
}

function chartsOf(rows: readonly Row[]): Chart[] {
  const times = rows.flatMap((row) =>
    functionsOf(row).map((name) => ({
      label: `${row.name}: ${name}`,
      value: time(row, name),
      floor: row.floor.ms[name]!,
    })),
  )
  return [
    {
      file: 'work-calls',
      title: 'Calls of an event, and the fewest that could do it',
      unit: 'calls',
      bars: rows.map((row) => ({ label: row.name, value: calls(row), floor: row.floor.calls })),
    },
    { file: 'work-times', title: 'Longest run of a function, and its floor', unit: 'ms', bars: times },
  ]
}
