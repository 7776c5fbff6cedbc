// Ways to write a request that nginx and an app may read differently: the path that needs no password, with another one in or behind it.
import type { Attempt } from './raw.ts'

const HEALTH = '/_stcore/health'
const SECRET = 'app/static/report.pdf'

/** Kind to request targets. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'percent codes': [
    '/%5fstcore/health',
    '/_stcore%2fhealth',
    '/_stcore/%68%65%61%6c%74%68',
    `/${SECRET}%2f..%2f..%2f..%2f_stcore%2fhealth`,
    `/app/static/..%2f..%2f_stcore/health`,
    `/app/%2e%2e/_stcore/health`,
    `/_stcore/health%2f..%2f..%2f${SECRET}`,
    `/%2e/_stcore/health`,
    `/_stcore/health%20`,
    `/_stcore/health%0d%0aX-Id:1`,
    `/x%2f%2e%2e/_stcore/health`,
    '/%5fragstream-edge',
  ],
  'double percent codes': [
    '/%255fstcore/health',
    '/_stcore%252fhealth',
    '/_stcore/%2568ealth',
    `/_stcore/health%252f..%252f..%252f${SECRET}`,
    `/_stcore/health/%252e%252e/%252e%252e/${SECRET}`,
    `/app/..%252f_stcore/health`,
    `/app/%252e%252e/_stcore/health`,
    `/%25%32%65/_stcore/health`,
    `/_stcore/health%2523/../${SECRET}`,
    `/_stcore/health%253f/../${SECRET}`,
    '/%255fragstream-edge',
  ],
  '#': [
    `/app/static/..%2f..%2f_stcore/health#/../../../${SECRET}`,
    `${HEALTH}#`,
    `${HEALTH}#/../../${SECRET}`,
    `${HEALTH}##/../../${SECRET}`,
    `${HEALTH}#?/../../${SECRET}`,
    `/app/../_stcore/health#/${SECRET}`,
    `/app/%2e%2e/_stcore/health#/../../../${SECRET}`,
    `${HEALTH}%23/../../${SECRET}`,
    `/#/../_stcore/health`,
    `/${SECRET}#/../../../_stcore/health`,
    `//_stcore/health#/../../${SECRET}`,
    '/_ragstream-edge#/../secret',
  ],
  '?': [
    `${HEALTH}?`,
    `${HEALTH}?/../../${SECRET}`,
    `${HEALTH}?path=/${SECRET}`,
    `${HEALTH}??`,
    `${HEALTH}?a=1#b`,
    `/${SECRET}?/../../../_stcore/health`,
    `/${SECRET}?${HEALTH}`,
    `${HEALTH}%3f/../../${SECRET}`,
    `/app/../_stcore/health?x=/../${SECRET}`,
    `/app/..%2f_stcore/health?/../${SECRET}`,
    `/?/../_stcore/health`,
    '/_ragstream-edge?/../secret',
  ],
  ';': [
    `${HEALTH};`,
    `${HEALTH};/../../${SECRET}`,
    `${HEALTH};a=b`,
    `/_stcore;/health`,
    `/;/_stcore/health`,
    `/${SECRET};/../../../_stcore/health`,
    `/${SECRET}/..;/..;/..;/_stcore/health`,
    `${HEALTH}/..;/..;/${SECRET}`,
    `${HEALTH}%3b/../../${SECRET}`,
    `/app/..;/_stcore/health#/../../${SECRET}`,
    '/_ragstream-edge;/../secret',
  ],
  '//': [
    '//_stcore/health',
    '/_stcore//health',
    '///_stcore///health',
    `/${SECRET}//../../../../_stcore/health`,
    `//app//..//_stcore/health#//${SECRET}`,
    '//evil.example.com/_stcore/health',
    `//evil.example.com/../_stcore/health#/../../${SECRET}`,
    `${HEALTH}//`,
    `${HEALTH}//../../${SECRET}`,
    `/%2f_stcore/health`,
    `/_stcore/%2fhealth`,
  ],
  '\\': [
    '/_stcore\\health',
    '\\_stcore\\health',
    '/\\_stcore/health',
    `/app\\..\\_stcore/health`,
    `${HEALTH}\\..\\..\\${SECRET}`,
    `${HEALTH}\\`,
    `/${SECRET}\\..\\..\\..\\_stcore\\health`,
    `/app/..%5c_stcore/health`,
    `/_stcore%5chealth`,
    `/app/..\\../_stcore/health#\\..\\${SECRET}`,
    `${HEALTH}%5c..%5c..%5c${SECRET}`,
  ],
  '%00': [
    `${HEALTH}%00`,
    `${HEALTH}%00/../../${SECRET}`,
    `/${SECRET}%00/../../../_stcore/health`,
    `/%00/../_stcore/health`,
    `/_stcore%00/health`,
    `/%00${HEALTH}`,
    `${HEALTH}#%00/../../${SECRET}`,
    `${HEALTH}?%00`,
    `/app/..%00/_stcore/health`,
    `/app/%2e%2e%00/_stcore/health`,
    `${HEALTH}%2500`,
    `${HEALTH}\0`,
    `${HEALTH}\0/../../${SECRET}`,
  ],
  'dot segments': [
    '/./_stcore/health',
    '/_stcore/./health',
    `/${SECRET}/../../../_stcore/health`,
    `/app/../_stcore/health`,
    `/_stcore/health/`,
    `/_stcore/health/.`,
    `/_stcore/health/..`,
    `${HEALTH}/../../${SECRET}`,
    `${HEALTH}/../health`,
    '/../_stcore/health',
    `/_stcore/x/../health`,
    '/.../_stcore/health',
    `/app/.././_stcore/./health#/${SECRET}`,
    '/app/../_ragstream-edge',
  ],
}

const METHODS = [
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'MKCOL', 'PURGE', 'GETX', 'HEADX'],
  ...['get', 'Head', 'G', 'GET_', '-GET'],
]

/** What a visitor may send along; none of it is for the app while nobody has asked who he is. */
const HEADERS = [
  ...['Cookie: session=stolen', 'X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1'],
  ...['X-Original-URL: /secret', 'X-Rewrite-URL: /secret', 'X-HTTP-Method-Override: POST', 'Range: bytes=0-1'],
  ...[
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'X-Visitor: he',
  ],
].map((line) => `${line}\r\n`)

