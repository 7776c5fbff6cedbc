// What each path costs, counted over all services by the packaged functions: the table in docs/architecture.md.
import { furnishAccount, served, startInstance, until } from '../../../local/scenario.ts'
import type { Middleware } from '../../../local/wire/server.ts'
import { agentOnline } from '../../../local/world/agents.ts'
import { publicAddress } from '../../../local/world/queries.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

let cloud: TestCloud
let id: string
const ran: string[] = []
/** Milliseconds of each run that has ended. */
const durations: number[] = []
/**
 * In EC2 a host takes longer than the record. If the host were first here, outcome would find the old record, and look once more. Its agent is
 * there before the command, too: else host-config would send it again.
 */
const recordFirst: Middleware = async ({ accessKeyId, operation }, next) => {
  if (accessKeyId === 'HostConfigRole' && operation === 'SendCommand')
    await until(cloud, 'the record leads there', 300, (world) => {
      const instance = world.instances.get(id)!
      const address = publicAddress(instance)
      return (address && agentOnline(instance) && served(world, cloud.sites[0]!)?.includes(address)) || undefined
    })
  return next()
}
beforeAll(async () => {
  cloud = await testCloud({
    middleware: [recordFirst],
    onInvoke: (report) => {
      if (report.phase === 'start') ran.push(report.function)
      else durations.push(report.durationMs)
    },
  })
  const [first] = furnishAccount(cloud, cloud.sites, cloud.stage)
  id = first!
  await cloud.deploy()
  await until(cloud, 'parked', 300, (world) => (served(world, cloud.sites[0]!) ? true : undefined))
  // A run of host-config for the new site would send the command of the start, too.
  await cloud.stack.idle({ retries: true })
  await startInstance(cloud, cloud.sites[0]!, id)
  await cloud.stack.idle({ retries: true })
})
afterAll(() => cloud.close())

/** A look for later may be due while a test counts. */
function forgetLater(): void {
  for (const queue of cloud.world.state.queues.values()) Object.assign(queue, { messages: new Map() })
}

/** Calls of the functions, or of one role, during `act` and all that follows from it, by operation. */
async function costOf(act: () => void, role?: string): Promise<Record<string, number>> {
  forgetLater()
  const before = cloud.called(role).length
  act()
  await cloud.stack.idle({ retries: true })
  const calls = cloud.called(role).slice(before)
  return Object.fromEntries([...Map.groupBy(calls, (call) => call)].map(([call, all]) => [call, all.length]))
}

/** Milliseconds for which the parts of a run hand each other what they have read. */
const HANDED_OVER = 5_000

/**
 * A diagnosis that was not in time is made once more, which costs more: then the same is counted anew. `said`: what was logged where it was in time.
 * `longest`: milliseconds of a run, beyond which it counts as late.
 */
async function inTime<Counts>(
  count: () => Promise<Counts>,
  { said = '', longest = Number.POSITIVE_INFINITY } = {},
): Promise<Counts> {
  for (let tries = 1; ; tries++) {
    const before = cloud.logged().length
    durations.length = 0
    const counts = await count()
    const messages = cloud.logged().slice(before)
    const waits = `wait ${cloud.sites[0]!.hostname}: `
    const isLate =
      durations.some((ms) => ms > longest) ||
      messages.some((one) => one.startsWith(waits) || one.includes('not everything was seen'))
    const isSaid = messages.some((one) => one.startsWith(said))
    if ((!isLate && isSaid) || tries === 4) return counts
  }
}

/** How often the end of a command is asked for depends on how long it takes. */
const withoutPolls = ({ 'ssm GetCommandInvocation': polls, ...cost }: Record<string, number>) => ({
  ...cost,
  polled: polls !== undefined,
})

/**
 * Whether the site is still live: a diagnosis by what the look has read. Nobody outside reaches a rendered machine, so that it also reads the
 * rules of the account.
 */
const STILL_LIVE = {
  'ec2 DescribeNetworkAcls': 1,
  'ec2 DescribeRouteTables': 1,
  'ec2 DescribeSecurityGroups': 1,
}

const added = (...costs: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sum: Record<string, number> = {}
  for (const [call, times] of costs.flatMap(Object.entries<number>)) sum[call] = (sum[call] ?? 0) + times
  return sum
}

test('nothing to do: reads, an inspection of the host and a diagnosis of the site; no write', async () => {
  const cost = await inTime(() => costOf(() => cloud.stack.triggerSchedule('ReconcileRule')), {
    ...{ said: 'still live: ', longest: HANDED_OVER },
  })
  expect(withoutPolls(cost)).toEqual({
    ...added(
      {
        'ssm GetParametersByPath': 2 + 1,
        'ec2 DescribeInstances': 1,
        'route53 ListResourceRecordSets': 1,
        'ssm ListCommandInvocations': 1,
        'ssm SendCommand': 1,
      },
      STILL_LIVE,
    ),
    polled: true,
  })
})

