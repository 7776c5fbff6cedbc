// The cases side by side with their floors.
import { type Chart, median, type Reach, type Report, ratio, spread, type Table } from '../figures.ts'
import type { Case, Floor } from './cases.ts'
import { TEN } from './ten-sites.ts'
import { LATENCY, type Work } from './watch.ts'

interface Row {
  readonly name: string
  readonly floor: Floor
  readonly roles?: RegExp
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
      'A first start is two events, *pending* and *running*, some seconds apart, and a stop is *stopping*, which parks, and *stopped*, which finds that done. Neither is told apart from the other before the look: where one of the two is lost, the other does its work.',
      'Sites of a moment ago may confirm that nothing is to do, and nothing else ([why](adr/0018-remembered-sites.md)); certificates are read where a site has some.',
      ...rows.map(floorNote),
    ],
    numbers: rows,
  }
}

function floorNote(row: Row): string {
  const { calls: fewest, why, above } = row.floor
  const more = calls(row) > fewest ? ` Ours are ${calls(row)}: ${above}.` : ''
  return `Floor of *${row.name}*: ${fewest} calls: ${why}.${more}`
}

const latencies = () =>
  Object.entries(LATENCY)
    .map(([service, ms]) => `${service} ${ms} ms`)
    .join(', ')

const all = (row: Row, of: (work: Work) => number): number[] => row.works.map(of)
/** Of the functions that do the work; what outcome then finds out about it, and who asks whether a host is done, stands beside it. */
const ours = ({ roles = /^(DnsSync|HostConfig)Role$/ }: Row, work: Work) =>
  work.calls.filter(({ role, name }) => roles.test(role) && name !== 'ssm GetCommandInvocation')
const calls = (row: Row): number => median(all(row, (work) => ours(row, work).length))
const functionsOf = ({ floor }: Row): string[] => Object.keys(floor.ms)
const time = (row: Row, name: string): number => median(all(row, (work) => work.longest[name] ?? Number.NaN))

const callsOf = (rows: readonly Row[]): Table => ({
  title: 'Calls of the functions that do the work, over all services',
  columns: [
    'what happens',
    'calls',
    'floor',
    'ratio',
    'of them writes',
    'of outcome after it, and polls',
    'KB of all',
    'calls under way side by side',
  ],
  rows: rows.map((row) => [
    row.name,
    spread(all(row, (work) => ours(row, work).length)),
    String(row.floor.calls),
    ratio(calls(row), row.floor.calls),
    spread(all(row, (work) => ours(row, work).filter(isWrite).length)),
    spread(all(row, (work) => work.calls.length - ours(row, work).length)),
    (median(all(row, (work) => work.bytes)) / 1000).toFixed(1),
    median(all(row, (work) => work.added / work.busy)).toFixed(2),
  ]),
})

const isWrite = ({ name }: Work['calls'][number]): boolean => / (Change|Send)/.test(name)

const timesOf = (rows: readonly Row[]): Table => ({
  title: 'Longest run of each function for it, ms',
  columns: ['what happens', 'function', 'ms', 'floor: reads side by side, then the write', 'ratio'],
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
  const [start, twice, look, schedule] = rows as [Row, Row, Row, Row]
  const reads = (role: string, name: string) =>
    atMost(
      `nothing to do, configuration known: reads of ${name}`,
      2,
      median(all(twice, (work) => work.calls.filter((call) => call.role === role).length)),
      'sites of a moment ago may confirm that nothing is to do only in a process that has read them',
    )
  return [
    atMost('nothing to do, a look at everything: writes', 0, writes(look), look.floor.above),
    atMost('nothing to do, the schedule’s look: writes', 0, writes(schedule), schedule.floor.above),
    atMost('nothing to do, the schedule’s look: calls', schedule.floor.calls, calls(schedule), schedule.floor.above),
    reads('DnsSyncRole', 'dns-sync'),
    reads('HostConfigRole', 'host-config'),
    atMost('first start: calls, the floor', start.floor.calls, calls(start), start.floor.above),
  ]
}

const writes = (row: Row): number => median(all(row, (work) => ours(row, work).filter(isWrite).length))

const atMost = (what: string, most: number, found: number, bound: string): Reach => ({
  ...{ what, found: String(found), met: found <= most, bound },
  wanted: most === 0 ? '0' : `at most ${most}`,
})

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
