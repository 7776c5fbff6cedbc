// What a host printed becomes an inspection, or an error that names the field.
import { UnexpectedReply } from '../../../functions/lib/domain/errors.ts'
import { type Inspection, parseInspection } from '../../../functions/lib/hosts/inspection.ts'

const good: Inspection = {
  schema: 1,
  site: 'a.example.com',
  versions: { system: 'Debian', nginx: '1.22.1', docker: null, agent: null },
  applied: 'abcdef123456',
  rendering: { file: null, live: null },
  nginx: { active: true, error: null, sameNameBlocks: ['/etc/nginx/conf.d/own.conf'], unknownHost: 'none' },
  container: {
    name: 'ragstream-edge-a.example.com',
    state: 'running',
    restarts: 0,
    exitCode: null,
    image: 'app:1',
    hash: null,
    publish: [],
  },
  listening: [{ address: '127.0.0.1', port: 8501, program: null }],
  answers: {
    app: { status: 200, body: 'ok' },
    nginx: { status: 502, body: '' },
    appWebSocket: 101,
    nginxWebSocket: 0,
  },
  firewall: { port80: 'closed', rule: '-A INPUT -j DROP' },
  lastResult: { at: '2026-11-23T06:00:00Z', line: 'step=done result=unchanged' },
}

test('an inspection is read as it is, with a line end', () => {
  expect(parseInspection(`${JSON.stringify(good)}\n`)).toEqual(good)
})

test('a field that is not known yet does not matter', () => {
  expect(parseInspection(JSON.stringify({ ...good, newer: 1 }))).toEqual(good)
})

const but = (change: object): string => JSON.stringify({ ...good, ...change })

test.each([
  ['nothing', '', 'inspection: found "", wanted one JSON object'],
  ['a line of a failed run', 'step=inputs result=failed', /^inspection: found "step=inputs result=failed", wanted one/],
  ['half an object', JSON.stringify(good).slice(0, -1), /^inspection: found "{.*wanted one JSON object$/],
  ['no object', 'null', 'inspection: (document): found null, wanted an object'],
  ['a later schema', but({ schema: 2 }), 'inspection: schema: found 2, wanted 1'],
  [
    'two fields of another type',
    but({ nginx: { ...good.nginx, unknownHost: 'x' }, applied: 1 }),
    'inspection: applied: found 1, wanted a text; nginx/unknownHost: found "x", wanted "none" or "site" or "refused"',
  ],
  [
    'a time in words',
    but({ lastResult: { at: 'today', line: '' } }),
    /lastResult\/at: found "today", wanted ISO 8601$/,
  ],
  ['a field less', but({ answers: undefined }), /answers: found nothing, wanted a value: the field is required$/],
])('%s is refused, with the field', (_name, stdout, message) => {
  expect(() => parseInspection(stdout)).toThrow(UnexpectedReply)
  expect(() => parseInspection(stdout)).toThrow(message)
})
