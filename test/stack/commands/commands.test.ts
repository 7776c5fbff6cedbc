// What a maintainer does every day, as typed, on the packaged artefact: its screen, its --json, its exit code. The tests follow one another on one cloud.
import { changeState, readState } from '../../../local/machine/rendered/state.ts'
import { furnishAccount, served, startInstance, until } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { EDGE, typed } from '../../support/start.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 120

let cloud: TestCloud
let site: TestCloud['sites'][number]
let id: string
beforeAll(async () => {
  cloud = await testCloud()
  site = cloud.sites[0]!
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await until(cloud, 'parked', LONG, (world) => (served(world, site) ? true : undefined))
})
afterAll(() => cloud?.close())

const edge = (...words: string[]) => edgeWith('', ...words)
const edgeWith = (stdin: string, ...words: string[]) =>
  typed(
    {
      stdin,
      env: {
        AWS_ENDPOINT_URL: cloud.wire.url,
        AWS_REGION: cloud.world.state.region,
        RESOLVERS: `${cloud.dns.address}:${cloud.dns.port}`,
        ...{ AWS_ACCESS_KEY_ID: 'local-admin', AWS_SECRET_ACCESS_KEY: cloud.wire.secretOf('local-admin') },
      },
    },
    EDGE,
    ...words,
  )
/** Its one object; nothing else may stand on standard output. */
async function told(...words: string[]) {
  const { code, stdout, stderr } = await edge(...words, '--json')
  const value = JSON.parse(stdout)
  expect(value).toMatchObject({ command: words[0], code })
  return { ...value, stderr }
}
const disk = () => cloud.room.disk(id)
const runs = () =>
  readState(disk())
    .containers.filter(({ running }) => running)
    .map(({ image }) => image)

describe('while the instance sleeps', () => {
  test('status: asleep, with the image of its file', async () => {
    const { code, stdout, stderr } = await edge('status')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ragstream\.rusbehabtahi\.com {2}asleep .* ragstream:1\.4\.0 {2}no command shown\n$/)
  })

  test('an image is chosen for the next start; nobody is waited for', async () => {
    const { code, stdout } = await edge('rollout', site.hostname, 'ragstream:1.4.1')
    expect(code).toBe(0)
    expect(stdout).toMatch(/you +\S+: ragstream:1\.4\.0 -> ragstream:1\.4\.1\n\S+ is asleep: ragstream:1\.4\.1 runs at/)
    expect(await told('history')).toMatchObject({ history: [{ image: 'ragstream:1.4.1', became: 'not sent' }] })
    expect(await edge('rollback')).toMatchObject({ code: 0, stdout: expect.stringContaining('-> ragstream:1.4.0\n') })
  })
})

describe('while it runs', () => {
  beforeAll(async () => {
    await startInstance(cloud, site, id)
    await cloud.stack.idle({ retries: true })
  })

  test('status: live, since when, its last command', async () => {
    const [now] = (await told('status')).sites
    const { launchTime } = cloud.world.state.instances.get(id)!
    expect(now).toMatchObject({ state: 'live', image: 'ragstream:1.4.0', command: { status: 'Success' } })
    expect(now.since).toBe(new Date(launchTime).toISOString())
  })

  test('rollout: the host’s steps, then live; the new image runs', async () => {
    const { code, stdout, stderr } = await edge('rollout', site.hostname, 'ragstream:1.5.0')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /: ragstream:1\.4\.0 -> ragstream:1\.5\.0\n[\s\S]*command …\w{6}\n[\s\S]*container: changed[\s\S]*done: changed[\s\S]* is live: /,
    )
    expect(runs()).toEqual(['ragstream:1.5.0'])
  })

  test('the same name again is refused with the reason, and nothing is written', async () => {
    const chosen = () => cloud.world.state.parameters.get(`/ragstream-edge/${cloud.stage}/images/${site.hostname}`)
    const before = chosen()
    const { code, error } = await told('rollout', site.hostname, 'ragstream:1.5.0')
    expect(code).toBe(2)
    expect(error).toMatch(/the same name is no news\. .*ragstream:1\.5\.0@sha256:<digest>.*\.\/edge apply/)
    expect((await told('rollout', site.hostname, 'No Image')).error).toMatch(/found "No Image", wanted an image ref/)
    expect(chosen()).toBe(before)
  })

  test('a roll-out that fails: the log’s tail, exit code 1, the old image serves, and history knows', async () => {
    const broken = {
      id: 'sha256:b',
      repoDigests: [],
      listens: 8501,
      healthPath: '/_stcore/health',
      streamPath: '/_stcore/stream',
      health: null,
      exitCode: 1,
      log: 'no module named x',
    }
    changeState(disk(), (state) => ({ ...state, images: { ...state.images, 'ragstream:broken': broken } }))
    const { code, stdout } = await edge('rollout', site.hostname, 'ragstream:broken')
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /no module named x[\s\S]*failed on i-\w+: [\s\S]*now: .*container: ragstream:1\.5\.0 running/,
    )
    expect(stdout).toContain(`next: ./edge rollback ${site.hostname}`)
    expect(runs()).toEqual(['ragstream:1.5.0'])
  })

  test('rollback passes over what failed', async () => {
    const back = await told('rollback')
    expect(back).toMatchObject({ code: 0, image: 'ragstream:1.5.0', previous: 'ragstream:broken' })
    expect(back.diagnosis.verdict).toBe('live')
    expect(runs()).toEqual(['ragstream:1.5.0'])
    const { stdout } = await edge('history')
    const lines = stdout.trim().split('\n')
    expect(lines[0]).toMatch(/^\S+Z {2}(live|configured) +ragstream:1\.5\.0 {2}by local-admin$/)
    expect(lines[1]).toMatch(/ failed +ragstream:broken /)
    expect(lines).toHaveLength(5)
  })

  test('apply runs the document once more', async () => {
    const { code, stdout, stderr } = await edge('apply')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/you +apply \S+ on i-\w+: command …\w{6}\n[\s\S]*done: unchanged[\s\S]* is live: /)
  })

  test('logs: the app’s last lines by a document that changes nothing, and how to get a shell there', async () => {
    const sees = { log: 'You can now view\nyour app\n' }
    changeState(disk(), (state) => ({
      ...state,
      images: { ...state.images, 'ragstream:1.5.0': { ...state.images['ragstream:1.5.0']!, ...sees } },
    }))
    const { code, stdout, stderr } = await edge('logs')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(
      `You can now view\nyour app\na shell there: aws ssm start-session --region eu-central-1 --target ${id}\n`,
    )
    expect(await told('logs', '--service', '--lines', '3')).toMatchObject({ source: 'service', instance: id })
    expect((await edge('logs', '--follow', '--json')).code).toBe(2)
  })

  test('up of a site that is live: nothing to do is no error', async () => {
    const { code, stdout } = await edge('up')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^already live: /) })
  })

  test('diagnose --all, resync and doctor answer a program, too', async () => {
    expect((await told('doctor')).lines.length).toBeGreaterThan(5)
    expect((await told('diagnose', '--all')).diagnoses).toMatchObject([{ site: site.hostname, verdict: 'live' }])
    expect((await told('resync', 'all', '--dry-run')).drift.length).toBeGreaterThan(0)
  })

  test('a site that nobody declares, in one line', async () => {
    const { code, stderr } = await edge('status', 'ragstream.rusbehabtahi.con')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'site: found ragstream.rusbehabtahi.con, wanted "ragstream.rusbehabtahi.com"?\n',
    })
  })
})

