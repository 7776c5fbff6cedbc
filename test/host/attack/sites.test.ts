// Two sites on one host, one of them hostile, as root in its container: it reads nothing of the other, takes nothing, sees no packet of it, and
// asks no service of the host that its site does not name.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { longTest } from '../../support/long-tests.ts'
import { ask, CONTAINER, configure, imageName, inspect, NAME, SERVED, sh, type Values } from '../document/bench.ts'
import { openRoom } from '../machine/bench.ts'

const HOSTILE = 'hostile.example.org'
const ITS_CONTAINER = `ragstream-edge-${HOSTILE}`
const PRIVATE = '172.31.4.92'
const IMAGE = 'hostile:1'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

const hostile = (values: Values = {}, env: Readonly<Record<string, string>> = {}) =>
  configure(host, { Hostname: HOSTILE, HostPort: '8502', Image: IMAGE, ...values }, env)

/** Python in the hostile container, or in a helper that `docker run` starts with these options: what it printed. */
const python = (text: string, where = `exec -i ${ITS_CONTAINER}`) =>
  sh(host, `docker ${where} /usr/bin/python3 -`, `import socket, sys, time, urllib.request as r\n${text}`).then(
    (said) => said.trim(),
  )
/** Of each, in one process of it: body, or the kind of error. */
const readEach = (urls: readonly string[], seconds = 30) =>
  python(`from concurrent.futures import ThreadPoolExecutor as Pool
def read(url):
  try: return r.urlopen(url, timeout=${seconds}).read().decode()
  except OSError as e: return type(getattr(e, 'reason', e)).__name__
for said in Pool(8).map(read, ${JSON.stringify(urls)}): print(said)`).then((said) => said.split('\n'))
const read = async (url: string, seconds?: number) => (await readEach([url], seconds))[0]
const field = (container: string, expression: string) =>
  sh(host, `docker inspect --format '{{${expression}}}' ${container}`).then((text) => text.trim())
const addressOf = (container: string) => field(container, 'range .NetworkSettings.Networks}}{{.IPAddress}}{{end')
const networkOf = (container: string) => field(container, '.HostConfig.NetworkMode')
const gatewayOf = (container: string) => field(container, 'range .NetworkSettings.Networks}}{{.Gateway}}{{end')

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-sites', { privateIp: PRIVATE })
  await host.boot()
  expect((await configure(host)).results.done).toBe('changed')
  // Services of the host, as Ollama and a database would listen.
  await sh(
    host,
    `echo 'server { listen 11434; return 200 ollama; } server { listen 5432; return 200 database; }' >/etc/nginx/conf.d/services.conf
    systemctl reload nginx
    until [ "$(ss -Hltn '( sport = :5432 or sport = :11434 )' | wc -l)" = 2 ]; do sleep 0.1; done
    docker create --name seed ${imageName('1.4.0')}
    docker commit -c 'USER root' -c 'CMD ["/usr/bin/python3","-c","import http.server as h, signal\\nsignal.signal(15, lambda *_: exit())\\nclass H(h.BaseHTTPRequestHandler):\\n def do_GET(s): s.send_response(200); s.end_headers(); s.wfile.write(b\\"ok\\")\\nh.HTTPServer((\\"\\",8501),H).serve_forever()"]' seed ${IMAGE}; docker rm seed`,
  )
  const run = await hostile()
  expect(run.results).toMatchObject({ guard: 'changed', done: 'changed' })
  expect(run.lines).toContain('step=guard result=changed refused="5432:nginx 11434:nginx"')
})
afterAll(() => room?.close())
afterEach(async () => expect(await ask(host, NAME)).toBe(SERVED))

test('its app is not read past nginx, by name or by address', async () => {
  expect(await read(`http://${CONTAINER}:8501/_stcore/health`)).toBe('gaierror')
  expect(await read(`http://${await addressOf(CONTAINER)}:8501/_stcore/health`, 3)).toMatch(/timeout|TimeoutError/i)
  expect(await networkOf(CONTAINER)).toBe(CONTAINER)
  expect(await networkOf(ITS_CONTAINER)).toBe(ITS_CONTAINER)
})

