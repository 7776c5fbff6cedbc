// More than 500 hostile values that the patterns accept, or that go past them in base64 and in secrets, through the documents as an
// agent pastes them: each arrives as it is or ends the run with a reason, none is executed, none is written outside its place.
import { once } from 'node:events'
import { readdirSync, symlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import fc from 'fast-check'
import { parseInspection } from '../../functions/lib/hosts/inspection.ts'
import { type HostParameterName, hostParameters } from '../../functions/lib/hosts/parameters.ts'
import { startInstanceMetadata } from '../support/instance-role.ts'
import { base64, CONTAINER, copyForEach, type Host, NAME, SITE_FILE } from './host.ts'
import { hostile, seed } from './hostile-values.ts'

const on = copyForEach()
const SecretsPath = '/ragstream/secrets'
let secrets = ''
let store: Server
let metadata: Awaited<ReturnType<typeof startInstanceMetadata>>
let env: Record<string, string>

beforeAll(async () => {
  metadata = await startInstanceMetadata('127.0.0.1')
  // Parameter Store, with one parameter.
  store = createServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify({ Parameter: { Name: SecretsPath, Value: secrets } })))
  }).listen(0, '127.0.0.1')
  await once(store, 'listening')
  const { port } = store.address() as AddressInfo
  env = { EDGE_IMDS: `http://127.0.0.1:${metadata.port}`, EDGE_SSM_ENDPOINT: `http://127.0.0.1:${port}` }
})
afterAll(() => {
  store.close()
  metadata.close()
})
beforeEach(() => {
  on.host.fake(
    'curl',
    (real) =>
      `case "$*" in *"\${EDGE_IMDS-none}"* | *"\${EDGE_SSM_ENDPOINT-none}"*) exec /usr/bin/curl "$@" --max-time 60 ;; esac; exec ${real} "$@"`,
  )
  // What would leave the canary.
  symlinkSync('/usr/bin/touch', path.join(on.host.root, '.machine/bin/touch'))
})

const PLACES =
  /^(\.machine|sys|run|var\/log\/ragstream-edge\.log|var\/lib\/ragstream-edge|etc\/nginx\/(conf\.d\/ragstream-edge|sites-enabled\/default)|etc\/systemd\/system\/(docker\.service\.wants|ragstream-edge-metadata))/
const outside = (host: Host): string[] =>
  readdirSync(host.root, { recursive: true })
    .map(String)
    .filter((name) => !PLACES.test(name))
    .sort()

/** Nothing that the values said is done, and nothing lies but where it should. */
const test = (name: string, act: () => Promise<void>) =>
  it(name, async () => {
    const before = outside(on.host)
    await act()
    expect(outside(on.host)).toEqual(before)
    const all = readdirSync(on.host.root, { recursive: true }).map(String)
    expect(all.filter((file) => file.includes('canary'))).toEqual([])
  })

const wellFormed = fc.sample(hostile, { seed, numRuns: 3000 }).filter((one) => one.isWellFormed() && one.length < 400)
const oneLine = [...new Set(wellFormed.filter((one) => !/[\0\r\n]/.test(one)))]
const moreLines = [...new Set(wellFormed.filter((one) => /[\0\r\n]/.test(one)))]
/** As many values of a parameter's pattern, as odd as it lets them be. */
const accepted = (pattern: string, count: number): string[] =>
  [
    ...new Set(fc.sample(fc.stringMatching(new RegExp(pattern), { size: 'small' }), { seed, numRuns: count * 2 })),
  ].slice(0, count)
const patternOf = (wanted: HostParameterName): string => hostParameters.find(({ name }) => name === wanted)!.pattern

test(`200 values in Env and 200 in secrets, SEED=${seed}: the container gets each as it is`, async () => {
  expect(oneLine.length).toBeGreaterThanOrEqual(400)
  for (let at = 0; at < 400; at += 100) {
    const lines = oneLine.slice(at, at + 100).map((value, index) => `KEY_${index}=${value}`)
    secrets = lines.slice(50).join('\n')
    const run = await on.host.configure({ SecretsPath, Env: base64(lines.slice(0, 50).join('\n')) }, env)
    expect(run.last).toBe('step=done result=changed site=abcdef123456')
    expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, env: lines }])
  }
})

