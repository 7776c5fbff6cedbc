// What stands in the way on somebody's host is named as it is, before anything is changed; each of these ended a run with a reason that was
// empty, cut or untrue.
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { standInName } from '../../../local/machine/prepare/app-image.ts'
import { openRoom } from '../machine/bench.ts'
import { CONTAINER, configure, NAME, remove, sh } from './bench.ts'

const IMAGE = standInName('1.4.0')
const STATE =
  'find /etc/nginx ! -type d | sort | xargs sha256sum; docker ps -a --format "{{.ID}} {{.Names}}"; ls /etc/systemd/system'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-in-the-way', { privateIp: '172.31.4.92' })
  await host.boot()
  await sh(host, `docker pull -q ${IMAGE}`)
})
afterAll(() => room?.close())
/** Whoever listens on port 80 ends, also an nginx of which systemd knows nothing. */
const FREE = `ss -Hltnp 'sport = :80' | grep -oE 'pid=[0-9]+' | cut -d= -f2 | sort -u | xargs -r kill; until [ -z "$(ss -Hltn 'sport = :80')" ]; do sleep 0.1; done`
afterEach(() =>
  sh(
    host,
    `docker ps -aq | xargs -r docker rm -f; rm -f /etc/nginx/conf.d/* /etc/systemd/system/app.service; systemctl daemon-reload
     systemctl stop nginx; ${FREE}; systemctl reset-failed nginx; systemctl start nginx`,
  ),
)

const runs = (options: string, name = 'hand') => `docker run -d --name ${name} ${options} ${IMAGE}`

test.each([
  [
    'an nginx that somebody started',
    'systemctl stop nginx; nginx',
    'services result=failed reason="an nginx that systemd does not know holds port 80" hint="nginx -s quit, then systemctl start nginx"',
  ],
  [
    'a container on port 80',
    `systemctl stop nginx; ${runs('-p 80:8501')}`,
    'port-80 result=failed reason="port 80 is published by the container hand"',
  ],
  [
    'a container with the network of the host',
    `${runs('--network host')}; until ss -Hltn | grep -q :8501; do sleep 0.1; done`,
    /host-port result=failed reason="port 8501 is held by .* in the container \/?hand \(--network host\)"/,
  ],
  [
    'a stopped container that Docker would start on our port',
    `${runs('--restart always -p 8501:8501')}; docker stop -t 1 hand`,
    'host-port result=failed reason="hand is stopped, but starts with Docker and publishes port 8501"',
  ],
  [
    'a socket that takes the port of IPv4 too',
    `printf 'server { listen [::]:80 ipv6only=off; server_name shop.example.com; }' >/etc/nginx/conf.d/shop.conf`,
    'port-80 result=failed reason="/etc/nginx/conf.d/shop.conf:1 listens on port 80 with ipv6only=off',
  ],
  [
    'a port with the PROXY protocol',
    `printf 'server { listen 80 proxy_protocol; server_name shop.example.com; }' >/etc/nginx/conf.d/shop.conf`,
    'port-80 result=failed reason="/etc/nginx/conf.d/shop.conf:1 listens on port 80 with proxy_protocol',
  ],
])('%s', async (_name, act, said) => {
  await sh(host, `${act}; systemctl is-active -q nginx && ${RELOAD}`)
  const before = await sh(host, STATE)
  const run = await configure(host, { Image: IMAGE })
  expect(run.last).toEqual(typeof said === 'string' ? expect.stringContaining(said) : expect.stringMatching(said))
  expect(await sh(host, STATE)).toBe(before)
})

test('a stopped container that Docker would start on our port, with adopt: it does not start at a boot, and gets its policy back', async () => {
  const policy = `docker inspect --format '{{.Id}} {{.Name}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}}' hand`
  await sh(host, `${runs('--restart always -p 8501:8501')}; docker stop -t 1 hand`)
  const before = await sh(host, policy)
  const values = { Image: IMAGE, Adopt: 'true' }
  const run = await configure(host, values)
  expect(run.lines).toContain('step=adopt result=changed container=hand policy=always now=no')
  expect(run.results.done).toBe('changed')
  expect(await sh(host, policy)).toBe(before.replace(/always$/m, 'no'))
  await host.powerOff()
  await host.boot()
  expect((await configure(host, values)).results.done).toBe('unchanged')
  expect((await remove(host)).lines).toContain('step=put-back result=ok container=hand policy=always')
  expect(await sh(host, policy)).toBe(before)
})