test('it makes no packets of its own, and no packet of the other passes its network', async () => {
  expect(
    await python('try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)\nexcept OSError as e: print(e)'),
  ).toMatch(/Operation not permitted/)
  // Somebody with that right on the same network says that the other's address is his, and listens meanwhile.
  const [victim, gateway] = [await addressOf(CONTAINER), await gatewayOf(CONTAINER)]
  const spoof = `s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(('eth0', 0)); s.settimeout(0.1)
me = s.getsockname()[4]; seen = 0; end = time.time() + 4
ip = socket.inet_aton
arp = b'\\xff' * 6 + me + b'\\x08\\x06\\x00\\x01\\x08\\x00\\x06\\x04\\x00\\x02' + me + ip('${victim}') + b'\\xff' * 6 + ip('${gateway}')
while time.time() < end:
  s.send(arp)
  try: seen += ip('${victim}') in s.recv(2000)[26:]
  except OSError: pass
print('seen', seen)`
  const spoofing = python(
    spoof,
    `run -i --rm --network ${ITS_CONTAINER} --cap-add NET_RAW --user 0 --entrypoint /usr/bin/python3 ${IMAGE} -; :`,
  )
  for (let i = 0; i < 20; i++) expect(await ask(host, NAME)).toBe(SERVED)
  expect(await spoofing).toBe('seen 0')
})

const services = async (port: number) => {
  const at = [PRIVATE, '172.17.0.1', await gatewayOf(ITS_CONTAINER), await gatewayOf(CONTAINER)]
  return readEach(at.map((address) => `http://${address}:${port}/`))
}
const REFUSED = Array(4).fill('ConnectionRefusedError')

test('services of the host are refused, also its nginx, after a restart of Docker and after a boot', async () => {
  expect([await services(11434), await services(5432), await services(80)]).toEqual([REFUSED, REFUSED, REFUSED])
  await sh(host, 'iptables -F INPUT; systemctl restart docker')
  expect(await services(11434)).toEqual(REFUSED)
  await host.powerOff()
  await host.boot()
  await sh(
    host,
    'until curl -sf http://127.0.0.1:8502/ && curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.2; done',
  )
  expect(await services(11434)).toEqual(REFUSED)
  expect((await hostile()).results).toMatchObject({ guard: 'unchanged', container: 'unchanged', done: 'unchanged' })
})

longTest('40 connections at once are all refused, and none is waited for', async () => {
  const kinds = await python(`from concurrent.futures import ThreadPoolExecutor as Pool
def ask(_):
  try: socket.create_connection(('${PRIVATE}', 11434), 30); return 'open'
  except OSError as e: return type(e).__name__
print(sorted(set(Pool(40).map(ask, range(40)))))`)
  expect(kinds).toBe("['ConnectionRefusedError']")
})

/** A resolver at the host's own address, as dnsmasq would be: every name has one address of IPv4, by UDP and by TCP. */
const RESOLVER = `import socket, struct, threading
def answer(q):
  question = q[12:q.index(0, 12) + 5]; known = question[-4:-2] == bytes([0, 1])
  record = bytes([192, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 7]) if known else b''
  return q[:2] + bytes([0x81, 0x80, 0, 1, 0, known, 0, 0, 0, 0]) + question + record
def tcp():
  s = socket.create_server(('${PRIVATE}', 53))
  while True:
    c = s.accept()[0]; a = answer(c.recv(2000)[2:]); c.sendall(struct.pack('!H', len(a)) + a); c.close()
threading.Thread(target=tcp, daemon=True).start()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('${PRIVATE}', 53)); open('/run/resolver', 'w')
while True: q, who = u.recvfrom(2000); u.sendto(answer(q), who)
`

