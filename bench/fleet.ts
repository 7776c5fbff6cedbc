// node bench/fleet.ts: how long until every record is right, and how many Route 53 calls that takes, when 1, 10, 100 and 1,000 one-instance
// sites start within 10 s under the account's limits. With --large also 10,000 instances, on 100 sites, which takes some minutes.
import { fleet, lookAtEverything, route53Calls, ZONE } from '../test/support/fleet.ts'
import { ONCE, type Reach, type Report, type Say } from './figures.ts'
import { measured } from './standalone.ts'

const SIZES = [1, 10, 100, ...(ONCE ? [] : [1000]), ...(process.argv.includes('--large') ? [10_000] : [])]
const STEPS = 100
/** A stage holds about 100 sites; the fleets up to 1,000 have more all the same, to show what a burst costs. */
const sitesOf = (size: number): number => (size > 1000 ? 100 : size)
const GIVE_UP_SECONDS = 300
/** Records in a page of a listing, and values in a batch of writes, old and new. */
const [PAGE, BATCH] = [300, 1000]

interface Row {
  readonly size: number
  readonly seconds: number
  readonly calls: readonly string[]
}

export async function fleets(say: Say): Promise<Report> {
  const one = async (size: number): Promise<Row> => {
    const row = await measure(size)
    say(`fleet: ${size}`)
    return row
  }
  const rows: Row[] = []
  for (const size of SIZES) rows.push(await one(size))
  return reportOf(rows)
}

async function measure(size: number): Promise<Row> {
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
    const step = Math.ceil(size / STEPS)
    for (let first = 0; first < size; first += step) {
      if (first > 0) await pause(10_000 / Math.min(size, STEPS))
      cloud.world.dispatch({ type: 'StartInstances', ids: ids.slice(first, first + step) })
    }
    const last = performance.now()
    await waitFor(right)
    const seconds = (performance.now() - last) / 1000
    await cloud.stack.idle()
    return { size, seconds, calls: route53Calls(happened) }
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

const reachOf = ({ calls }: Row): Reach => ({
  what: 'Route 53 calls for 1,000 instances',
  wanted: 'at most 20',
  found: String(calls.length),
  met: calls.length <= 20,
  bound: 'batches of one burst that are looked at side by side, and writes that Route 53 refuses to one of two',
})

function reportOf(rows: readonly Row[]): Report {
  const thousand = rows.find(({ size }) => size === 1000)
  return {
    name: 'fleet',
    title: 'Fleet',
    tables: [
      {
        title: 'Instances that start within 10 s, each with a site of its own where nothing else is said',
        columns: [
          'instances',
          'all right after the last start',
          'Route 53 calls',
          'floor',
          'refused',
          'calls an instance',
        ],
        rows: rows.map((row) => [
          named(row.size),
          `${row.seconds.toFixed(1)} s`,
          ...[row.calls.length, floorOf(row.size), refused(row)].map(String),
          (row.calls.length / row.size).toFixed(3),
        ]),
      },
    ],
    reach: thousand ? [reachOf(thousand)] : [],
    charts: [
      {
        file: 'fleet',
        title: 'Route 53 calls when so many instances start within 10 s; the line: one listing and one write',
        unit: 'calls',
        bars: rows.map((row) => ({ label: named(row.size), value: row.calls.length, floor: floorOf(row.size) })),
      },
    ],
    notes: [
      'Under the account’s limits: 5 requests a second, one change of a zone at a time, INSYNC 2 s after it. The floor lists once and writes once, as if all had been known to start at one moment; they start over 10 s, in 100 steps.',
      `A listing holds ${PAGE} records and a write ${BATCH} values, old and new: beyond a burst’s first looks, calls grow with those, not with instances.`,
      'A stage holds about 100 sites: CloudFormation’s limits end there, which the local cloud does not count, so that up to 1,000 each instance has a site of its own. 10,000 instances (`--large`, some minutes) are measured on 100 sites. What bounds them: a record of 100 addresses takes a good part of what a write holds, so that all of them are several writes, one after the other, each of which the zone takes 2 s to apply, and a site whose instances start over 10 s is written more than once. 10,000 sites would be 1,000 pages of Parameter Store for each look, more than a function has time for.',
    ],
    numbers: rows,
  }
}

if (import.meta.main) await measured(fleets)
