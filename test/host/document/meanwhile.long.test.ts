// What befalls a real host while a run is under way: a full disk, an engine that stops, a registry that is slow. The site that was
// served is served, and the next run mends the rest.
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { removeSiteDocument } from '../../../resources/documents.ts'
import { openRoom } from '../machine/bench.ts'
import {
  ask,
  base64,
  CONTAINER,
  configure,
  containers,
  imageName,
  NAME,
  remove,
  runAnd,
  SERVED,
  SITE_FILE,
  sh,
} from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
const STATE = `/var/lib/ragstream-edge/${NAME}`

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-meanwhile', { privateIp: '172.31.4.11' })
  await host.boot()
  expect((await configure(host)).results.done).toBe('changed')
  await sh(host, `docker pull -q ${imageName('1.5.0')}`)
})
afterAll(() => room?.close())

const LOOK = `sha256sum /etc/nginx/nginx.conf /etc/nginx/conf.d/*; ls -A /etc/nginx /etc/nginx/conf.d; ls -A ${STATE} | grep -vE '^(pull|last)'`
const changed = { Image: imageName('1.5.0'), ReadTimeout: '2h' }

/** A file system of its own, with some room, over the folder of nginx. */
const SMALL =
  'cp -a /etc/nginx /root/kept; mount -t tmpfs -o size=512k tmpfs /etc/nginx; cp -a /root/kept/. /etc/nginx/'
const FILL = 'cat /dev/zero >/etc/nginx/zz-filler 2>/dev/null'
const LARGE =
  'rm -f /etc/nginx/zz-filler; rm -rf /root/kept; cp -a /etc/nginx /root/kept; umount -l /etc/nginx; cp -a /root/kept/. /etc/nginx/; rm -rf /root/kept'

test('the disk becomes full before the swap: what was there is whole, and served', async () => {
  const before = await sh(host, LOOK)
  await sh(host, SMALL)
  // nginx leads to the candidate by now: the file before has to come back on a full disk.
  const run = await runAnd(host, { line: 'step=container result=changed', act: FILL }, changed)
  const during = await ask(host, NAME)
  const loads = await host.exec(['nginx', '-t'])
  const size = Number(await sh(host, `stat -c %s ${SITE_FILE}`))
  await sh(host, LARGE)
  expect(run.last).toMatch(
    /^step=nginx result=failed reason="no space left in \/etc\/nginx; \S+ was not written: .*" hint="make room, then run again"$/,
  )
  expect(run.results).toMatchObject({ 'container-restore': 'ok', 'nginx-restore': 'failed' })
  expect({ during, loads: loads.exitCode }).toEqual({ during: SERVED, loads: 0 })
  expect(size).toBeGreaterThan(1000)
  expect((await configure(host)).results.done).toBe('changed')
  expect(await sh(host, LOOK)).toBe(before)
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('the disk becomes full while the site is taken off: it is served on, and what was set aside is kept', async () => {
  // More than a run asks for before it begins.
  const own = `server { listen 80; server_name ${NAME}; location / { proxy_pass http://127.0.0.1:8501; } }\n${'# a long comment\n'.repeat(9000)}`
  await remove(host)
  await sh(host, `cat >/etc/nginx/conf.d/own.conf; ${RELOAD}`, own)
  expect((await configure(host, { Adopt: 'true' })).results.done).toBe('changed')
  await sh(host, `${SMALL}; head -c 150000 /dev/zero >/etc/nginx/zz-filler`)
  const room = { line: 'step=lock', act: 'head -c 180000 /dev/zero >>/etc/nginx/zz-filler' }
  const run = await runAnd(host, room, {}, {}, removeSiteDocument())
  const during = await ask(host, NAME)
  await sh(host, LARGE)
  expect(run.last).toMatch(
    /^step=nginx result=failed reason=".*own.conf was not put back: .*No space left on device" hint=/,
  )
  expect(during).toBe(SERVED)
  expect((await remove(host)).last).toBe('step=done result=changed')
  expect(await sh(host, 'cat /etc/nginx/conf.d/own.conf')).toBe(own)
  // It leads to the app, which is off the host.
  expect(await ask(host, NAME, '/')).toMatch(/^0 .*502 Bad Gateway.* 502$/s)
  await sh(host, `rm /etc/nginx/conf.d/own.conf; ${RELOAD}`)
  expect((await configure(host)).results.done).toBe('changed')
})

test.each([
  ['before anything is changed', 'step=services'],
  ['when the new container is healthy', 'step=candidate'],
])('Docker stops answering %s: the run ends, the site is served', async (_when, line) => {
  const env = { EDGE_DOCKER_WAIT: '10', EDGE_ACT_WAIT: '10' }
  const run = await runAnd(host, { line, act: 'kill -STOP $(pidof dockerd)' }, changed, env)
  const during = await ask(host, NAME)
  await sh(host, 'kill -CONT $(pidof dockerd)')
  expect(run.last).toMatch(/result=failed reason=".*Docker does not answer: no word within \d+ s/)
  expect(during).toBe(SERVED)
  expect((await configure(host)).last).toMatch(/^step=done /)
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
})

test('a run is killed while nothing serves, and the next one has values that fail: what was served is served', async () => {
  const before = await sh(host, LOOK)
  const kill = {
    line: 'step=container result=changed',
    act: `kill -KILL -- -$(pgrep -of "^bash /root/document"); docker stop -t 1 ${CONTAINER}`,
  }
  await runAnd(host, kill, { ...changed, Rollout: 'replace' })
  expect(await ask(host, NAME)).not.toBe(SERVED)
  const run = await configure(host, { ...changed, Env: base64('no line of a variable\n') })
  expect(run.last).toMatch(/^step=container-files result=failed /)
  expect(await ask(host, NAME)).toBe(SERVED)
  expect((await configure(host)).last).toMatch(/^step=done /)
  expect(await sh(host, LOOK)).toBe(before)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
})

test('the host went down while a container was being removed: Docker starts it no more, and the next run makes another', async () => {
  const id = await sh(host, `docker inspect --format '{{.Id}}' ${CONTAINER}`)
  const state = `/var/lib/docker/containers/${id.trim()}/config.v2.json`
  await sh(
    host,
    `systemctl stop docker docker.socket; sed -i 's/"Dead":false/"Dead":true/' ${state}; systemctl start docker`,
  )
  expect(await sh(host, `docker ps -a --format '{{.Status}}' --filter name=${CONTAINER}`)).toBe('Dead\n')
  expect((await configure(host)).results).toMatchObject({ container: 'changed', done: 'changed' })
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
  expect(await ask(host, NAME)).toBe(SERVED)
})
