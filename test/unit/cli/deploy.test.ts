// What a deploy says before it touches a running host.
import { changesOf, differences, remainsOf } from '../../../cli/deploy/changes.ts'
import { aSite } from '../../support/domain.ts'

const NAME = 'app.example.com'
const site = (more: Readonly<Record<string, unknown>> = {}) => aSite(NAME, more)
const on = (...ids: string[]) => new Map([[NAME, ids]])
const told = (more: object) =>
  changesOf({ sites: [site()], deployed: [site()], running: on('i-1'), isOtherDocument: false, ...more })

test.each<[string, object, RegExp]>([
  ['a first deploy', { deployed: [] }, /^\S+: new\. i-1 runs: its record is written, nginx and Docker are installed/],
  ['a first deploy while it sleeps', { deployed: [], running: on() }, /new\. No instance of it runs: .* next start$/],
  ['nothing else', {}, /as deployed\. No host is touched$/],
  [
    'another document',
    { isOtherDocument: true },
    /document of its hosts is another one\. i-1 runs: it runs there once/,
  ],
  ['another image', { sites: [site({ image: 'app:2' })] }, /values of image\. i-1 runs: .* container is replaced/],
  [
    'a field of the container',
    { sites: [site({ container: { env: { A: 'b' } } })] },
    /of container\.env\. i-1 runs: .*replaced/,
  ],
  [
    'a field of nginx',
    { sites: [site({ proxy: { readTimeout: '2h' } })] },
    /of proxy\.readTimeout\. .*container stays$/,
  ],
  [
    'fields that no host gets',
    { sites: [site({ ttl: 5, websocket: null })] },
    /of ttl, websocket\. No host is touched$/,
  ],
  ['HTTPS, with the certificate', { sites: [site({ tls: 'acme' })] }, /of tls\. .*container stays$/],
  [
    'a field of nginx beside one that no host gets',
    { sites: [site({ proxy: { readTimeout: '2h' }, websocket: null })] },
    /container stays$/,
  ],
  ['no file', { sites: [] }, /no file any more\. Its record stays as it is, and i-1 goes on serving it/],
])('%s', (_, more, wanted) => expect(told(more)).toEqual([expect.stringMatching(wanted)]))

test('a removal touches no host', () =>
  expect(remainsOf({ deployed: [site()], running: on('i-1', 'i-2') })).toEqual([
    `${NAME}: i-1, i-2 goes on serving it. Nobody writes its record from then on`,
  ]))

test('fields that only one of them has differ', () =>
  expect(differences({ a: 1, b: { c: [1], d: 2 } }, { b: { c: [2], d: 2 }, e: null })).toEqual(['a', 'b.c', 'e']))
