// Failures provoked for real on a host that serves a site: the site is still served, the host is clean, the last line says what to do.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, CONTAINER, configure, containers, imageName, NAME, SERVED, SITE_FILE, sh } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
const STATE = `/var/lib/ragstream-edge/${NAME}`

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-failures', { privateIp: '172.31.4.10' })
  await host.boot()
  expect((await configure(host)).results.done).toBe('changed')
  await sh(host, `docker pull -q ${imageName('1.5.0')}`)
})
afterAll(() => room?.close())

/** What a run may change, and nothing that it may leave. */
const LOOK = `sha256sum ${SITE_FILE} /etc/nginx/conf.d/*; ls -A /etc/nginx /etc/nginx/conf.d; ls -A ${STATE} | grep -vE '^(pull|last)'
  docker inspect --format '{{.Config.Image}} {{.Id}}' ${CONTAINER}; nginx -t 2>&1 | tail -n 1`

interface Failure {
  readonly name: string
  readonly cause: string
  readonly undo: string
  readonly last: RegExp
  readonly values?: Parameters<typeof configure>[1]
  readonly env?: Record<string, string>
}

/** A file system of its own that is full, over a folder and with its content. */
const full = (folder: string): Pick<Failure, 'cause' | 'undo'> => ({
  cause: `cp -a ${folder} /root/kept; mount -t tmpfs -o size=256k tmpfs ${folder}; cp -a /root/kept/. ${folder}/; cat /dev/zero >${folder}/zz-filler 2>/dev/null`,
  undo: `umount -l ${folder}; rm -rf /root/kept`,
})

/** Holds a port of the host until its undo. */
const listener = (port: number) =>
  `perl -MIO::Socket::INET -e '$held = IO::Socket::INET->new(LocalAddr => "127.0.0.1:${port}", Listen => 1, ReuseAddr => 1) or die; sleep 600' >/dev/null 2>&1 & echo $! >/root/pid
  timeout 60 sh -c "until ss -Hltn 'sport = :${port}' | grep -q .; do sleep 0.05; done"`
const END_LISTENER = 'pid=$(cat /root/pid); kill $pid; while [ -e /proc/$pid ]; do sleep 0.02; done; rm /root/pid'

const changed = { Image: imageName('1.5.0'), ReadTimeout: '2h' }

