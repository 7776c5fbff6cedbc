// A command that fails on a real host: how often it is tried, when, and what a maintainer hears. The patience is seconds here, a setting of the stack.
import { standInName } from '../../local/machine/prepare/app-image.ts'
import { until, untilLive } from '../../local/scenario.ts'
import type { Command } from '../../local/world/types.ts'
import { pictureTest } from '../support/failure.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const PATIENCE = 300
/** Seconds from the end of a failure to the second try, and to the third. */
const WAIT = [2, 8] as const
const IMAGE = standInName('1.4.0')
const NOWHERE = standInName('0.0.0-no-such-version')

let cloud: RealCloud
let id: string
beforeAll(async () => {
  cloud = await realCloud({ environment: { RETRY_AFTER: WAIT.join() }, standIn: true })
  rollOut(IMAGE)
  id = cloud.launch()
  await untilLive(cloud, cloud.site, id, PATIENCE)
  await cloud.stack.idle()
}, 600_000)
afterAll(() => cloud?.close())

const rollOut = (value: string) =>
  cloud.world.dispatch({
    ...{ type: 'PutParameter', name: `/ragstream-edge/${cloud.stage}/images/${cloud.site.hostname}`, value },
    overwrite: true,
  })

/**
 * What was sent since, in order, a try each: a command that was sent before the earlier ones had ended belongs to their
 * try, since two runs side by side may both send one (hosts/plan.ts).
 */
function tries(image: string, since: number): Command[][] {
  const sent = [...cloud.world.state.commands.values()]
    .filter(({ parameters, requestedAt }) => requestedAt >= since && parameters.Image?.[0] === image)
    .toSorted((a, b) => a.requestedAt - b.requestedAt)
  const all: Command[][] = []
  for (const one of sent) {
    const latest = all.at(-1)
    if (latest && one.requestedAt < endOf(latest)) latest.push(one)
    else all.push([one])
  }
  return all
}

const endOf = (commands: readonly Command[]): number =>
  Math.max(...commands.map(({ invocations }) => invocations.get(id)?.endedAt ?? Number.POSITIVE_INFINITY))

const ended = (image: string, since: number, count: number) =>
  until(cloud, `${count} tries of ${image} have ended`, PATIENCE, () =>
    tries(image, since).filter((one) => Number.isFinite(endOf(one))).length >= count ? true : undefined,
  )

const notices = (): string[] =>
  [...cloud.world.state.topics.values()].flatMap(({ published }) => published.map(({ subject }) => subject ?? ''))

/** Systems Manager tells the end of a command once more. */
function tellAgain({ id: commandId, documentName }: Command): void {
  const { arn } = [...cloud.world.state.queues.values()].find((queue) => /OutcomeQueue/.test(queue.arn))!
  const detail = { 'command-id': commandId, 'document-name': documentName, 'instance-id': id, status: 'Failed' }
  const type = 'EC2 Command Invocation Status-change Notification'
  const body = JSON.stringify({ source: 'aws.ssm', 'detail-type': type, detail })
  cloud.world.dispatch({ type: 'SendMessages', arn, bodies: [body, body] })
}

/** Seconds from the end of each try to the beginning of the next. */
const pauses = (all: readonly Command[][]): number[] =>
  all.slice(1).map(([first], before) => (first!.requestedAt - endOf(all[before]!)) / 1000)

pictureTest(
  'an image that is in no registry: three tries, each after its pause, and one notice, although each end is told three times',
  () => cloud,
  async () => {
    const since = cloud.world.now()
    rollOut(NOWHERE)
    for (const count of [1, 2, 3]) {
      await ended(NOWHERE, since, count)
      for (const command of tries(NOWHERE, since)[count - 1]!) tellAgain(command)
    }
    await until(cloud, 'a notice is given', PATIENCE, () => (notices().length > 0 ? true : undefined))
    await cloud.stack.idle()
    const all = tries(NOWHERE, since)
    expect(all).toHaveLength(3)
    for (const [index, pause] of pauses(all).entries()) expect(pause).toBeGreaterThanOrEqual(WAIT[index]!)
    expect(notices()).toEqual([expect.stringMatching(/could not be configured$/)])
    expect(await cloud.ask()).toBe('ok')
  },
)

pictureTest(
  'a registry that is away until two tries have failed: the third is live, and no notice is given',
  () => cloud,
  async () => {
    const before = notices().length
    const host = cloud.machine(id)
    const since = cloud.world.now()
    const fresh = standInName('1.5.0')
    await host.exec(['ip', 'route', 'add', 'unreachable', '172.31.0.3'])
    rollOut(fresh)
    await ended(fresh, since, 2)
    await host.exec(['ip', 'route', 'del', 'unreachable', '172.31.0.3'])
    await ended(fresh, since, 3)
    await cloud.stack.idle()
    const all = tries(fresh, since)
    const ends = all.map((commands) => [...new Set(commands.map(({ invocations }) => invocations.get(id)?.status))])
    expect(ends).toEqual([['Failed'], ['Failed'], ['Success']])
    for (const [index, pause] of pauses(all).entries()) expect(pause).toBeGreaterThanOrEqual(WAIT[index]!)
    const told = notices().slice(before)
    expect(told.filter((subject) => !/: over: /.test(subject))).toEqual([])
    expect(await cloud.ask()).toBe('ok')
    expect(cloud.happened.filter(({ kind }) => kind === 'problem')).toEqual([])
  },
)
