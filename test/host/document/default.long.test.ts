// An unknown Host gets no site: the stock default is set aside, any other default stays and is reported.

import { readFileSync } from 'node:fs'
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import {
  ask,
  configure,
  containers,
  inspect,
  mendReload,
  NAME,
  NO_SITE,
  remove,
  SERVED,
  sh,
  spoilReload,
} from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

const STOCK = '/etc/nginx/sites-enabled/default'
const [ASIDE, DEFAULT] = ['/var/lib/ragstream-edge/default', '/etc/nginx/conf.d/ragstream-edge.conf']

/** As if nobody had ever run the document here. */
const forget = () =>
  sh(
    host,
    `docker ps -aq --filter label=ragstream-edge.site | xargs -r docker rm -f; rm -rf /var/lib/ragstream-edge /etc/nginx/conf.d/* /etc/nginx/sites-enabled/*
     ln -sf ../sites-available/default ${STOCK}; ${RELOAD}`,
  )

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-default', { privateIp: '172.31.4.1' })
  await host.boot()
})
afterAll(() => room?.close())
beforeEach(forget)

test("Debian's stock site goes aside: the right Host is served, an unknown one gets no answer, over IPv6 too", async () => {
  const run = await configure(host)
  expect(run.lines).toContain(`step=default result=changed file=${DEFAULT} aside=${STOCK}`)
  expect(run.results).toMatchObject({ 'port-80-health': 'ok', done: 'changed' })
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await ask(host, 'other.example.com')).toBe(NO_SITE)
  expect(await ask(host, 'other.example.com', '/', '[::1]')).toBe(NO_SITE)
  expect(await ask(host, NAME, '/_stcore/health', '[::1]')).toBe(SERVED)
  expect(await sh(host, `cat ${ASIDE}/list; readlink ${ASIDE}/1`)).toBe(`file 1 ${STOCK}\n../sites-available/default\n`)
  const again = await configure(host)
  expect(again.results).toMatchObject({ default: 'unchanged', nginx: 'unchanged', done: 'unchanged' })
  expect(again.stderr).toBe('')
})

test('after a failed first run the stock site is back and answers', async () => {
  await spoilReload(host, 1)
  const run = await configure(host)
  await mendReload(host)
  expect(run.last).toMatch(/^step=nginx result=failed reason="nginx was not reloaded/)
  expect(run.lines).toContain(`step=put-back result=ok path=${STOCK}`)
  expect(await sh(host, `readlink ${STOCK}; ls /etc/nginx/conf.d; ls -A /var/lib/ragstream-edge`)).toBe(
    `../sites-available/default\npulled\n${NAME}\n`,
  )
  expect(await ask(host, 'other.example.com', '/')).toMatch(/^0 [\s\S]*nginx[\s\S]* 200$/)
  expect(await containers(host)).toEqual([])
})

test.each([
  ['a stock site that serves a page of somebody', 'echo mine >/var/www/html/index.html', 'rm /var/www/html/index.html'],
  [
    'a default that was changed',
    `sed -i 's/server_name _/server_name _ mine/' /etc/nginx/sites-available/default`,
    `sed -i 's/server_name _ mine/server_name _/' /etc/nginx/sites-available/default`,
  ],
])('%s stays and is reported', async (_name, change, undo) => {
  await sh(host, change)
  const run = await configure(host)
  expect(run.lines).toContain(`step=default result=unchanged reason="${STOCK}:21 answers unknown Hosts; it stays"`)
  expect(run.results.done).toBe('changed')
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await ask(host, 'other.example.com', '/')).toMatch(/^0 [\s\S]* 200$/)
  await sh(host, undo)
})

test.each([
  ['conf.d/a-own.conf', 'listen 80;', 'conf.d/'],
  ['conf.d/a-own.conf', 'listen 8080; listen 80; server_name _ ;', 'conf.d/'],
  ['conf.d/zoo.conf', 'listen 80; server_name localhost;', 'sites-enabled/~'],
  ['sites-enabled/own', 'listen 80;', 'sites-enabled/~'],
  ['sites-enabled/zoo', 'listen 8080; listen 80; server_name 203.0.113.7 shop.example.com;', 'sites-enabled/~'],
])(
  '%s answers every Host only because it is read first (%s): it keeps them all, since ours comes behind it',
  async (own, lines, place) => {
    await sh(host, `rm ${STOCK}; cat >/etc/nginx/${own}; ${RELOAD}`, `server { ${lines} return 200 mine; }\n`)
    const others = async () => {
      for (const name of ['other.example.com', '172.31.4.1', '203.0.113.7', 'localhost'])
        expect(await ask(host, name)).toBe('0 mine 200')
    }
    for (const done of ['changed', 'unchanged']) {
      const run = await configure(host)
      expect(run.lines).toContain(
        `step=default result=unchanged reason="/etc/nginx/${own}:1 answers unknown Hosts, being read first; it stays"`,
      )
      expect(run.results.done).toBe(done)
      expect(await ask(host, NAME)).toBe(SERVED)
      await others()
      // Nobody of others listens there.
      expect(await ask(host, 'other.example.com', '/', '[::1]')).toBe(NO_SITE)
      expect(await ask(host, NAME, '/_stcore/health', '[::1]')).toBe(SERVED)
    }
    expect(await sh(host, `ls /etc/nginx/${place}ragstream-edge-${NAME}.conf`)).toContain(place)
    expect(await inspect(host)).toMatchObject({ nginx: { error: null, sameNameBlocks: [], unknownHost: 'site' } })
    expect((await remove(host)).results).toMatchObject({ nginx: 'changed', done: 'changed' })
    expect(await sh(host, 'find /etc/nginx -name "*ragstream-edge*"')).toBe('')
    await others()
  },
)

