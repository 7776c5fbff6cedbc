// The door from request to answer: what it asks, what it starts, what it tells, and what a hostile visitor gets of it.
import { randomBytes } from 'node:crypto'
import { StartRefused, TryLater } from '../../../functions/lib/domain/errors.ts'
import { createDoor } from '../../../functions/lib/door/door.ts'
import { sealed } from '../../../functions/lib/door/password.ts'
import { readRequest, safePath, siteUrl } from '../../../functions/lib/door/request.ts'
import { aSite, LAUNCH } from '../../support/domain.ts'
import {
  apiEvent,
  asleep,
  doorSite,
  type FakeDoor,
  fakeDoor,
  HOST,
  MINUTE,
  rest,
  wake,
} from '../../support/fake-door.ts'
import { remembering } from '../../support/telemetry.ts'

function open(ports: FakeDoor = fakeDoor()) {
  const door = createDoor(ports)
  const said = remembering()
  const ask = (...event: Parameters<typeof apiEvent>) => door(readRequest(apiEvent(...event)), said)
  const status = async (query = '') => JSON.parse((await ask(`/${HOST}/status`, { query })).body)
  const post = (fields: Readonly<Record<string, string>>, accept = 'text/html') =>
    ask(`/${HOST}/start`, { method: 'POST', headers: { accept }, body: new URLSearchParams(fields).toString() })
  const press = async (fields: Readonly<Record<string, string>> = {}) =>
    JSON.parse((await post({ ticket: (await status()).ticket, ...fields }, 'application/json')).body)
  return { ports, said, ask, status, post, press }
}

const started = (ports: FakeDoor) => ports.calls.filter((call) => call.startsWith('start '))

describe('who is there', () => {
  test.each([
    ['another name', '/other.example.com'],
    ['a site without a door', '/plain.example.com'],
    ['the root', '/'],
    ['further down', `/${HOST}/status/x`],
    ['an encoded name', '/app%2eexample.com'],
    ['two names', `/${HOST}/other.example.com`],
    ['dots', '/../status'],
    ['a colon', `/${HOST}:80`],
    ['a user', `/user@${HOST}`],
    ['a long one', `/${'a'.repeat(300)}`],
    ['a trailing dot', `/${HOST}.`],
  ])('%s: not found, without a hint', async (_, path) => {
    const { ports, ask } = open()
    ports.sites = [...ports.sites, aSite('plain.example.com')]
    const answer = await ask(path)
    expect([answer.statusCode, answer.body]).toEqual([404, 'Not found\n'])
  })

  test.each(['PUT', 'DELETE', 'OPTIONS', 'POST'])('%s of the page: not found', async (method) =>
    expect((await open().ask(`/${HOST}`, { method })).statusCode).toBe(404),
  )

  test('GET never starts anything, with whatever it is asked', async () => {
    const { ports, ask, status } = open()
    const { ticket } = await status()
    for (const path of [`/${HOST}`, `/${HOST}/status`, `/${HOST}/start`])
      for (const method of ['GET', 'HEAD'])
        await ask(path, { method, query: `ticket=${ticket}&asked=1`, body: `ticket=${ticket}` })
    expect(started(ports)).toEqual([])
    expect(ports.entries.size).toBe(0)
  })

  test('many ask: one look in two seconds, and the declared sites once a minute', async () => {
    const { ports, ask, status } = open()
    await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 ? ask(`/${HOST}`) : status())))
    expect(ports.calls.sort()).toEqual(['entries', 'instances', 'sites'])
    await ports.clock.sleep(2000)
    await status()
    expect(ports.calls.sort()).toEqual(['entries', 'entries', 'instances', 'instances', 'sites'])
  })
})

