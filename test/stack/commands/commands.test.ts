// What a maintainer does every day, as typed, on the packaged artefact: its screen, its --json, its exit code. The tests follow one another on one cloud.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { toldBefore } from '../../../cli/deploy/tell.ts'
import { COMMANDS } from '../../../cli/edge/commands.ts'
import { startOfMonth } from '../../../cli/site/awake.ts'
import { changeState, readState } from '../../../local/machine/rendered/state.ts'
import { furnishAccount, served, until } from '../../../local/scenario.ts'
import { createFaults } from '../../../local/wire/faults.ts'
import type { Middleware } from '../../../local/wire/server.ts'
import { ServiceError } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { beside, here, typedHere } from '../../support/edge.ts'
import { EDGE, typed } from '../../support/start.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300

let cloud: TestCloud
let site: TestCloud['sites'][number]
let id: string
const faults = createFaults()
/** Reads of the function diagnose that AWS refuses. */
let refusals = 0
const refusing: Middleware = async ({ accessKeyId, operation }, next) => {
  if (accessKeyId === 'DiagnoseRole' && operation === 'GetParametersByPath' && refusals-- > 0)
    throw new ServiceError('AccessDeniedException', 'not now', 400)
  return next()
}
const HOUR = 3_600_000
beforeAll(async () => {
  let hoursAgo = 3
  cloud = await testCloud({ now: () => Date.now() - hoursAgo * HOUR, middleware: [faults.middleware, refusing] })
  site = cloud.sites[0]!
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  // It ran for two hours, and somebody stopped it by hand.
  cloud.world.dispatch({ type: 'StartInstances', ids: [id] })
  await until(cloud, 'running', LONG, ({ instances }) => instances.get(id)?.state === 'running' || undefined)
  hoursAgo = 1
  cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
  await until(cloud, 'stopped', LONG, ({ instances }) => instances.get(id)?.state === 'stopped' || undefined)
  await cloud.hosts.settled()
  hoursAgo = 0
  await cloud.deploy()
  await until(cloud, 'parked', LONG, (world) => (served(world, site) ? true : undefined))
})
afterAll(() => cloud?.close())

/** Commands that did what was asked, in words and by --json. */
const done = { screen: new Set<string>(), json: new Set<string>() }

const edge = (...words: string[]) => edgeWith('', ...words)
/** Commands that only read. On a busy machine a look may not end in time: then a person asks again. */
const onlyReads = (words: readonly string[]) =>
  ['status', 'diagnose'].includes(words[0]!) || (words[0] === 'resync' && words.includes('--dry-run'))
