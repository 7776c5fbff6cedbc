// Bad input and faults on the packaged artefact: what waits, what is refused, what is dropped, and what is said.
import { lookMessage } from '../../../functions/lib/domain/trigger.ts'
import { furnishAccount, served, startInstance, until } from '../../../local/scenario.ts'
import type { Queue } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300

let cloud: TestCloud
afterEach(() => cloud.close())

const queue = (name: string): Queue => [...cloud.world.state.queues.values()].find(({ arn }) => arn.includes(name))!
const deadLetters = () => ['DnsDeadLetters', 'HostDeadLetters'].map((name) => queue(name).messages.size)

/** A cloud with the declared site at rest: its instance stopped, its name parked. */
async function atRest(overrides: Parameters<typeof testCloud>[0] = {}) {
  cloud = await testCloud(overrides)
  const [site] = cloud.sites
  const [id] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await until(cloud, 'parked', LONG, (world) => (served(world, site!) ? true : undefined))
  cloud.happened.length = 0
  return { site: site!, id: id! }
}

const record = (hostname: string) =>
  [...cloud.world.state.zones.values()]
    .flatMap(({ records }) => [...records.values()])
    .filter(({ name }) => name === `${hostname}.`)

test('an agent that comes late: the command is tried again within seconds, and nothing is lost', async () => {
  const { site, id } = await atRest({ registerAfterMs: 3_600_000 })
  const refused = () => cloud.happened.some((one) => one.kind === 'call' && one.call.errorCode === 'InvalidInstanceId')
  const registers = until(cloud, 'a command was refused', LONG, () => refused() || undefined).then(() =>
    cloud.world.dispatch({ type: 'RegisterAgent', instanceId: id }),
  )
  await Promise.all([startInstance(cloud, site, id), registers])
  expect(cloud.logged().join('\n')).toMatch(
    new RegExp(`AgentNotRegistered: ${id} of ${site.hostname}: its SSM agent is not registered with Systems Manager`),
  )
  expect(deadLetters()).toEqual([0, 0])
})

test('a public address that comes late: the record waits for it, and the old one stays until then', async () => {
  const { site, id } = await atRest({ tempo: { pendingMs: 50, insyncMs: 100, publicIpDelayMs: 3_600_000 } })
  const words = `wait A ${site.hostname}, is 192.0.2.1 (TTL 10): ${id} runs but has no public address yet`
  const shows = until(cloud, 'the record waits', LONG, () => cloud.logged().includes(words) || undefined).then(() =>
    Object.assign(cloud.world.state.instances.get(id)!, { publicIpVisibleAt: 0 }),
  )
  const [{ address }] = await Promise.all([startInstance(cloud, site, id), shows])
  expect(record(site.hostname).map(({ values }) => values)).toEqual([[address]])
  expect(deadLetters()).toEqual([0, 0])
})

test('a site document with errors: each is named, and the record and the host stay as they are', async () => {
  const { site, id } = await atRest()
  await startInstance(cloud, site, id)
  // What still waited would say it once more.
  await cloud.stack.idle({ retries: true })
  const before = record(site.hostname)
  const commands = cloud.world.state.commands.size
  const value = JSON.stringify({ ...site, onStop: 'sleep', ttl: 'soon', imgae: 'x' })
  cloud.world.dispatch({
    type: 'PutParameter',
    name: `/ragstream-edge/prod/sites/${site.hostname}`,
    value,
    overwrite: true,
  })
  await cloud.stack.idle()
  const text = `site ${site.hostname} is left as it is: imgae: found an unknown field, wanted "image"?; ttl: found "soon", wanted a whole number of seconds; onStop: found "sleep", wanted "park" or "delete" or "keep"`
  expect(cloud.logged().filter((line) => line === text)).toHaveLength(2)
  expect(record(site.hostname)).toEqual(before)
  expect(cloud.world.state.commands.size).toBe(commands)
  expect(deadLetters()).toEqual([0, 0])
})

test('an alias record at the name: refused by name, untouched, and the reason lies with the dead letter', async () => {
  const { site, id } = await atRest()
  const zone = cloud.world.state.zones.get(site.hostedZoneId)!
  const [parked] = [...zone.records.values()].filter(({ name }) => name === `${site.hostname}.`)
  const alias = {
    name: `${site.hostname}.`,
    type: 'A',
    ttl: null,
    values: [],
    alias: { hostedZoneId: 'Z2FDTNDATAQYW2', dnsName: 'd111111abcdef8.cloudfront.net.', evaluateTargetHealth: false },
  }
  cloud.world.dispatch({
    type: 'ChangeResourceRecordSets',
    zoneId: zone.id,
    changes: [
      { action: 'DELETE', record: parked! },
      { action: 'CREATE', record: alias },
    ],
  })
  cloud.world.dispatch({ type: 'StartInstances', ids: [id] })
  await until(cloud, 'a dead letter', LONG, () => (queue('DnsDeadLetters').messages.size > 0 ? true : undefined))
  await cloud.stack.idle()
  expect(record(site.hostname)).toEqual([alias])
  const [dead] = queue('DnsDeadLetters').messages.values()
  expect(dead?.attributes?.reason).toMatch(/^RecordRefused: refuse A ragstream\.rusbehabtahi\.com/)
  expect(cloud.logged().join('\n')).toContain(
    `RecordRefused: refuse A ${site.hostname}, no record: ${site.hostname} already has an alias record to d111111abcdef8.cloudfront.net., which was not made by this service: remove it, or choose another name`,
  )
})

test('what no site wants and what does not parse: counted, dropped, and nothing else', async () => {
  const { site } = await atRest()
  const before = record(site.hostname)
  cloud.world.dispatch({ type: 'RunInstance', tags: { 'ragstream-edge:stage': 'prod' }, state: 'running' })
  cloud.world.dispatch({ type: 'RunInstance', tags: {}, state: 'running' })
  const strange = {
    'detail-type': 'EC2 Instance State-change Notification',
    detail: { 'instance-id': 'i-1234567890abcdef0', state: 'hibernating' },
  }
  cloud.world.dispatch({
    type: 'SendMessages',
    arn: queue('DnsQueue').arn,
    bodies: ['no event', JSON.stringify(strange)],
  })
  cloud.world.dispatch({ type: 'SendMessages', arn: queue('DnsQueue').arn, bodies: [lookMessage({})] })
  await until(cloud, 'both are dropped', LONG, () =>
    cloud.logged().filter((line) => line.startsWith('event dropped')).length === 2 ? true : undefined,
  )
  await cloud.stack.idle()
  expect(cloud.logged()).toEqual(
    expect.arrayContaining([
      'event dropped: event: found "no event", wanted JSON',
      'event dropped: detail.state: found "hibernating", wanted one of pending, running, stopping, stopped, shutting-down, terminated',
    ]),
  )
  expect(record(site.hostname)).toEqual(before)
  expect(cloud.called()).not.toContain('route53 ChangeResourceRecordSets')
  expect(deadLetters()).toEqual([0, 0])
})
