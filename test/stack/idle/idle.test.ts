// An evening on the packaged artefact: a visitor comes and leaves, the instance sleeps, and starts again; what the role may, and what a look costs. A minute
// of `idle` takes 0.6 s here: ten of them are more than one look needs on a busy machine.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { changeState } from '../../../local/machine/rendered/state.ts'
import { leave, visit } from '../../../local/machine/rendered/use.ts'
import { furnishAccount, served, startInstance, stopInstance, until } from '../../../local/scenario.ts'
import { readStack } from '../../../local/stack/deploy.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { idlePackage } from '../../support/idle-package.ts'

const LONG = 300
/** Milliseconds. */
const MINUTE = 600
let cloud: TestCloud
let id: string
let site: TestCloud['sites'][number]
const packageFolder = await idlePackage()

beforeAll(async () => {
  const environment = { SECONDS_OF_A_MINUTE: String(MINUTE / 1000), SECONDS_BETWEEN_LOOKS: '1' }
  cloud = await testCloud({ packageFolder, environment })
  site = cloud.sites[0]!
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await until(cloud, 'parked', LONG, (world) => (served(world, site) ? true : undefined))
})
afterAll(() => cloud.close())

const root = () => cloud.room.disk(id)
const state = () => cloud.world.state.instances.get(id)!.state
const records = () => served(cloud.world.state, site)

interface Answer {
  readonly plan: readonly { readonly reason: string; readonly lastUse?: number; readonly stopsAt?: number }[]
  readonly report: readonly string[]
  readonly stopped: readonly string[]
}
const lookOnce = async (event: unknown): Promise<Answer> => (await cloud.stack.invoke('idle', event)) as Answer
/** A host of a busy machine does not say in time what it was asked: then it is asked again. */
const isLate = ({ report }: Answer) =>
  report.some((line) => line.startsWith('unknown ') && !line.endsWith('nginx does not answer on the host'))

async function look(event: unknown = {}, tries = 4): Promise<Answer> {
  const answer = await lookOnce(event)
  if (!isLate(answer) || tries === 1) return answer
  // A late look, too, has noted its question on the host. The time since then would count as time without use.
  await cloud.stack.idle({ retries: true })
  writeFileSync(join(root(), 'var/log/nginx/ragstream-edge.use.log'), '')
  return look(event, tries - 1)
}

/** Looks until one says so. */
async function lookUntil(wanted: RegExp): Promise<Answer> {
  for (let n = 0; n < 120; n++) {
    const answer = await look()
    if (wanted.test(answer.report.join('\n'))) return answer
    expect(answer.stopped).toEqual([])
    await pause(200)
  }
  throw new Error(`no look said ${wanted}`)
}

/** Calls of the role during one look, by operation. */
async function costOf(event: unknown = {}): Promise<Record<string, number>> {
  const before = cloud.called('IdleRole').length
  if (isLate(await lookOnce(event))) {
    await look() // It writes that the failure is over.
    return costOf(event)
  }
  const { 'ssm GetCommandInvocation': polls, ...cost } = Object.fromEntries(
    [...Map.groupBy(cloud.called('IdleRole').slice(before), (call) => call)].map(([call, all]) => [call, all.length]),
  )
  return { ...cost, ...(polls && { polled: 1 }) }
}

test('asleep: one call', async () => {
  expect(await costOf()).toEqual({ 'ec2 DescribeInstances': 1 })
})

test('a start, and a visitor: awake however often it is asked', async () => {
  await startInstance(cloud, site, id)
  await cloud.stack.idle({ retries: true })
  visit(root(), site.hostname)
  await lookUntil(/keep .*: 1 session is open/)
  expect((await look()).report).toEqual([`keep ${id}: 1 session is open`])
})

test('awake and used: what one look costs', async () => {
  expect(await costOf()).toEqual({
    ...{ 'ec2 DescribeInstances': 1, 'ssm GetParametersByPath': 2, 'ssm SendCommand': 1, polled: 1 },
  })
})