test('a block that wants every Host and never got it, since another is the default: that one goes, this one stays as it was', async () => {
  await sh(
    host,
    `cat >/etc/nginx/sites-enabled/own; ${RELOAD}`,
    'server { listen 80; server_name _ mine.example.com; return 200 mine; }\n',
  )
  for (const done of ['changed', 'unchanged']) {
    expect((await configure(host)).results.done).toBe(done)
    expect(await ask(host, 'mine.example.com')).toBe('0 mine 200')
    expect(await ask(host, 'other.example.com')).toBe(NO_SITE)
  }
})

test('a block with the address of visitors to itself: its owner keeps the address, and the run says that visitors would not get the site', async () => {
  await sh(
    host,
    'cat >/etc/nginx/sites-enabled/own; systemctl restart nginx',
    'server {\n listen 172.31.4.1:80;\n server_name shop.example.com;\n return 200 shop;\n}\n',
  )
  const run = await configure(host, {}, { EDGE_SWITCH_WAIT: '3' })
  expect(run.last).toMatch(
    /^step=nginx result=failed reason="nginx does not serve the new block for ragstream.rusbehabtahi.com of 172\.31\.4\.1"/,
  )
  expect(await ask(host, NAME, '/', '172.31.4.1')).toBe('0 shop 200')
  expect(await sh(host, `readlink ${STOCK}`)).toBe('../sites-available/default\n')
  expect(await containers(host)).toEqual([])
})

test('a block for the loopback address alone is in nobody’s way', async () => {
  await sh(
    host,
    'cat >/etc/nginx/sites-enabled/own; systemctl restart nginx',
    'server {\n listen 127.0.0.1:80;\n server_name localhost;\n location /nginx_status { stub_status; }\n}\n',
  )
  expect((await configure(host)).results).toMatchObject({ 'port-80-health': 'ok', done: 'changed' })
  expect(await ask(host, NAME, '/_stcore/health', '172.31.4.1')).toBe(SERVED)
  expect(await inspect(host)).toMatchObject({ answers: { nginx: { status: 200 } }, nginx: { unknownHost: 'none' } })
  expect((await configure(host)).results.done).toBe('unchanged')
})

test('a wrong name that gets a site of ours is a failure; what somebody else’s pattern answers stays, and is said', async () => {
  const pattern = (rest: string) => `server {\n listen 80;\n server_name ~.;\n ${rest}\n}\n`
  await sh(host, 'cat >/etc/nginx/sites-enabled/own; systemctl restart nginx', pattern('return 200 mine;'))
  const run = await configure(host)
  expect(run.lines).toContainEqual(
    expect.stringMatching(/^step=default result=ok reason="a server block of somebody else answers to .*; it stays"$/),
  )
  expect(run.results.done).toBe('changed')
  await sh(
    host,
    `cat >/etc/nginx/sites-enabled/own; ${RELOAD}`,
    pattern(`location / { proxy_pass http://127.0.0.1:80; proxy_set_header Host ${NAME}; }`),
  )
  const wrong = await configure(host)
  expect(wrong.last).toMatch(
    /^step=port-80-health result=failed reason="through port 80 a site of ragstream-edge answers to ragstream-edge.invalid/,
  )
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('names of more than 60 characters are served, and nginx loads them', async () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`
  const run = await configure(host, { Hostname: long, Aliases: `${'c'.repeat(63)}.example.com` })
  expect(run.results).toMatchObject({ 'port-80-health': 'ok', done: 'changed' })
  expect(await ask(host, `${'c'.repeat(63)}.example.com`)).toBe(SERVED)
  expect(await containers(host)).toEqual([`ragstream-edge-${long} runs`])
})

describe('the whole nginx.conf of Amazon Linux 2023', () => {
  const fixture = readFileSync('test/fixtures/nginx/amazon-linux-2023.conf', 'utf8')
  beforeEach(async () => {
    await sh(host, `cp /etc/nginx/nginx.conf /root/kept; rm ${STOCK}; id nginx || useradd -r nginx`)
    await sh(host, `cat >/etc/nginx/nginx.conf; ${RELOAD}`, fixture)
    // There is no rpm database here: what it would say of the packaged pages.
    const rpm = '#!/bin/sh\nif [ "$1" = -Vf ] && [ -e /root/own-page ]; then echo "S.5....T.    $2"; exit 1; fi\n'
    await sh(host, 'cat >/usr/local/bin/rpm; chmod 755 /usr/local/bin/rpm', rpm)
  })
  afterEach(() => sh(host, `cp /root/kept /etc/nginx/nginx.conf; rm -f /usr/local/bin/rpm /root/own-page; ${RELOAD}`))

  test('its default server is overruled, nothing of it is changed', async () => {
    const run = await configure(host)
    expect(run.results).toMatchObject({ default: 'changed', done: 'changed' })
    expect(await ask(host, NAME)).toBe(SERVED)
    expect(await ask(host, 'other.example.com')).toBe(NO_SITE)
    expect(await sh(host, 'cat /etc/nginx/nginx.conf')).toBe(fixture)
    expect((await configure(host)).results).toMatchObject({ default: 'unchanged', done: 'unchanged' })
    await sh(host, ': >/root/own-page')
    expect((await configure(host, { ReadTimeout: '2h' })).results).toMatchObject({
      default: 'unchanged',
      done: 'changed',
    })
    expect(await ask(host, 'other.example.com')).toBe(NO_SITE)
  })

  test('with a page of somebody in its folder it is not pushed aside', async () => {
    await sh(host, ': >/root/own-page')
    expect((await configure(host)).last).toMatch(
      /^step=default result=failed reason="\/etc\/nginx\/nginx.conf:37 answers/,
    )
  })
})
