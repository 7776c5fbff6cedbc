// One stage through its life on the packaged artefact: a start told to its end, a roll-out, a broken document, a lost
// event, things changed by hand; and what maintainers hear of it. The tests follow one another on one cloud.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packaged } from '../../../local/package.ts'
import { furnishAccount, served, startInstance, until } from '../../../local/scenario.ts'
import type { Command, Publication } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300
const TEMPLATE = 'cloudformation-template-update-stack.json'

let cloud: TestCloud
let id: string
let site: TestCloud['sites'][number]
beforeAll(async () => {
  cloud = await testCloud()
  site = cloud.sites[0]!
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await until(cloud, 'parked', LONG, (world) => (served(world, site) ? true : undefined))
  // A run of host-config for the new site would send the command of the start, too.
  await cloud.stack.idle({ retries: true })
  await startInstance(cloud, site, id)
  await live(1)
})
afterAll(() => cloud.close())

const lives = () =>
  cloud.happened.flatMap((one) => (one.kind === 'event' && one.event['detail-type'] === 'Site Live' ? [one.event] : []))
const live = async (times: number) => {
  await until(cloud, `live ${times} times`, LONG, () => lives().length >= times || undefined)
  await cloud.stack.idle({ retries: true })
}
const notices = (): readonly Publication[] =>
  [...cloud.world.state.topics.values()].flatMap(({ published }) => published)
const subjects = () => notices().map(({ subject }) => subject)
const record = () => [...cloud.world.state.zones.values()][0]!.records.get(`${site.hostname}.|A`)!
const put = (kind: string, value: string) =>
  cloud.world.dispatch({
    ...{ type: 'PutParameter', name: `/ragstream-edge/${cloud.stage}/${kind}/${site.hostname}`, value },
    overwrite: true,
  })
const configured = (): Command[] =>
  [...cloud.world.state.commands.values()].filter(({ documentName }) => documentName.includes('-ConfigureHost-'))
const reconcile = async () => {
  cloud.stack.triggerSchedule('ReconcileRule')
  await cloud.stack.idle({ retries: true })
}
const resync = (payload: unknown) => cloud.stack.invoke('resync', payload) as Promise<{ report: string[] }>

let template: { readonly Resources: Record<string, { readonly Properties: Record<string, unknown> }> }

/** A later package: the template of the last one, changed. */
async function deployChanged(change: (resources: typeof template.Resources) => void) {
  template ??= JSON.parse(readFileSync(join(await packaged(), TEMPLATE), 'utf8'))
  change(template.Resources)
  const file = join(mkdtempSync(join(tmpdir(), 'ragstream-edge-later-')), TEMPLATE)
  writeFileSync(file, JSON.stringify(template))
  await cloud.stack.update(file)
}

interface Entry {
  readonly timestamp: string
  readonly message: string
  readonly start?: string
  readonly service: string
}
const entries = () =>
  cloud.happened.flatMap((one) => {
    if (one.kind !== 'log' || !one.line.startsWith('{')) return []
    const entry = JSON.parse(one.line)
    return '_aws' in entry ? [] : [entry as Entry]
  })

test('one start by its correlation id: every function that had a part in it, in order, as the runbook shows', () => {
  const { launchTime } = cloud.world.state.instances.get(id)!
  const start = `${id}@${new Date(launchTime).toISOString().replace(/\.\d+/, '')}`
  const lines = entries()
    .filter((entry) => entry.start === start)
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1))
    .map(({ service, message }) => `${service.replace('ragstream-edge-prod-', '')} ${message}`)
  const told = lines.filter((line) => /^\S+ (configure|replace|live) /.test(line))
  expect(told.map((line) => line.split(' ', 2).join(' ')).sort()).toEqual([
    'dns-sync replace',
    'host-config configure',
    'outcome live',
  ])
  expect(told.at(-1)).toMatch(/^outcome live/)
  const shown = readFileSync('docs/runbook.md', 'utf8')
  const timeless = (text: string) => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>').replaceAll(/ +/g, ' ')
  for (const line of told) expect(timeless(shown)).toContain(timeless(line))
})

test('live: the event with the time from start to live, which is the metric, too', () => {
  expect(lives()).toMatchObject([
    { source: 'ragstream-edge', detail: { site: site.hostname, instance: id, address: record().values[0] } },
  ])
  expect(metrics('outcome', 'TimeToLive')).toEqual([lives()[0]!.detail.timeToLive])
})