describe('secrets', () => {
  const OTHER = 'other.example.com'
  const path = '/vault/other'
  const stored = (name: string) => cloud.world.state.parameters.get(name)
  beforeAll(async () => {
    const container = { hostPort: 8502, secretsPath: path }
    const document = { ...site, hostname: OTHER, instances: { 'tag:Name': 'nobody' }, image: 'app:1', container }
    const name = `/ragstream-edge/${cloud.stage}/sites/${OTHER}`
    cloud.world.dispatch({ type: 'PutParameter', name, value: JSON.stringify(document) })
    await cloud.stack.idle({ retries: true })
  })

  test('a value from standard input, sealed, and never shown again', async () => {
    const set = await edgeWith('hunter2hunter2\n', 'secrets', 'set', OTHER, 'TOKEN')
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect(set.stdout).toMatch(
      /^TOKEN is set at \/vault\/other\nthe app gets it by \.\/edge apply other\.example\.com\n$/,
    )
    // One parameter: the policy that every host has lets it be read.
    expect(stored(path)).toMatchObject({ type: 'SecureString', value: 'TOKEN=hunter2hunter2' })
    await edgeWith('3', 'secrets', 'set', OTHER, 'A')
    await edgeWith('4', 'secrets', 'set', OTHER, 'A')
    expect(stored(path)?.value).toBe('TOKEN=hunter2hunter2\nA=4')
    const list = await told('secrets', 'list', OTHER)
    expect(list.secrets).toEqual([{ key: 'TOKEN' }, { key: 'A' }])
    expect(JSON.stringify([set, list])).not.toContain('hunter2')
    expect((await edge('secrets', 'remove', OTHER, 'B')).code).toBe(2)
    expect(await told('secrets', 'remove', OTHER, 'TOKEN', '--yes')).toMatchObject({ code: 0, hosts: [] })
    expect((await edge('secrets', 'remove', OTHER, 'A')).code).toBe(0)
    expect(stored(path)).toBeUndefined()
  })

  test('a parameter for each is kept so', async () => {
    cloud.world.dispatch({ type: 'PutParameter', name: `${path}/B`, value: 'b', parameterType: 'SecureString' })
    expect((await edgeWith('3', 'secrets', 'set', OTHER, 'A')).code).toBe(0)
    expect(stored(`${path}/A`)).toMatchObject({ type: 'SecureString', value: '3' })
    expect((await told('secrets', 'list', OTHER)).secrets).toEqual([
      { key: 'A', modified: expect.any(String) },
      { key: 'B', modified: expect.any(String) },
    ])
    expect((await edge('secrets', 'remove', OTHER, 'B')).code).toBe(0)
    expect(stored(`${path}/B`)).toBeUndefined()
  })

  test.each([
    ['', ['set', OTHER, 'A'], /value: found none, wanted one line/],
    ['a\nb', ['set', OTHER, 'A'], /value: found a line break/],
    ['x', ['set', OTHER, 'A-B'], /wanted a variable name/],
    ['x', ['set', OTHER], /key: found none, wanted the name/],
    ['', ['list', 'ragstream.rusbehabtahi.com'], /secretsPath: found null, wanted a path/],
  ])('%j for %j is refused', async (stdin, words, told) => {
    const { code, stderr } = await edgeWith(stdin, 'secrets', ...words)
    expect(code).toBe(2)
    expect(stderr).toMatch(told)
  })
})
