// node bench/growth.ts: what 1, 10 and 100 sites cost whose instances start at once, and what a quiet look at them costs, by the packaged functions,
// with the latency of real services on the wire.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type LocalCloud, startCloud } from '../local/cloud.ts'
import { until } from '../local/scenario.ts'
import type { World } from '../local/world/types.ts'
import { publicAddresses } from '../local/world/world.ts'
import { ZONE } from '../test/support/domain.ts'
import { answeringRoom } from './cold/answering-room.ts'
import { ONCE, type Report, type Say } from './figures.ts'
import { fullStage, memoryOf, siteNames } from './full-stage.ts'
import { measured } from './standalone.ts'
import { type Work, watch } from './work/watch.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300

interface Size {
  readonly sites: number
  readonly instances: number
}

const SIZES: readonly Size[] = [
  { sites: 1, instances: 1 },
  { sites: 10, instances: 10 },
  ...(ONCE ? [] : [{ sites: 100, instances: 100 }]),
]

/** USD for a GB-second of arm64 and for an invocation, eu-central-1: as in docs/cost.md. */
const [GB_SECOND, INVOCATION] = [0.0000133334, 0.0000002]

interface Cost {
  readonly calls: number
  readonly route53: number
  readonly polls: number
  readonly invocations: number
  readonly gbSeconds: number
  readonly seconds: number
}

interface Row extends Size {
  readonly start: Cost
  readonly look: Cost
}

export async function growth(say: Say): Promise<Report> {
  const one = async (size: Size): Promise<Row> => {
    const row = { ...size, ...(await measure(size)) }
    say(`growth: ${named(size)}`)
    return row
  }
  const [first, ...others] = SIZES
  // Those of several sites mostly wait for looks a minute after a burst: side by side.
  return reportOf([await one(first!), ...(await Promise.all(others.map(one)))])
}

async function measure({ sites, instances }: Size): Promise<Omit<Row, keyof Size>> {
  const hostnames = siteNames(sites)
  const folder = await fullStage(hostnames)
  const memory = memoryOf(folder)
  const watched = watch()
  const ended: { readonly name: string; readonly ms: number }[] = []
  const cloud = await startCloud({
    ...{ packageFolder: folder, room: answeringRoom({ remembers: true }), workFolder: join(folder, 'functions') },
    ...{ publicPool: publicAddresses(2 * instances + 10), registerAfterMs: 0 },
    tempo: { pendingMs: 3000, stoppingMs: 100, insyncMs: 1000, route53PerSecond: 5, route53Serial: true },
    ...watched.options,
    onInvoke: (report) => {
      watched.options.onInvoke(report)
      if (report.phase === 'end') ended.push({ name: report.function, ms: report.durationMs })
    },
  })
  const cost = (from: number): Cost => {
    const work = watched.take()
    const runs = ended.splice(0)
    return {
      ...countsOf(work),
      invocations: runs.length,
      gbSeconds: runs.reduce((sum, { name, ms }) => sum + (ms / 1000) * (memory.get(name)! / 1024), 0),
      seconds: (performance.now() - from) / 1000,
    }
  }
  try {
    const { world } = cloud
    world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com.' })
    const ids = Array.from({ length: instances }, (_, index) => {
      const tags = { Name: hostnames[index % sites]!.split('.')[0]!, 'ragstream-edge:stage': 'prod' }
      return world.dispatch<'RunInstance'>({ type: 'RunInstance', tags, state: 'stopped' }).id
    })
    await cloud.deploy()
    await rest(cloud)
    cost(0)
    const [started, launched] = [performance.now(), Date.now()]
    world.dispatch({ type: 'StartInstances', ids })
    await until(cloud, 'each name leads to its instances, each host is configured', LONG, (world) =>
      areLive(world, ids, launched) ? true : undefined,
    )
    const seconds = (performance.now() - started) / 1000
    await rest(cloud)
    const start = { ...cost(started), seconds }
    const looked = performance.now()
    cloud.stack.triggerSchedule('ReconcileRule')
    await rest(cloud)
    return { start, look: cost(looked) }
  } finally {
    await cloud.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function rest(cloud: LocalCloud): Promise<void> {
  await cloud.stack.idle({ retries: true })
  await cloud.hosts.settled()
  await cloud.stack.idle({ retries: true })
}

function areLive({ instances, zones, commands }: World, ids: readonly string[], since: number): boolean {
  const served = new Set(
    [...zones.get(ZONE)!.served.values()].flatMap(({ type, values }) => (type === 'A' ? values : [])),
  )
  const configured = new Set(
    [...commands.values()]
      .filter(({ documentName, requestedAt }) => documentName.includes('ConfigureHost') && requestedAt >= since)
      .flatMap(({ invocations }) => [...invocations.values()].flatMap((one) => (one.endedAt ? [one.instanceId] : []))),
  )
  return ids.every((id) => configured.has(id) && served.has(instances.get(id)!.publicIp ?? ''))
}

/** How often a host is asked whether it is done depends on how long it takes: these calls stand apart. */
function countsOf({ calls }: Work): Pick<Cost, 'calls' | 'route53' | 'polls'> {
  const polls = calls.filter(({ name }) => name === 'ssm GetCommandInvocation').length
  const route53 = calls.filter(({ name }) => name.startsWith('route53 ')).length
  return { calls: calls.length - polls, route53, polls }
}

const named = ({ sites, instances }: Size): string =>
  `${sites} ${sites === 1 ? 'site' : 'sites'}, ${instances} ${instances === 1 ? 'instance' : 'instances'}`

const usd = ({ gbSeconds, invocations }: Cost): number => gbSeconds * GB_SECOND + invocations * INVOCATION

function tableOf(title: string, rows: readonly Row[], of: (row: Row) => Cost): Report['tables'][number] {
  return {
    title,
    columns: [
      'stage',
      'calls',
      'calls per instance',
      'Route 53 calls among them',
      'polls',
      'invocations',
      'GB-s',
      'USD for 1,000 times',
      'seconds',
    ],
    rows: rows.map((row) => {
      const cost = of(row)
      return [
        named(row),
        String(cost.calls),
        (cost.calls / row.instances).toFixed(2),
        ...[cost.route53, cost.polls, cost.invocations].map(String),
        cost.gbSeconds.toFixed(2),
        (usd(cost) * 1000).toFixed(3),
        cost.seconds.toFixed(1),
      ]
    }),
  }
}

const reportOf = (rows: readonly Row[]): Report => ({
  name: 'growth',
  title: 'Growth',
  tables: [
    tableOf(
      'All instances of a stage start in one call. The measurement ends when each site is live and outcome has reported it',
      rows,
      (row) => row.start,
    ),
    tableOf('The schedule’s look at the same stage, at rest', rows, (row) => row.look),
  ],
  reach: [],
  charts: [],
  notes: [
    'The tables count the calls of all packaged functions to all services, with the latency of real services. Polls for the end of an inspection have their own column. Hosts answer at once that all is well. An instance is running after 3 s, a change is INSYNC after 1 s. A minute after a burst, dns-sync looks once more: this look is counted. All stages with more than one site are measured at the same time.',
    'GB-s are the time of the runs by the clock of this machine, times the declared memory. The cost is that of Lambda alone, by the prices of [cost.md](cost.md), without the free tier. Calls to EC2, Route 53 and Systems Manager are free.',
    'A stage holds about 100 sites. 1,000 instances are measured in [Fleet](#fleet), without hosts.',
  ],
  numbers: rows,
})

if (import.meta.main) await measured(growth)