describe('a start', () => {
  test('a form: an entry, EC2, and back to the page', async () => {
    const { ports, status, post, said } = open()
    const answer = await post({ ticket: (await status()).ticket, to: '/chat?q=1' })
    expect([answer.statusCode, answer.headers.location]).toEqual([303, `/${HOST}?to=%2Fchat%3Fq%3D1&asked=1`])
    expect(ports.calls.slice(-4)).toEqual([
      'entries',
      'create starts/2026-11-23/1',
      'start i-00000000000000001',
      'overwrite starts/2026-11-23/1',
    ])
    expect(await status()).toMatchObject({ state: 'starting', button: false })
    expect(said.counts).toEqual({ DoorStarts: 1 })
  })

  test('asked by many at once: one start, one entry', async () => {
    const { ports, status, post } = open()
    const { ticket } = await status()
    await Promise.all(Array.from({ length: 40 }, () => post({ ticket })))
    expect([ports.begun, ports.entries.size]).toEqual([1, 1])
  })

  test('ten processes at once: one start, one entry', async () => {
    const ports = fakeDoor()
    const { ticket } = await open(ports).status()
    await Promise.all(Array.from({ length: 10 }, () => open(ports).post({ ticket })))
    expect([ports.begun, ports.entries.size]).toEqual([1, 1])
  })

  test('a ticket of another sleep, of another site, forged, empty: nothing', async () => {
    const ports = fakeDoor()
    const { status, post } = open(ports)
    const old = (await status()).ticket
    ports.instances = [asleep({ launchTime: LAUNCH + MINUTE })]
    await ports.clock.sleep(2000)
    for (const ticket of [old, '', 'A'.repeat(22), `${(await status()).ticket}x`, '\u00e9'.repeat(11)])
      await post({ ticket })
    expect([started(ports), ports.entries.size]).toEqual([[], 0])
  })

  test('sent again after the site was awake and sleeps again: nothing', async () => {
    const { ports, press, post, status } = open()
    const { ticket } = await status()
    await press()
    wake(ports)
    await ports.clock.sleep(20 * MINUTE)
    rest(ports)
    await ports.clock.sleep(2000)
    await post({ ticket })
    expect(ports.begun).toBe(1)
  })

  test('awake already: led there, nothing started', async () => {
    const { ports, ask, post } = open()
    wake(ports, LAUNCH)
    expect((await ask(`/${HOST}`, { query: 'to=/a' })).headers.location).toBe(`http://${HOST}/a`)
    await post({ ticket: 'x' })
    expect(started(ports)).toEqual([])
  })

  test('the limit is reached: the page says so, without a button', async () => {
    const { ports, press, status, ask } = open()
    for (let n = 0; n < 3; n++) {
      await press()
      wake(ports)
      await ports.clock.sleep(MINUTE)
      rest(ports)
      await ports.clock.sleep(2000)
    }
    expect(await status()).toMatchObject({ state: 'limit', button: false })
    expect(await press({ ticket: 'x' })).toMatchObject({ state: 'limit' })
    expect((await ask(`/${HOST}`)).body).toMatch(/as often as its owner allows\. It can be started again at 10:30 UTC/)
    expect(ports.begun).toBe(3)
  })

  test('no capacity: tried again a minute later with the same ticket, without a further entry, for ten minutes', async () => {
    const { ports, press } = open()
    ports.refuses = 'no capacity'
    expect(await press()).toMatchObject({ state: 'no capacity', button: true, again: 60 })
    expect(await press()).toMatchObject({ state: 'no capacity' })
    expect(started(ports)).toHaveLength(1)
    await ports.clock.sleep(MINUTE)
    await press()
    expect([started(ports).length, ports.entries.size]).toEqual([2, 1])
    ports.refuses = undefined
    await ports.clock.sleep(MINUTE)
    expect(await press()).toMatchObject({ state: 'starting' })
    expect([ports.begun, ports.entries.size]).toEqual([1, 1])
  })

  test('it is just stopping: the same', async () => {
    const { ports, press } = open()
    ports.instances = [asleep({ state: 'stopping' })]
    ports.refuses = 'stopping'
    expect(await press()).toMatchObject({ state: 'stopping', again: 60 })
    rest(ports)
    ports.refuses = undefined
    await ports.clock.sleep(MINUTE)
    expect(await press()).toMatchObject({ state: 'starting' })
    expect(ports.entries.size).toBe(1)
  })

  test('EC2 refuses: said in the log and counted; the visitor hears no reason', async () => {
    const { ports, press, said } = open()
    ports.refuses = new StartRefused('VcpuLimitExceeded: i-00000000000000001')
    expect(await press()).toMatchObject({
      state: 'asleep',
      sentence: expect.stringMatching(/^It could not be started/),
    })
    expect(said.lines.at(-1)).toContain('VcpuLimitExceeded')
    expect(said.counts).toMatchObject({ StartRefused: 1 })
  })

  test('the process dies between entry and start: the same ticket starts it, uncounted', async () => {
    const { ports, status, post, press } = open()
    const { ticket } = await status()
    ports.refuses = new TryLater('killed')
    await post({ ticket })
    ports.refuses = undefined
    await ports.clock.sleep(MINUTE)
    expect(await press()).toMatchObject({ state: 'starting' })
    expect([ports.begun, ports.entries.size]).toEqual([1, 1])
  })

  test('entries of old days and hours are deleted, and none is made again', async () => {
    const { ports, press } = open()
    for (const name of ['starts/2026-11-20/1', 'starts/2026-11-22/1', 'tries/2026-11-23T07/1'])
      ports.entries.set(name, '')
    ports.entries.set('took', '[]')
    await press()
    expect([...ports.entries.keys()].sort()).toEqual(['starts/2026-11-22/1', 'starts/2026-11-23/1', 'took'].sort())
  })

  test('how long it took is written down once, also where the first try fails', async () => {
    const { ports, press, status } = open()
    const { overwriteEntry } = ports
    let tries = 0
    const failsOnce: typeof overwriteEntry = (hostname, name, value) =>
      name === 'took' && ++tries === 1
        ? Promise.reject(new TryLater('took: no answer'))
        : overwriteEntry(hostname, name, value)
    Object.assign(ports, { overwriteEntry: failsOnce })
    await press()
    await ports.clock.sleep(MINUTE)
    wake(ports)
    for (let n = 0; n < 5; n++) {
      await Promise.all([status(), status(), status()])
      await ports.clock.sleep(2000)
    }
    expect([tries, ports.calls.filter((call) => call === 'overwrite took')]).toEqual([2, ['overwrite took']])
    rest(ports)
    await ports.clock.sleep(2000)
    expect(await status()).toMatchObject({ usually: 'about 60 seconds' })
  })
})

