// The door on the packaged artefact: from asleep to the site by GET and POST alone, its limits, EC2's moods, and what no browser sends.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPassword } from '../../../functions/lib/door/password.ts'
import { startInstance, stopInstance, until } from '../../../local/scenario.ts'
import { readStack } from '../../../local/stack/deploy.ts'
import { afterDeploy } from '../../support/deploy-hook.ts'
import { doorPackage } from '../../support/door-package.ts'
import { beside, typedHere } from '../../support/edge.ts'
import { LONG } from '../../support/long-tests.ts'
import { PATIENCE, sleeping } from './sleeping.ts'

const packageFolder = await doorPackage()

describe('one site, from asleep to live and back', () => {
  let room: Awaited<ReturnType<typeof sleeping>>
  beforeAll(async () => {
    // Pages must see it start, also where the machine stands still for some seconds.
    room = await sleeping({ tempo: { pendingMs: 15_000, stoppingMs: 50, insyncMs: 100 } })
  })
  afterAll(() => room.cloud.close())

  test('its address is a parameter of the stack', () => {
    const { cloud } = room
    expect(cloud.world.state.parameters.get('/ragstream-edge/prod/state/door/address')?.value).toBe(cloud.api.url)
  })

  test('a deploy says where it is; one that may not read it is done nevertheless', async () => {
    const { cloud, site } = room
    const file = join(packageFolder, 'cloudformation-template-update-stack.json')
    const template = JSON.parse(readFileSync(file, 'utf8'))
    const said = (accessKeyId: string) => afterDeploy('door.cjs', cloud, accessKeyId, template)
    expect(await said('local-admin')).toEqual([`The door of ${site.hostname}: ${cloud.api.url}/${site.hostname}`])
    expect(await said('IdleRole')).toEqual([
      expect.stringMatching(/^! The address of the doors was not read: .*: .\/edge status --region eu-central-1$/),
    ])
    expect(await afterDeploy('door.cjs', cloud, 'IdleRole', {})).toEqual([])
  })

  test('status says where it is, and so does the doctor', async () => {
    const door = `${room.cloud.api.url}/${room.site.hostname}`
    const typed = (...words: string[]) => typedHere({ stdin: '', env: beside(room.cloud) }, ...words)
    expect((await typed('status')).stdout).toContain(`  door: ${door}\n`)
    expect(JSON.parse((await typed('status', '--json')).stdout).sites).toMatchObject([{ door }])
    const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-sites-'))
    writeFileSync(join(folder, `${room.site.hostname}.json`), JSON.stringify(room.site))
    expect((await typed('doctor', '--sites', folder)).stdout).toContain(door)
    rmSync(folder, { recursive: true })
  })

  test('asleep: a page with a button; a look costs EC2 and the own entries', async () => {
    const { cloud, get, state } = room
    // Of a function that has just been started, one of its reads may come late: then it says so, and is asked again.
    const looks: { readonly status: number; readonly text: string; readonly calls: readonly string[] }[] = []
    const isLate = () => looks.at(-1)?.status !== 200 || looks.at(-1)!.text.includes('Nobody can say')
    while (looks.length < 4 && isLate()) {
      const before = cloud.called('DoorRole').length
      const page = await get()
      looks.push({ status: page.status, text: await page.text(), calls: cloud.called('DoorRole').slice(before).sort() })
    }
    const { status, text, calls } = looks.at(-1)!
    expect([status, text]).toEqual([200, expect.stringContaining('<button>Start it</button>')])
    const entries = ['ec2 DescribeInstances', 'ssm GetParametersByPath']
    const whole = [...entries, 'ssm GetParametersByPath']
    // The sites that an earlier try has read are remembered.
    expect(looks.length > 1 ? [whole, entries] : [whole]).toContainEqual(calls)
    expect(state()).toBe('stopped')
  })

  describe('what no browser sends', () => {
    test.each([
      ['giant headers', 431, { headers: { 'x-giant': 'a'.repeat(20_000) } }],
      [
        'a giant body',
        200,
        {
          method: 'POST',
          path: '/start',
          headers: { accept: 'application/json' },
          body: `ticket=${'a'.repeat(500_000)}`,
        },
      ],
      [
        'a body that is no form',
        200,
        {
          method: 'POST',
          path: '/start',
          headers: { accept: 'application/json', 'content-type': 'application/json' },
          body: '{"ticket":{}}',
        },
      ],
      ['another host header', 200, { headers: { host: 'evil.example' } }],
      ['another method', 404, { method: 'DELETE' }],
      ['a broken percent code', 404, { path: '/%zz' }],
    ])(
      '%s: %d, and nothing starts',
      async (_, wanted, { path = '', ...init }: RequestInit & { readonly path?: string }) => {
        const send = async () => {
          // The throttle has to let it through.
          await new Promise((resolve) => setTimeout(resolve, 200))
          return fetch(`${room.cloud.api.url}/${room.site.hostname}${path}`, init)
        }
        let reply = await send()
        // The sites were not read in time.
        for (let tries = 1; reply.status === 503 && tries < 5; tries++) reply = await send()
        expect([reply.status, room.state(), room.starts()]).toEqual([wanted, 'stopped', []])
        await reply.text()
      },
    )
  })

  test('a form without JavaScript: 303 to the page, and the hops come', async () => {
    const { cloud, load, post, status, statusUntil, site, starts } = room
    const ask = async () => post((await status()).ticket!, 'text/html')
    let reply = await ask()
    // On a busy machine the door may not write the start down, or not answer, in time: then the visitor asks again.
    for (let tries = 1; (starts().length === 0 || reply.status >= 500) && tries < 5; tries++) reply = await ask()
    expect([reply.status, reply.headers.get('location')]).toEqual([303, `/${site.hostname}?asked=1`])
    const seen = new Set<string>()
    const live = await statusUntil((shown) => {
      seen.add(shown.state)
      return shown.leads !== undefined
    }, 'led there')
    expect(live).toMatchObject({ state: 'live', leads: `http://${site.hostname}/` })
    expect([...seen]).toEqual(expect.arrayContaining(['starting', 'live']))
    expect(starts()).toHaveLength(1)
    const there = await load('?to=%2Fchat')
    expect([there.status, there.location]).toEqual([302, `http://${site.hostname}/chat`])
    expect(cloud.problems()).toEqual([])
  })

  test('how long it took is remembered', async () => {
    const { cloud, site } = room
    const name = `/ragstream-edge/prod/state/door/${site.hostname}/took`
    const took = await until(cloud, 'how long it took', PATIENCE, ({ parameters }) => parameters.get(name))
    expect(JSON.parse(took.value)).toEqual([{ launchTime: expect.any(Number), ms: expect.any(Number) }])
  })

  test('EC2 has none free: said; the page asks again; it begins, and falls back to sleep', async () => {
    const { cloud, site, id, post, press, status, statusUntil, starts, state } = room
    await stopInstance(cloud, site, id)
    cloud.world.dispatch({ type: 'SetTempo', tempo: { capacity: 'none' } })
    await statusUntil((shown) => shown.state === 'asleep', 'asleep')
    // A second lies between two tries.
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1500))
    /** One post, and what it asks EC2 for. */
    const postOnce = async () => {
      const { ticket = '' } = await status()
      const before = cloud.called('DoorRole').length
      const reply = await post(ticket)
      const calls = cloud.called('DoorRole').slice(before)
      const tried = calls.filter((call) => call === 'ec2 StartInstances').length
      const said = reply.ok ? ((await reply.json()) as Awaited<ReturnType<typeof press>>) : undefined
      return { ...said, tried }
    }
    let said = await postOnce()
    // On a busy machine the door may not write the answer down, or not look, in time.
    for (let tries = 1; tries < 5 && said.state !== 'no capacity'; tries++) said = await pause().then(postOnce)
    expect(said).toMatchObject({ state: 'no capacity', again: 1, button: true, tried: 2 })
    cloud.world.dispatch({ type: 'SetTempo', tempo: { capacity: 'lost' } })
    const again = () => pause().then(press)
    for (let tries = 1; (await again()).state === 'no capacity'; tries++) expect(tries).toBeLessThan(5)
    // It begins, and falls back.
    const back = await statusUntil(
      (shown) => shown.state === 'limit' || /went back to sleep/.test(shown.sentence),
      'back',
    )
    expect([back.state, state(), starts().length]).toEqual(['limit', 'stopped', 2])
  })

  test('the second start within the hour was the last one', async () => {
    const { post, load, state, starts } = room
    expect((await load()).text).toMatch(/as often as its owner allows/)
    await post('A'.repeat(22))
    expect([state(), starts().length]).toEqual(['stopped', 2])
  })

  test('its password: without a path said what to write; else its hash alone is stored, sealed', async () => {
    const { cloud, site } = room
    const here = '/ragstream-edge-secrets/prod/door'
    const typed = (stdin: string) => typedHere({ stdin, env: beside(cloud) }, 'secrets', 'door', site.hostname)
    const name = `/ragstream-edge/prod/sites/${site.hostname}`
    const declare = (door: object) =>
      cloud.world.dispatch({ type: 'PutParameter', name, value: JSON.stringify({ ...site, door }), overwrite: true })
    const { code: none, stderr } = await typed('opensesame')
    expect([none, stderr]).toEqual([2, expect.stringContaining('door.passwordPath: found none, wanted a path')])
    declare({ passwordPath: here })
    expect((await typed('short')).code).toBe(2)
    expect(await typed('opensesame\n')).toMatchObject({ code: 0, stdout: expect.stringContaining(`is set at ${here}`) })
    const { type, value } = cloud.world.state.parameters.get(here)!
    expect([type, value.includes('opensesame')]).toEqual(['SecureString', false])
    expect([await isPassword('opensesame', value), await isPassword('opensesamE', value)]).toEqual([true, false])
    cloud.world.dispatch({ type: 'PutParameter', name: here, value, overwrite: true, keyId: 'alias/mine' })
    await typed('opensesame')
    expect(cloud.world.state.parameters.get(here)).toMatchObject({ version: 3, keyId: 'alias/mine' })
  })
})

