// HTTPS on a real host: served with a certificate that fits, the one before kept where a new one does not, and taken away again.
import { X509Certificate } from 'node:crypto'
import { RELOAD } from '../../../local/faults/nginx.ts'
import { type Authority, openAuthority, type Pem } from '../../../local/machine/authority.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { startWire, type Wire } from '../../../local/wire/server.ts'
import { liveWorld } from '../../../local/world/live.ts'
import { createWorld } from '../../../local/world/world.ts'
import { CREDENTIALS, startInstanceMetadata } from '../../support/instance-role.ts'
import { longTest, someOf } from '../../support/long-tests.ts'
import { openRoom } from '../machine/bench.ts'
import {
  ask,
  CONTAINER,
  configure,
  documentOf,
  imageName,
  inspect,
  killing,
  mendReload,
  NAME,
  NO_SITE,
  often,
  runAnd,
  SERVED,
  SITE_FILE,
  sh,
  slowReload,
  type Values,
} from './bench.ts'

const STATE = `/var/lib/ragstream-edge/${NAME}/tls`
const VISITORS = '/ragstream/visitors'
const USERS = '/etc/nginx/ragstream-edge'
const UPGRADE = `--http1.1 -H 'Upgrade: websocket' -H 'Connection: Upgrade' -H 'Origin: https://${NAME}' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' -o /dev/null`

/** As on a host with SELinux: which labels are asked for, since there is none here. */
const LABELS = `for name in restorecon chcon; do printf '#!/bin/sh\\necho %s "$*" >>/root/labels\\n' $name >/usr/local/bin/$name; chmod 755 /usr/local/bin/$name; done`

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
let ca: Authority
let wire: Wire
let metadata: Awaited<ReturnType<typeof startInstanceMetadata>>
const world = liveWorld(createWorld({}))

beforeAll(async () => {
  ca = openAuthority()
  room = await openRoom()
  wire = await startWire({
    world,
    authorize: () => undefined,
    secretOf: () => CREDENTIALS.SecretAccessKey,
    address: room.cloudAddress,
  })
  metadata = await startInstanceMetadata(room.cloudAddress)
  host = await room.machine('i-tls', { privateIp: '172.31.4.5' })
  await host.boot()
  await sh(
    host,
    `iptables -t nat -I OUTPUT -d 169.254.169.254 -p tcp --dport 80 -j DNAT --to-destination ${room.cloudAddress}:${metadata.port}`,
  )
  await sh(host, 'cat >/root/ca.pem', ca.root)
  await sh(host, LABELS)
})
afterAll(async () => {
  await room?.close()
  await wire?.close()
  world.close()
  metadata?.close()
  ca?.close()
})

let number = 0
/** Stores it as the function does; a new path each time. */
function store({ key, certificate, chain }: Pem): string {
  const path = `/ragstream-edge/prod/tls/${NAME}/${(++number).toString(16).padStart(32, '0')}`
  for (const [part, value] of Object.entries({ key, certificate, chain }))
    world.dispatch({ type: 'PutParameter', name: `${path}/${part}`, value, parameterType: 'SecureString' })
  return path
}

/** `replace`: no waiting for those who are served by the old container. */
const run = (values: Values = {}) => configure(host, { Rollout: 'replace', ...values }, { EDGE_SSM_ENDPOINT: wire.url })

/** `<curl's exit code> <body> <status>` by HTTPS on the host itself, judged as a browser judges it. */
const secure = (path = '/_stcore/health', more = '', name = NAME) =>
  sh(host, `out=$(${curl(path, `-w ' %{http_code}' ${more}`, name)}); echo "$? $out"`).then((text) => text.trimEnd())

const curl = (path: string, more: string, name = NAME) =>
  `curl -s -m 60 --cacert /root/ca.pem --resolve ${name}:443:127.0.0.1 ${more} 'https://${name}${path}'`

/** The first line of the answer to a WebSocket's request. An open WebSocket would last until curl's limit: it is closed then. */
const openWebSocket = (more = '') =>
  sh(
    host,
    `rm -f /run/head; ${curl('/_stcore/stream', `${UPGRADE} ${more} -D /run/head`)} & until [ -s /run/head ] || ! kill -0 $!; do sleep 0.1; done; kill $!; head -n 1 /run/head`,
  )

const SERIAL = `export SSL_CERT_FILE=/dev/null; openssl s_client -connect 127.0.0.1:443 -servername ${NAME} </dev/null 2>/dev/null | openssl x509 -noout -serial`