describe('a password', () => {
  const guarded = async () => {
    const room = open()
    room.ports.sites = [doorSite({ passwordPath: '/door' })]
    room.ports.password = await sealed('opensesame', randomBytes(16))
    return room
  }

  test('the right one starts it', async () => {
    const { ports, press } = await guarded()
    expect(await press({ password: 'opensesame' })).toMatchObject({ state: 'starting' })
    expect(ports.begun).toBe(1)
  })

  test.each(['', 'opensesamE', 'a'.repeat(300), '\ud800'])('%j does not', async (password) => {
    const { ports, press, status } = await guarded()
    expect(await press({ password })).toMatchObject({
      state: 'asleep',
      sentence: expect.stringMatching(/^This password is wrong/),
    })
    expect(await status()).toMatchObject({ password: true })
    expect(ports.begun).toBe(0)
  })

  test('ten wrong ones an hour, however many processes ask at once; then the limit, for the right one too', async () => {
    const { ports, status } = await guarded()
    const { ticket } = await status()
    await Promise.all(Array.from({ length: 30 }, (_, n) => open(ports).post({ ticket, password: `guess ${n}` })))
    expect(ports.calls.filter((call) => call === 'password')).toHaveLength(10)
    const later = open(ports)
    expect(await later.press({ ticket, password: 'opensesame' })).toMatchObject({ state: 'limit' })
    expect((await later.status()).sentence).toMatch(
      /Too many passwords were tried. It can be started again at 10:00 UTC/,
    )
    await ports.clock.sleep(31 * MINUTE)
    expect(await open(ports).press({ password: 'opensesame' })).toMatchObject({ state: 'starting' })
  })

  test('a start under way is joined without one', async () => {
    const { ports, press } = await guarded()
    ports.refuses = 'no capacity'
    await press({ password: 'opensesame' })
    ports.refuses = undefined
    await ports.clock.sleep(MINUTE)
    expect(await press()).toMatchObject({ state: 'starting' })
  })

  test('a parameter that is not ours, or none: nobody comes in, and the log does not say what it holds', async () => {
    const { ports, press, said } = await guarded()
    ports.password = 'plain secret'
    expect(await press({ password: 'plain secret' })).toMatchObject({ state: 'asleep' })
    ports.password = undefined
    await press({ password: 'x' })
    expect(ports.begun).toBe(0)
    expect(said.lines.join()).not.toContain('plain secret')
    expect(said.lines.join()).toContain('secrets door')
  })
})

