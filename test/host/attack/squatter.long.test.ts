// A local user takes the loopback port of a site in the moment in which it is free: in a replace, at a boot, after a crash. No visitor and
// no cookie reaches him, and none of his words reaches a visitor or the run.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { visiting } from '../../support/visitor.ts'
import { ask, CONTAINER, configure, imageName, NAME, SERVED, sh } from '../document/bench.ts'
import { HTTP_FOR_ALL, openRoom } from '../machine/bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
const [PUBLIC, PRIVATE] = ['203.0.113.93', '172.31.4.93']

/** Before somebody has taken the port nobody listens there: 502. */
const NOBODY = ['502']

/** As nobody, it waits for the port, writes down what it gets, and answers as a healthy app would. */
const squatter = (backlog = 100) => `#!/usr/bin/perl
use IO::Socket::INET; $| = 1; open my $log, '>>', '/var/tmp/got'; $log->autoflush;
open my $waits, '>', '/var/tmp/waits';
until ($s = IO::Socket::INET->new(LocalAddr => '127.0.0.1:8501', Listen => ${backlog}, ReuseAddr => 1)) { select undef, undef, undef, 0.001 }
print $log "has the port\\n";
while ($c = $s->accept) { sysread $c, $b, 4000; print $log $b; print $c "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok"; close $c }
`
const UNIT = `[Unit]
DefaultDependencies=no
Before=nginx.service docker.service network.target
[Service]
User=nobody
ExecStart=/usr/bin/perl /usr/local/bin/squatter
[Install]
WantedBy=multi-user.target
`
const start = async (backlog?: number) => {
  await sh(host, 'cat >/usr/local/bin/squatter; rm -f /var/tmp/got /var/tmp/waits', squatter(backlog))
  const lurk =
    'cat >/etc/systemd/system/squatter.service; systemctl daemon-reload; systemctl start squatter; until [ -e /var/tmp/waits ]; do sleep 0.05; done'
  await sh(host, lurk, UNIT)
}
const stop = () => sh(host, 'systemctl disable --now squatter; rm -f /etc/systemd/system/squatter.service')
const got = () => sh(host, 'cat /var/tmp/got')
const hasPort = () => sh(host, 'until grep -q . /var/tmp/got; do sleep 0.01; done')
/** Docker starts the app again a tenth of a second after its end, and later each time: on a busy machine it can be the first, and the app ends again. */
const crashUntilTaken = () =>
  sh(
    host,
    `until grep -q . /var/tmp/got; do
      pid=$(docker inspect --format '{{.State.Pid}}' ${CONTAINER}); [ "$pid" = 0 ] || kill -KILL $pid
      for i in $(seq 100); do ! grep -q . /var/tmp/got || break; sleep 0.02; done
    done`,
  )

