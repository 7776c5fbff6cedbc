// What HTTPS does to the server blocks of a host, by the host's own functions: who answers unknown names on port 443, and which
// names port 80 leads there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hostDefaults } from '../../functions/lib/hosts/parameters.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-tls-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Standard output, and the reason where it failed. */
function host(act: string, env: Readonly<Record<string, string>> = {}): string {
  const script = `set -Eeuo pipefail; here=templates/configure-host; folder=$1
    for part in ../shared/places ../shared/app ../shared/text ../shared/report ../shared/configuration programs nginx default certificate tls tls-default access; do . $here/$part.sh; done
    trap 'printf %s "$FAILED_REASON"' EXIT
    nginx() { echo "nginx version: nginx/$NGINX_IS" >&2; }
    CANDIDATE=$folder/site DEFAULT_CANDIDATE=$folder/default TLS=$folder
    ${act}`
  const values = {
    ...hostDefaults(),
    EDGE_HOSTNAME: 'a.example.com',
    EDGE_IF_INET6: '/nowhere',
    EDGE_NGINX_DIR: '/etc/nginx',
    NGINX_IS: '1.22.1',
  }
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', folder], {
    encoding: 'utf8',
    env: { ...process.env, ...values, ...env },
  })
  expect(stderr).toBe('')
  return stdout
}

describe('the default server of port 443', () => {
  function judged(file: string, text: string): { said: string; ours: boolean } {
    for (const name of ['conf.d', 'sites-enabled']) mkdirSync(path.join(folder, name), { recursive: true })
    writeFileSync(path.join(folder, 'nginx.conf'), 'http {\n  include conf.d/*.conf;\n  include sites-enabled/*;\n}\n')
    writeFileSync(path.join(folder, file), `${text}\n`)
    const act = 'FINDINGS=$(read_nginx findings "$NGINX_DIR/nginx.conf" "$DEFAULT_FILE"); judge_default'
    const said = host(act, { EDGE_NGINX_DIR: folder }).replaceAll(folder, '/etc/nginx')
    const ours = /listen 443 /.test(readFileSync(path.join(folder, 'default'), 'utf8'))
    return { said, ours }
  }

  test.each([
    'server { listen 443 ssl default_server; return 200 mine; }',
    'server {\n  listen 0.0.0.0:443 ssl http2\n default_server;\n server_name x;\n}',
    'server { listen 80; listen 443 default_server ssl; listen [::]:443 default_server ssl; server_name x; }',
    'server { listen 443 ssl; server_name _; }\nserver { listen 443 ssl default_server; server_name x; }',
  ])('of somebody else stays, and is reported: %s', (text) => {
    const { said, ours } = judged('sites-enabled/own', text)
    expect(said).toMatch(
      /^step=default result=ok port=443 reason="\/etc\/nginx\/sites-enabled\/own:\d+ answers unknown Hosts; it stays"$/m,
    )
    expect(ours).toBe(false)
  })

  test.each([
    ['conf.d/own.conf', 'server { listen 443 ssl; server_name _; }'],
    ['sites-enabled/own', 'server { listen 443 ssl; return 200 mine; }'],
    ['sites-enabled/own', 'server { listen 443 ssl; server_name other.example.com; }'],
  ])('of somebody else by order alone stays, and is reported: %s, %s', (file, text) => {
    const { said, ours } = judged(file, text)
    expect(said).toContain(`/etc/nginx/${file}:1 answers unknown Hosts, being read first; it stays`)
    expect(ours).toBe(false)
  })

  test.each(['server { listen 8443 ssl default_server; }', '# server { listen 443 ssl default_server; }'])(
    'of ours where nobody else has one: %s',
    (text) => {
      expect(judged('sites-enabled/own', text)).toEqual({
        said: expect.not.stringContaining('stays'),
        ours: true,
      })
    },
  )

  // nginx takes the options of a socket from one listen line, and refuses them in a second one.
  test.each([
    ['listen 443 ssl reuseport;', 0],
    ['listen 80 backlog=1024;', 0],
    ['listen 0.0.0.0:443 ssl http2 so_keepalive=on;', 0],
    ['listen 443 ssl; listen [::]:443 ssl ipv6only=on;', 2],
    ['listen 203.0.113.7:443 ssl reuseport;', 2],
    ['listen 8443 ssl reuseport;', 2],
  ])('of ours, beside somebody’s %s', (listens, deferred) => {
    mkdirSync(path.join(folder, 'conf.d'))
    const ours = 'server { listen 80 default_server; listen 443 ssl default_server; return 444; }\n'
    writeFileSync(path.join(folder, 'conf.d/ragstream-edge.conf'), ours)
    expect(judged('sites-enabled/own', `server { ${listens} server_name other.example.com; }`).ours).toBe(true)
    const text = readFileSync(path.join(folder, 'default'), 'utf8')
    expect(text.match(/^ {4}listen .* deferred backlog=4096;$/gm) ?? []).toHaveLength(deferred)
    expect(text.match(/^ {4}listen (80|443 ssl http2) default_server[ ;]/gm)).toHaveLength(2)
  })
})

