// What a site may say of its app, and which answers then are the right ones.
import { hasAccess, isHealthy, opens, STREAMLIT, saysHealthy } from '../../../functions/lib/domain/app.ts'
import { describeFieldError } from '../../../functions/lib/domain/field-error.ts'
import { parseSite } from '../../../functions/lib/domain/site.ts'
import { aSite, siteDocument } from '../../support/domain.ts'

const errorsWith = (fields: Readonly<Record<string, unknown>>): string[] => {
  const result = parseSite(siteDocument(undefined, fields))
  return result.ok ? [] : result.errors.map(describeFieldError)
}
const GUARDED = { tls: 'acme', access: { passwordsPath: '/visitors' } }

test.each(['/', '/healthz', '/api/v1.2/ready/', '/-/healthy', '/gradio_api/app_id', `/${'a'.repeat(127)}`])(
  'the path %s',
  (path) => expect(errorsWith({ health: { path }, websocket: path })).toEqual([]),
)

test.each([
  '',
  'health',
  '//',
  '/a//b',
  '/..',
  '/a/../b',
  '/.git',
  '/a?b',
  '/a b',
  '/~a',
  '/a;b',
  "/a'",
  '/$a',
  '/a\\b',
  '/a\n',
  '/{a}',
  '/ä',
  '/%2e',
  `/${'a'.repeat(128)}`,
])('no path: %j', (path) => {
  const wanted = 'a path of letters, digits, - _ . and /, such as /healthz'
  expect(errorsWith({ health: { path }, websocket: path })).toEqual([
    expect.stringContaining(`health/path: found`),
    expect.stringContaining(`wanted ${wanted}`),
  ])
})

test.each(['ok', '{"status": "ok"}', "it's $fine \\o/", 'x'.repeat(64), null])('the body %j', (body) =>
  expect(errorsWith({ health: { body } })).toEqual([]),
)

test.each(['', ' ok', 'ok ', 'a\nb', 'ä', 'x'.repeat(65)])('no body: %j', (body) =>
  expect(errorsWith({ health: { body } })).toEqual([
    expect.stringMatching(/wanted 1 to 64 printable characters of ASCII, or null for any 2xx$/),
  ]),
)

test.each<[string, object, string[]]>([
  [
    'any 2xx, and strangers see it',
    { ...GUARDED, health: { body: null } },
    [expect.stringMatching(/^health\/body: found null, wanted a text with access/)],
  ],
  [
    'every page, and strangers see it',
    { ...GUARDED, health: { path: '/' } },
    [expect.stringMatching(/^health\/path: found "\/", wanted another path with tls/)],
  ],
  [
    'every page, and port 80 leads to HTTPS',
    { tls: 'acme', health: { path: '/' } },
    [expect.stringMatching(/^health\/path: found "\/", wanted another path with tls/)],
  ],
  [
    'what nginx itself answers',
    { health: { path: '/_ragstream-edge' } },
    [expect.stringMatching(/^health\/path: .*this one is nginx’s/)],
  ],
  ['a text, where strangers see it', { ...GUARDED, health: { path: '/ready', body: 'yes' } }, []],
  ['any 2xx of every page, by HTTP alone', { health: { path: '/', body: null } }, []],
])('%s', (_, fields, errors) => expect(errorsWith(fields as Record<string, unknown>)).toEqual(errors))

const site = (fields: object) => aSite('app.example.com', fields as Record<string, unknown>)
const JSON_BODY = '{"status": "ok"}'

test.each<[object, number, string, boolean]>([
  [{}, 200, 'ok', true],
  [{}, 200, ' ok\n', true],
  [{}, 204, 'ok', false],
  [{}, 200, 'ok <html>', false],
  [{ health: { body: JSON_BODY } }, 200, `${JSON_BODY}\n`, true],
  [{ health: { body: JSON_BODY } }, 200, 'ok', false],
  [{ health: { body: null } }, 204, '', true],
  [{ health: { body: null } }, 302, '', false],
  [{ health: { body: null } }, 500, '', false],
])('%j: %d %j is the right answer: %s', (fields, status, body, right) => {
  expect(isHealthy(site(fields), { status, body })).toBe(right)
  expect(saysHealthy(site(fields), { status, body })).toBe(right)
})

test('strangers of a guarded site are answered by nginx', () => {
  const guarded = site({ ...GUARDED, health: { path: '/ready', body: 'yes' } })
  expect(hasAccess(guarded)).toBe(true)
  expect(saysHealthy(guarded, { status: 200, body: 'ok' })).toBe(true)
  expect(saysHealthy(guarded, { status: 200, body: 'yes' })).toBe(false)
  expect(isHealthy(guarded, { status: 200, body: 'yes' })).toBe(true)
})

test('a page opens by its WebSocket, or where there is none by an answer of the app', () => {
  expect([101, 200, 404, 502].map((status) => opens(STREAMLIT, status))).toEqual([true, false, false, false])
  const none = { ...STREAMLIT, websocket: null }
  expect([200, 307, 401, 404, 429, 500, 502, 0].map((status) => opens(none, status))).toEqual([
    ...[true, true, true, true],
    ...[false, false, false, false],
  ])
})
