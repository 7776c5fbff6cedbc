// All mistakes of a site's document at once, whatever else is wrong in it.
import fc from 'fast-check'
import { describeFieldError } from '../../../functions/lib/domain/field-error.ts'
import { parseSite, siteSchema } from '../../../functions/lib/domain/site.ts'
import { readDraft } from '../../../resources/draft.ts'
import { siteDocument } from '../../support/domain.ts'

const errorsOf = (document: unknown): string[] => readDraft(document).errors.map(describeFieldError)
const errorsWith = (fields: Readonly<Record<string, unknown>>): string[] => errorsOf(siteDocument(undefined, fields))

/** Mistakes that have no field in common; each is told in these words, whatever the others are. */
const MISTAKES: readonly (readonly [fields: Record<string, unknown>, told: string])[] = [
  [{ ttl: '60' }, 'ttl: found "60", wanted a whole number of seconds'],
  [{ colour: 'red' }, `colour: found an unknown field, wanted one of ${Object.keys(siteSchema.entries).join(', ')}`],
  [{ image: undefined }, 'image: found nothing, wanted a value: the field is required'],
  [{ pull: 'often' }, 'pull: found "often", wanted "auto" or "never" or "always"'],
  [{ proxy: { uploads: 'many' } }, 'proxy/uploads: found "many", wanted a whole number'],
  [
    { aliases: ['a.example.com'] },
    'aliases: found "a.example.com", wanted each name once among hostname, aliases and retired',
  ],
  [
    { rollout: 'overlap', container: { env: { A: 1 }, volumes: ['/a:/b'] } },
    'rollout: found "overlap", wanted "replace": two containers on one volume can corrupt it',
  ],
  [{ instances: { id: 'x' } }, 'instances/id: found "x", wanted an id such as i-1234567890abcdef0'],
  [{ hsts: true }, 'hsts: found true, wanted nothing without tls: set tls to "acme" too'],
  [
    { access: { networks: [], passwordsPath: '/a/b', guesses: 'few' } },
    'access/passwordsPath: found "/a/b", wanted nothing without tls: set tls to "acme" too',
  ],
  [
    { health: { path: '/_ragstream-edge' } },
    'health/path: found "/_ragstream-edge", wanted a path of the app: this one is nginx’s',
  ],
  [
    { websocket: null, idle: { stopAfter: '45m' } },
    'idle/byRequests: found false, wanted true, or a websocket: without one nobody can tell visitors from scanners',
  ],
  [{ door: {}, onStop: 'keep' }, 'onStop: found "keep", wanted "park", which a door needs'],
]

test('whatever else is wrong in a document, each mistake is told at once', () =>
  fc.assert(
    fc.property(fc.subarray([...MISTAKES]), (chosen) => {
      const fields = Object.assign({}, ...chosen.map(([each]) => each))
      const errors = errorsOf(JSON.parse(JSON.stringify(siteDocument('a.example.com', fields))))
      for (const [, told] of chosen) expect(errors).toContain(told)
      if (chosen.length === 0) expect(errors).toEqual([])
    }),
  ))

test('a document whose fields can all be read: the errors of the functions, in their words', () =>
  fc.assert(
    fc.property(fc.subarray([...MISTAKES]), (chosen) => {
      const document = JSON.parse(
        JSON.stringify(siteDocument('a.example.com', Object.assign({}, ...chosen.map(([each]) => each)))),
      )
      const result = parseSite(document)
      const all = errorsOf(document)
      for (const error of result.ok ? [] : result.errors) expect(all).toContain(describeFieldError(error))
      expect(all.length === 0).toBe(result.ok)
      expect(readDraft(document).site).toEqual(result.ok ? result.site : undefined)
    }),
  ))

test.each([[[]], ['x'], [7], [null]])('no object: %j is told, and nothing is taken of it', (document) => {
  const { errors, take } = readDraft(document)
  expect(errors[0]?.path).toBe('(document)')
  expect(take(({ hostname }) => hostname)).toBeUndefined()
})

test.each<[string, Record<string, unknown>, string]>([
  ['a field of another type', { tls: true, hsts: true }, 'tls: found true, wanted "off" or "acme"'],
  ['a misspelt field', { tlss: 'acme', hsts: true }, 'tlss: found an unknown field, wanted "tls"?'],
  ['a list of another type', { aliases: [1], retired: ['a.example.com'] }, 'aliases/0: found 1, wanted a DNS name'],
  ['an object of another type', { container: 'x', rollout: 'overlap' }, 'container: found a string, wanted an object'],
])('%s contradicts nothing: one error', (_, fields, told) =>
  expect(errorsWith(fields)).toEqual([expect.stringContaining(told)]),
)