const serial = () => sh(host, SERIAL)

const image = () => sh(host, `docker inspect --format '{{.Config.Image}}' ${CONTAINER}`).then((text) => text.trim())

const serialOf = ({ certificate }: Pem) => sh(host, 'openssl x509 -noout -serial', certificate)

/** A reload returns before it takes effect. */
const untilShown = (name: string): string =>
  `export SSL_CERT_FILE=/dev/null; until openssl s_client -connect 127.0.0.1:443 -servername ${NAME} </dev/null 2>/dev/null | openssl x509 -noout -checkhost ${name} | grep -q 'does match'; do sleep 0.05; done`

test('without a certificate port 80 serves, and nobody listens on 443', async () => {
  expect((await run()).results.done).toBe('changed')
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await secure()).toBe('7  000')
  expect(await sh(host, `grep -cE "listen.* 443|:443" ${SITE_FILE} /etc/nginx/conf.d/ragstream-edge.conf`)).toMatch(
    /:0\n.*:0\n/,
  )
})

test('a first one that is refused: port 80 serves the new image, and the end tells what was refused', async () => {
  const before = await sh(host, `cat /var/lib/ragstream-edge/${NAME}/applied`)
  const values = { TlsPath: store(ca.issue([NAME], 0)), Image: imageName('1.5.0'), SiteHash: '123456abcdef' }
  const { exitCode, lines, last, results, stderr } = await run(values)
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  expect(lines.join('\n')).toMatch(/^step=certificate result=failed reason=".*it expired.*" serves="port 80 alone"$/m)
  expect(last).toMatch(/^step=certificate result=failed .*it expired/)
  expect(results).toMatchObject({ container: 'changed', 'port-80-health': 'ok' })
  expect(await image()).toBe(imageName('1.5.0'))
  expect([await ask(host, NAME), await secure()]).toEqual([SERVED, '7  000'])
  // As long as it is refused the site is not as it is wanted.
  expect(await sh(host, `cat /var/lib/ragstream-edge/${NAME}/applied`)).toBe(before)
})

test('on a host without openssl: the end says so', async () => {
  await sh(host, 'mv /usr/bin/openssl /root')
  const { exitCode, last } = await run({ TlsPath: store(ca.issue([NAME])) })
  await sh(host, 'mv /root/openssl /usr/bin')
  expect(exitCode).toBe(1)
  expect(last).toContain('reason="there is no openssl on this host"')
})

test('with access, and without HTTPS, nobody is let in; the health is asked as ever', async () => {
  expect((await run({ PasswordsPath: VISITORS, Networks: '0.0.0.0/0' })).results.done).toBe('changed')
  expect(await sh(host, `curl -s -o /dev/null -D - -H 'Host: ${NAME}' http://127.0.0.1/`)).toMatch(/^HTTP\S+ 503 /)
  expect(await ask(host, NAME)).toBe(SERVED)
  expect((await inspect(host)).answers).toMatchObject({ appWebSocket: 101, nginxWebSocket: 503 })
})