test('an address that changed without an event: one write, one more look, and outcome finds that all is said', async () => {
  let last = 200
  const change = () => {
    cloud.world.dispatch({ type: 'AssociateAddress', id, address: `203.0.113.${last++}` })
    cloud.stack.triggerSchedule('ReconcileRule')
  }
  const cost = await inTime(() => costOf(change), { longest: HANDED_OVER })
  expect(withoutPolls(cost)).toEqual({
    ...added(
      {
        'ssm GetParametersByPath': 2 + 1 + 1 + 2,
        'ec2 DescribeInstances': 2 + 1,
        'route53 ListResourceRecordSets': 1,
        'route53 ChangeResourceRecordSets': 1,
        'ssm ListCommandInvocations': 1,
        'ssm SendCommand': 1,
        'sqs SendMessage': 1,
      },
      STILL_LIVE,
    ),
    polled: true,
  })
})

test('another image: one command, one more look, and outcome hears that the document is sound', async () => {
  const name = `/ragstream-edge/${cloud.stage}/images/${cloud.sites[0]!.hostname}`
  const cost = await costOf(
    () => cloud.world.dispatch({ type: 'PutParameter', name, value: 'ragstream:1.5.0' }),
    'HostConfigRole',
  )
  expect(cost).toEqual({
    'ssm GetParametersByPath': 2,
    // After the command.
    'ssm GetParameters': 1,
    'ec2 DescribeInstances': 1,
    'ssm ListCommandInvocations': 1,
    'ssm SendCommand': 1,
    // To outcome, and to itself, for a look in 5 minutes.
    'sqs SendMessage': 1 + 1,
  })
})

test('a start, for host-config: the sites are read by name, before the command and after it', async () => {
  const name = `/ragstream-edge/${cloud.stage}/images/${cloud.sites[0]!.hostname}`
  const startOf = async (value: string) => {
    await costOf(() => cloud.world.dispatch({ type: 'PutParameter', name, value, overwrite: true }))
    await costOf(() => cloud.world.dispatch({ type: 'StopInstances', ids: [id] }))
    return costOf(() => cloud.world.dispatch({ type: 'StartInstances', ids: [id] }), 'HostConfigRole')
  }
  // host-config reads all sites, and remembers them for a minute. A busy machine may need longer: then another start is counted.
  let [cost, began] = [{}, 0]
  for (let tries = 0; tries === 0 || (tries < 4 && performance.now() - began > 50_000); tries++) {
    began = performance.now()
    cost = await startOf(`ragstream:1.${4 + (tries % 2)}.0`)
  }
  expect(cost).toEqual({
    'ec2 DescribeInstances': 1,
    'ssm ListCommandInvocations': 1,
    'ssm GetParameters': 1 + 1,
    'ssm SendCommand': 1,
    // To itself, for a look in 5 minutes.
    'sqs SendMessage': 1,
  })
})

const waiting = () => cloud.world.state.queues.values().reduce((sum, { messages }) => sum + messages.size, 0)

/** Runs of each function until the instance is in this state and all that follows has been done, and how many messages then wait for later. */
async function runsUntil(state: 'running' | 'stopped', act: () => void): Promise<Record<string, number>> {
  forgetLater()
  const before = ran.length
  act()
  await until(cloud, state, 300, ({ instances }) => instances.get(id)?.state === state || undefined)
  await cloud.stack.idle({ retries: true })
  const runs = [...Map.groupBy(ran.slice(before), (name) => name)].map(([name, all]) => [name, all.length])
  return { ...Object.fromEntries(runs), later: waiting() }
}

// docs/cost.md counts them.
test('a start, a stop and a quiet look: how often each function runs', async () => {
  // Longer than a batching window: `pending` and `running` come in batches of their own.
  cloud.world.dispatch({ type: 'SetTempo', tempo: { pendingMs: 4000, stoppingMs: 4000 } })
  const acts = async () => ({
    stop: await runsUntil('stopped', () => cloud.world.dispatch({ type: 'StopInstances', ids: [id] })),
    start: await runsUntil('running', () => cloud.world.dispatch({ type: 'StartInstances', ids: [id] })),
    quiet: await runsUntil('running', () => cloud.stack.triggerSchedule('ReconcileRule')),
  })
  const counts = await inTime(acts, { said: 'still live: ' })
  expect(counts).toEqual({
    stop: { 'dns-sync': 2, outcome: 1, later: 0 },
    // Later host-config looks once more. outcome runs at the end of the command: dns-sync sends it nothing.
    start: { 'dns-sync': 2, 'host-config': 1, outcome: 1, later: 1 },
    quiet: { resync: 1, later: 0 },
  })
})