const FAILURES: readonly Failure[] = [
  {
    name: 'no space for the state',
    ...full('/var/lib/ragstream-edge'),
    last: /^step=inputs result=failed reason="no space left in \/var\/lib\/ragstream-edge; 64 KB are wanted" hint="make room, then run again"$/,
  },
  {
    name: 'no space in the folder of nginx',
    ...full('/etc/nginx'),
    last: /^step=inputs result=failed reason="no space left in \/etc\/nginx; 64 KB are wanted" hint="make room, then run again"$/,
  },
  {
    name: 'no space for Docker',
    ...full('/var/lib/docker/containers'),
    last: /^step=candidate result=failed reason="the new container does not start: .*no space left on device.*" hint="the old one runs on; /,
  },
  {
    name: 'another program has the lock of the packages',
    cause: `mv /usr/bin/ss /etc/apt/sources.list /root; perl -e 'open F, "+>>", "/var/lib/dpkg/lock-frontend"; $lock = pack("s s x4 q q i", 1, 0, 0, 0, 0); fcntl(F, 6, $lock) or die; open L, ">", "/root/locked"; sleep 600' >/dev/null 2>&1 & echo $! >/root/pid; until [ -e /root/locked ]; do sleep 0.02; done`,
    undo: 'mv /root/ss /usr/bin; mv /root/sources.list /etc/apt; kill $(cat /root/pid); rm /root/pid /root/locked',
    env: { EDGE_PACKAGE_WAIT: '2' },
    last: /^step=packages result=failed reason="packages were not installed: .*lock.*" hint=/,
  },
  {
    name: 'the engine of Docker that runs is of no package',
    cause: 'mv /usr/sbin/dockerd /root/ || mv /usr/bin/dockerd /root/',
    undo: 'mv /root/dockerd /usr/sbin/',
    last: /^step=packages result=failed reason="an engine of Docker runs here that is not of this system's packages .*" hint="docker ps tells/,
  },
  {
    name: 'the image is nowhere',
    cause: '',
    undo: '',
    values: { Image: 'registry.bench.internal:5000/stand-in:9.9.9' },
    last: /^step=image result=failed reason="image registry.bench.internal:5000\/stand-in:9.9.9 is not on this host and was not pulled: .*(manifest unknown|not found).*" hint=/,
  },
  {
    name: 'nginx is masked',
    cause: 'systemctl mask nginx',
    undo: 'systemctl unmask nginx',
    last: /^step=services result=failed reason="the service nginx is masked" hint="systemctl unmask nginx"$/,
  },
  {
    name: 'Docker is masked',
    cause: 'systemctl mask docker',
    undo: 'systemctl unmask docker',
    last: /^step=services result=failed reason="the service docker is masked" hint="systemctl unmask docker"$/,
  },
  {
    name: 'Docker hangs',
    cause: 'kill -STOP $(pidof dockerd)',
    undo: 'kill -CONT $(pidof dockerd)',
    env: { EDGE_DOCKER_WAIT: '3' },
    last: /^step=services result=failed reason="Docker does not answer: no word within 3 s" hint="systemctl restart docker"$/,
  },
  {
    name: 'somebody broke the configuration of nginx',
    cause: 'echo "server { listen 80 }" >/etc/nginx/conf.d/zz.conf',
    undo: 'rm /etc/nginx/conf.d/zz.conf',
    last: /^step=server-name result=failed reason="the nginx configuration of this host does not load: .*zz.conf:1" hint="mend it, then run again"$/,
  },
  {
    name: 'nginx cannot be reloaded',
    cause:
      'mkdir -p /etc/systemd/system/nginx.service.d; printf "[Service]\\nExecReload=\\nExecReload=/bin/false\\n" >/etc/systemd/system/nginx.service.d/no.conf; systemctl daemon-reload',
    undo: 'rm -r /etc/systemd/system/nginx.service.d; systemctl daemon-reload',
    values: { ReadTimeout: '2h' },
    last: /^step=nginx result=failed reason="nginx was not reloaded: .*" hint=/,
  },
  {
    name: 'another run holds the lock',
    cause:
      'flock /run/ragstream-edge.lock sleep 600 >/dev/null 2>&1 & echo $! >/root/pid; while flock -n /run/ragstream-edge.lock true; do sleep 0.02; done',
    undo: 'pkill -P $(cat /root/pid); rm /root/pid',
    env: { EDGE_LOCK_WAIT: '1' },
    last: /^step=lock result=failed reason="another run has held \/run\/ragstream-edge.lock for 1 s" hint="wait for it to end, then run again"$/,
  },
  {
    name: 'a program has the port to which the site is to move',
    cause: listener(8502),
    undo: END_LISTENER,
    values: { ...changed, HostPort: '8502' },
    last: /^step=host-port result=failed reason="port 8502 is held by perl \(pid \d+\), which is in no container"/,
  },
  {
    name: 'a container has the port to which the site is to move',
    cause: `docker run -d --name other -p 127.0.0.1:8502:8501 ${imageName('1.5.0')}`,
    undo: 'docker rm -f other',
    values: { ...changed, HostPort: '8502' },
    last: /^step=host-port result=failed reason="port 8502 is held by other"/,
  },
]

/**
 * Provokes it, lets the document fail at it, and takes it back: one run later all is as before. `look` is what the failing run
 * may not change; resolves to what it saw.
 */
