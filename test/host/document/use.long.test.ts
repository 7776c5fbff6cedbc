// What look-use says of a real host: what nginx counts and notes of sessions, long answers and scanners; through reloads, restarts, rotations and a worker
// that is killed.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseUseLook, type UseLook } from '../../../functions/lib/idle/look.ts'
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { lookUseDocument } from '../../../resources/documents.ts'
import { openRoom } from '../machine/bench.ts'
import { CONTAINER, configure, documentOf, NAME, sh } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-use', { privateIp: '172.31.4.9' })
  await host.boot()
  const { last } = await configure(host, { Use: 'sessions' })
  expect(last).toMatch(/^step=done result=changed/)
})
afterAll(() => room?.close())

const run = (env = {}) => host.exec(['bash', '-c', documentOf({ Hostnames: NAME }, lookUseDocument())], { env })

async function look(): Promise<UseLook> {
  // On a busy machine nginx may not answer, or note what it was asked, within the usual second.
  const { exitCode, stdout, stderr } = await run({ EDGE_USE_WAIT: '60' })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return parseUseLook(stdout)
}

/** A look where nginx runs. */
async function lookAtNginx(): Promise<UseLook & { readonly nginx: NonNullable<UseLook['nginx']> }> {
  const seen = await look()
  return { ...seen, nginx: seen.nginx! }
}

/** Seconds since the boot, as a look counts them. */
const uptime = async () => Number((await sh(host, 'cut -d " " -f 1 /proc/uptime')).trim())
/** Its clock has hundredths. */
const TICK = 0.02
/** The last use came after this moment (seconds since the boot). */
function expectUseSince(moment: number, seen: Awaited<ReturnType<typeof lookAtNginx>>): void {
  expect(seen.uptime - seen.nginx.quiet).toBeGreaterThanOrEqual(moment - TICK)
}

const LOG = '/var/log/nginx/ragstream-edge.use.log'
const uses = async () => Number(await sh(host, `cat ${LOG}.1 ${LOG} 2>/dev/null | grep -c '^use '`))

/** An open tab: a WebSocket that lasts until it is closed. */
const TAB = `curl -sN -o /dev/null --http1.1 -H 'Host: ${NAME}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: cmFnc3RyZWFtLWVkZ2UtMQ=='`
const openTab = () =>
  sh(
    host,
    `rm -f /run/tab; systemd-run --quiet --unit tab ${TAB} -D /run/tab http://127.0.0.1/_stcore/stream; until grep -qs ' 101 ' /run/tab; do sleep 0.1; done`,
  )
const closeTab = async () => {
  await sh(
    host,
    'systemctl stop tab; systemctl reset-failed tab 2>/dev/null; while ss -Htn state established sport = :80 | grep -q .; do sleep 0.1; done',
  )
}
/** Until nginx has noted a session more than before. */
const noted = async (before: number) => {
  while ((await uses()) === before) await sh(host, 'sleep 0.1')
}
const FIVE = 'sleep 5.2'

test('nobody: no session, and quiet grows from look to look by the time since the boot', async () => {
  const before = await uptime()
  const first = await lookAtNginx()
  await sh(host, 'sleep 1')
  const between = await uptime()
  const second = await lookAtNginx()
  expect([first.nginx.sessions, second.nginx.sessions, first.people, first.gpu]).toEqual([0, 0, 0, null])
  const grown = second.nginx.quiet - first.nginx.quiet
  expect(grown).toBeGreaterThanOrEqual(between - first.uptime - TICK)
  expect(grown).toBeLessThanOrEqual(second.uptime - before + TICK)
  // A host where nobody asks may work less than the millisecond that is told.
  expect(first.cpuSeconds).toBeGreaterThan(0)
  expect(second.cpuSeconds).toBeGreaterThanOrEqual(first.cpuSeconds)
})

