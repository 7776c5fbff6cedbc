// A visitor without a password, or from nowhere, and a guarded site: whatever he writes, the app gets nothing of it.
import { untilNobody } from '../../support/at-rest.ts'
import { LONG, longDescribe } from '../../support/long-tests.ts'
import { base64, CONTAINER, NAME, sh } from '../document/bench.ts'
import { type Attacked, openAttack, PASSWORD, VISITORS } from './bench.ts'
import { recorded, TREASURE } from './recorder.ts'
import { attemptsOn, respelled } from './spellings.ts'

const [ALIAS, LACKING] = ['www.example.com', 'new.example.com']
const ALIASES = `${ALIAS},${LACKING}`
/** What of a visitor's request for the health reaches the app. */
const ALLOWED = /^(GET|HEAD) \/_stcore\/health HTTP\/1\.1\r\nHost: ragstream\.rusbehabtahi\.com\r\n\r\n$/
/** In which the visitor is, by the layout of the bench. */
const HIS_NETWORK = '198.51.100.0/24'
/** In which apps and their frameworks look for who asks, from where and by which name; the last three as nginx should not let them in at all. */
const TRUSTED = [
  ...[
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
  ],
  ...['X-Forwarded-Server', 'X-Forwarded-Scheme', 'X-Forwarded-Ssl', 'X-Real-IP', 'X-Client-IP', 'True-Client-IP'],
  ...['Remote-User', 'X-Remote-User', 'X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Preferred-Username'],
  ...['X-Forwarded-Groups', 'X-Forwarded-Access-Token', 'X-Auth-Request-User', 'X-Auth-Request-Email'],
  ...['X_Streamlit_User', 'X_Forwarded_For', 'Remote_User'],
]

let attacked: Attacked
let TlsPath: string
const kinds = Object.entries(attemptsOn(NAME, [ALIAS, LACKING]))

beforeAll(async () => {
  attacked = await openAttack()
  TlsPath = attacked.role.store(attacked.role.authority.issue([NAME, ALIAS]))
  // The owner's own wish for other sites: a password or a network, one of them is enough.
  await sh(attacked.host, 'echo "satisfy any;" >/etc/nginx/conf.d/own.conf')
})
afterAll(() => attacked?.close())

/**
 * Heads so far. A worker of nginx that stood still may pass requests on after their visitors have gone: first these connections end, and what
 * nginx has sent to the app is read.
 */
async function recordedAtRest(): Promise<string[]> {
  await untilNobody(attacked.host)
  // Not those that nginx keeps for the next request.
  const app = "ss -Htn '( sport = :8501 or dport = :8501 )' | grep -v '^ESTAB *0 *0 '"
  await sh(attacked.host, `until [ -z "$(${app})" ]; do sleep 0.1; done`)
  return recorded(attacked.host)
}

/** Answers, and what has reached the app since. */
async function attack(...attempts: Parameters<Attacked['attack']>) {
  const before = (await recordedAtRest()).length
  const answers = await attacked.attack(...attempts)
  return { answers, got: (await recordedAtRest()).slice(before) }
}

/** Milliseconds for the first byte, where an answer must come: the machine may be busy. */
const PATIENCE = 60_000
const statusOf = (answer: string) => /^HTTP\/\S+ (\d+)/.exec(answer)?.[1] ?? 'none'
const lines = (method: string, target: string, more = ''): string =>
  `${method} ${target} HTTP/1.1\r\nHost: ${NAME}\r\n${more}Connection: close\r\n\r\n`

test.each(kinds)('%s: at least ten spellings', (_, attempts) => {
  expect(new Set(attempts.map((one) => JSON.stringify({ ...one, port: 443 }))).size).toBeGreaterThanOrEqual(10)
})