async function provoke(failure: Failure, look: () => Promise<string>, next: 'changed' | 'unchanged'): Promise<string> {
  const { cause, undo, last, values = changed, env = {} } = failure
  const before = await sh(host, LOOK)
  await sh(host, cause)
  const seen = await look()
  const run = await configure(host, values, env)
  const after = await look()
  await sh(host, undo)
  expect(run.last).toMatch(last)
  expect(run.exitCode).toBe(1)
  expect(Buffer.byteLength(run.lines.join('\n'))).toBeLessThan(8_000)
  expect(after).toBe(seen)
  if (next === 'unchanged') expect(await ask(host, NAME)).toBe(SERVED)
  // What is not proved stays marked as such until a run has proved it.
  expect((await configure(host)).results.done).toBe(next)
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
  expect(await sh(host, LOOK)).toBe(before)
  return seen
}

test.each(FAILURES)('$name', async (failure) => {
  expect(await provoke(failure, () => ask(host, NAME), 'unchanged')).toBe(SERVED)
})

test('no space for the log: the run goes on, and is told what a program said', async () => {
  await sh(host, full('/var/log').cause)
  const values = { Image: imageName('broken') }
  const run = await configure(host, values)
  const well = await configure(host, { ReadTimeout: '3h' })
  await sh(host, full('/var/log').undo)
  expect(run.last).toMatch(/^step=candidate result=failed reason="the new container gave no ok .*exit code 1"/)
  expect(well.results.done).toBe('changed')
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await sh(host, 'grep -c "docker create" /run/ragstream-edge.log')).toBe('1\n')
  expect((await configure(host)).results.done).toBe('changed')
})

const HELD: readonly Failure[] = [
  {
    name: 'another program has port 80',
    cause: `systemctl stop nginx; ${listener(80)}`,
    undo: END_LISTENER,
    last: /^step=port-80 result=failed reason="port 80 is held by another program than nginx: users:\(\('perl',pid=\d+,fd=\d+\)\)" hint="stop it, then run again"$/,
  },
  {
    name: 'another program has the port of the site',
    cause: `docker stop -t 1 ${CONTAINER}; ${listener(8501)}`,
    undo: END_LISTENER,
    last: /^step=host-port result=failed reason="port 8501 is held by perl \(pid \d+\), which is in no container" hint="stop it, or choose another port"$/,
  },
  {
    name: 'a container of somebody else has the port of the site',
    cause: `docker stop -t 1 ${CONTAINER}; docker run -d --name other -p 127.0.0.1:8501:8501 ${imageName('1.5.0')}`,
    undo: 'docker rm -f other',
    last: /^step=host-port result=failed reason="port 8501 is held by other" hint="remove it, choose another name or port, or say adopt: true /,
  },
  {
    name: 'a container of somebody else has it among others, which Docker lists as a range',
    cause: `docker stop -t 1 ${CONTAINER}; docker run -d --name other -p 8499:8499 -p 8500:8500 -p 8501:8501 -p 8502:8502 ${imageName('1.5.0')}; docker ps --format '{{.Ports}}' | grep -F 8499-8502 || docker rm -f other`,
    undo: 'docker rm -f other',
    last: /^step=host-port result=failed reason="port 8501 is held by other" hint="remove it, choose another name or port, or say adopt: true /,
  },
]

test.each(HELD)('$name: nothing of either is touched, and the next run serves the site again', async (failure) => {
  const holders = () => sh(host, `ss -Hltnp '( sport = :80 or sport = :8501 )'; docker ps -q`)
  expect(await provoke(failure, holders, 'changed')).not.toBe('')
})

test('Docker was stopped: the run starts it, and the site is served again', async () => {
  const before = await sh(host, LOOK)
  await sh(host, 'systemctl stop docker docker.socket')
  expect(await ask(host, NAME)).not.toBe(SERVED)
  const run = await configure(host)
  expect(run.lines).toContain('step=services result=changed started=docker')
  expect(run.results).toMatchObject({ services: 'changed', done: 'changed' })
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await sh(host, LOOK)).toBe(before)
})