test('1,000 requests of a scanner are no use', async () => {
  // A request for which the machine itself takes five seconds is one: then they come again.
  const scan = async (tries: number): Promise<void> => {
    const [noted, before] = [await uses(), await lookAtNginx()]
    await sh(host, `curl -s -o /dev/null -H 'Host: ${NAME}' 'http://127.0.0.1/[1-1000].php'`)
    if ((await uses()) !== noted && tries > 1) return scan(tries - 1)
    expect(await uses()).toBe(noted)
    const after = await lookAtNginx()
    expect(after.nginx.sessions).toBe(0)
    expect(after.nginx.quiet).toBeGreaterThan(before.nginx.quiet)
  }
  await scan(3)
})

test('an open tab is a session; a reload leaves it to an old worker, and it is still one; its end is noted', async () => {
  const before = await uses()
  await openTab()
  expect((await lookAtNginx()).nginx.sessions).toBe(1)
  await sh(host, RELOAD)
  expect((await lookAtNginx()).nginx.sessions).toBe(1)
  await sh(host, FIVE)
  const end = await uptime()
  await closeTab()
  await noted(before)
  const seen = await lookAtNginx()
  expect(seen.nginx.sessions).toBe(0)
  expectUseSince(end, seen)
})

test('the log is rotated: nothing is forgotten, and what is noted goes on', async () => {
  const before = await lookAtNginx()
  await sh(
    host,
    `mv ${LOG} ${LOG}.1; kill -USR1 $(cat /run/nginx.pid); while ls -l /proc/[0-9]*/fd 2>/dev/null | grep -qF ${LOG}.1; do sleep 0.1; done`,
  )
  const after = await lookAtNginx()
  expect(after.nginx.quiet).toBeGreaterThanOrEqual(before.nginx.quiet)
  expect(await sh(host, `tail -n 1 ${LOG}`)).toMatch(/^look ragstream\.rusbehabtahi\.com /)
})

test('a worker is killed under an open tab: no session is left in the count, and it counts as use', async () => {
  await openTab()
  expect((await lookAtNginx()).nginx.sessions).toBe(1)
  const kill = await uptime()
  await sh(
    host,
    'main=$(cat /run/nginx.pid); old=$(pgrep -P $main); kill -KILL $old; until pgrep -P $main | grep -qvxF "$old"; do sleep 0.05; done',
  )
  await closeTab()
  const seen = await lookAtNginx()
  expect(seen.nginx.sessions).toBe(0)
  expectUseSince(kill, seen)
})

test('nginx is restarted under an open tab: no line tells of it, and it counts as use', async () => {
  await openTab()
  const before = await uses()
  await sh(host, FIVE)
  const restart = await uptime()
  await sh(host, 'systemctl restart nginx')
  await closeTab()
  const seen = await lookAtNginx()
  expect(await uses()).toBe(before)
  expect(seen.nginx.sessions).toBe(0)
  expectUseSince(restart, seen)
})

test('an answer of more than 5 s without a WebSocket is a session, and noted', async () => {
  // It lasts until the test has looked.
  const program = `import os, socket, time
server = socket.create_server(("127.0.0.1", 8501))
peer, _ = server.accept()
peer.recv(4096)
peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nConnection: close\\r\\n\\r\\n")
open("/run/asked", "w")
rounds = 0
while rounds < 65 or not os.path.exists("/run/looked"):
    peer.sendall(b"data: x\\n\\n")
    time.sleep(0.1)
    rounds += 1
peer.close()`
  await sh(
    host,
    `docker stop -t 1 ${CONTAINER}; cat >/root/slow.py; systemd-run --quiet --unit slow python3 /root/slow.py; until ss -Hltn sport = :8501 | grep -q .; do sleep 0.1; done`,
    program,
  )
  const before = await uses()
  await sh(
    host,
    `systemd-run --quiet --unit reader curl -sN -o /dev/null -H 'Host: ${NAME}' http://127.0.0.1/events; until [ -e /run/asked ]; do sleep 0.1; done`,
  )
  expect((await lookAtNginx()).nginx.sessions).toBe(1)
  await sh(host, 'touch /run/looked')
  await noted(before)
  // The program still has the port until it has ended.
  await sh(
    host,
    `while systemctl is-active --quiet reader slow; do sleep 0.1; done; docker start ${CONTAINER}; until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.1; done`,
  )
  expect((await lookAtNginx()).nginx.sessions).toBe(0)
})