async function edgeWith(stdin: string, ...words: string[]) {
  let answer = await typedHere({ stdin, env: beside(cloud) }, ...words)
  const isLate = () => onlyReads(words) && /\bunknown\b|not everything was seen/.test(answer.stdout)
  for (let tries = 1; tries < 4 && isLate(); tries++) answer = await typedHere({ stdin, env: beside(cloud) }, ...words)
  if (answer.code === 0 && answer.stdout !== '') done[words.includes('--json') ? 'json' : 'screen'].add(words[0]!)
  return answer
}
const told = (...words: string[]) => toldWith('', ...words)
/** Its one object; nothing else may stand on standard output. */
async function toldWith(stdin: string, ...words: string[]) {
  const { code, stdout, stderr } = await edgeWith(stdin, ...words, '--json')
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
    expect(stdout).toMatch(
      /^ragstream\.rusbehabtahi\.com {2}asleep .* awake \d\.\d h this month {2}ragstream:1\.4\.0 {2}no command shown\n$/,
    )
  })

  test('status: the hours of this month, whoever stopped the instance', async () => {
    const month = startOfMonth(Date.now())
    const { ran } = cloud.world.state.instances.get(id)!
    const really = ran.reduce((sum, { from, to }) => sum + Math.max(0, to! - Math.max(from, month)), 0) / HOUR
    const [{ hoursAwake }] = (await told('status')).sites
    // To 5 minutes at each end.
    expect(Math.abs(hoursAwake - really)).toBeLessThan(0.2)
    expect((await edge('status')).stdout).toContain(`  awake ${hoursAwake.toFixed(1)} h this month  `)
  })

  test('status of somebody who may not ask CloudWatch: the rest, and which right is missing', async () => {
    const target = { service: 'monitoring', operation: 'GetMetricData' }
    faults.fail(target, new ServiceError('AccessDenied', 'not authorized', 403), 2)
    const { code, stdout, stderr } = await edge('status')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /asleep .* awake \? h this month {2}.*\nhours awake: not known: you need the right cloudwatch:GetMetricData\n$/,
    )
    const unknown = { hoursAwakeUnknown: 'you need the right cloudwatch:GetMetricData' }
    expect(await told('status')).toMatchObject({ ...unknown, sites: [{ state: 'asleep', hoursAwake: null }] })
  })

  test('an image is chosen for the next start; nobody is waited for', async () => {
    const { code, stdout } = await edge('rollout', site.hostname, 'ragstream:1.4.1')
    expect(code).toBe(0)
    expect(stdout).toMatch(/you +\S+: ragstream:1\.4\.0 -> ragstream:1\.4\.1\n\S+ is asleep: ragstream:1\.4\.1 runs at/)
    expect(await told('history')).toMatchObject({ history: [{ image: 'ragstream:1.4.1', became: 'not sent' }] })
    expect(await edge('rollback')).toMatchObject({ code: 0, stdout: expect.stringContaining('-> ragstream:1.4.0\n') })
    const [from, to] = ['ragstream:1.4.0', 'ragstream:1.4.1']
    const { site: hostname } = await told('rollout', site.hostname, to)
    expect(hostname).toBe(site.hostname)
    expect(await told('rollback')).toMatchObject({ code: 0, image: from, previous: to, hosts: [] })
  })

  test('down: asleep already is no error', async () => {
    const { code, stdout } = await edge('down')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^already asleep: /) })
    expect(await told('down')).toMatchObject({ site: site.hostname, stop: [], diagnosis: { verdict: 'asleep' } })
  })
})