test.each([
  ['1.22.1 (Ubuntu)', 'listen 443 ssl http2;', false],
  ['1.25.0', 'listen 443 ssl http2;', false],
  ['1.25.1', 'listen 443 ssl;', true],
  ['1.30.6', 'listen 443 ssl;', true],
])('HTTP/2 as nginx %s wants it', (version, listen, directive) => {
  host(
    'uncovered_names() { :; }; render_site "$CANDIDATE"; TAKE_TLS_DEFAULT=true; default_with_tls >"$DEFAULT_CANDIDATE"',
    { NGINX_IS: version },
  )
  const [site, others] = ['site', 'default'].map((name) => readFileSync(path.join(folder, name), 'utf8'))
  expect(site).toContain(`    ${listen}\n`)
  for (const text of [site, others]) expect(text?.includes('    http2 on;\n')).toBe(directive)
  expect(others).toContain(listen.replace(';', ' default_server deferred backlog=4096;'))
})

describe('port 80 of a site with HTTPS and two aliases', () => {
  const ALIASES = 'b.example.com,c.example.com'

  /** The server blocks of port 80, for a certificate of these names. */
  function onPort80(covered: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
    const names = covered.map((name) => `DNS:${name}`).join()
    const act = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=x \
      -addext subjectAltName=${names} -keyout "$folder/key" -out "$folder/certificate" 2>/dev/null; render_site "$CANDIDATE"`
    host(act, { EDGE_ALIASES: ALIASES, ...env })
    const text = readFileSync(path.join(folder, 'site'), 'utf8')
    expect(text).not.toMatch(/@[A-Z]/)
    return text.split(/^server /m).filter((block) => /^ {4}listen 80;/m.test(block))
  }

  const HOST = '307 https://$host$request_uri;'

  test('all covered: all lead to HTTPS', () => {
    const [redirect, ...more] = onPort80(['a.example.com', 'b.example.com', 'c.example.com'])
    expect(redirect).toContain('server_name a.example.com b.example.com c.example.com;')
    expect(redirect).toContain(HOST)
    expect(more).toEqual([])
  })

  test('one not covered: it is served without HTTPS, and not led to a certificate that is not for it', () => {
    const [redirect, plain, ...more] = onPort80(['a.example.com', 'c.example.com'])
    expect(redirect).toContain('server_name a.example.com c.example.com;')
    expect(redirect).toContain(HOST)
    expect(plain).toContain('server_name b.example.com;')
    expect(plain).toMatch(/proxy_pass http:\/\/\$edge_\w+_app;/)
    expect(plain).not.toMatch(/return 307|ssl/)
    expect(more).toEqual([])
  })

  test('one not covered of a site that is guarded: it leads to the hostname', () => {
    const [redirect, other, ...more] = onPort80(['a.example.com', 'c.example.com'], { EDGE_NETWORKS: '203.0.113.0/24' })
    expect(redirect).toContain(HOST)
    expect(other).toContain('server_name b.example.com;')
    expect(other).toContain('return 307 https://a.example.com$request_uri;')
    expect(other).not.toMatch(/location \/ \{[^}]*proxy_pass/)
    expect(more).toEqual([])
  })
})

describe('a site with access', () => {
  const GUARDS = [{ EDGE_NETWORKS: '203.0.113.0/24' }, { EDGE_PASSWORDS_PATH: '/ragstream/visitors' }]

  const rendered = (act: string, env: Readonly<Record<string, string>>): string => {
    host(`${act} render_site "$CANDIDATE"`, env)
    return readFileSync(path.join(folder, 'site'), 'utf8')
  }

  /** What stands between the braces of a location, after its lines of comment. */
  const location = (text: string, name: string): string =>
    text.match(new RegExp(`location ${name} \\{\\s+([^}]*)\\}`))?.[1] ?? ''

  test.each(GUARDS)('and without HTTPS lets nobody in, and asks for no password: %j', (env) => {
    const text = rendered('TLS=;', env)
    expect(location(text, '/')).toMatch(/^return 503;/)
    expect(text).toMatch(
      /location = \/_stcore\/health \{[\s\S]*?\n {8}proxy_pass http:\/\/\$edge_\w+_app\/_stcore\/health;/,
    )
    expect(location(text, '= /_ragstream-edge')).not.toBe('')
    expect(text).not.toMatch(/auth_basic|listen 443/)
  })

  test('of which the list of visitors was not read lets nobody in, whatever its networks', () => {
    const text = rendered('uncovered_names() { :; };', { ...GUARDS[0], ...GUARDS[1] })
    expect(location(text, '/')).toMatch(/^return 503;/)
    expect(text).toContain('listen 443 ssl')
  })

  test('without any, and without HTTPS, everybody comes in', () => {
    const text = rendered('TLS=;', {})
    expect(location(text, '/')).toMatch(/^proxy_pass /)
    expect(text).not.toMatch(/return 503;|stcore/)
  })
})

test('an nginx that is too old: without HTTPS where none was served, and the end of the run says why', () => {
  const act = `nginx() { echo 'nginx version: nginx/1.18.0 (Ubuntu)' >&2; }
    CHECK=false SITE_FILE=/nowhere TLS=
    fetch_certificate; echo "goes on with '$TLS'"; tell_refused; echo 'ended well'`
  const said = host(act, { EDGE_TLS_PATH: `/ragstream-edge/prod/tls/a.example.com/${'0'.repeat(32)}` })
  const why = 'nginx 1.18.0 cannot refuse a handshake for an unknown name'
  expect(said.split('\n')).toEqual([
    `step=certificate result=failed reason="${why}" serves="port 80 alone"`,
    "goes on with ''",
    why,
  ])
})