/** Who is let in, the values of the site, and what everybody else is answered. */
const GUARDED = [
  ['visitors with a password', () => ({ TlsPath, PasswordsPath: VISITORS, Networks: HIS_NETWORK }), '401'],
  ['visitors from a network', () => ({ TlsPath, Networks: '203.0.113.0/24,2001:db8::/32' }), '403'],
  ['nobody, since their list cannot be read', () => ({ TlsPath, PasswordsPath: '/ragstream/nobody' }), '503'],
  ['nobody, since there is no certificate', () => ({ Networks: '0.0.0.0/0' }), '503'],
] as const

// The third has the server block of the first two and the 503 of the last one, whose block is that of port 80: with LONG=true.
describe.each(GUARDED.filter((_, index) => LONG || index !== 2))('a site that lets in %s', (_, values, refusal) => {
  let answers: string[]
  let got: string[]

  beforeAll(async () => {
    const { lines, results } = await attacked.configure({ Aliases: ALIASES, ...values() })
    expect(results['port-80-health']).toBe('ok')
    if ('TlsPath' in values()) expect(lines.join('\n')).toMatch(/step=certificate result=\w+ .*lacks=new\.example\.com/)
    ;({ answers, got } = await attack(kinds.flatMap(([, attempts]) => attempts)))
  })

  test('is guarded', async () => {
    const port = 'TlsPath' in values() ? 443 : 80
    expect((await attacked.attack([{ port, raw: lines('GET', '/') }], PATIENCE)).map(statusOf)).toEqual([refusal])
  })

  test.each(kinds)('nobody gets more by %s', (kind, attempts) => {
    const from = kinds
      .slice(
        0,
        kinds.findIndex(([name]) => name === kind),
      )
      .flatMap(([, before]) => before).length
    const these = answers.slice(from, from + attempts.length)
    expect(these).toHaveLength(attempts.length)
    expect(attempts.filter((_, index) => these[index]!.includes(TREASURE))).toEqual([])
  })

  test('nothing of it reached the app but the health path, without anything that the visitor wrote', () => {
    expect(got.length).toBeGreaterThan(100)
    expect(got.filter((head) => !ALLOWED.test(head))).toEqual([])
  })

  test('the health is answered, by GET and HEAD alone', async () => {
    const asked = ['GET', 'HEAD', 'POST', 'get'].map((method) => ({
      port: 80 as const,
      raw: lines(method, '/_stcore/health?x'),
    }))
    const { answers, got } = await attack(asked, PATIENCE)
    expect(answers.map(statusOf)).toEqual(['200', '200', '405', '400'])
    expect(answers[0]).toMatch(/\r\n\r\nok$/)
    expect(got.map((head) => head.split(' ')[0]).sort()).toEqual(['GET', 'HEAD'])
  })

  if (refusal === '401') {
    test('an unknown Host behind the handshake of a known name gets no answer', async () => {
      const stranger = { ':method': 'GET', ':scheme': 'https', ':authority': 'evil.example.com', ':path': '/' }
      const raw = lines('GET', '/').replace(NAME, 'evil.example.com')
      const { answers, got } = await attack([
        { port: 443, raw },
        { port: 443, headers: stranger },
        { port: 80, raw },
      ])
      expect({ answers, got }).toEqual({ answers: ['', '', ''], got: [] })
    })

    test('the app is told who asks, and by which name, by nginx alone; of upgrades it hears of WebSockets', async () => {
      const authorization = `Authorization: Basic ${Buffer.from(`ali:${PASSWORD}`).toString('base64')}\r\n`
      const claims = TRUSTED.map((name) => `${name}: forged\r\n${name.toLowerCase()}: forged\r\n`).join('')
      const upgrade = (to: string) => `Upgrade: ${to}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`
      const as = (more: string) => ({ port: 443 as const, raw: lines('GET', '/', authorization + more) })
      const upgrades = ['h2c', 'TLS/1.0', 'websocket, h2c', 'WebSocket']
      const { answers, got } = await attack([as(claims), ...upgrades.map((to) => as(upgrade(to)))], PATIENCE)
      expect(answers.map(statusOf)).toEqual(['200', '200', '200', '200', '101'])
      expect(got.filter((head) => /forged|Authorization/i.test(head))).toEqual([])
      for (const head of got)
        expect(head).toMatch(
          /^Host: (.*)\r\nX-Real-IP: 198\.51\.100\.10\r\nX-Forwarded-For: 198\.51\.100\.10\r\nX-Forwarded-Host: \1\r\nX-Forwarded-Proto: https\r\n/m,
        )
      const told = got.flatMap((head) => /^upgrade: .*$/im.exec(head)?.[0] ?? [])
      expect(told).toEqual(['Upgrade: websocket'])
    })

    test('who has the password gets what the others did not', async () => {
      const more = `Authorization: Basic ${Buffer.from(`ali:${PASSWORD}`).toString('base64')}\r\n`
      const asked = [{ port: 443, raw: lines('GET', '/app/static/report.pdf', more) } as const]
      const { answers, got } = await attack(asked, PATIENCE)
      expect(answers[0]).toContain(TREASURE)
      expect(got).toEqual([expect.stringMatching(/^GET \/app\/static\/report\.pdf HTTP\/1\.1\r\n/)])
      expect(got.join()).not.toMatch(/Authorization/i)
      const file = `/etc/nginx/conf.d/ragstream-edge-${NAME}.conf`
      const mine = /ragstream_edge=(\w{32})/.exec(await sh(attacked.host, `cat ${file}`))![0]
      expect(await sh(attacked.host, `setpriv --reuid nobody --regid nogroup --clear-groups cat ${file} 2>&1`)).toMatch(
        /Permission denied/,
      )
      // The app gets the visitor's cookies, and not the one that nginx gave.
      const cookies = [`a=b; ${mine}; c=d`, mine, `${mine};c=d`, `a=b; ${mine}`, 'a=b; xragstream_edge=1']
      const told = await attack(
        cookies.map((one) => ({ port: 443 as const, raw: lines('GET', '/', `${more}Cookie: ${one}\r\n`) })),
        PATIENCE,
      )
      const passed = told.got.map((head) => /^cookie: (.*)$/im.exec(head)?.[1] ?? 'none')
      expect(passed.sort()).toEqual(['a=b; ', 'a=b; c=d', 'a=b; xragstream_edge=1', 'c=d', 'none'])
    })

    test('of 400 guesses at once many are not even tried; who was let in once is not counted', async () => {
      const as = (name: string, password: string, more = '') => ({
        port: 443 as const,
        raw: lines(
          'GET',
          '/',
          `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString('base64')}\r\n${more}`,
        ),
      })
      const right = (await attacked.attack([as('ali', PASSWORD)], PATIENCE))[0]!
      const cookie = /^Set-Cookie: (ragstream_edge=[0-9a-f]{32}); Path=\/; Secure; HttpOnly; SameSite=Lax\r$/m.exec(
        right,
      )?.[1]
      expect(right).toMatch(/^HTTP\/1.1 200 [\s\S]*^Strict-Transport-Security: max-age=0\r$/m)
      // A hundred of them are tried or wait, and five more in each second until the last one came. Who is refused makes room for the next.
      const [MANY, AT_ONCE] = [400, 120]
      const guess = async (more = '') => {
        const attempts = Array.from({ length: MANY }, (_, number) => as('ali', `guess ${number}`, more))
        const began = performance.now()
        const guesses = await attacked.attack(attempts, PATIENCE, AT_ONCE)
        const tried = 101 + (5 * (performance.now() - began)) / 1000
        expect(guesses.filter((answer) => statusOf(answer) === '429').length).toBeGreaterThanOrEqual(MANY - tried)
        return guesses
      }
      const guesses = await guess()
      expect(guesses.filter((answer) => statusOf(answer) === '401').length).toBeGreaterThanOrEqual(100)
      expect(guesses.filter((answer) => /set-cookie/i.test(answer))).toEqual([])
      const page = Array.from({ length: 200 }, () => as('ali', PASSWORD, `Cookie: a=b; ${cookie}\r\n`))
      const answers = await attacked.attack(page, PATIENCE)
      expect(answers.map(statusOf)).toEqual(page.map(() => '200'))
      expect(answers.filter((answer) => /set-cookie/i.test(answer))).toEqual([])
      const stolen = await guess(`Cookie: ${cookie!.replace(/.$/, 'x')}\r\n`)
      expect(stolen.map(statusOf)).not.toContain('200')
    })

    test('a field takes the limit of guesses away', async () => {
      expect((await attacked.configure({ Aliases: ALIASES, ...values(), Guesses: '' })).results.nginx).toBe('changed')
      const wrong = `Authorization: Basic ${Buffer.from('ali:a guess').toString('base64')}\r\n`
      const guesses = await attacked.attack(
        Array.from({ length: 300 }, () => ({ port: 443 as const, raw: lines('GET', '/', wrong) })),
      )
      expect(new Set(guesses.map(statusOf).filter((status) => status !== 'none'))).toEqual(new Set(['401']))
    })
  }
})

