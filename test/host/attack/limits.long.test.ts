// Visitors who want to be many: the other sites of the host answer, its disk holds, and an office with one address is served.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { RELOAD } from '../../../local/faults/nginx.ts'
import { run } from '../../../local/machine/command.ts'
import { ALONE } from '../../support/long-tests.ts'
import { NAME, SITE_FILE, sh } from '../document/bench.ts'
import { ADDRESS, type Attacked, openAttack } from './bench.ts'

const OTHER = 'b.example.com'
const THIRD = 'c.example.com'
/** More than the limits, and with ALONE more than one worker has connections. */
const MANY = ALONE ? 1000 : 400
/** Of the visitors' network, beside the address that they have. */
const TEN: string[] = Array.from({ length: 10 }, (_, number) => `198.51.100.${101 + number}`)
/** Of somebody else. */
const VISITOR = '198.51.100.120'
/** Of an address on all sites, and three eighths of the worker_connections that Debian's nginx.conf has. */
const [OF_ADDRESS, OF_SITE] = [256, 288]

let attacked: Attacked
let TlsPath: string

beforeAll(async () => {
  attacked = await openAttack()
  await attacked.addAddresses([...TEN, VISITOR])
  TlsPath = attacked.role.store(attacked.role.authority.issue([NAME]))
  expect((await attacked.configure({ TlsPath })).results.done).toBe('changed')
  for (const [Hostname, HostPort] of [
    [OTHER, '8502'],
    [THIRD, '8503'],
  ] as const) {
    const TlsPath = attacked.role.store(attacked.role.authority.issue([Hostname]))
    expect((await attacked.configure({ Hostname, HostPort, TlsPath })).results.done).toBe('changed')
  }
})
afterAll(() => attacked?.close())

interface Flood {
  readonly open: number
  readonly opened: number
  readonly resets: number
  /** First line of an answer to how often it came. */
  readonly said: Readonly<Record<string, number>>
}

/** Holds so many connections while `work` is done, from the moment on in which so many of them have an answer. */
async function flood(
  kind: string,
  count: number,
  from: readonly string[],
  work: () => Promise<void>,
  { names = [NAME], answers = 0 } = {},
): Promise<Flood> {
  const words = [kind, String(count), ADDRESS, names.join(), String(answers), from.join()]
  const program = [process.execPath, join(import.meta.dirname, 'flood.ts'), ...words]
  const [command = '', ...rest] = [...attacked.room.client, ...program]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child.stdout, 'data')
  try {
    await work()
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  return JSON.parse(printed.slice(printed.indexOf('{'))) as Flood
}

/** Seconds that a visitor of another site waits at most. The short version does not claim how fast a busy machine is. */
const WAITS = ALONE ? 2 : 20

/** What ten visitors of a site get, one after the other, each on a connection of his own; and how long the slowest took. */
async function answersOf(site: string, { tries = 1 } = {}): Promise<{ statuses: string[]; seconds: number }> {
  const ask = `curl -sk --retry ${tries - 1} --retry-all-errors --retry-delay 1 --interface ${VISITOR} --resolve ${site}:443:${ADDRESS} -o /dev/null -m ${WAITS} -w '%{http_code} %{time_total}\\n' https://${site}/`
  const printed = await run([...attacked.room.client, 'bash', '-c', `for i in $(seq 10); do ${ask}; done; :`])
  const answers = printed
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
  return {
    statuses: answers.map(([status = '']) => status),
    seconds: Math.max(...answers.map(([, time]) => Number(time))),
  }
}

const OK = Array.from({ length: 10 }, () => '200')

/** What visitors get who say hello late. */
const fromFarAway = async (site: string): Promise<string[]> =>
  JSON.parse(await attacked.visitor('far-away.ts', ['10', ADDRESS, site, VISITOR]))

/** nginx answers each connection of these kinds at once: it lets it in, or refuses it with 429. */
const ANSWERED = ['websockets', 'slow readers']