describe('with a certificate', () => {
  let first: Pem
  let path: string

  test('HTTPS is served, HTTP leads there, an unknown name gets no handshake; only root can read the key', async () => {
    first = ca.issue([NAME])
    path = store(first)
    const { results, lines, stderr } = await run({ TlsPath: path, Hsts: 'true' })
    expect(results).toMatchObject({
      certificate: 'changed',
      'port-443-health': 'ok',
      container: 'unchanged',
      done: 'changed',
    })
    expect(stderr).toBe('')
    expect(await secure()).toBe('0 ok 200')
    expect(await secure('/', '-o /dev/null -w "HTTP/%{http_version}"')).toBe('0 HTTP/2')
    expect(await sh(host, 'nginx -t 2>&1 | grep warn')).toBe('')
    expect(await secure('/', '-o /dev/null -D - --http1.1')).toMatch(/Strict-Transport-Security: max-age=31536000/i)
    expect(
      await sh(
        host,
        `curl -s -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: ${NAME}' 'http://127.0.0.1/a?b'`,
      ),
    ).toBe(`307 https://${NAME}/a?b`)
    expect(await ask(host, NAME)).toBe(SERVED)
    expect(await ask(host, 'another.example.com')).toBe(NO_SITE)
    expect(await secure('/', '-k', 'another.example.com')).toBe('35  000')
    expect(await sh(host, 'cat /root/labels')).toContain(`chcon -R -t cert_t ${STATE}/${path.split('/').at(-1)}.next\n`)
    const modes = await sh(host, `stat -c '%a %U' ${STATE} ${STATE}/* ${STATE}/*/key`)
    expect(modes).toBe('700 root\n700 root\n600 root\n')
    const key = first.key.split('\n')[1]!
    expect(`${lines.join()}${await sh(host, 'cat /var/log/ragstream-edge.log')}`.includes(key)).toBe(false)
  })

  test('the app hears that it was HTTPS, and its WebSocket opens; nothing below TLS 1.2', async () => {
    expect(await openWebSocket()).toMatch(/^HTTP\/1\.1 101 /)
    const old = await sh(
      host,
      `echo | openssl s_client -connect 127.0.0.1:443 -servername ${NAME} -tls1_1 -cipher ALL:@SECLEVEL=0 2>&1`,
    )
    expect(old).toMatch(/alert protocol version|no protocols available|unsupported protocol/i)
  })

  test('the host looks at itself where its visitors are: port 80 only leads them on', async () => {
    const { answers, rendering, certificate, firewall } = await inspect(host)
    expect(answers).toMatchObject({ nginx: { status: 200, body: 'ok' }, appWebSocket: 101, nginxWebSocket: 101 })
    expect(rendering.live).toBe(rendering.file)
    const until = `${new Date(new X509Certificate(first.certificate).validTo).toISOString().slice(0, 19)}Z`
    expect(certificate).toEqual({ names: [NAME], issuer: 'CN=Test Intermediate', until, alone: false })
    expect(firewall).toEqual({ port80: 'open', rule: null, port443: 'open', rule443: null })
  })

  longTest('what is shown is told as it is: of another name, alone; and a rule that closes 443', async () => {
    const folder = await sh(host, `sed -n 's|.*ssl_certificate \\(.*\\)/full;|\\1|p' ${SITE_FILE} | tr -d '\\n'`)
    const other = ca.issue(['other.example.com', 'www.example.com'])
    await sh(host, `cp ${folder}/key /root/key; cp ${folder}/full /root/full; cat >${folder}/key`, other.key)
    await sh(host, `cat >${folder}/full; ${RELOAD}`, other.certificate)
    await sh(host, `iptables -I INPUT -p tcp --dport 443 ! -i lo -j DROP; ${untilShown('other.example.com')}`)
    const { certificate, firewall } = await inspect(host)
    expect(certificate).toMatchObject({ names: ['other.example.com', 'www.example.com'], alone: true })
    const rule443 = '-A INPUT ! -i lo -p tcp -m tcp --dport 443 -j DROP'
    expect(firewall).toEqual({ port80: 'open', rule: null, port443: 'closed', rule443 })
    await sh(host, `iptables -D INPUT -p tcp --dport 443 ! -i lo -j DROP; cp /root/key /root/full ${folder}`)
    await sh(host, `${RELOAD} ${untilShown(NAME)}`)
  })

  test('again: nothing to do, and nothing is fetched', async () => {
    const { results } = await run({ TlsPath: path, Hsts: 'true' })
    expect(results).toMatchObject({ certificate: 'unchanged', nginx: 'unchanged', done: 'unchanged' })
  })

  const refused: readonly [string, () => string, RegExp][] = [
    ['of another name', () => store(ca.issue(['other.example.com'])), /is not for ragstream/],
    ['that has expired', () => store(ca.issue([NAME], 0)), /it expired/],
    ['under another key', () => store({ ...ca.issue([NAME]), key: first.key }), /do not belong together/],
    [
      'with a chain of somebody else',
      () => store({ ...ca.issue([NAME]), chain: ca.root }),
      /its chain does not lead on/,
    ],
    ['that is not there', () => path.replace(/.$/, 'f'), /was not read: ParameterNotFound/],
  ]
  test.each(someOf(refused))(
    'one %s is refused before nginx sees it: the one before is served, and the new image',
    async (_, stored, reason) => {
      const { exitCode, last } = await run({ TlsPath: stored(), Image: imageName('1.5.0') })
      expect(exitCode).toBe(1)
      expect(last).toMatch(/^step=certificate result=failed/)
      expect(last).toMatch(reason)
      expect(await serial()).toBe(await serialOf(first))
      expect(await secure()).toBe('0 ok 200')
      expect(await image()).toBe(imageName('1.5.0'))
    },
  )

  test('a renewed one is served at once, and the old key is gone from the host', async () => {
    const second = ca.issue([NAME])
    const next = store(second)
    expect((await run({ TlsPath: next })).results).toMatchObject({ certificate: 'changed', nginx: 'changed' })
    expect(await often(host, SERIAL)).toBe(await serialOf(second))
    expect(await sh(host, `ls ${STATE}`)).toBe(`${next.split('/').at(-1)}\n`)
    path = next
  })

  test('without hsts browsers are told to forget it', async () => {
    expect(await secure('/', '-o /dev/null -D - --http1.1')).toMatch(/Strict-Transport-Security: max-age=0\r?$/im)
  })

  longTest('an alias that it does not cover yet is named, and served on port 80 until it is', async () => {
    const { lines, results } = await run({ TlsPath: path, Aliases: 'www.example.com' })
    expect(results.done).toBe('changed')
    expect(lines.join('\n')).toMatch(/step=certificate result=unchanged .*lacks=www\.example\.com/)
    const page = (name: string) =>
      sh(host, `curl -s -o /dev/null -w '%{http_code}' -H 'Host: ${name}' http://127.0.0.1/`)
    expect([await page(NAME), await page('www.example.com')]).toEqual(['307', '200'])
  })

  test('visitors from a network, or with a password; the health needs neither', async () => {
    expect((await run({ TlsPath: path, Networks: '203.0.113.0/24' })).results.done).toBe('changed')
    expect(await secure('/', '-o /dev/null')).toBe('0  403')
    expect(await secure()).toBe('0 ok 200')
    expect((await inspect(host)).answers).toMatchObject({ appWebSocket: 101, nginxWebSocket: 403 })

    const lost = await run({ TlsPath: path, PasswordsPath: '/ragstream/nobody' })
    expect(lost.last).toMatch(/^step=visitors result=failed .*ParameterNotFound/)
    expect(lost.lines.join('\n')).toMatch(/^step=visitors result=failed .* lets_in=nobody$/m)
    expect([await secure('/', '-o /dev/null'), await secure()]).toEqual(['0  503', '0 ok 200'])

    const hashed = (await sh(host, 'openssl passwd -apr1 -salt abcdefgh "open sesame"')).trim()
    world.dispatch({ type: 'PutParameter', name: VISITORS, value: `ali:${hashed}\n`, parameterType: 'SecureString' })
    const guarded = await run({ TlsPath: path, PasswordsPath: VISITORS })
    expect(guarded.results).toMatchObject({ visitors: 'changed', done: 'changed' })
    expect(await secure('/', '-o /dev/null')).toBe('0  401')
    expect((await inspect(host)).answers).toMatchObject({ appWebSocket: 101, nginxWebSocket: 401 })
    expect(await secure('/', '-o /dev/null -u "ali:open sesame"')).toBe('0  200')
    expect(await secure()).toBe('0 ok 200')
    expect(await secure('/_stcore/stream', UPGRADE)).toBe('0  401')
    expect(await openWebSocket('-u "ali:open sesame"')).toMatch(/^HTTP\/1\.1 101 /)
    expect(await sh(host, 'tail -n 20 /root/labels')).toMatch(/^restorecon .*\.users\.new$/m)
    expect(await sh(host, 'stat -c "%a %U %G" /etc/nginx/ragstream-edge/*.users')).toBe('640 root www-data\n')

    await sh(host, `chmod 600 ${USERS}/*.users`)
    expect((await run({ TlsPath: path, PasswordsPath: VISITORS })).last).toMatch(
      /port-443-health .*answers: ok 200 500/,
    )
    await sh(host, `chmod 640 ${USERS}/*.users`)

    world.dispatch({ type: 'PutParameter', name: VISITORS, value: 'ali:in the clear\n', overwrite: true })
    expect((await run({ TlsPath: path, PasswordsPath: VISITORS })).last).toMatch(
      /step=visitors result=failed .*another form/,
    )
    expect(await secure('/', '-o /dev/null -u "ali:open sesame"')).toBe('0  200')
  })

  describe('while a reload takes its time', () => {
    beforeAll(() => slowReload(host))
    afterAll(() => mendReload(host))

    test('a renewed one: done is said when no worker shows the one before any more', async () => {
      const renewed = ca.issue([NAME])
      path = store(renewed)
      expect((await run({ TlsPath: path })).results).toMatchObject({ nginx: 'changed', 'port-443-health': 'ok' })
      expect(await often(host, SERIAL)).toBe(await serialOf(renewed))
    })

    test('what is put back is put back when no worker shows the refused one any more', async () => {
      const before = await serial()
      const hashed = await sh(host, 'openssl passwd -apr1 word')
      world.dispatch({ type: 'PutParameter', name: VISITORS, value: `bea:${hashed.trim()}\n`, overwrite: true })
      const unreadable = { line: 'step=visitors', act: `chmod 600 ${USERS}/*.users` }
      const values = { Rollout: 'replace', TlsPath: store(ca.issue([NAME])), PasswordsPath: VISITORS }
      const failed = await runAnd(host, unreadable, values, { EDGE_SSM_ENDPOINT: wire.url })
      expect(failed.last).toMatch(/^step=port-443-health result=failed .*answers: ok 200 500/)
      expect(failed.results['nginx-restore']).toBe('ok')
      expect(await often(host, SERIAL)).toBe(before)
    })

    test('killed right after the reload: the next run does not take the answer of one worker for all', async () => {
      const renewed = ca.issue([NAME])
      path = store(renewed)
      const values = { Rollout: 'replace', TlsPath: path }
      const argv = [
        'bash',
        '-c',
        killing('await "$((SWITCH_WAIT * 1000))" 0.02 rendering_is_live') + documentOf(values),
      ]
      expect((await host.exec(argv, { env: { EDGE_SSM_ENDPOINT: wire.url } })).exitCode).toBe(null)
      expect((await run(values)).last).toMatch(/^step=done /)
      expect(await often(host, SERIAL)).toBe(await serialOf(renewed))
    })
  })

  test('a new connection is shown another one than was given, for the same name and of the same authority: the run fails', async () => {
    const other = ca.issue([NAME])
    const folder = `${STATE}/${path.split('/').at(-1)}`
    await sh(host, `cp -a ${folder} /root/given; cat >${folder}/key`, other.key)
    await sh(host, `cat >${folder}/full; ${RELOAD}`, `${other.certificate}${other.chain}`)
    expect((await run({ TlsPath: path })).last).toMatch(/^step=port-443-health result=failed .*another certificate/)
    await sh(host, `cp /root/given/* ${folder}; rm -r /root/given; ${RELOAD}`)
    expect((await run({ TlsPath: path })).results['port-443-health']).toBe('ok')
  })

  const kills = [
    ['the parts are read', 'rm -rf "$1"'],
    ['the certificate comes to its place', 'mv "$1.next" "$1"'],
    ['the visitors come to theirs', 'mv -f "$USERS.new" "$USERS"'],
    ['nginx is told', 'reload_nginx'],
    ['the old certificate goes', 'remove_all_but "$TLS" "$TLS_STATE"/*'],
  ] as const
  test.each(someOf(kills))('killed where %s: somebody is served, and the next run mends it', async (_, command) => {
    const renewed = ca.issue([NAME])
    const values = { TlsPath: store(renewed), PasswordsPath: VISITORS }
    const [name] = values.TlsPath.split('/').slice(-1)
    const hashed = await sh(host, `openssl passwd -apr1 -salt ${name!.slice(-8)} word`)
    world.dispatch({ type: 'PutParameter', name: VISITORS, value: `bea:${hashed.trim()}\n`, overwrite: true })
    const argv = ['bash', '-c', killing(command) + documentOf({ Rollout: 'replace', ...values })]
    const killed = await host.exec(argv, { env: { EDGE_SSM_ENDPOINT: wire.url } })
    // By a signal.
    expect(killed.exitCode).toBe(null)
    expect(await secure()).toBe('0 ok 200')
    expect(await sh(host, 'nginx -t 2>&1')).toContain('test is successful')

    expect((await run(values)).last).toMatch(/^step=done /)
    expect(await often(host, SERIAL)).toBe(await serialOf(renewed))
    expect(
      await sh(host, `ls ${STATE}; ls ${USERS} | wc -l; grep -h . ${USERS}/*; ls -A ${STATE}/.. | grep next`),
    ).toBe(`${name}\n1\nbea:${hashed}`)
    expect(await secure('/', '-o /dev/null -u bea:word')).toBe('0  200')
  })

  test('switched off: port 80 serves again, nobody listens on 443, no key and no password is left', async () => {
    expect((await run()).results.done).toBe('changed')
    expect(await ask(host, NAME)).toBe(SERVED)
    expect(await secure()).toBe('7  000')
    expect(await sh(host, `ls -A ${STATE} /etc/nginx/ragstream-edge | grep -v ':$'`)).toBe('\n')
  })
})
