// node bench/fleet.ts: how long until every record is right, and how many Route 53 calls that takes, when 1, 10, 100 and 1,000 one-instance
// sites start within 10 s, and at once, under the account's limits. With --large also 10,000 instances, on 100 sites, which takes some minutes.
import { fleet, lookAtEverything, route53Calls, ZONE } from '../test/support/fleet.ts'
import { ONCE, type Reach, type Report, type Say, type Table } from './figures.ts'
import { measured } from './standalone.ts'

const SIZES = [1, 10, 100, ...(ONCE ? [] : [1000]), ...(process.argv.includes('--large') ? [10_000] : [])]
const STEPS = 100
const SIZES_AT_ONCE = [10, 100, ...(ONCE ? [] : [1000])]
/** A stage holds about 100 sites; the fleets up to 1,000 have more all the same, to show what a burst costs. */
const sitesOf = (size: number): number => (size > 1000 ? 100 : size)
const GIVE_UP_SECONDS = 300
/** Records in a page of a listing, and values in a batch of writes, old and new. */
const [PAGE, BATCH] = [300, 1000]

interface Row {
  readonly size: number
  readonly seconds: number
  /** To Route 53. */
  readonly calls: readonly string[]
  /** Over all services. */
  readonly all: number
}

type Pace = 'within 10 s' | 'at once'

export async function fleets(say: Say): Promise<Report> {
  const each = async (sizes: readonly number[], pace: Pace): Promise<Row[]> => {
    const rows: Row[] = []
    for (const size of sizes) {
      rows.push(await measure(size, pace))
      say(`fleet: ${size} ${pace}`)
    }
    return rows
  }
  return reportOf(await each(SIZES, 'within 10 s'), await each(SIZES_AT_ONCE, 'at once'))
}

async function measure(size: number, pace: Pace): Promise<Row> {
  const { cloud, ids, names, happened } = await fleet(size, {}, sitesOf(size))
  const served = () => [...cloud.world.state.zones.get(ZONE)!.served.values()].filter(({ type }) => type === 'A')
  const parked = () => served().filter(({ values }) => values[0] === '192.0.2.1').length === names.length
  const right = () => {
    const answers = new Map(served().map(({ name, values }) => [name, values]))
    const addresses = ids.map((id) => cloud.world.state.instances.get(id)!.publicIp)
    return names.every((name, first) => {
      const wanted = addresses.filter((_, index) => index % names.length === first)
      return wanted.toSorted().join() === answers.get(`${name}.`)?.toSorted().join()
    })
  }
  try {
    await cloud.deploy()
    lookAtEverything(cloud)
    await waitFor(parked)
    await cloud.stack.idle()
    happened.length = 0
    const step = pace === 'at once' ? size : Math.ceil(size / STEPS)
    for (let first = 0; first < size; first += step) {
      if (first > 0) await pause(10_000 / Math.min(size, STEPS))
      cloud.world.dispatch({ type: 'StartInstances', ids: ids.slice(first, first + step) })
    }
    const last = performance.now()
    await waitFor(right)
    const seconds = (performance.now() - last) / 1000
    await cloud.stack.idle()
    const all = happened.filter((one) => one.kind === 'call' && one.call.accessKeyId !== 'local-admin').length
    return { size, seconds, calls: route53Calls(happened), all }
  } finally {
    await cloud.close()
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function waitFor(condition: () => boolean): Promise<void> {
  for (const until = performance.now() + GIVE_UP_SECONDS * 1000; !condition(); await pause(100))
    if (performance.now() > until) throw new Error(`not right after ${GIVE_UP_SECONDS} s`)
}

/** One listing and one write of all of them: each record gives its parked address for those of its instances. */
function floorOf(size: number): number {
  const sites = sitesOf(size)
  const inBatch = Math.floor(BATCH / (1 + size / sites))
  return Math.ceil(sites / PAGE) + Math.ceil(sites / inBatch)
}

const named = (size: number): string => (sitesOf(size) === size ? String(size) : `${size} on ${sitesOf(size)} sites`)

const refused = ({ calls }: Row): number => calls.filter((call) => call.includes(' ')).length

const reachOf = (rows: readonly Row[], pace: Pace): Reach[] =>
  rows
    .filter(({ size }) => size === 1000)
    .map(({ calls }) => ({
      what: pace === 'at once' ? 'Route 53 calls for 1,000 starts at once' : 'Route 53 calls for 1,000 instances',
      wanted: 'at most 20',
      found: String(calls.length),
      met: calls.length <= 20,
      bound:
        'two invocations handle batches of one burst at the same time, and Route 53 refuses the write of one of them',
    }))

const tableOf = (title: string, rows: readonly Row[]): Table => ({
  title,
  columns: [
    'instances',
    'from the last start until all records are right',
    'Route 53 calls',
    'floor',
    'refused calls',
    'Route 53 calls per instance',
    'calls to all services',
  ],
  rows: rows.map((row) => [
    named(row.size),
    `${row.seconds.toFixed(1)} s`,
    ...[row.calls.length, floorOf(row.size), refused(row)].map(String),
    (row.calls.length / row.size).toFixed(3),
    String(row.all),
  ]),
})

function reportOf(rows: readonly Row[], atOnce: readonly Row[]): Report {
  return {
    name: 'fleet',
    title: 'Fleet',
    tables: [
      tableOf(
        'Instances that start within 10 s, each with its own site (with `--large`, 10,000 instances share 100 sites)',
        rows,
      ),
      tableOf('Instances that start in one call, each with its own site', atOnce),
    ],
    reach: [...reachOf(rows, 'within 10 s'), ...reachOf(atOnce, 'at once')],
    charts: [
      {
        file: 'fleet',
        title: 'Route 53 calls when this number of instances starts within 10 s. The line: one listing and one write',
        unit: 'calls',
        bars: rows.map((row) => ({ label: named(row.size), value: row.calls.length, floor: floorOf(row.size) })),
      },
    ],
    notes: [
      'The limits of an AWS account apply: 5 requests a second, and one change of a zone at a time. In this measurement, a change reaches all name servers of the zone after 2 s (Route 53 calls this INSYNC). The floor is one listing and one write, as if all instances started at the same moment. In the first table they start over 10 s, in 100 steps; in the second table at the same moment. A row can be below the floor: in a burst, a process remembers for a minute the records that it has read.',
      `A listing holds ${PAGE} records, and a write holds ${BATCH} values, old and new. After the first looks of a burst, the calls grow with the number of listings and writes, not with the number of instances.`,
      'A stage holds about 100 sites, because of CloudFormation’s limits. The local cloud does not count these limits. So in the rows up to 1,000 instances, each instance has its own site. 10,000 instances (`--large`, some minutes) are measured on 100 sites. What limits these 10,000 instances: a record of 100 addresses takes a large part of a write. So all records need several writes, one after another. The zone takes 2 s to apply each write. Also, a site whose instances start over 10 s is written more than once. 10,000 sites would be 1,000 pages of Parameter Store for each look. A function has no time for so many pages.',
    ],
    numbers: { rows, atOnce },
  }
}

if (import.meta.main) await measured(fleets)