async function othersAnswer(kind: string, count: number, names: string[], from: string[], { tries = 1 } = {}) {
  let seen: Awaited<ReturnType<typeof answersOf>> | undefined
  const flooded = await flood(
    kind,
    count,
    from,
    async () => {
      seen = await answersOf(THIRD, { tries })
    },
    { names: [...names], answers: ANSWERED.includes(kind) ? count : 0 },
  )
  console.log(
    `${count} ${kind} at ${names.length} from ${from.length || 1}: the other site within ${seen?.seconds} s; ${JSON.stringify(flooded)}`,
  )
  expect(seen?.statuses).toEqual(OK)
  return flooded
}

describe('with one worker, which has all connections', () => {
  /** One worker of 768 runs short, and drops who waits for his handshake: on a busy machine a visitor is closed, too, and comes again as browsers do. */
  const COMES_AGAIN = { tries: 3 }
  const workers = (found: string, wanted: string) =>
    sh(
      attacked.host,
      `sed -i 's/^worker_processes ${found};/worker_processes ${wanted};/' /etc/nginx/nginx.conf; ${RELOAD}`,
    )
  beforeAll(() => workers('auto', '1'))
  afterAll(() => workers('1', 'auto'))

  const [one, two] = [[NAME], [NAME, OTHER]]
  const pages: [string, string[], string[], number][] = [
    ['websockets', two, [], OF_ADDRESS],
    ['websockets', one, TEN, OF_SITE],
  ]
  if (ALONE) pages.push(['websockets', one, [], OF_ADDRESS])
  test.each(pages)(
    `${MANY} %s at %j, from %j: the other site answers, and %d are open`,
    async (kind, names, from, open) => {
      const { said } = await othersAnswer(kind, MANY, names, from, ALONE ? COMES_AGAIN : {})
      expect(said).toEqual({
        'HTTP/1.1 101 Switching Protocols': open,
        'HTTP/1.1 429 Too Many Requests': expect.any(Number),
      })
    },
  )

  // What waits for its first bytes is dropped where nginx runs short. The kernel keeps it for a second, so that a busy machine may lose one of ten.
  test('one site full, and 1000 silent from 10 addresses: most of who come from far away to the other site are answered', async () => {
    let got: string[] = []
    const visit = async () => {
      got = await fromFarAway(THIRD)
    }
    await flood('websockets', 400, TEN, () => flood('silent', 1000, TEN, visit).then(() => {}), { answers: 400 })
    expect(got.filter((line) => line === 'HTTP/1.1 200 OK').length).toBeGreaterThan(7)
  })

  const slow: [string, string[], string[]][] = [['slow readers', one, TEN]]
  if (ALONE) slow.push(['slow readers', two, []], ['slow bodies', one, TEN])
  test.each(slow)(`${MANY} %s at %j, from %j: the other site answers`, async (kind, names, from) => {
    const { said } = await othersAnswer(kind, MANY, names, from, COMES_AGAIN)
    expect(said['HTTP/1.1 429 Too Many Requests']).toBeGreaterThan(0)
  })
})

const KINDS: [string, number, string[]][] = [
  ['half headers', MANY, []],
  ['rapid resets', 20, []],
]
if (ALONE) {
  const alone = ['silent', 'half handshakes', 'slow bodies', 'slow readers', 'open http2']
  for (const kind of alone) KINDS.push([kind, MANY, []])
  for (const kind of ['silent', 'half handshakes', 'half headers']) KINDS.push([kind, MANY, TEN])
}
test.each(KINDS)('%s, %d of them, from %j: the other site answers', async (kind, count, from) => {
  await othersAnswer(kind, count, [NAME], from)
})

test('150 visitors behind one address, each with an open page: nobody is refused', async () => {
  const got = JSON.parse(await attacked.visitor('office.ts', ['150', ADDRESS, NAME]))
  expect(got).toEqual({ 101: 150, 200: 150 * 27 })
})

test('four uploads at once from one address, and ten to a site', async () => {
  const refused = { 'HTTP/1.1 429 Too Many Requests': expect.any(Number) }
  // A worker of nginx counts a visitor until it sees that he has gone.
  const gone = `until [ -z "$(ss -Htn state established state close-wait '( sport = :443 )')" ]; do sleep 0.1; done`
  const said = async (count: number, from: readonly string[], options?: Parameters<typeof flood>[4]) => {
    await sh(attacked.host, gone)
    return (await flood('begun uploads', count, from, async () => {}, options)).said
  }
  expect(await said(4, [])).toEqual({})
  expect(await said(5, [], { names: [NAME, OTHER], answers: 1 })).toEqual(refused)
  expect(await said(10, TEN)).toEqual({})
  expect(await said(11, TEN, { answers: 1 })).toEqual(refused)
})