describe('the page', () => {
  const TEXT = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'

  test('titles, notes and targets full of HTML are text', async () => {
    const { ports, ask } = open()
    ports.sites = [doorSite({ title: TEXT, note: TEXT })]
    const { body } = await ask(`/${HOST}`, { query: new URLSearchParams({ to: `/${TEXT}`, said: TEXT }).toString() })
    expect(body).not.toMatch(/<img|<script>alert/)
    expect(body.match(/<script>/g)).toHaveLength(1)
    expect(body).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
  })

  test('one document below 15 KB, with its policy, uncached, unlisted; neither ids nor addresses in it', async () => {
    const { ports, ask, press } = open()
    const pages = [await ask(`/${HOST}`)]
    await press()
    pages.push(await ask(`/${HOST}`))
    wake(ports)
    await ports.clock.sleep(2000)
    pages.push(await ask(`/${HOST}`, { query: 'asked=1' }))
    for (const { statusCode, headers, body } of pages) {
      expect(statusCode).toBe(200)
      expect(Buffer.byteLength(body)).toBeLessThan(15_000)
      expect(body).not.toMatch(/i-0000|203\.0\.113|192\.0\.2|arn:|src=|@import|url\(/)
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-robots-tag': 'noindex, nofollow' })
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-/,
      )
    }
  })

  test('until it leads there, nothing in it looks the name up', async () => {
    const { ports, ask } = open()
    expect((await ask(`/${HOST}`, { query: 'to=/x' })).body).not.toMatch(/(href|src|action|url)="?[^"]*\/\//)
    wake(ports)
    await ports.clock.sleep(2000)
    expect((await ask(`/${HOST}`)).body).not.toContain(`//${HOST}`)
  })

  test('after a form it leads by the page: a browser refuses a redirect there', async () => {
    const { ports, ask } = open()
    wake(ports, LAUNCH)
    const { statusCode, body } = await ask(`/${HOST}`, { query: 'asked=1&to=/a' })
    expect(statusCode).toBe(200)
    expect(body).toContain(`<meta http-equiv="refresh" content="0; url=http://${HOST}/a">`)
  })

  test('nobody can look: a page that asks again, and no reason in it', async () => {
    const { ports, ask, status, said } = open()
    ports.listInstances = () => Promise.reject(new TryLater('EC2: RequestLimitExceeded'))
    expect(await status()).toMatchObject({ state: 'unknown', button: false })
    expect((await ask(`/${HOST}`)).body).toMatch(/http-equiv="refresh"/)
    expect(said.lines.join()).toContain('RequestLimitExceeded')
    ports.sites = []
    const none = open(Object.assign(ports, { readSites: () => Promise.reject(new TryLater('SSM')) }))
    expect((await none.ask(`/${HOST}`)).statusCode).toBe(503)
  })
})

test.each([
  ['/', '/'],
  ['/chat?a=1&b=2#c', '/chat?a=1&b=2#c'],
  ['', '/'],
  ['chat', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/a\\b', '/'],
  ['/\t/evil.example', '/'],
  ['/a\r\nset-cookie: x', '/'],
  ['/a\u0000', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  [`/${'a'.repeat(2000)}`, '/'],
  ['/..//evil.example', '/..//evil.example'],
])('to %j is %j', (to, wanted) => expect(safePath(to)).toBe(wanted))

test.each([
  '/',
  '/..//evil.example',
  '/@evil.example',
  '/%2f%2fevil.example',
  '/.evil.example',
  '/:80@evil.example',
  '/ü€',
])('leads to the site with %j', (to) => {
  const url = new URL(siteUrl({ hostname: HOST, tls: 'acme' }, to))
  expect([url.protocol, url.host, url.username]).toEqual(['https:', HOST, ''])
  expect(siteUrl({ hostname: HOST, tls: 'acme' }, to)).toMatch(/^[\x21-\x7e]+$/)
})

test.each([undefined, null, 1, 'x', {}, { rawPath: 1 }, { rawPath: `/${HOST}`, requestContext: {} }])(
  'an event that is none: %j is not found',
  (event) => expect(readRequest(event)).toBeUndefined(),
)

test('a body that is too long is none', () =>
  expect(readRequest(apiEvent(`/${HOST}/start`, { method: 'POST', body: `ticket=${'a'.repeat(9000)}` }))).toMatchObject(
    {
      ticket: '',
    },
  ))