test('a container whose name somebody took while it was taken over: told, and it runs under ours', async () => {
  await sh(host, runs('-p 8501:8501'))
  expect((await configure(host, { Image: IMAGE, Adopt: 'true' })).results.done).toBe('changed')
  await sh(host, runs(''))
  expect((await remove(host)).lines).toContain(
    `step=put-back result=failed container=hand reason="another container has its name; it runs as ${CONTAINER}_adopted"`,
  )
  expect(await sh(host, `docker inspect --format '{{.State.Running}}' ${CONTAINER}_adopted`)).toBe('true\n')
})

test('a person who became root by su has no sbin on the PATH: the programs there are found', async () => {
  const su = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/games' }
  expect((await configure(host, { Image: IMAGE }, su)).results).toMatchObject({
    packages: 'unchanged',
    done: 'changed',
  })
  expect((await remove(host)).results.done).toBe('changed')
})

test('a loopback interface without its address', async () => {
  await sh(host, 'ip addr del 127.0.0.1/8 dev lo')
  const run = await configure(host, { Image: IMAGE })
  await sh(host, 'ip addr add 127.0.0.1/8 dev lo')
  expect(run.last).toBe(
    'step=services result=failed reason="127.0.0.1 is no address of this host" hint="ip link set lo up; ip addr add 127.0.0.1/8 dev lo"',
  )
})

test('a container with more than the site says: each thing by name, and a fragment without a value', async () => {
  await sh(host, runs('-e TOKEN=hunter2 -v /srv/data:/data -v named:/x --memory 512m --user 0 -p 8501:8501'))
  await sh(host, 'cat >/etc/systemd/system/app.service', '[Service]\nExecStart=/usr/bin/docker start -a hand\n')
  const run = await configure(host, { Image: IMAGE, Adopt: 'true' })
  const has = run.lines.flatMap((line) => /kind=container name=hand has="?([^"]*?)"? hint=/.exec(line)?.[1] ?? [])
  expect(has.sort()).toEqual([
    '--memory',
    '--user',
    'the folder /srv/data:/data',
    'the unit app.service, which runs it',
    'the variable TOKEN',
    'the volume of Docker at /x',
  ])
  expect(run.lines).toContain(
    'for the file of the site: "container": { "env": { "TOKEN": "" }, "volumes": ["/srv/data:/data"], "memory": "512m" }',
  )
  expect(run.lines.join()).not.toContain('hunter2')
  expect(run.last).toContain("the site's file does not say all that it has")
  expect(await sh(host, `docker inspect --format '{{.Name}} {{.State.Running}}' hand`)).toBe('/hand true\n')
})

test('Docker’s chains are gone: the container that serves runs on, and the run says what to do', async () => {
  const volumes = { Image: IMAGE, Volumes: Buffer.from('/srv/data:/data\n').toString('base64') }
  await sh(host, 'mkdir -p /srv/data')
  expect((await configure(host, volumes)).results.done).toBe('changed')
  const cookie = `curl -s -o /dev/null -w '%{http_code}' -H 'Host: ${NAME}' -H "Cookie: a=$(head -c 21000 /dev/zero | tr '\\0' x)" http://127.0.0.1/_stcore/health`
  expect(await sh(host, cookie)).toBe('200')
  await sh(host, 'iptables -t nat -F; iptables -t nat -X; iptables -F; iptables -X')
  const run = await configure(host, { ...volumes, Image: standInName('1.5.0') })
  expect(run.last).toMatch(
    /^step=container result=failed reason="Docker's chains are gone from iptables .*" hint="systemctl restart docker, then run again"$/,
  )
  expect(await sh(host, `curl -s -H 'Host: ${NAME}' http://127.0.0.1/_stcore/health`)).toBe('ok')
})