test('the visitor leaves: it stays for stopAfter, then it is stopped and parked', async () => {
  leave(root(), site.hostname)
  const { plan } = await look({ dryRun: true })
  expect(plan[0]?.reason).toMatch(/^used until at most \d of 10 minutes ago$/)
  expect(plan[0]!.stopsAt! - plan[0]!.lastUse!).toBe(10 * MINUTE)
  const { stopped } = await lookUntil(/^stop /)
  expect(stopped).toEqual([id])
  await until(cloud, 'parked again', LONG, (world) =>
    served(world, site)?.includes('192.0.2.1') && state() === 'stopped' ? true : undefined,
  )
  expect(records()).toEqual(['192.0.2.1'])
  expect(cloud.logged()).toContain(`stop ${id}: nobody has used it for 10 min: two looks agree`)
})

test('started again: nobody comes, and it is stopped once more', async () => {
  await cloud.hosts.settled()
  await startInstance(cloud, site, id)
  await cloud.stack.idle({ retries: true })
  expect((await look()).stopped).toEqual([])
  expect((await lookUntil(/^stop /)).stopped).toEqual([id])
  expect(cloud.problems()).toEqual([])
})

test('nobody can say whether it is used: awake; the third look is a problem, with one notice and one at its end', async () => {
  await until(cloud, 'asleep', LONG, () => (state() === 'stopped' ? true : undefined))
  await cloud.hosts.settled()
  await startInstance(cloud, site, id)
  await cloud.stack.idle({ retries: true })
  await lookUntil(/keep .*: used until/)
  const nginx = (active: boolean) =>
    changeState(root(), (now) => ({ ...now, services: { ...now.services, nginx: { enabled: true, active } } }))
  const told = () =>
    [...cloud.world.state.topics.values()].flatMap(({ published }) => published).map(({ subject }) => subject)
  nginx(false)
  const unknown = /^unknown .*: nginx does not answer on the host$/
  for (let n = 0; n < 4; n++) expect((await look()).report[0]).toMatch(unknown)
  await cloud.stack.idle({ retries: true })
  expect(told()).toEqual([`ragstream-edge: ${site.hostname}: UseUnknown`])
  nginx(true)
  await lookUntil(/keep|stop/)
  await cloud.stack.idle({ retries: true })
  expect(told().at(-1)).toBe(`ragstream-edge: over: ${site.hostname}: UseUnknown`)
  if (state() === 'running') await stopInstance(cloud, site, id)
})

describe('the role', () => {
  const { authorize } = readStack(join(packageFolder, 'cloudformation-template-update-stack.json'), {
    ...{ account: '123456789012', region: 'eu-central-1', queueOrigin: 'http://127.0.0.1:1' },
  })
  const stop = (tags: Readonly<Record<string, string>>, action = 'ec2:StopInstances') =>
    authorize({
      ...{ accessKeyId: 'IdleRole', action },
      resources: ['arn:aws:ec2:eu-central-1:123456789012:instance/i-1234567890abcdef0'],
      context: Object.fromEntries(Object.entries(tags).map(([key, value]) => [`ec2:ResourceTag/${key}`, value])),
    })

  test('stops instances of the stage, and none without its tag', () => {
    expect(stop({ 'ragstream-edge:stage': 'prod' })).toBeUndefined()
    for (const tags of [{}, { 'ragstream-edge:stage': 'dev' }, { Name: 'ragstream' }])
      expect(stop(tags)).toMatch(/not authorized/i)
  })

  test.each(['ec2:StartInstances', 'ec2:TerminateInstances', 'ec2:RebootInstances', 'ec2:CreateTags'])(
    'may not %s',
    (action) => expect(stop({ 'ragstream-edge:stage': 'prod' }, action)).toMatch(/not authorized/i),
  )

  test('EC2 answers the same where it is asked', async () => {
    const other = cloud.world.dispatch({ type: 'RunInstance', tags: { Name: 'other' }, state: 'running' })
    const { EC2Client, StopInstancesCommand } = await import('@aws-sdk/client-ec2')
    const credentials = { accessKeyId: 'IdleRole', secretAccessKey: cloud.wire.secretOf('IdleRole')! }
    const client = new EC2Client({ endpoint: cloud.wire.url, region: 'eu-central-1', credentials })
    const refused = client.send(new StopInstancesCommand({ InstanceIds: [other.id] }))
    await expect(refused).rejects.toThrow(/not authorized/i)
    client.destroy()
  })
})