const CLOSE = 'Connection: close\r\n'

const http1 = (target: string, host: string, { method = 'GET', more = '', version = '1.1' } = {}): string =>
  `${method} ${target} HTTP/${version}\r\nHost: ${host}\r\n${HEADERS.join('')}${more}${more.includes('Connection:') ? '' : CLOSE}\r\n`

const ABSOLUTE = (name: string): readonly string[] => [
  `http://${name}${HEALTH}`,
  `https://${name}${HEALTH}`,
  `HTTP://${name.toUpperCase()}${HEALTH}`,
  `http://${name}:80${HEALTH}`,
  `http://${name}/${SECRET}/../../..${HEALTH}`,
  `http://${name}${HEALTH}#/../../${SECRET}`,
  `http://${name}/app/..%2f_stcore/health#/../../${SECRET}`,
  `http://evil.example.com${HEALTH}`,
  `http://u:p@${name}${HEALTH}`,
  `http://${name}?${HEALTH}`,
  `http://${name}#${HEALTH}`,
  `http://127.0.0.1${HEALTH}`,
  `ftp://${name}${HEALTH}`,
  `http:${HEALTH}`,
]

const HOSTS = (name: string): readonly string[] => [
  name.toUpperCase(),
  `${name}.`,
  `${name}:80`,
  `${name}:443`,
  `${name}:99999`,
  `${name}:x`,
  `${name}:80@evil.example.com`,
  `evil.example.com@${name}`,
  `${name}/..`,
  `${name}#`,
  `${name}?`,
  `  ${name}  `,
  `${name}\r\nHost: evil.example.com`,
  `evil.example.com\r\nHost: ${name}`,
  `${name},evil.example.com`,
  `${name}%00`,
  '127.0.0.1',
  '[::1]',
  '',
]

/** HTTP of other versions; the last ones are none. */
const VERSIONS = (name: string): readonly string[] => [
  ...['/_stcore/health', `/${SECRET}`, `${HEALTH}#/../../${SECRET}`, `${HEALTH}?x`].map((target) =>
    http1(target, name, { version: '1.0', more: 'Connection: Upgrade\r\n' }),
  ),
  `GET ${HEALTH} HTTP/1.0\r\n\r\n`,
  `HEAD ${HEALTH} HTTP/1.0\r\nHost: ${name}\r\n\r\n`,
  `GET /${SECRET} HTTP/1.0\r\n\r\n`,
  `GET ${HEALTH}\r\n`,
  `GET /${SECRET}\r\n`,
  `GET http://${name}${HEALTH}\r\n`,
  http1(HEALTH, name, { version: '1.2' }),
  http1(HEALTH, name, { version: '2.0' }),
  http1(HEALTH, name, { version: '0.9' }),
  `GET ${HEALTH} http/1.1\r\nHost: ${name}\r\n${CLOSE}\r\n`,
  `GET\t${HEALTH}\tHTTP/1.1\r\nHost: ${name}\r\n${CLOSE}\r\n`,
  `GET ${HEALTH} /../../${SECRET} HTTP/1.1\r\nHost: ${name}\r\n${CLOSE}\r\n`,
  `GET ${HEALTH}\r /../${SECRET} HTTP/1.1\r\nHost: ${name}\r\n${CLOSE}\r\n`,
]

