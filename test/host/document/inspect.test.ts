// What inspect-host says of a real host, healthy and broken in each way that a diagnosis must tell apart.
import { run } from '../../../local/machine/command.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import { CONTAINER, configure, imageName, inspect, NAME, SITE_FILE, sh } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-inspect', { privateIp: '172.31.4.7' })
  await host.boot()
})
afterAll(() => room?.close())

const healthy = () => sh(host, 'until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.1; done')

test('not a site at all: nginx with its stock page, no container', async () => {
  expect(await inspect(host)).toMatchObject({
    applied: null,
    rendering: { file: null, live: null },
    nginx: { active: true, error: null, sameNameBlocks: [], unknownHost: 'site' },
    container: { name: CONTAINER, state: 'absent', publish: [] },
    answers: { app: { status: 0 }, appWebSocket: 0, nginxWebSocket: 404 },
    locked: false,
    lastResult: null,
  })
})

test('live: every field is known, and nothing on the host is other than before', async () => {
  const { last } = await configure(host)
  const state = `find /etc /var/lib/ragstream-edge /usr /root -newer /run/inspected -type f; docker ps -a --format '{{.ID}}'; iptables-save | grep -v '^#' | sed 's/\\[.*//'`
  await sh(host, 'touch /run/inspected; sleep 0.02')
  const before = await sh(host, state)
  const found = await inspect(host)
  expect(await sh(host, state)).toBe(before)
  const rendering = await sh(host, `grep -oE '[0-9a-f]{16};' ${SITE_FILE} | tr -d ';\\n'`)
  expect(found).toMatchObject({
    versions: {
      system: expect.stringMatching(/^Debian /),
      nginx: expect.stringMatching(/^1\.\d+\.\d+$/),
      docker: expect.stringMatching(/^\d+\.\d+\.\d+/),
      agent: null,
    },
    applied: 'abcdef123456',
    rendering: { file: rendering, live: rendering },
    nginx: { active: true, error: null, sameNameBlocks: [], unknownHost: 'none' },
    container: {
      state: 'running',
      restarts: 0,
      exitCode: null,
      image: imageName('1.4.0'),
      hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      publish: ['127.0.0.1:8501->8501/tcp'],
      listens: ['0.0.0.0:8501'],
    },
    answers: {
      app: { status: 200, body: 'ok' },
      nginx: { status: 200, body: 'ok' },
      appWebSocket: 101,
      nginxWebSocket: 101,
    },
    firewall: { port80: 'open', rule: null },
    certificate: null,
    lastResult: { line: last },
  })
  expect(found.listening).toContainEqual({ address: '127.0.0.1', port: 8501, program: 'docker-proxy' })
  expect(found.listening).toContainEqual({ address: '0.0.0.0', port: 80, program: 'nginx' })
})

test('nginx was stopped; then a file that it does not load keeps it so', async () => {
  await sh(host, 'systemctl stop nginx')
  expect(await inspect(host)).toMatchObject({
    nginx: { active: false, error: null, unknownHost: 'refused' },
    rendering: { live: null },
    answers: { app: { status: 200, body: 'ok' }, appWebSocket: 101, nginx: { status: 0, body: '' }, nginxWebSocket: 0 },
  })
  await sh(host, 'echo "}" >/etc/nginx/conf.d/zz.conf')
  expect((await inspect(host)).nginx.error).toMatch(/^nginx: \[emerg\] unexpected "}" in .*zz\.conf:1$/)
  await sh(host, 'rm /etc/nginx/conf.d/zz.conf; systemctl start nginx')
})

test('another default site, and a second block with the name', async () => {
  await sh(
    host,
    'sed -i "s/ default_server//" /etc/nginx/conf.d/ragstream-edge.conf; cat >/etc/nginx/conf.d/own.conf; systemctl restart nginx',
    `server { listen 80 default_server; return 200 mine; }\nserver { listen 80; server_name ${NAME}; return 200 mine; }\n`,
  )
  const { nginx } = await inspect(host)
  expect(nginx).toMatchObject({ unknownHost: 'site', sameNameBlocks: ['/etc/nginx/conf.d/own.conf'] })
  await sh(host, 'rm /etc/nginx/conf.d/own.conf')
  expect((await configure(host)).results.done).toMatch(/changed/)
})