if (ALONE)
  test('40 uploads of 201 MB on a small disk: it holds, and who is refused is told so', async () => {
    const folder = '/var/lib/nginx/body'
    await sh(attacked.host, `mount -t tmpfs -o size=2100m,uid=www-data,mode=700 none ${folder}`)
    const free = async () => Number(await sh(attacked.host, `df --output=avail -BM ${folder} | tail -n 1 | tr -dc 0-9`))
    const { said } = await flood('uploads', 40, TEN, async () => {
      while ((await free()) > 2100 - 10 * 200) await sh(attacked.host, 'sleep 0.2')
      expect((await answersOf(OTHER)).statuses).toEqual(OK)
      expect(await free()).toBeGreaterThan(50)
    })
    await sh(attacked.host, `umount -l ${folder}`)
    expect(said).toEqual({ 'HTTP/1.1 429 Too Many Requests': expect.any(Number) })
  })

test('who takes nothing of an answer for 30 s is let go, and the kernel keeps nothing for him', async () => {
  const log = '/var/log/nginx/access.log'
  // A test does not wait for 30 s; the default of nginx is 60.
  const shorter = `sed -i 's/^    send_timeout 30s;$/    send_timeout 1s;/' ${SITE_FILE}; ${RELOAD} : >${log}`
  await sh(attacked.host, shorter)
  // The first ten: who was let go comes again.
  const ended = `grep -cE 'GET /big[?]([1-9]|10) HTTP/1.1" 200 ' ${log}`
  const left = "ss -Htn '( sport = :443 )' | grep -c FIN-WAIT"
  let seen = ''
  await flood('slow readers', 10, [], async () => {
    seen = await sh(
      attacked.host,
      `for i in $(seq 600); do [ "$(${ended})" -lt 10 ] || break; sleep 0.1; done; ${ended}; ${left}; :`,
    )
  })
  await sh(attacked.host, `sed -i 's/^    send_timeout 1s;$/    send_timeout 30s;/' ${SITE_FILE}; ${RELOAD}`)
  expect(seen).toBe('10\n0\n')
})

test('an address of IPv6 stands for its /64, of whatever bytes; who is refused reads why', async () => {
  await attacked.configure({ TlsPath, ConnectionsPerAddress: '2' })
  const [server, one, two, three, other] = [
    'ffff::1',
    'a0a:a0a::a',
    'a0a:a0a:1::b',
    'a0a:a0a:ffff:a0a:a0a:a0a',
    'a0a:a0b::a',
  ].map((end) => `2001:db8:${end}`)
  const addresses = [server, one, two, three, other].map((address) => `ip address add ${address}/128 dev lo`)
  const page = `-H 'Upgrade: websocket' -H 'Connection: Upgrade'`
  const told = await sh(
    attacked.host,
    `${addresses.join('; ')}
    ask() { from=$1; shift; curl -sk --http1.1 -m 20 --interface "$from" --resolve '${NAME}:443:[${server}]' https://${NAME}/_stcore/stream -w ' %{http_code}\n' "$@"; }
    # Two have a page each, who come again where a third was before them.
    hold() { while :; do ask "$1" ${page} -m 300 >/dev/null; done; }
    hold ${one} & hold ${two} &
    for i in $(seq 300); do got=$(ask ${three}); case $got in *429) break ;; esac; sleep 0.1; done
    echo "$got"; ask ${other}
    for from in ${three} ${other}; do curl -s -m 20 --interface "$from" --resolve '${NAME}:80:[${server}]' http://${NAME}/_stcore/health -o /dev/null -w 'port 80: %{http_code}\n'; done; kill %1 %2`,
  )
  expect(told).toMatch(/^Too many requests to this site at once\. .*\n 429\n.* 200\nport 80: 429\nport 80: 200\n$/)
})