/** A visitor with a cookie, who asks again and again: every status that he got. */
async function visits(work: () => Promise<void>): Promise<string[]> {
  const curl = `-m 300 -H 'Cookie: session=secret' -H 'Host: ${NAME}' http://${PUBLIC}/_stcore/health`
  return [...new Set(await visiting(room.client, curl, work))].sort()
}
const askOften = (times: number) =>
  sh(
    host,
    `for i in $(seq ${times}); do curl -s -m 60 -o /dev/null -w '%{http_code}\\n' -H 'Host: ${NAME}' http://127.0.0.1/_stcore/health & done; wait`,
  ).then((text) => [...new Set(text.trim().split('\n'))])

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-squatter', { privateIp: PRIVATE })
  await host.boot()
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTP_FOR_ALL)
  const run = await configure(host)
  expect(run.lines).toContain('step=guard result=changed port=8501')
})
afterAll(() => room?.close())
afterEach(async () => {
  await stop()
  expect((await configure(host)).exitCode).toBe(0)
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('in a replace', async () => {
  await start()
  // On a busy machine Docker could be the first.
  const taken = `case "$*" in "start ${CONTAINER}") until grep -q . /var/tmp/got; do sleep 0.02; done ;; esac`
  await sh(
    host,
    'cat >/usr/local/bin/docker; chmod 755 /usr/local/bin/docker',
    `#!/bin/sh\n${taken}\nexec /usr/bin/docker "$@"\n`,
  )
  const statuses = await visits(async () => {
    const run = await configure(host, { Rollout: 'replace', Image: imageName('1.5.0') })
    await sh(host, 'rm /usr/local/bin/docker')
    expect(run.exitCode).toBe(1)
    expect(await askOften(20)).toEqual(['503'])
  })
  expect(await got()).toBe('has the port\n')
  expect(statuses.filter((status) => !NOBODY.includes(status))).toEqual(['200', '503'])
})

test('after a crash, also with a queue that is always full', async () => {
  for (const backlog of [100, 1]) {
    await start(backlog)
    const statuses = await visits(async () => {
      const crash = performance.now()
      await crashUntilTaken()
      const taken = performance.now()
      expect(await askOften(100)).toEqual(['503'])
      const [after, told] = [taken - crash, performance.now() - taken].map((ms) => (ms / 1000).toFixed(1))
      console.log(`the port was taken ${after} s after the crash; 100 visitors at once had their 503 after ${told} s`)
    })
    expect(await got()).toBe('has the port\n')
    expect(statuses.filter((status) => !NOBODY.includes(status))).toEqual(['200', '503'])
    const run = await configure(host)
    expect(run.last).toMatch(/^step=host-port result=failed reason="port 8501 is held by .*perl/)
    expect(await got()).toBe('has the port\n')
    await stop()
    expect((await configure(host)).results).toMatchObject({ 'container-recover': 'changed', health: 'ok' })
  }
})

test('at a boot, before Docker and nginx start', async () => {
  await start()
  // Docker starts after he has the port, and not after the fork of his process.
  const first =
    "ExecStartPre=/bin/rm -f /var/tmp/got\\nExecStartPost=/bin/sh -c 'until grep -q . /var/tmp/got; do sleep 0.05; done'"
  await sh(host, `sed -i "/^ExecStart=/a ${first}" /etc/systemd/system/squatter.service; systemctl enable squatter`)
  await host.powerOff()
  await host.boot()
  await hasPort()
  expect(await askOften(20)).toEqual(['503'])
  expect((await got()).replaceAll('has the port\n', '')).toBe('')
})

test('no other user of the host holds the lock', async () => {
  await sh(host, 'touch /run/ragstream-edge.lock; chmod 644 /run/ragstream-edge.lock') // As an earlier version left it.
  expect((await configure(host)).exitCode).toBe(0)
  const hold = 'setpriv --reuid nobody flock -n /run/ragstream-edge.lock true 2>&1; rm -f /run/ragstream-edge.lock'
  expect(await sh(host, hold)).toMatch(/Permission denied/)
  expect((await configure(host)).exitCode).toBe(0)
  expect(await sh(host, 'stat -c "%a %U" /run/ragstream-edge.lock')).toBe('600 root\n')
})

test('an answer without an owner keeps nobody from the port', async () => {
  // With a cookie, as the kernel answers for a queue that is full.
  const ask = (seconds: number) =>
    sh(host, `curl -s -m ${seconds} -o /dev/null -w '%{http_code}' http://127.0.0.1:8501/_stcore/health; :`)
  await sh(host, 'sysctl -qw net.ipv4.tcp_syncookies=2')
  expect(await ask(2)).toBe('000')
  await sh(host, 'sysctl -qw net.ipv4.tcp_syncookies=1')
  expect(await ask(20)).toBe('200')
})

test('a kernel that knows no owners: the port is not kept, each run says so, the second that nothing changed', async () => {
  const folder = '$(dirname $(find /usr/lib /lib -name libxt_conntrack.so | head -n 1))'
  await sh(host, `mv ${folder}/libxt_owner.so /var/tmp/; iptables -F OUTPUT`)
  expect((await configure(host)).exitCode).toBe(0)
  const again = await configure(host)
  await sh(host, `mv /var/tmp/libxt_owner.so ${folder}/`)
  expect(again.lines.filter((line) => line.startsWith('step=guard'))).toEqual([
    'step=guard result=unchanged',
    expect.stringMatching(/^step=guard result=unchanged reason="the port is not kept from other users of this host: /),
  ])
  expect(again.results.done).toBe('unchanged')
  expect((await configure(host)).lines).toContain('step=guard result=changed port=8501')
})

test('a port below 1024 wants no rule', async () => {
  const run = await configure(host, { HostPort: '850' })
  expect(run.results.done).toBe('changed')
  expect(await sh(host, 'iptables -S OUTPUT | grep -c rsedge')).toBe('0\n')
  expect((await configure(host, { HostPort: '850' })).results.done).toBe('unchanged')
  expect(
    await sh(
      host,
      `setpriv --reuid nobody perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1:850", Listen => 1) ? "taken" : $!'`,
    ),
  ).toMatch(/Permission denied/)
})
