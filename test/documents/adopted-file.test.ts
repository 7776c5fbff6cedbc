// Which files of somebody's can be taken over, by the host's own reader: whole, or not at all; each refusal names file, line and directive.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const NAME = 'a.example.com'
const [SHARED, OWN] = ['templates/shared', 'templates/configure-host']
const PROGRAM = [
  ...['nginx_reader', 'nginx_servers', 'nginx_site'].map((name) => `${SHARED}/${name}.py`),
  ...['nginx_adopt', 'nginx_findings'].map((name) => `${OWN}/${name}.py`),
  `${SHARED}/nginx_main.py`,
]
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
const MAIN = 'events {}\nhttp {\n  include /etc/nginx/conf.d/*.conf;\n  include sites-enabled/*;\n}\n'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-adopt-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

type Values = Readonly<Record<string, string>>

/** Lines of findings, their fields between bars. */
function findings(files: Readonly<Record<string, string>>, values: Values = {}): string[] {
  for (const [name, text] of Object.entries({ 'nginx.conf': MAIN, ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text.replaceAll('/etc/nginx', folder))
  }
  const usual = { HOSTNAME: NAME, HOST_PORT: '8501', CLIENT_MAX_BODY_SIZE: '201m', READ_TIMEOUT: '1h', ADOPT: 'true' }
  const env = Object.fromEntries(Object.entries({ ...usual, ...values }).map(([name, text]) => [`EDGE_${name}`, text]))
  const words = ['-', 'findings', `${folder}/nginx.conf`, `${folder}/conf.d/ragstream-edge.conf`]
  const { stdout, stderr } = spawnSync('python3', words, { input: PROGRAM, encoding: 'utf8', env })
  expect(stderr).toBe('')
  return stdout.trimEnd().replaceAll(folder, '/etc/nginx').replaceAll('\u001f', '|').split('\n')
}

const claims = (files: Readonly<Record<string, string>>, values?: Values): string[] =>
  findings(files, values).filter((line) => /^(claim|note)/.test(line))

const PROXY = 'proxy_pass http://127.0.0.1:8501;'
const site = (lines: string, location = PROXY): string =>
  `server {\n  listen 80;\n  server_name ${NAME};\n  ${lines}\n  location / { ${location} }\n}\n`
const APP = '/etc/nginx/sites-enabled/app'
const SERVED = `server_name ${NAME} is already served by ${APP}`

test.each([
  ['as plain as it can be', site('')],
  ['a comment of nginx -T that names another file', `# configuration file /etc/nginx/conf.d/admin.conf:\n${site('')}`],
  ['what ours has too', site('client_max_body_size 50m;', `${PROXY} proxy_read_timeout 300; proxy_buffering off;`)],
  ['on one line, with quotes', site('').replaceAll(/\s+/g, ' ').replace('80', '"80"')],
])('taken over: %s', (_, text) =>
  expect(claims({ 'sites-enabled/app': text })).toEqual([
    `claim|${APP}:${text.startsWith('#') ? 2 : 1}|${APP}|${SERVED}|`,
  ]),
)

test('of a log it is said that it ends', () =>
  expect(claims({ 'sites-enabled/app': site('access_log /var/log/nginx/app.log;') })[1]).toBe(
    `note|${APP}|nothing goes to /var/log/nginx/app.log any more, but to the log of nginx.conf`,
  ))

const CSS = "'<style>\n#box {\n  color: red;\n}\n</style>'"

test.each<[string, string, string, RegExp]>([
  ['a password', site('auth_basic "x";'), `${APP}:4: \`auth_basic\` is nothing`, /passwordsPath/],
  ['an address', site('', `allow 10.0.0.0/8; deny all; ${PROXY}`), `${APP}:5: \`allow\` is`, /access.networks/],
  ['another location', site('location /api { return 200; }'), `${APP}:4: \`location /api\` is`, /into the app/],
  [
    'a page of CSS over lines',
    site(`location @x { return 503 ${CSS}; }`),
    `${APP}:4: \`location @x\` is`,
    /into the app/,
  ],
  [
    'another program',
    site('', 'proxy_pass http://127.0.0.1:9000;'),
    `${APP}:5: it leads to http://127.0.0.1:9000`,
    /hostPort/,
  ],
  [
    'an upstream',
    `upstream u { server 127.0.0.1:8501; }\n${site('')}`,
    `${APP}:1: \`upstream u\` is`,
    /127.0.0.1:8501; in/,
  ],
  [
    'names in an include',
    site('').replace('listen 80;', 'include names;'),
    `${APP}:2: \`include names\``,
    /file itself/,
  ],
  [
    'another site in the file',
    `${site('')}server { server_name other.test; }\n`,
    `${APP}:7: this block of the same`,
    /of its own/,
  ],
  ['another name', site('server_name shop.test;'), `${APP}:1: it serves shop.test too`, /aliases/],
  ['a larger body', site('client_max_body_size 1g;'), `${APP}:4: \`client_max_body_size 1g\` is more`, /^set proxy/],
  ['the default server', site('').replace('80', '80 default_server'), `${APP}:2: it is the default`, /of its own/],
  ['a return', site('return 301 https://x;'), `${APP}:4: \`return\` is nothing`, /leave this site/],
  [
    'a header of its own',
    site('', `${PROXY} proxy_set_header Host x;`),
    `${APP}:5: the app gets the header Host: x`,
    /leave/,
  ],
])('refused whole, by file, line and directive: %s', (_, text, why, hint) => {
  const [claim, ...more] = claims({ names: 'listen 80;\n', 'sites-enabled/app': text })
  const [, , file, reason, how] = claim!.split('|')
  expect([file, reason, more]).toEqual([APP, expect.stringContaining(`${SERVED}, and ${why}`), []])
  expect(how).toMatch(hint)
})

const CERTBOT = `server {
  server_name ${NAME};
  location / { ${PROXY} }
  listen 443 ssl;
  ssl_certificate /etc/nginx/live/app/fullchain.pem;
  ssl_certificate_key /etc/nginx/live/app/privkey.pem;
  include /etc/nginx/options-ssl-nginx.conf;
  ssl_dhparam /etc/nginx/dh.pem;
}
server {
  if ($host = ${NAME}) { return 301 https://$host$request_uri; }
  listen 80;
  server_name ${NAME};
  return 404;
}
`

test("certbot's two blocks: with tls they are taken over, without it the port is what the site cannot say", () => {
  const files = { 'sites-enabled/app': CERTBOT, 'options-ssl-nginx.conf': 'ssl_session_timeout 1d;\n' }
  expect(claims(files, { TLS_PATH: '/x' })).toEqual([`claim|${APP}:1|${APP}|${SERVED}|`])
  // The host does not know whether the site says tls: it gets a path once there is a certificate.
  expect(claims(files)[0]).toContain(
    `${APP}:4: it listens on port 443|with tls: acme this is normal until the site has its certificate. Without: set tls: acme, or put`,
  )
})

const first = (files: Readonly<Record<string, string>>) => findings(files).filter((line) => line.startsWith('default|'))
const block = (name: string) => `server { listen 80; ${name} return 200 mine; }\n`
const LAST = `/etc/nginx/sites-enabled/~ragstream-edge-${NAME}.conf`
const OURS = `# ragstream-edge: ${NAME}.\n${block(`server_name ${NAME};`)}`

test.each<[string, Readonly<Record<string, string>>, string]>([
  [
    'localhost before ours',
    { 'conf.d/default.conf': block('server_name localhost;') },
    'default|*:80|first|/etc/nginx/conf.d/default.conf:1',
  ],
  [
    'an address behind ours',
    { 'sites-enabled/app': block('server_name 3.120.45.6;') },
    `default|*:80|first|${APP}:1|${APP}||${LAST}`,
  ],
  [
    'a name behind ours',
    { 'sites-enabled/app': block('server_name x.test;') + block('server_name "";') },
    `default|*:80|first|${APP}:1|${APP}||${LAST}`,
  ],
  [
    'a name behind ours, which comes behind it already',
    { 'sites-enabled/app': block('server_name x.test;'), [`sites-enabled/~ragstream-edge-${NAME}.conf`]: OURS },
    `default|*:80|first|${APP}:1|${APP}||`,
  ],
  [
    'a name behind ours, where there is one folder',
    { 'conf.d/zoo.conf': block('server_name ~^x;'), 'nginx.conf': 'http { include conf.d/*.conf; }' },
    `default|*:80|first|/etc/nginx/conf.d/zoo.conf:1|/etc/nginx/conf.d/zoo.conf||/etc/nginx/conf.d/~ragstream-edge-${NAME}.conf`,
  ],
  [
    'a block behind all files',
    { 'nginx.conf': `http { include conf.d/*.conf; ${block('')} }` },
    'default|*:80|last|/etc/nginx/nginx.conf:1',
  ],
])('who answers by being first: %s', (_, files, line) => {
  expect(first(files)).toEqual([expect.stringMatching(new RegExp(`^${line.replaceAll(/[|.~*]/g, '[$&]')}($|[|])`))])
})

test('each address of a port has a default of its own', () => {
  const files = {
    'conf.d/default.conf': 'server { listen 80 default_server; }',
    'sites-enabled/app': 'server { listen [::]:80; }',
  }
  expect(first(files)).toEqual([
    'default|*:80|said|/etc/nginx/conf.d/default.conf:1|/etc/nginx/conf.d/default.conf||',
    `default|[::]:80|first|${APP}:1|${APP}||${LAST}`,
  ])
})

test('a block behind a site of ours that is the first: it never answered unknown Hosts', () => {
  const files = { 'conf.d/ragstream-edge-b.example.com.conf': OURS, 'sites-enabled/app': block('server_name x.test;') }
  expect(first(files)).toEqual([])
})

test('a hash size, and both includes, behind others on a line', () => {
  const main =
    'events {}\nhttp { include names; server_names_hash_bucket_size 64; include /etc/nginx/conf.d/*.conf; include sites-enabled/*; }\n'
  expect(findings({ names: '', 'nginx.conf': main, 'conf.d/app.conf': site('') })).toEqual(
    expect.arrayContaining(['hash-size', expect.stringMatching(/^claim\|\/etc\/nginx\/conf.d\/app.conf:1\|/)]),
  )
})