/** Of another app; what it says there is its own, and taken for its health. */
const READY = '/_app/ready'
longDescribe('a site whose app says at another path that it is ready, in words that are nobody else’s', () => {
  const HealthBody = base64(TREASURE)
  let answers: string[]
  let got: string[]

  beforeAll(async () => {
    const run = await attacked.configure({ TlsPath, PasswordsPath: VISITORS, HealthPath: READY, HealthBody })
    expect(run.results).toMatchObject({ health: 'ok', 'port-80-health': 'ok', 'port-443-health': 'ok' })
    ;({ answers, got } = await attack(respelled(kinds.flatMap(([, attempts]) => attempts))))
  })

  test('nothing of the app is seen, by whatever spelling', () => {
    expect(answers.length).toBeGreaterThan(100)
    expect(answers.filter((answer) => answer.includes(TREASURE))).toEqual([])
  })

  test('nothing of it reached the app but the question of nginx itself', () => {
    const asked = /^GET \/_app\/ready HTTP\/1\.1\r\nHost: ragstream\.rusbehabtahi\.com\r\n\r\n$/
    expect(got.length).toBeGreaterThan(100)
    expect(got.filter((head) => !asked.test(head))).toEqual([])
  })

  const asking = (port: 80 | 443, ...methods: string[]) =>
    attacked.attack(
      methods.map((method) => ({ port, raw: lines(method, `${READY}?x`) })),
      PATIENCE,
    )

  test.each([80, 443] as const)('on port %d nginx says ok, by GET and HEAD alone', async (port) => {
    const said = await asking(port, 'GET', 'HEAD', 'POST')
    expect(said.map(statusOf)).toEqual(['200', '200', '405'])
    expect(said[0]).toMatch(/\r\n\r\nok$/)
  })

  test('503 of nginx where the app does not answer; the run after it finds what is wrong', async () => {
    await sh(attacked.host, `docker stop -t 0 ${CONTAINER}`)
    const said = await asking(80, 'GET')
    expect(said.map(statusOf)).toEqual(['503'])
    expect(said[0]).toMatch(/^Server: nginx/m)
    const run = await attacked.configure({ TlsPath, PasswordsPath: VISITORS, HealthPath: READY, HealthBody })
    expect(run.results).toMatchObject({ health: 'ok', 'port-443-health': 'ok' })
  })

  test('the inner question is nobody’s to ask', async () => {
    const { answers, got } = await attack([{ port: 443, raw: lines('GET', '/_ragstream-edge/health') }], PATIENCE)
    expect(answers.map(statusOf)).toEqual(['404'])
    expect(got).toEqual([])
  })
})