/** Values that a function emitted, in embedded format. */
function metrics(functionName: string, name: string): unknown[] {
  return cloud.happened.flatMap((one) => {
    if (one.kind !== 'log' || !one.line.includes('"_aws"')) return []
    const entry = JSON.parse(one.line)
    return entry.service === `ragstream-edge-${cloud.stage}-${functionName}` && name in entry ? [entry[name]] : []
  })
}

test('a put image is live without a deploy, and survives a deploy that changes the site’s ttl', async () => {
  put('images', 'ragstream:1.5.0')
  await live(2)
  expect(configured().at(-1)?.parameters.Image).toEqual(['ragstream:1.5.0'])
  await deployChanged((resources) => {
    for (const { Properties } of Object.values(resources))
      if (String(Properties.Name).includes('/sites/'))
        Properties.Value = JSON.stringify({ ...JSON.parse(String(Properties.Value)), ttl: 120 })
  })
  await until(cloud, 'the new ttl', LONG, () => record().ttl === 120 || undefined)
  await reconcile()
  expect(configured().at(-1)?.parameters.Image).toEqual(['ragstream:1.5.0'])
})

test('a broken document changes nothing, and raises one notice with the path of each error, and one at its end', async () => {
  const [before, commands] = [record(), configured().length]
  const sound = cloud.world.state.parameters.get(`/ragstream-edge/${cloud.stage}/sites/${site.hostname}`)!.value
  put('sites', JSON.stringify({ ...JSON.parse(sound), onStop: 'sleep', ttl: 'soon', imgae: 'x' }))
  await until(cloud, 'a notice', LONG, () => notices().length > 0 || undefined)
  await reconcile()
  expect(notices()).toHaveLength(1)
  expect(notices()[0]?.message).toContain(
    [
      'imgae: found an unknown field, wanted "image"?',
      'ttl: found "soon", wanted a whole number of seconds',
      'onStop: found "sleep", wanted "park" or "delete" or "keep"',
    ].join('\n'),
  )
  expect([record(), configured().length]).toEqual([before, commands])
  put('sites', sound)
  await until(cloud, 'its end', LONG, () => notices().length > 1 || undefined)
  await cloud.stack.idle({ retries: true })
  expect(subjects()).toEqual([
    `ragstream-edge: the document of ${site.hostname} has errors: nothing is changed`,
    `ragstream-edge: over: the document of ${site.hostname} has errors: nothing is changed`,
  ])
})

test('a record edited by hand and a container removed by hand: a dry run says what the next reconcile mends', async () => {
  const right = record()
  const edited = { ...right, values: ['198.51.100.9'] }
  const changes = [
    { action: 'DELETE', record: right },
    { action: 'CREATE', record: edited },
  ] as const
  const zoneId = [...cloud.world.state.zones.keys()][0]!
  cloud.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId, changes })
  const name = `ragstream-edge-${site.hostname}`
  await cloud.hosts.machine(id)!.exec(['docker', 'rm', '-f', name])
  const commands = configured()

  const dryRun = async () => (await resync({ all: true, dryRun: true })).report
  let dry = await dryRun()
  // The host of a busy machine may not answer in time: then it is asked again.
  for (let tries = 1; tries < 4 && !dry.some((line) => line.includes('changed by hand')); tries++) dry = await dryRun()
  const last = commands.at(-1)!.id
  const sentences = [
    `replace A ${site.hostname}: 198.51.100.9 (TTL 120) -> ${right.values[0]} (TTL 120): ${id} runs there`,
    `configure ${id} for ${site.hostname}: changed by hand since command ${last}: the container ${name} is absent`,
  ]
  expect(dry).toEqual(['would mend:', ...sentences.map((line) => `  ${line}`)])
  expect([record(), configured()]).toEqual([edited, commands])

  cloud.happened.length = 0
  for (let tries = 1; tries <= 4 && configured().length === commands.length; tries++) await reconcile()
  expect(cloud.logged()).toEqual(expect.arrayContaining(sentences))
  expect(record()).toEqual(right)
  await until(cloud, 'the container is back', LONG, () =>
    configured()[commands.length]?.invocations.get(id)?.status === 'Success' ? true : undefined,
  )
  expect(configured()).toHaveLength(commands.length + 1)
  expect((await cloud.hosts.machine(id)!.exec(['docker', 'ps', '-a'])).stdout).toContain(name)
})