longTest(
  'where the resolver is an address of the host itself, names are found; nothing else of it is reached by UDP',
  async () => {
    await sh(host, 'cat >/usr/local/lib/resolver.py', RESOLVER)
    await sh(
      host,
      `cp -L /etc/resolv.conf /var/tmp/resolv.conf; systemd-run --unit resolver python3 /usr/local/lib/resolver.py
    until [ -e /run/resolver ]; do sleep 0.05; done
    rm -f /etc/resolv.conf; echo 'nameserver ${PRIVATE}' >/etc/resolv.conf; docker restart -t 1 ${ITS_CONTAINER}`,
    )
    expect(await python("print(socket.gethostbyname('ollama.internal'))")).toBe('192.0.2.7')
    const asked = await python(`q = bytes([0, 42, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1])
c = socket.create_connection(('${PRIVATE}', 53), 30); c.sendall(bytes([0, len(q)]) + q); print(socket.inet_ntoa(c.recv(2000)[-4:]))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(('${PRIVATE}', 5353)); u.settimeout(30)
try: u.send(b'x'); u.recv(9)
except OSError as e: print(type(e).__name__)`)
    expect(asked).toBe('192.0.2.7\nConnectionRefusedError')
    await sh(
      host,
      `systemctl stop resolver; rm /run/resolver; cat /var/tmp/resolv.conf >/etc/resolv.conf; docker restart -t 1 ${ITS_CONTAINER}
    until curl -sf http://127.0.0.1:8502/; do sleep 0.2; done`,
    )
  },
)

longTest('limits that a container always has, and what they hold', async () => {
  expect(await field(ITS_CONTAINER, '.HostConfig.PidsLimit')).toBe('4096')
  expect((await hostile({ Pids: '60', ReadOnlyRoot: 'true', TmpSize: '8m' })).results.done).toBe('changed')
  const threads = await python(`import threading
n = 0
try:
  while n < 200: threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); n += 1
except RuntimeError: print(n)`)
  expect(threads).toMatch(/^\d+\s*$/)
  expect(Number(threads)).toBeLessThan(60)
  expect(
    await python("try: open('/tmp/big', 'wb').write(bytes(16 << 20))\nexcept OSError as e: print(e.strerror)"),
  ).toBe('No space left on device')
  expect((await hostile()).results.done).toBe('changed')
})

longTest('hostPorts admits one, and no more, until it is taken away', async () => {
  const run = await hostile({ HostPorts: '11434' })
  expect(run.lines).toContain('step=guard result=changed refused=5432:nginx')
  expect(await read('http://host.docker.internal:11434/')).toBe('ollama')
  expect(await services(5432)).toEqual(REFUSED)
  expect((await hostile({ HostPorts: '11434' })).results.done).toBe('unchanged')
  expect((await hostile({ HostPorts: '5432' })).results.done).toBe('changed')
  expect(await services(11434)).toEqual(REFUSED)
  expect((await services(5432))[0]).toBe('database')
  expect((await hostile()).results.done).toBe('changed')
  expect(await services(5432)).toEqual(REFUSED)
  expect(await sh(host, 'iptables -S INPUT | grep -c rsedge-')).toBe('4\n')
})

longTest(
  'hostPorts admits a container that publishes its port on all addresses, and none that does so on 127.0.0.1',
  async () => {
    const published = ['8600:8501', '127.0.0.1:8700:8501']
    for (const [at, ports] of published.entries())
      await sh(host, `docker run -d --name other-${at} -p ${ports} ${IMAGE}`)
    await sh(host, 'until curl -sf 127.0.0.1:8600 && curl -sf 127.0.0.1:8700; do sleep 0.2; done')
    const others = () => readEach([`http://${PRIVATE}:8600/`, `http://${PRIVATE}:8700/`])
    expect(await others()).toEqual(['ConnectionRefusedError', 'ConnectionRefusedError'])
    expect((await hostile({ HostPorts: '8600,8700' })).results.done).toBe('changed')
    expect(await others()).toEqual(['ok', 'ConnectionRefusedError'])
    await sh(host, 'docker rm -f other-0 other-1')
    expect((await hostile()).results.done).toBe('changed')
  },
)

