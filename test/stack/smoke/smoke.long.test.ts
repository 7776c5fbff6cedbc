// ./edge smoke as a person runs it, on the packaged artefact: the timeline of a good run, the hop of a bad one, and what it refuses.
// The tests follow one another on one cloud.
import { QUESTIONS } from '../../../cli/first-hour/block.ts'
import { furnishAccount, served, startInstance, until } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { EDGE, typed } from '../../support/start.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300
/** As in EC2, a stop lasts longer than the record needs to be parked: who starts meanwhile is refused. */
const SLOW_STOP = 6_000

let cloud: TestCloud
let site: TestCloud['sites'][number]
let id: string
beforeAll(async () => {
  cloud = await testCloud({ tempo: { pendingMs: 50, stoppingMs: SLOW_STOP, insyncMs: 100 } })
  site = cloud.sites[0]!
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await until(cloud, 'parked', LONG, (world) => (served(world, site) ? true : undefined))
  await startInstance(cloud, site, id)
  await cloud.stack.idle({ retries: true })
})
afterAll(() => cloud?.close())

const account = () => ({
  AWS_ENDPOINT_URL: cloud.wire.url,
  AWS_REGION: cloud.world.state.region,
  RESOLVERS: `${cloud.dns.address}:${cloud.dns.port}`,
  ...{ AWS_ACCESS_KEY_ID: 'local-admin', AWS_SECRET_ACCESS_KEY: cloud.wire.secretOf('local-admin') },
})
const smoke = (...words: string[]) => typed({ env: account() }, EDGE, 'smoke', ...words)
const started = () => cloud.happened.filter((one) => one.kind === 'call' && /^(Start|Stop)/.test(one.call.operation))
const addressOf = (world = cloud.world.state) => world.instances.get(id)?.publicIp

test('asleep, live at another address, every hop looked at: exit code 0', async () => {
  const before = addressOf()
  const { code, stdout, stderr } = await smoke(site.hostname, '--yes')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`1. stop ${id} (running at ${before}), until the site is asleep`)
  expect(stdout).toMatch(
    new RegExp(
      `you +stop ${id}\n[^]*asleep +${site.hostname}[^]*stopped +${id}\n[^]*you +start ${id}\n[^]* record +A [^]*live +`,
    ),
  )
  expect(stdout).toMatch(/\nwebsocket +ok +/)
  expect(stdout).toMatch(/\nSMOKE ok: asleep [\d.]+ s after the stop, live [\d.]+ s after the start\n$/)
  expect(addressOf()).not.toBe(before)
})

test('what nobody has seen yet of an account is measured, each beside what is expected', async () => {
  const { stdout } = await smoke(site.hostname, '--yes')
  const [, block = ''] = stdout.split(/(?=The first hour in an account)/)
  const rows = Object.fromEntries(
    block
      .split('\n')
      .filter((row) => row.startsWith('| '))
      .map((row) => row.split(' | '))
      .map(([what = '', expected, seen = '']) => [what.slice(2), { expected, seen: seen.replace(/ \|$/, '') }]),
  )
  const seen = (what: string) => rows[what]?.seen
  expect(seen('is a Pending command found by its instance')).toMatch(/^first found \w+, [\d.]+ s after it was sent$/)
  expect(seen('pages of ListCommandInvocations with the filter DocumentName')).toMatch(/^of 5 .* had \d+(, \d+)*$/)
  expect(seen('the error for a tagged instance without an agent')).toMatch(/^(InvalidInstanceId|none: the agent)/)
  expect(seen('an inspection of the host')).toMatch(/^[\d.]+ s to [\d.]+ s on the host, of \d+$/)
  expect(seen('the public address, after the start')).toMatch(/^[\d.]+ s, while it is (pending|running)$/)
  expect(seen('the agent, after running')).toMatch(/^[\d.]+ s$/)
  expect(seen('all name servers, after the record')).toMatch(/^[\d.]+ s$/)
  expect(seen('the first command, after the site’s parameter')).toMatch(/^-?[\d.]+ s$/)
  expect(Object.values(rows).every((row) => row.expected)).toBe(true)
  expect(Object.keys(rows)).toHaveLength(2 + Object.keys(QUESTIONS).length)
  // It goes to strangers.
  for (const own of [site.hostname, id, addressOf()!, site.hostedZoneId]) expect(block).not.toContain(own)
})

test('looks every few seconds send the host a command now and then, not with each', () => {
  const called = cloud.happened.flatMap((one) =>
    one.kind === 'call' && one.call.accessKeyId === 'DiagnoseRole' ? [one.call.operation] : [],
  )
  const looks = called.filter((operation) => operation === 'DescribeInstances').length
  const asked = called.filter((operation) => operation === 'SendCommand').length
  expect(asked).toBeGreaterThan(0)
  expect(asked).toBeLessThan(looks / 2)
})

test('nothing is touched without a yes, without credentials, or for a name that is no site', async () => {
  cloud.happened.length = 0
  const unasked = await smoke(site.hostname)
  expect(unasked).toMatchObject({ code: 2, stderr: 'found no terminal to ask, wanted a yes: --yes\n' })
  expect(unasked.stdout).toContain(`stop ${id}`)
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: '/nonexistent' }
  const env = { ...account(), ...none, AWS_EC2_METADATA_DISABLED: 'true' }
  const stranger = await typed({ env }, EDGE, 'smoke', site.hostname, '--yes')
  expect(stranger).toMatchObject({ code: 2, stdout: '' })
  expect(stranger.stderr).toContain('aws sso login, or export AWS_PROFILE=<profile>')
  expect(await smoke('nobody.example.com', '--yes')).toMatchObject({ code: 2, stdout: '' })
  expect(started()).toEqual([])
})

test('an instance that serves another site too: refused, and that site is named', async () => {
  const name = `/ragstream-edge/${cloud.stage}/sites/other.example.com`
  const document = { ...site, hostname: 'other.example.com', image: 'app:1.0.0', container: { hostPort: 8502 } }
  cloud.world.dispatch({ type: 'PutParameter', name, value: JSON.stringify(document) })
  const { code, stderr } = await smoke(site.hostname, '--yes')
  cloud.world.dispatch({ type: 'DeleteParameter', name })
  await cloud.stack.idle({ retries: true })
  expect(stderr).toContain('its instance also serves other.example.com, which a stop would take away')
  expect(code).toBe(2)
  expect(started()).toEqual([])
})

test('a name that nobody can lead to the instance: the hop is told, and what was stopped runs again', async () => {
  const [zone] = cloud.world.state.zones.values()
  const { type, ttl, values } = zone!.records.get(`${site.hostname}.|A`)!
  const record = { name: `${site.hostname}.`, ttl }
  const cname = { ...record, type: 'CNAME', values: ['elsewhere.example.net.'] }
  const changes = [
    { action: 'DELETE', record: { ...record, type, values } },
    { action: 'CREATE', record: cname },
  ] as const
  cloud.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId: site.hostedZoneId, changes })
  const { code, stdout } = await smoke(site.hostname, '--yes', '--patience', '3')
  expect(code).toBe(1)
  expect(stdout).toMatch(/\[ ## \]>record /)
  expect(stdout).toMatch(/\nSMOKE failed: not asleep [\d.]+ s after the stop: \S+ is broken at record: /)
  expect(cloud.world.state.instances.get(id)?.state).toBe('running')
})