/** Bodies, and a second request that hides in the first. */
function bodies(name: string): string[] {
  const hidden = `GET /${SECRET} HTTP/1.1\r\nHost: ${name}\r\n\r\n`
  const length = `Content-Length: ${hidden.length}\r\n`
  const chunked = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
  const keep = 'Connection: keep-alive\r\n'
  return [
    ...['GET', 'HEAD', 'POST'].flatMap((method) => [
      http1(HEALTH, name, { method, more: length + keep }) + hidden,
      http1(HEALTH, name, { method, more: `Transfer-Encoding: chunked\r\n${keep}` }) + chunked,
      http1(HEALTH, name, { method, more: `Transfer-Encoding: chunked\r\n${length}${keep}` }) + chunked,
      http1(HEALTH, name, { method, more: `Transfer-Encoding : chunked\r\n${length}${keep}` }) + hidden,
    ]),
    http1(HEALTH, name, { more: `Content-Length: 0\r\n${keep}` }) + hidden,
    http1(HEALTH, name, { more: `Expect: 100-continue\r\n${length}${keep}` }) + hidden,
    http1(HEALTH, name, { more: `Content-Length: 99999999\r\n${keep}` }),
    http1(HEALTH, name, { more: keep }) + hidden,
  ]
}

/** Kind to attempts, each by plain HTTP and by HTTPS; those of HTTP/2 by HTTPS alone. */
export function attemptsOn(name: string, aliases: readonly string[]): Readonly<Record<string, readonly Attempt[]>> {
  const both = (lines: readonly string[]): Attempt[] =>
    ([80, 443] as const).flatMap((port) => lines.map((raw) => ({ port, raw })))
  const targets = Object.entries(TARGETS).map(([kind, list]) => [
    kind,
    both(list.flatMap((target) => [http1(target, name), http1(target, name, { method: 'HEAD' })])),
  ])
  const more = { accept: '*/*', cookie: 'session=stolen', 'x-visitor': 'he' }
  const http2 = [...Object.values(TARGETS).flat(), ...ABSOLUTE(name), '*', 'x', '', '_stcore/health'].map((path) => ({
    port: 443 as const,
    headers: { ':method': 'GET', ':scheme': 'https', ':authority': name, ':path': path, ...more },
  }))
  return {
    ...Object.fromEntries(targets),
    'absolute URI': both(ABSOLUTE(name).map((target) => http1(target, name))),
    'HTTP/1.0 and others': both(VERSIONS(name)),
    'HTTP/2 :path': http2,
    'headers for the health': both(
      ['Authorization: Basic YWxpOndyb25n\r\n', ...HEADERS].map((more) => http1(`${HEALTH}?x`, name, { more })),
    ),
    methods: both(
      METHODS.flatMap((method) =>
        [HEALTH, `${HEALTH}#/../../${SECRET}`].map((target) => http1(target, name, { method })),
      ),
    ),
    bodies: both(bodies(name)),
    'Host spellings': both(
      HOSTS(name).flatMap((host) =>
        [HEALTH, `/${SECRET}`, `${HEALTH}#/../../${SECRET}`].map((target) => http1(target, host)),
      ),
    ),
    aliases: both(aliases.flatMap((alias) => [...TARGETS['#']!, `/${SECRET}`].map((target) => http1(target, alias)))),
  }
}

/** The same attempts on `/_app/ready`. */
export const respelled = (attempts: readonly Attempt[]): Attempt[] =>
  JSON.parse(
    JSON.stringify(attempts)
      .replaceAll('%68%65%61%6c%74%68', '%72%65%61%64%79')
      .replaceAll(/%(25)?68ealth/g, '%$172eady')
      .replaceAll('stcore', 'app')
      .replaceAll(/(?<!-)health/g, 'ready'),
  ) as Attempt[]