// npm run test:soak -- door
if (LONG)
  describe('a start while EC2 stops it', () => {
    let room: Awaited<ReturnType<typeof sleeping>>
    beforeAll(async () => {
      room = await sleeping()
    })
    afterAll(() => room.cloud.close())

    test('stopping, then asleep: the same ticket starts it as soon as EC2 lets it, without a further entry', async () => {
      const { cloud, site, id, state, press, post, status, statusUntil, starts } = room
      await startInstance(cloud, site, id)
      cloud.world.dispatch({ type: 'SetTempo', tempo: { stoppingMs: 4000 } })
      cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
      await statusUntil((shown) => shown.state === 'stopping', 'stopping')
      expect(await press()).toMatchObject({ state: 'stopping', again: 1 })
      await until(cloud, 'asleep', PATIENCE, () => (state() === 'stopped' ? true : undefined))
      await new Promise((resolve) => setTimeout(resolve, 1000))
      await post((await status()).ticket!)
      await statusUntil((shown) => shown.state === 'live', 'live')
      expect(starts()).toHaveLength(1)
    })
  })

describe('the role', () => {
  const { authorize } = readStack(join(packageFolder, 'cloudformation-template-update-stack.json'), {
    ...{ account: '123456789012', region: 'eu-central-1', queueOrigin: 'http://127.0.0.1:1' },
  })
  const may = (action: string, resource: string, context: Readonly<Record<string, string>> = {}) =>
    authorize({ accessKeyId: 'DoorRole', action, resources: [resource], context }) === undefined
  const instance = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-1234567890abcdef0'
  const tags = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(all).map(([key, value]) => [`ec2:ResourceTag/${key}`, value]))

  test('starts instances with the stage’s tag and the site’s, and no other', () => {
    const start = (all: Readonly<Record<string, string>>) => may('ec2:StartInstances', instance, tags(all))
    expect(start({ 'ragstream-edge:stage': 'prod', Name: 'ragstream' })).toBe(true)
    for (const all of [{}, { Name: 'ragstream' }, { 'ragstream-edge:stage': 'prod' }])
      expect(start(all as Readonly<Record<string, string>>)).toBe(false)
    expect(start({ 'ragstream-edge:stage': 'prod', Name: 'other' })).toBe(false)
    expect(start({ 'ragstream-edge:stage': 'dev', Name: 'ragstream' })).toBe(false)
  })

  test.each([
    'ec2:StopInstances',
    'ec2:TerminateInstances',
    'ec2:RebootInstances',
    'ec2:RunInstances',
    'ssm:SendCommand',
  ])('may not %s', (action) =>
    expect(may(action, instance, tags({ 'ragstream-edge:stage': 'prod', Name: 'ragstream' }))).toBe(false),
  )

  test('writes its own entries, and neither sites nor images nor what outcome told', () => {
    const parameter = (path: string) => `arn:aws:ssm:eu-central-1:123456789012:parameter/ragstream-edge/prod/${path}`
    expect(may('ssm:PutParameter', parameter('state/door/ragstream.rusbehabtahi.com/starts/2026-11-30/1'))).toBe(true)
    for (const path of [
      'sites/a.example',
      'images/a.example',
      'state/a.example/open/x',
      'state/door/address',
      'tls/account',
    ])
      expect(may('ssm:PutParameter', parameter(path))).toBe(false)
    expect(may('route53:ChangeResourceRecordSets', 'arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ')).toBe(false)
  })
})