describe('while it runs', () => {
  test('up: the instance is started, and the site is live; a look that failed is made again', async () => {
    refusals = 1
    const up = await told('up')
    expect(up).toMatchObject({ code: 0, site: site.hostname, start: [id], diagnosis: { verdict: 'live' } })
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
    expect(lines).toHaveLength(7)
  })

  test('apply runs the document once more', async () => {
    const { code, stdout, stderr } = await edge('apply')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/you +apply \S+ on i-\w+: command …\w{6}\n[\s\S]*done: unchanged[\s\S]* is live: /)
    expect(await told('apply')).toMatchObject({ site: site.hostname, hosts: [{ instance: id, status: 'Success' }] })
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
    expect((await edge('logs', '--nginx', '--since', '10m')).stdout).toMatch(/^a shell there: /m)
  })

  test('logs --follow goes on with what is new, until it is stopped', async () => {
    const [first, second] = ['2026-11-29T12:00:01.1Z first\n', '2026-11-29T12:00:02.2Z second\n']
    const log = (text: string) =>
      changeState(disk(), (state) => ({
        ...state,
        images: { ...state.images, 'ragstream:1.5.0': { ...state.images['ragstream:1.5.0']!, log: text } },
      }))
    log(first)
    const following = spawn(process.execPath, [EDGE, 'logs', '-f'], { env: { ...process.env, ...beside(cloud) } })
    const ended = once(following, 'close')
    const lines = createInterface(following.stdout)[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('2026-11-29T12:00:01Z first')
    log(first + second)
    expect((await lines.next()).value).toBe('2026-11-29T12:00:02Z second')
    following.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
  })

  test('up of a site that is live: nothing to do is no error', async () => {
    const { code, stdout } = await edge('up')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^already live: /) })
    expect(await told('up')).toMatchObject({ code: 0, diagnosis: { verdict: 'live' } })
  })

  test('as a process, as a person types it: the same answer, on its own streams', async () => {
    const here = async () => ({ ...(await told('status')), stderr: undefined })
    const before = await here()
    const { code, stdout, stderr } = await typed({ env: beside(cloud) }, EDGE, 'status', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    // An interval of five minutes may end meanwhile, and with it the hours awake grow.
    expect([before, await here()]).toContainEqual(JSON.parse(stdout))
  })

  test('logs --functions: what they logged about the site, from CloudWatch', async () => {
    const { code, stdout, stderr } = await edge('logs', '--functions')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\S+Z {2}dns-sync {2}replace A ragstream\.rusbehabtahi\.com: /m)
    expect(stdout).toMatch(/^\S+Z {2}host-config {2}configure i-\w+ for ragstream\.rusbehabtahi\.com/m)
    const { source, lines } = await told('logs', '--functions', '--since', '2h', '--lines', '2')
    expect({ source, count: lines.length }).toEqual({ source: 'functions', count: 2 })
    expect((await edge('logs', '--functions', '--nginx')).code).toBe(2)
  })

  test('before a deploy or a removal: what becomes of the host, read only', async () => {
    const calls = cloud.happened.length
    const ahead = (verb: 'deploy' | 'remove', files?: string) =>
      here({ env: beside(cloud) }, () => toldBefore(verb, { stage: cloud.stage, region: 'eu-central-1' }, files))
    const [title, as, ...more] = await ahead('deploy')
    expect([title, ...more]).toEqual([`this deploy changes (stage ${cloud.stage}, region eu-central-1):`])
    expect(as).toBe(`  ${site.hostname}: as deployed. No host is touched`)
    const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-files-'))
    const document = { ...site, image: 'ragstream:1.4.0', container: { memory: '1g' } }
    writeFileSync(join(folder, `${site.hostname}.json`), JSON.stringify(document))
    expect((await ahead('deploy', folder))[1]).toContain(
      `container.memory. ${id} runs: the host is configured anew; its`,
    )
    expect((await ahead('remove'))[1]).toBe(
      `  ${site.hostname}: ${id} goes on serving it. Nobody writes its record from then on`,
    )
    rmSync(folder, { recursive: true })
    // The functions go on with what was done before.
    const asked = cloud.happened
      .slice(calls)
      .flatMap((one) => (one.kind === 'call' && one.call.accessKeyId === 'local-admin' ? one.call.operation : []))
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((name) => !/^(Get|List|Describe)/.test(name))).toEqual([])
  })

  test('diagnose: every hop, then the sentence; of all sites the sentence alone', async () => {
    const { code, stdout, stderr } = await edge('diagnose')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ragstream\.rusbehabtahi\.com is live: [\s\S]*\[ ok \] container /)
    expect((await told('diagnose')).diagnosis).toMatchObject({ site: site.hostname, verdict: 'live' })
    expect((await edge('diagnose', '--all')).stdout).toMatch(/^ragstream\.rusbehabtahi\.com is live: [^\n]*\n$/)
    expect((await told('diagnose', '--all')).diagnoses).toMatchObject([{ site: site.hostname, verdict: 'live' }])
  })

  test('resync: what was looked at, and what differs', async () => {
    const { code, stdout } = await edge('resync', 'all', '--dry-run')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}keep A ragstream\./m) })
    expect((await told('resync', 'all', '--dry-run')).drift.length).toBeGreaterThan(0)
  })

  test('doctor: a line for each thing that a site needs, and how many are to mend', async () => {
    const { code, stdout } = await edge('doctor')
    const { problems, lines } = await told('doctor')
    expect(stdout).toMatch(/^ok +site files +ragstream\.rusbehabtahi\.com \(stage prod, region eu-central-1\)$/m)
    expect(stdout.match(/^(ok|FAIL|note) /gm)).toHaveLength(lines.length)
    expect(stdout).toMatch(problems === 0 ? /\nready, / : new RegExp(`\n${problems} to mend `))
    expect(code).toBe(problems === 0 ? 0 : 1)
  })

  test('a site that nobody declares, in one line', async () => {
    const { code, stderr } = await edge('status', 'ragstream.rusbehabtahi.con')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'site: found ragstream.rusbehabtahi.con, wanted "ragstream.rusbehabtahi.com"?\n',
    })
  })
})

