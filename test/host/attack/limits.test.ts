// Visitors who want to be many: the other sites of the host answer, its disk holds, and an office with one address is served.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { run } from '../../../local/machine/command.ts'
import { NAME, sh } from '../document/bench.ts'
import { ADDRESS, type Attacked, openAttack } from './bench.ts'

const OTHER = 'b.example.com'
/** `npm run test:soak -- attack` tries all of them. */
const LONG = process.env.ATTACK === 'long'
/** Of the visitors' network, beside the address that they have. */
const TEN = Array.from({ length: 10 }, (_, number) => `198.51.100.${101 + number}`)
/** A quarter of the worker_connections that Debian's nginx.conf has. */
const QUARTER = 192

let attacked: Attacked
let TlsPath: string

beforeAll(async () => {
  attacked = await openAttack()
  await attacked.addAddresses(TEN)
  TlsPath = attacked.role.store(attacked.role.authority.issue([NAME]))
  const other = attacked.role.store(attacked.role.authority.issue([OTHER]))
  expect((await attacked.configure({ TlsPath })).results.done).toBe('changed')
  expect((await attacked.configure({ Hostname: OTHER, HostPort: '8502', TlsPath: other })).results.done).toBe('changed')
})
afterAll(() => attacked?.close())

interface Flood {
  readonly open: number
  readonly opened: number
  readonly resets: number
  /** First line of an answer to how often it came. */
  readonly said: Readonly<Record<string, number>>
}

/** Holds so many connections while `work` is done. */
async function flood(kind: string, count: number, from: readonly string[], work: () => Promise<void>): Promise<Flood> {
  const program = [process.execPath, join(import.meta.dirname, 'flood.ts'), kind, String(count), ADDRESS, NAME]
  const [command = '', ...rest] = [...attacked.room.client, ...program, from.join()]
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

/** What a visitor of the other site gets, each time on a new connection, and the longest that it took. */
async function othersAnswers(times = 10): Promise<{ statuses: string[]; seconds: number }> {
  const ask = `curl -sk --resolve ${OTHER}:443:${ADDRESS} -o /dev/null -m 20 -w '%{http_code} %{time_total}\\n' https://${OTHER}/`
  const printed = await run([...attacked.room.client, 'bash', '-c', `for i in $(seq ${times}); do ${ask}; done`])
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

const KINDS: [string, number, readonly string[]][] = [
  ['websockets', 1000, []],
  ['websockets', 1000, TEN],
  ['half headers', 1000, []],
  ...(LONG
    ? [
        ...['silent', 'half handshakes', 'slow bodies', 'open http2'].map(
          (kind): [string, number, readonly string[]] => [kind, 1000, []],
        ),
        ...['silent', 'half handshakes', 'half headers', 'slow bodies'].map(
          (kind): [string, number, readonly string[]] => [kind, 1000, TEN],
        ),
        ['rapid resets', 20, []] as [string, number, readonly string[]],
      ]
    : []),
]
test.each(KINDS)('%s, %d of them, from %j: the other site answers', async (kind, count, from) => {
  let seen: Awaited<ReturnType<typeof othersAnswers>> | undefined
  const { said, ...rest } = await flood(kind, count, from, async () => {
    seen = await othersAnswers()
  })
  console.log(
    `${count} ${kind} from ${from.length || 1}: the other site within ${seen?.seconds} s; ${JSON.stringify({ ...rest, said })}`,
  )
  expect(seen?.statuses).toEqual(OK)
  if (kind === 'websockets')
    expect(said).toEqual({
      'HTTP/1.1 101 Switching Protocols': QUARTER,
      'HTTP/1.1 429 Too Many Requests': expect.any(Number),
    })
})

test('150 visitors behind one address, each with an open page: nobody is refused', async () => {
  const got = JSON.parse(await attacked.visitor('office.ts', ['150', ADDRESS, NAME]))
  expect(got).toEqual({ 101: 150, 200: 150 * 27 })
})

test('ten uploads at once, as many as one browser sends', async () => {
  expect((await flood('begun uploads', 10, [], async () => {})).said).toEqual({})
  expect((await flood('begun uploads', 11, TEN, async () => {})).said).toEqual({
    'HTTP/1.1 429 Too Many Requests': expect.any(Number),
  })
})

if (LONG)
  test('40 uploads of 201 MB on a small disk: it holds, and who is refused is told so', async () => {
    const folder = '/var/lib/nginx/body'
    await sh(attacked.host, `mount -t tmpfs -o size=2100m,uid=www-data,mode=700 none ${folder}`)
    const free = async () => Number(await sh(attacked.host, `df --output=avail -BM ${folder} | tail -n 1 | tr -dc 0-9`))
    const { said } = await flood('uploads', 40, TEN, async () => {
      while ((await free()) > 2100 - 10 * 200) await sh(attacked.host, 'sleep 0.2')
      expect((await othersAnswers()).statuses).toEqual(OK)
      expect(await free()).toBeGreaterThan(50)
    })
    await sh(attacked.host, `umount -l ${folder}`)
    expect(said).toEqual({ 'HTTP/1.1 429 Too Many Requests': expect.any(Number) })
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
    ask ${one} ${page} & ask ${two} ${page} &
    for i in $(seq 100); do got=$(ask ${three}); case $got in *429) break ;; esac; sleep 0.1; done
    echo "$got"; ask ${other}; kill %1 %2`,
  )
  expect(told).toMatch(/^Too many requests to this site at once\. .*\n 429\n.* 200\n$/)
})