test('the host’s own log gets every line as before', async () => {
  await sh(host, `curl -s -o /dev/null -H 'Host: ${NAME}' http://127.0.0.1/own-log`)
  // nginx answers, and then writes.
  const OWN = '/var/log/nginx/access.log'
  await sh(host, `timeout 60 sh -c 'until grep -q "GET /own-log" ${OWN}; do sleep 0.1; done'`)
  expect(await sh(host, `tail -n 3 ${OWN}`)).toContain('GET /own-log')
})

test('a visitor gets neither the count nor a line', async () => {
  const address = '$(ip -4 -o route get 192.0.2.1 | sed -E "s/.* src ([0-9.]+).*/\\1/")'
  // As with the scanner, where the machine itself takes five seconds.
  const visit = async (tries: number): Promise<void> => {
    const lines = await sh(host, `wc -l <${LOG}`)
    const asked = await sh(
      host,
      `curl -s -o /dev/null -w '%{http_code}' --interface 127.0.0.9 -H 'Host: ${NAME}' 'http://127.0.0.1/_ragstream-edge/use?boot=x&uptime=1'; echo " ${address}"`,
    )
    expect(asked).toMatch(/^404 /)
    const after = await sh(host, `wc -l <${LOG}`)
    if (after !== lines && tries > 1) return visit(tries - 1)
    expect(after).toBe(lines)
  }
  await visit(3)
})

/** Seconds of a processor that a process has had (proc(5), fields 14 and 15), or that all of the machine have worked. */
const hadIn = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const hadBy = (pid: number): number => hadIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))
const machine = (): number => {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .split(/ +/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) / 100
}

test('a processor at work shows between two looks: no less than a process of the host had between them', async () => {
  const LOOP = "pgrep -of '^python3 -c while True: pass'"
  await sh(host, `docker exec -d ${CONTAINER} python3 -c 'while True: pass'; until ${LOOP}; do sleep 0.1; done`)
  const had = async () => hadIn(await sh(host, `cat /proc/$(${LOOP})/stat`))
  const first = await look()
  const start = await had()
  while ((await had()) - start < 1) await sh(host, 'sleep 0.5')
  const own = (await had()) - start
  const second = await look()
  await sh(host, `kill $(${LOOP})`)
  expect(second.cpuSeconds - first.cpuSeconds).toBeGreaterThanOrEqual(own - TICK)
})

test('a processor at work beside the host, on the machine that both share, is none of its work', async () => {
  const beside = spawn(process.execPath, ['-e', 'while (true);'])
  try {
    const before = machine()
    const first = await look()
    const start = hadBy(beside.pid!)
    while (hadBy(beside.pid!) - start < 5) await sh(host, 'sleep 0.5')
    const own = hadBy(beside.pid!) - start
    const second = await look()
    // What the host did, and what ran beside it, are no more than all.
    expect(second.cpuSeconds - first.cpuSeconds + own).toBeLessThan(machine() - before)
  } finally {
    beside.kill('SIGKILL')
  }
})

test('access_log off in http: no line, and so no look', async () => {
  await sh(host, `sed -i 's|access_log /var/log/nginx/access.log;|access_log off;|' /etc/nginx/nginx.conf; ${RELOAD}`)
  const { exitCode, stdout, stderr } = await run({ EDGE_USE_WAIT: '20' })
  expect([exitCode, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/the log of use does not hold the line of this look/)
})

test('nginx does not run: null', async () => {
  await sh(host, 'systemctl stop nginx')
  expect((await look()).nginx).toBeNull()
})