describe('what stops the instance', () => {
  test('rollout --no-wait: chosen, not followed; the host gets it', async () => {
    const { code, stdout } = await edge('rollout', site.hostname, 'ragstream:1.4.0', '--no-wait')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /-> ragstream:1\.4\.0\nto see what becomes of it: \.\/edge history ragstream\.\S+ --region \S+\n$/,
    )
    await until(cloud, 'it runs', LONG, () => runs().includes('ragstream:1.4.0') || undefined)
    // Its command, too: smoke stops the instance.
    await cloud.stack.idle({ retries: true })
  })

  test('smoke: asleep, then live, after a yes', async () => {
    expect((await edge('smoke')).stderr).toMatch(/found no terminal to ask, wanted a yes: --yes/)
    const smoke = await told('smoke', '--yes')
    expect(smoke).toMatchObject({ code: 0, site: site.hostname, diagnosis: { verdict: 'live' } })
    expect(smoke.turns).toHaveLength(2)
  })

  test('down: asleep', async () => {
    const { code, stdout, stderr } = await edge('down')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/you +stop i-\w+\n[\s\S]* is asleep/)
  })

  test('init: the file, and what to do next', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-init-'))
    const { code, stdout } = await edge('init', 'another.rusbehabtahi.com', '--sites', folder)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\S+another\.rusbehabtahi\.com\.json:\n\{\n[\s\S]*\nnext: \.\/edge doctor --region \S+\n$/)
    const made = await told('init', 'new.rusbehabtahi.com', '--sites', folder)
    expect(made).toMatchObject({ code: 0, site: { hostname: 'new.rusbehabtahi.com', image: 'new:latest' } })
    expect(made.file).toBe(join(folder, 'new.rusbehabtahi.com.json'))
    rmSync(folder, { recursive: true })
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
    await cloud.stack.idle()
  })

  test('a value from standard input, sealed, and never shown again', async () => {
    const set = await edgeWith('hunter2hunter2\n', 'secrets', 'set', OTHER, 'TOKEN')
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect(set.stdout).toMatch(
      /^TOKEN is set at \/vault\/other\nthe app gets it by \.\/edge apply other\.example\.com --region eu-central-1\n$/,
    )
    // One parameter: the policy that every host has lets it be read.
    expect(stored(path)).toMatchObject({ type: 'SecureString', value: 'TOKEN=hunter2hunter2' })
    await edgeWith('3', 'secrets', 'set', OTHER, 'A')
    expect(await toldWith('4', 'secrets', 'set', OTHER, 'A')).toMatchObject({ site: OTHER, applied: false })
    expect(stored(path)?.value).toBe('TOKEN=hunter2hunter2\nA=4')
    const list = await told('secrets', 'list', OTHER)
    expect(list.secrets).toEqual([{ key: 'TOKEN' }, { key: 'A' }])
    expect(await edge('secrets', 'list', OTHER)).toMatchObject({ code: 0, stdout: 'TOKEN\nA\n' })
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

  test('a parameter under a key of one’s own stays under it; a new one is under AWS’s', async () => {
    const sealed = { type: 'PutParameter', parameterType: 'SecureString', keyId: 'alias/mine', unheard: true } as const
    const underKey = (name: string, value: string) => expect(stored(name)).toMatchObject({ value, keyId: 'alias/mine' })
    cloud.world.dispatch({ ...sealed, name: `${path}/C`, value: '1' })
    await edgeWith('2', 'secrets', 'set', OTHER, 'C')
    underKey(`${path}/C`, '2')
    await edgeWith('1', 'secrets', 'set', OTHER, 'D')
    expect(stored(`${path}/D`)).toMatchObject({ value: '1', keyId: 'alias/aws/ssm' })
    cloud.world.dispatch({ ...sealed, name: path, value: 'A=1\nB=2' })
    await edgeWith('3', 'secrets', 'set', OTHER, 'B')
    underKey(path, 'A=1\nB=3')
    await edge('secrets', 'remove', OTHER, 'A')
    underKey(path, 'B=3')
  })

  test('who may not read the key of a parameter is refused, and nothing is written', async () => {
    const target = { service: 'ssm', operation: 'DescribeParameters' }
    faults.fail(target, new ServiceError('AccessDeniedException', 'not authorized to perform: ssm:DescribeParameters'))
    const { code, stderr } = await edgeWith('4', 'secrets', 'set', OTHER, 'B')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ssm:DescribeParameters') })
    expect(stored(path)?.value).toBe('B=3')
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

test('each command has done here what was asked, in words and by --json', () => {
  // import: its own file. The whole screen of smoke: test/stack/smoke.
  const [here, wordless] = [COMMANDS.map(({ name }) => name).filter((name) => name !== 'import'), ['doctor', 'smoke']]
  expect(here.filter((name) => !done.json.has(name))).toEqual([])
  expect(here.filter((name) => !done.screen.has(name) && !wordless.includes(name))).toEqual([])
})
