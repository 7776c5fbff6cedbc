// docs/site.schema.json and docs/site.md are what the schema says now, and the editor's schema agrees with parseSite.
import { globSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { parseSite } from '../../../functions/lib/domain/site.ts'
import { parameterFiles } from '../../../resources/documents.ts'
import { documents } from '../../../scripts/generate.ts'
import { siteDocument } from '../../support/domain.ts'

test.each(Object.entries(documents()))('docs/%s is fresh (else: node scripts/generate.ts)', (name, content) =>
  expect(readFileSync(`docs/${name}`, 'utf8')).toBe(content),
)

test.each(Object.entries(parameterFiles()))('%s is fresh (else: node scripts/generate.ts)', (name, content) =>
  expect(readFileSync(name, 'utf8')).toBe(content),
)

const ajv = new Ajv({ allErrors: true })
formats.default(ajv)
const validate = ajv.compile(JSON.parse(readFileSync('docs/site.schema.json', 'utf8')))

test.each(globSync('**/*.json', { cwd: 'resources/sites' }))(
  'the declared site %s passes in an editor, and points at the schema',
  (file) => {
    const document = JSON.parse(readFileSync(`resources/sites/${file}`, 'utf8'))
    expect(document.$schema).toMatch(/^\.\.\/(\.\.\/)+docs\/site\.schema\.json$/)
    validate(document)
    expect(validate.errors).toBeNull()
  },
)

test.each<[string, object]>([
  ['four lines', {}],
  [
    'everything',
    { aliases: ['w.example.com'], ttl: 30, onStop: 'keep', container: { memory: '2g', env: { A: 'é😀' } } },
  ],
  ['an unknown field', { websocket: true }],
  ['an unknown field inside', { container: { prot: 1 } }],
  ['a bad port', { container: { port: 0 } }],
  ['a bad choice', { onStop: 'stop' }],
  ['a bad tag', { instances: { Name: 'x' } }],
  ['no tag', { instances: {} }],
  ['a bad address', { parkAddress: '192.0.2' }],
  ['two lines in a variable', { container: { env: { A: 'x\ny' } } }],
  ['half a surrogate pair', { container: { env: { A: '\ud800' } } }],
  ['a list for an object', { container: [] }],
])('editor and parseSite agree on %s', (_, fields) => {
  const document = siteDocument(undefined, fields as Record<string, unknown>)
  expect(validate(document)).toBe(parseSite(document).ok)
})

interface Field {
  readonly properties?: object
  readonly default?: unknown
  readonly description?: string
}

test('every field is on the reference page, with its default', () => {
  const { properties } = JSON.parse(documents()['site.schema.json']!)
  const page = documents()['site.md']!
  for (const [field, { properties: inner, default: usual, description }] of Object.entries<Field>(properties)) {
    if (field === '$schema') continue
    if (inner) for (const key of Object.keys(inner)) expect(page).toContain(`\`${field}.${key}\``)
    else expect(page).toMatch(new RegExp(`^\\| \`${field}\` .*\\|$`, 'm'))
    if (!inner && usual !== undefined) expect(page).toContain(`\`${JSON.stringify(usual)}\``)
    expect(description).toBeTruthy()
  }
})
