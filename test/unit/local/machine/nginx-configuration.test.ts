// How far a rendered host reads nginx configuration, in nginx's words.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadConfiguration } from '../../../../local/machine/rendered/nginx-configuration.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-nginx-'))
  mkdirSync(path.join(folder, 'conf.d'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function load(site: string, main = 'events {}\nhttp { include conf.d/*.conf; }\n') {
  writeFileSync(path.join(folder, 'nginx.conf'), main)
  writeFileSync(path.join(folder, 'conf.d/a.conf'), site)
  return loadConfiguration(path.join(folder, 'nginx.conf'))
}

test.each([
  ['server { listen 80 }', 'unexpected "}" in'],
  ['server { listen 80;', 'unexpected end of file, expecting "}" in'],
  ['server { listen 80; } }', 'unexpected "}" in'],
  ['server { server_name a', 'unexpected end of file, expecting ";" or "}" in'],
  ['server { client_max_body_size 1m; client_max_body_size 2m; }', '"client_max_body_size" directive is duplicate in'],
  ['server { location / { proxy_set_header X $nowhere; } }', 'unknown "nowhere" variable in'],
  [
    'server { listen 80 default_server; }\nserver { listen 80 default_server; }',
    'a duplicate default server for 0.0.0.0:80 in',
  ],
  ['include other.conf;', 'open() "'],
])('%s', (text, complaint) => {
  expect(() => load(text)).toThrow(complaint)
})

test('comments, quotes, maps and includes are read; names, places and headers come out', () => {
  const text = `# server {
map $http_upgrade $up { default upgrade; '' close; }
server { listen 80 default_server; server_name a.b "c.d"; # } not the end
  location = /x { return 200 "a;b"; }
  location / { proxy_pass http://127.0.0.1:1; proxy_set_header Connection $up; } }`
  expect(load(text)).toEqual([
    {
      file: path.join(folder, 'conf.d/a.conf'),
      names: ['a.b', 'c.d'],
      isDefault: true,
      answer: null,
      locations: [
        {
          exact: true,
          path: '/x',
          proxyPass: null,
          proxyPath: null,
          answer: ['200', 'a;b'],
          check: null,
          tellsUse: false,
          headers: {},
        },
        {
          exact: false,
          path: '/',
          proxyPass: 'http://127.0.0.1:1',
          proxyPath: null,
          answer: null,
          check: null,
          tellsUse: false,
          headers: { Connection: '$up' },
        },
      ],
    },
  ])
})

test('a request goes where the map of its method and the upstream of that name lead', () => {
  const text = `map $request_method $app { default one; GET two; }
upstream one { server 127.0.0.1:1; }
upstream two { server 127.0.0.1:2 max_fails=0; server 127.0.0.1:1 backup; }
server { location / { proxy_pass http://$app; } location /one { proxy_pass http://one/its/path; } }`
  const [server] = load(text)
  expect(server?.locations.map(({ proxyPass, proxyPath }) => [proxyPass, proxyPath])).toEqual([
    ['http://127.0.0.1:2', null],
    ['http://127.0.0.1:1', '/its/path'],
  ])
})

test('a file whose name starts with a dot is not included', () => {
  writeFileSync(path.join(folder, 'conf.d/.hidden.conf'), 'server {')
  expect(load('')).toEqual([])
})