longTest(
  'a roll-out that fails gives the rules of before back; one that was killed leaves none that nobody knows',
  async () => {
    const rules = () => sh(host, "iptables -S | grep '8502\\|rsedge-' | sort")
    const before = await rules()
    const run = await hostile({ HostPorts: '11434', Image: 'nobody/has-this:1', Pull: 'never' })
    expect(run.exitCode).toBe(1)
    expect(await rules()).toBe(before)
    expect(await services(11434)).toEqual(REFUSED)
    // Killed between a rule and what says so: `iptables -I` ends its parent.
    const killer = `#!/bin/bash
/usr/sbin/iptables "$@" || exit
if [[ $* == *' -I '* ]]; then kill -KILL $PPID; fi
`
    await sh(host, 'mkdir -p /var/tmp/bin; cat >/var/tmp/bin/iptables; chmod +x /var/tmp/bin/iptables', killer)
    await hostile({ HostPorts: '11434' }, { PATH: '/var/tmp/bin:/usr/sbin:/usr/bin:/sbin:/bin' })
    expect(await rules()).toContain('11434')
    expect((await hostile()).results.done).toBe('changed')
    expect(await rules()).toBe(before)
    expect(await services(11434)).toEqual(REFUSED)
  },
)

longTest('as many hostPorts as a site may name', async () => {
  const HostPorts = [11434, ...Array.from({ length: 14 }, (_, at) => 20000 + at)].join()
  expect((await hostile({ HostPorts })).results.done).toBe('changed')
  const at = `http://${PRIVATE}`
  expect(await readEach([`${at}:11434/`, `${at}:5432/`])).toEqual(['ollama', 'ConnectionRefusedError'])
  expect(await sh(host, 'iptables -S')).toContain(` --dports ${HostPorts} `)
})

longTest(
  'a container on the network of all stays there until it is made anew, and is kept from the metadata there',
  async () => {
    const hash = await field(CONTAINER, 'index .Config.Labels "ragstream-edge.hash"')
    await sh(
      host,
      `docker network create --opt com.docker.network.bridge.name=rsedge0 ragstream-edge; docker rm -f ${CONTAINER}
    docker run -d --name ${CONTAINER} --restart unless-stopped -p 127.0.0.1:8501:8501 --network ragstream-edge \\
      --label ragstream-edge.site=${NAME} --label ragstream-edge.hash=${hash} ${imageName('1.4.0')}
    until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.2; done`,
    )
    const run = await configure(host)
    expect(run.lines.filter((line) => line.includes('result=changed'))).toEqual([])
    expect(run.results).toMatchObject({ container: 'unchanged', done: 'unchanged' })
    expect(await networkOf(CONTAINER)).toBe('ragstream-edge')
    expect((await inspect(host)).container.metadataBarred).toBe(true)
    expect((await configure(host, { Image: imageName('1.5.0') })).results.done).toBe('changed')
    expect(await networkOf(CONTAINER)).toBe(CONTAINER)
    expect((await configure(host)).results.done).toBe('changed')
  },
)

longTest('no addresses left for another network: the run says so, and the others serve on', async () => {
  await sh(host, 'for i in $(seq 40); do docker network create full-$i || break; done')
  const run = await configure(host, { Hostname: 'third.example.org', HostPort: '8503', Image: IMAGE })
  expect(run.last).toMatch(
    /^step=container result=failed reason="the network ragstream-edge-third\.example\.org was not made: .*(pool|subnet).*" hint=".*about 31 networks.*docker network prune/,
  )
  expect(await ask(host, HOSTILE)).toBe(SERVED)
  await sh(host, 'docker network rm $(docker network ls -q --filter name=full-)')
  expect((await configure(host, { Hostname: 'third.example.org', HostPort: '8503', Image: IMAGE })).exitCode).toBe(0)
})
