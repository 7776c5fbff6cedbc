// On a real machine: a document that is begun once more after a newer one, two that come to the lock in the other order, and who holds it.

import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, CONTAINER, configure, imageName, inspect, NAME, SERVED, sh, type Values } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-superseded', { privateIp: '172.31.4.9' })
  await host.boot()
})
afterAll(() => room?.close())

const OLD: Values = { SentAt: '1795420800000', Image: imageName('1.4.0'), SiteHash: 'aaaaaaaaaaaa' }
const NEW: Values = { SentAt: '1795420860000', Image: imageName('1.5.0'), SiteHash: 'bbbbbbbbbbbb' }
const LOCK = '/run/ragstream-edge.lock'
const running = async () => (await sh(host, `docker inspect -f '{{.Config.Image}} {{.Id}}' ${CONTAINER}`)).trim()

test('the newer one is applied, the older one comes again: it changes nothing', async () => {
  expect((await configure(host, OLD)).results.done).toBe('changed')
  expect((await configure(host, NEW)).results.done).toBe('changed')
  const before = await running()
  const run = await configure(host, OLD)
  expect(run).toMatchObject({ exitCode: 0, last: 'step=done result=superseded site=aaaaaaaaaaaa newest=1795420860000' })
  expect([await running(), before]).toEqual([before, expect.stringContaining(imageName('1.5.0'))])
  expect((await inspect(host)).applied).toBe('bbbbbbbbbbbb')
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('who holds the lock is seen by what the kernel tells of open files, also in a name space of its own', async () => {
  expect((await inspect(host)).locked).toBe(false)
  await sh(
    host,
    `mkfifo /root/wait; bash -c 'exec 9>>${LOCK}; flock 9; cat /root/wait' >/dev/null 2>&1 & until flock -n ${LOCK} true && sleep 0.05 || true; ! flock -n ${LOCK} true; do :; done; while pgrep -x flock; do sleep 0.02; done`,
  )
  // The taker, flock, has ended: /proc/locks shows nothing here.
  expect(await sh(host, `grep -c ":$(stat -c %i ${LOCK}) " /proc/locks || true`)).toBe('0\n')
  expect((await inspect(host)).locked).toBe(true)
  const waiting = configure(host, { ...OLD, SentAt: '1795420920000', SiteHash: 'cccccccccccc' })
  await sh(host, `until pgrep -x flock >/dev/null; do sleep 0.05; done; echo >/root/wait`)
  expect((await waiting).results.done).toBe('changed')
  expect((await inspect(host)).locked).toBe(false)
})