test('another program writes the record twice with a TTL of its own: put right each time, and one notice with both values', async () => {
  const before = notices().length
  const right = record()
  for (let times = 0; times < 3; times++) {
    const changes = [{ action: 'UPSERT' as const, record: { ...right, ttl: 300 } }]
    cloud.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId: site.hostedZoneId, changes })
    await reconcile()
    expect(record()).toEqual(right)
  }
  const fresh = notices().slice(before)
  expect(fresh.map(({ subject }) => subject)).toEqual([
    `ragstream-edge: ${site.hostname}: another program writes its record`,
  ])
  expect(fresh[0]!.message).toMatch(
    /found \S+ \(TTL 300\), wrote \S+ \(TTL 120\)[\s\S]*found \S+ \(TTL 300\)[\s\S]*cloudtrail lookup-events/,
  )
})

test('what was said of an instance and a site that are gone is forgotten by the next reconcile', async () => {
  const state = () => [...cloud.world.state.parameters.keys()].filter((name) => name.includes('/state/'))
  const said = state()
  const below = `/ragstream-edge/${cloud.stage}/state`
  for (const name of [`${site.hostname}/live/i-0123456789abcdef0`, `gone.example.com/live/${id}`])
    cloud.world.dispatch({ type: 'PutParameter', name: `${below}/${name}/1795417679930/1/0123456789ab`, value: 'x' })
  await reconcile()
  expect(said.length).toBeGreaterThan(0)
  expect(state()).toEqual(said)
})

test('an event lost on purpose: the next reconcile mends it', async () => {
  const deaf = ['InstanceChangedRule', 'InstanceRunningRule']
  await deployChanged((resources) => {
    for (const rule of deaf) resources[rule]!.Properties.State = 'DISABLED'
  })
  const address = record().values[0]
  cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
  await until(cloud, 'stopped', LONG, ({ instances }) => instances.get(id)?.state === 'stopped' || undefined)
  await cloud.stack.idle({ retries: true })
  expect(record().values).toEqual([address])
  await reconcile()
  expect(record().values).toEqual(['192.0.2.1'])
})

describe('resync by hand', () => {
  test.each<[string, unknown, RegExp[]]>([
    ['all', { all: true }, [/^in sync:$/, /^ {2}keep A /]],
    ['one site', { site: 'ragstream.rusbehabtahi.com' }, [/^in sync:$/, /^ {2}keep A /]],
    ['an unknown site', { site: 'x.example.com' }, [/^site: found "x\.example\.com", wanted one of ragstream\./]],
    ['malformed', { everything: true }, [/^everything: found an unknown field/, /^event: found nothing/, /^usage:/]],
    ['nothing at all', null, [/^event: found null, wanted an object$/, /^usage:/]],
  ])('%s', async (_, payload, lines) => {
    const { report } = await resync(payload)
    for (const [index, line] of lines.entries()) expect(report[index]).toMatch(line)
  })
})

test('every alarm on a metric of ours watches one that its function really emits, under its very dimension', async () => {
  for (const { arn } of [...cloud.world.state.queues.values()].filter((queue) => /Queue$/.test(queue.arn)))
    cloud.world.dispatch({ type: 'SendMessages', arn, bodies: ['no event'] })
  await reconcile()
  const alarms = [...cloud.stack.template.resources.values()].filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
  const ours = alarms.filter(({ properties }) => properties.Namespace === 'ragstream-edge')
  expect(ours.length).toBeGreaterThan(6)
  const emitted = cloud.happened.flatMap((one) => {
    if (one.kind !== 'log' || !one.line.includes('"_aws"')) return []
    const { _aws, ...values } = JSON.parse(one.line)
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics
    const dimensions = Dimensions[0].map((Name: string) => ({ Name, Value: values[Name] }))
    return Metrics.map(({ Name }: { Name: string }) => JSON.stringify([Namespace, Name, dimensions]))
  })
  const watched = ours.map(({ properties: { Namespace, MetricName, Dimensions } }) =>
    JSON.stringify([Namespace, MetricName, Dimensions]),
  )
  expect(watched.filter((one) => !emitted.includes(one))).toEqual([])
})

test('nothing was lost, and nobody was told more than that', async () => {
  const letters = [...cloud.world.state.queues.values()].filter(({ arn }) => arn.includes('DeadLetters'))
  expect(letters.map(({ messages }) => messages.size)).toEqual([0, 0, 0, 0])
  expect(subjects()).toHaveLength(3)
  expect(cloud.problems()).toEqual([])
})
