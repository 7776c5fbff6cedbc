// The cases side by side with their floors.
import { type Chart, median, type Reach, type Report, ratio, spread, type Table } from '../figures.ts'
import type { Case, Floor } from './cases.ts'
import { TEN } from './ten-sites.ts'
import { latencies, type Work } from './watch.ts'

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
    tables: [callsOf(rows), timesOf(rows), ...traced(rows)],
    reach: reachOf(rows),
    charts: chartsOf(rows),
    notes: [
      `These are the packaged functions in warm processes, for one site with one instance. Each call waits as long as a real service takes (${latencies()}). The rounds run in turn, and the first round is not counted.`,
      'A first start is two events, *pending* and *running*, some seconds apart. A stop is two events too: at *stopping* the name is parked, and at *stopped* nothing is left to do. A function treats both events in the same way. So if one event is lost, the second one causes the same work.',
      'Polls for the end of an inspection are not counted. An inspection changes nothing on its host: it is a call and no write.',
      'A function remembers the sites that it read a moment ago. It may use them only to confirm that there is nothing to do ([why](adr/0018-remembered-sites.md)). Certificates are read if a site has certificates.',
      ...rows.map(floorNote),
    ],
    numbers: rows,
  }
}

function floorNote(row: Row): string {
  const { calls: fewest, why, above } = row.floor
  const more = calls(row) > fewest ? ` We need ${calls(row)}. ${above}.` : ''
  return `Floor of *${row.name}*: ${fewest} calls: ${why}.${more}`
}

const all = (row: Row, of: (work: Work) => number): number[] => row.works.map(of)
/** Of the functions that do the work; what outcome then finds out about it, and who asks whether a host is done, stands beside it. */
const ours = ({ roles = /^(DnsSync|HostConfig)Role$/ }: Row, work: Work) =>
  work.calls.filter((call) => roles.test(call.role) && !isPoll(call))
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
    'writes among them',
    'later calls of outcome, and polls',
    'KB of all calls',
    'average number of calls at the same time',
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

/** A command that only inspects a host changes nothing. */
const isWrite = ({ name, about }: Work['calls'][number]): boolean =>
  / (Change|Send|Put|Delete)/.test(name) && !about.startsWith('InspectHost-')

const isPoll = ({ name }: Work['calls'][number]): boolean => name === 'ssm GetCommandInvocation'

/** Every call of the first and the fourth case, in the order in which they ended. */
const traced = (rows: readonly Row[]): Table[] =>
  [rows[0]!, rows[3]!].map(({ name, works }) => ({
    title: `Every call of *${name}*, without polls`,
    columns: ['function', 'call', 'about'],
    rows: (works[0]?.calls ?? [])
      .filter((call) => !isPoll(call))
      .map(({ role, name, about }) => [role.replace(/Role$/, ''), name, about.replaceAll('|', ' ')]),
  }))

const timesOf = (rows: readonly Row[]): Table => ({
  title: 'Longest run of each function in each of these cases, ms',
  columns: ['what happens', 'function', 'ms', 'floor: all reads at the same time, then the write', 'ratio'],
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
      `nothing to do, an event comes twice: reads of ${name}`,
      2,
      median(all(twice, (work) => work.calls.filter((call) => call.role === role).length)),
      'only a process that has just read the sites may use them to confirm that there is nothing to do',
    )
  return [
    atMost('nothing to do, a look at everything: writes', 0, writes(look), look.floor.above),
    atMost('nothing to do, the schedule’s look: writes', 0, writes(schedule), schedule.floor.above),
    atMost('nothing to do, the schedule’s look: calls', schedule.floor.calls, calls(schedule), schedule.floor.above),
    reads('DnsSyncRole', 'dns-sync'),
    reads('HostConfigRole', 'host-config'),
    atMost('first start: calls', 12, calls(start), `${traceOf(start)}. ${TWICE}`),
    atMost('first start: later calls of outcome', 15, outcomeOf(start), OUTCOME),
  ]
}

/** @throws Error where outcome was not there: its calls would then be those of another case */
function outcomeOf(row: Row): number {
  const all = row.works.map(({ calls }) => calls.filter((call) => call.role === 'OutcomeRole' && !isPoll(call)).length)
  if (all.includes(0)) throw new Error(`${row.name}: found no call of outcome in one round, wanted some`)
  return median(all)
}

/** How often each function made each call. */
const traceOf = (row: Row): string =>
  [...Map.groupBy(row.works[0] ? ours(row, row.works[0]) : [], ({ role }) => role)]
    .map(([role, made]) => `${role.replace(/Role$/, '')}: ${tallied(made.map(({ name }) => name))}`)
    .join('; ')

const tallied = (names: readonly string[]): string =>
  [...Map.groupBy(names, (name) => name)].map(([name, all]) => `${all.length} ${name}`).join(', ')

const TWICE =
  'Three of these calls read data a second time in the same run: sites and instances after the write of the record, and the site after the command. The reason: a new event can change the data while the run works. Without the second reading, the run could leave the old value, and no later run would see it ([the result is right under any order of events](architecture.md#rules-without-exception)). One call belongs to the look at the event `pending`. Its message is tried again until the instance has an address. So if the event `running` is lost, the record is written all the same. One call sends the message that asks for a look in 5 minutes, because an agent may lose a command. Without this message there would be 12 calls'

const OUTCOME =
  'it reads sites, images, instances, commands and notices, and then the record; nobody outside can reach a rendered machine, so it also reads security groups, network ACL and routes, and inspects the host; it marks the start as live, publishes the event, and deletes the mark of the previous start'

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