test('port 80 is closed by a rule of iptables', async () => {
  await sh(host, 'iptables -I INPUT -p tcp --dport 80 -j DROP')
  const { firewall } = await inspect(host)
  expect(firewall).toEqual({ port80: 'closed', rule: '-A INPUT -p tcp -m tcp --dport 80 -j DROP' })
  await sh(host, 'iptables -D INPUT -p tcp --dport 80 -j DROP')
  expect((await inspect(host)).firewall).toEqual({ port80: 'open', rule: null })
})

/** The hosts here have no nft: rules in its own words, from a network of their own on this machine. */
test.each([
  ['drop', 'tcp dport { 22, 443 } accept', '80|closed|policy drop of inet own/in'],
  ['drop', 'tcp dport { 22, 80 } ct state new accept', '80|open|'],
  [
    'accept',
    'tcp dport http counter reject with tcp reset',
    expect.stringMatching(/^80\|closed\|tcp dport 80 counter .*reject/),
  ],
])('by nft, with policy %s: %s', async (policy, rule, wanted) => {
  const rules = ['iif lo accept', 'ct state vmap { invalid : drop, established : accept }', rule].join('\n')
  const script = `table inet own {\nchain in {\ntype filter hook input priority 0; policy ${policy};\n${rules}\n}\n}\n`
  const text = await run(['unshare', '--net', 'sh', '-c', 'nft -f - && nft list ruleset'], { stdin: script })
  const judge = ['python3', 'templates/inspect-host/firewall_rules.py', '80']
  expect((await run(judge, { stdin: `${text}\0` })).trimEnd()).toEqual(wanted)
})

test('the container was stopped', async () => {
  await sh(host, `docker stop -t 1 ${CONTAINER}`)
  expect(await inspect(host)).toMatchObject({
    container: { state: 'exited', exitCode: expect.any(Number), publish: [], listens: null },
    answers: { app: { status: 0 }, appWebSocket: 0, nginx: { status: 502 }, nginxWebSocket: 502 },
  })
  await sh(host, `docker start ${CONTAINER}`)
  await healthy()
})

test('published wrong, and then an app that ends again and again', async () => {
  await sh(host, `docker rm -f ${CONTAINER}; docker run -d --name ${CONTAINER} -p 8501:8502 ${imageName('1.4.0')}`)
  await sh(
    host,
    `until docker exec ${CONTAINER} /usr/bin/python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:8501/_stcore/health")'; do sleep 0.1; done`,
  )
  expect(await inspect(host)).toMatchObject({
    container: {
      state: 'running',
      hash: null,
      publish: expect.arrayContaining(['0.0.0.0:8501->8502/tcp']),
      listens: ['0.0.0.0:8501'],
    },
    answers: { app: { status: 0 }, nginx: { status: 502 } },
  })
  await sh(
    host,
    `docker rm -f ${CONTAINER}; docker run -d --name ${CONTAINER} --restart always -p 127.0.0.1:8501:8501 ${imageName('broken')}`,
  )
  await sh(host, `until [ "$(docker inspect --format '{{.RestartCount}}' ${CONTAINER})" -gt 0 ]; do sleep 0.1; done`)
  const { container } = await inspect(host)
  expect(container.restarts).toBeGreaterThan(0)
  expect(container.exitCode).toBe(1)
})

test('Docker hangs: all else is known, within its bound', async () => {
  await sh(host, 'kill -STOP $(pidof dockerd)')
  const found = await inspect(host)
  await sh(host, 'kill -CONT $(pidof dockerd)')
  expect(found).toMatchObject({
    container: { state: 'unknown' },
    nginx: { active: true, error: null },
    lastResult: { line: expect.stringMatching(/^step=done /) },
  })
})