test(`24 values with line ends and NUL in Env and in secrets, SEED=${seed}: lines of their own form, or an end with a reason`, async () => {
  for (const [index, value] of moreLines.slice(0, 24).entries()) {
    const text = `KEY=${value}`
    const inSecret = index % 2 === 1
    // awk and JSON end with a line what JavaScript leaves open.
    secrets = text
    const run = await on.host.configure(inSecret ? { SecretsPath } : { Env: base64(text) }, env)
    const lines = text.split('\n').filter(Boolean)
    const good = !/[\0\r]/.test(text) && lines.every((line) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(line))
    if (good && new Set(lines.map((line) => line.split('=')[0])).size === lines.length)
      expect(on.host.state().containers[0]!.env).toEqual(lines)
    else
      expect([value, run.last]).toEqual([
        value,
        expect.stringMatching(/^step=(container-files|secrets) result=failed reason="/),
      ])
  }
})

test(`Volumes, SEED=${seed}: 30 odd ones are mounts and nothing else, 15 of another form end the run`, async () => {
  const volumes = accepted('^(/[A-Za-z0-9_.-]{1,9}){1,3}:(/[A-Za-z0-9_.-]{1,9}){1,3}(:ro)?$', 30)
  const run = await on.host.configure({ Volumes: base64(volumes.join('\n')) }, env)
  expect(run.last).toBe('step=done result=changed site=abcdef123456')
  expect(on.host.state().containers).toMatchObject([{ volumes }])
  for (const value of oneLine.slice(400, 415)) {
    const refused = await on.host.configure({ Volumes: base64(`/a:/b${value}\n`) }, env)
    expect(refused.last).toMatch(/^step=container-files result=failed reason="Volumes has a line of another form"|done/)
  }
  expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, running: true }])
})

test(`100 names of the oddest form, SEED=${seed}: in the server block, one word each`, async () => {
  const names = accepted('^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?){1,3}$', 100)
  const run = await on.host.configure({ Aliases: names.join(',') }, env)
  expect(run.last).toBe('step=done result=changed site=abcdef123456')
  expect(on.host.file(SITE_FILE)).toContain(`server_name ${NAME} ${names.join(' ')};`)
})

test(`every parameter at once, as odd as its pattern lets it be, SEED=${seed}: on the host, in the inspection, and off it again`, async () => {
  const ROUNDS = 8
  const kept: readonly HostParameterName[] = [
    'Pull',
    'StartTimeout',
    'TlsPath',
    'SecretsPath',
    'Env',
    'Volumes',
    'Aliases',
    'ContainerPort',
    'HostPort',
    // What the app says there decides.
    'HealthPath',
    'HealthBody',
  ]
  const odd = hostParameters
    .filter(({ name }) => !kept.includes(name))
    .map(({ name, pattern }) => [name, accepted(pattern, ROUNDS)] as const)
  const hosts = accepted(patternOf('Hostname'), ROUNDS)
  for (const [round, Hostname] of hosts.entries()) {
    const values = Object.fromEntries(odd.map(([name, all]) => [name, all[round % all.length]!]))
    const site = { ...values, Hostname, HostPort: String(9000 + round) }
    if (values.Pull === 'never') on.host.image(values.Image ?? '')
    const run = await on.host.configure(site, env)
    expect([site, run.last]).toEqual([site, expect.stringMatching(/^step=done result=changed /)])
    on.host.write(`var/lib/ragstream-edge/${Hostname}/last`, `2026-11-23T10:00:00Z ${oneLine[420 + round]}\n`)
    on.host.write(`var/lib/ragstream-edge/${Hostname}/applied`, `${oneLine[430 + round]}\n`)
    expect(parseInspection((await on.host.inspect(site)).stdout)).toMatchObject({
      site: Hostname,
      container: { state: 'running' },
    })
    expect((await on.host.remove({ Hostname })).last).toBe('step=done result=changed')
  }
  expect(on.host.state().containers.map(({ name }) => name)).toEqual([CONTAINER])
})

test('the canary sings on this host', async () => {
  await on.host.machine.exec(['bash', '-c', 'eval "echo $VALUE"'], { env: { VALUE: '$(touch run/canary)' } })
  expect(on.host.exists('run/canary')).toBe(true)
  await on.host.machine.exec(['rm', 'run/canary'])
})
