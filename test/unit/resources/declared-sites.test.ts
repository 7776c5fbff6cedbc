// The declared sites: every mistake of every file at once, at package time; and the parameters made of good ones.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeclaredSites, siteParameters } from '../../../resources/sites.ts'
import { siteDocument } from '../../support/domain.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sites-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (hostname: string, fields: Record<string, unknown> = {}, name = hostname) =>
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(siteDocument(hostname, fields), null, 2))

test('good ones: without white space, without $schema, without defaults, in order', () => {
  write('b.example.com')
  write('a.example.com', { $schema: '../../docs/site.schema.json' })
  writeFileSync(join(folder, 'README.md'), 'not a site')
  const declared = readDeclaredSites(folder)
  expect(declared.map(({ document }) => document)).toEqual([
    JSON.stringify(siteDocument('a.example.com')),
    JSON.stringify(siteDocument('b.example.com')),
  ])
  expect(declared[0]?.site.ttl).toBe(60)
})

test('none is fine', () => expect(readDeclaredSites(folder)).toEqual([]))

test('every mistake of every file at once', () => {
  write('a.example.com', { ttl: 0, tll: 1 })
  write('b.example.com', {}, 'c.example.com')
  writeFileSync(join(folder, 'd.example.com.json'), '{"hostname":')
  write('e.example.com', { container: { env: { A: 'x'.repeat(4000) } } })
  const length = JSON.stringify(siteDocument('e.example.com', { container: { env: { A: 'x'.repeat(4000) } } })).length
  expect(() => readDeclaredSites(folder)).toThrow(
    [
      'resources/sites:',
      'a.example.com.json: tll: found an unknown field, wanted "ttl"?',
      'a.example.com.json: ttl: found 0, wanted 1 to 86400',
      'c.example.com.json: hostname: found "b.example.com", wanted "c.example.com", as in the name of the file or parameter',
      'd.example.com.json: (document): found Unexpected end of JSON input, wanted JSON',
      `site e.example.com: found ${length} characters, wanted at most 4096`,
    ].join('\n  '),
  )
})

test('a name below a top-level domain that browsers ask for by HTTPS only needs tls', () => {
  write('app.example.dev', {})
  expect(() => readDeclaredSites(folder)).toThrow(
    'app.example.dev.json: tls: found "off", wanted "acme": app.example.dev: browsers ask for names below .dev by HTTPS only',
  )
  write('app.example.dev', { tls: 'acme' })
  expect(readDeclaredSites(folder)).toHaveLength(1)
})

test('two files that claim one name', () => {
  write('a.example.com', { aliases: ['b.example.com'] })
  write('b.example.com')
  expect(() => readDeclaredSites(folder)).toThrow('wanted a name that site b.example.com does not claim too')
})

test('a rule between files is told of files with other mistakes, too: no second round', () => {
  const role = 'arn:aws:iam::210987654321:role/dns'
  const instances = { 'tag:Name': 'shared' }
  write('a.example.com', { ttl: '60', colour: 1, aliases: ['b.example.com'], instances })
  write('b.example.com', { image: undefined, instances, dnsRoleArn: role })
  write(
    'c.example.dev',
    { hsts: 'yes', hostedZoneId: 'Z2ZZZZ', container: { hostPort: '8502' }, instances },
    'd.example.dev',
  )
  const told = [
    'a.example.com.json: ttl: found "60", wanted a whole number of seconds',
    'b.example.com.json: image: found nothing, wanted a value: the field is required',
    'd.example.dev.json: hsts: found "yes", wanted true or false',
    'd.example.dev.json: container/hostPort: found "8502", wanted a whole number',
    'd.example.dev.json: hostname: found "c.example.dev", wanted "d.example.dev", as in the name of the file or parameter',
    'a.example.com.json: hostname, aliases or retired: found "b.example.com", wanted a name that site b.example.com does not claim too',
    'b.example.com.json: hostname, aliases or retired: found "b.example.com", wanted a name that site a.example.com does not claim too',
    `a.example.com.json: dnsRoleArn: found null, wanted "${role}", as the dnsRoleArn of site b.example.com in the same hostedZoneId Z0123456789ABCDEFGHIJ`,
    `b.example.com.json: dnsRoleArn: found "${role}", wanted null, as the dnsRoleArn of site a.example.com in the same hostedZoneId Z0123456789ABCDEFGHIJ`,
    'c.example.dev.json: tls: found "off", wanted "acme": c.example.dev: browsers ask for names below .dev by HTTPS only',
    'b.example.com.json: container/hostPort: found 8501, wanted a port that site a.example.com does not use too, since both select the same instances',
  ]
  for (const line of told) expect(() => readDeclaredSites(folder)).toThrow(`\n  ${line}`)
  // One unknown field in the end, and each of the others once.
  expect(() => readDeclaredSites(folder)).toThrow(new RegExp(`^(.*\\n){${told.length + 1}}.*$`))
})

test('what cannot be read of one file is no mistake of another', () => {
  write('a.example.com', {
    aliases: 'b.example.com',
    hostedZoneId: 1,
    container: { hostPort: '8501' },
    instances: { id: 1 },
  })
  write('b.example.com', { dnsRoleArn: 'arn:aws:iam::210987654321:role/dns' })
  expect(() => readDeclaredSites(folder)).not.toThrow(/b\.example\.com\.json/)
})

test('two files that disagree about the account of their zone: refused with both fields', () => {
  const role = 'arn:aws:iam::210987654321:role/dns'
  write('a.example.com', { dnsRoleArn: role })
  write('b.example.com')
  expect(() => readDeclaredSites(folder)).toThrow(
    `a.example.com.json: dnsRoleArn: found "${role}", wanted null, as the dnsRoleArn of site b.example.com in the same hostedZoneId Z0123456789ABCDEFGHIJ`,
  )
})

const aliases = (count: number) =>
  Array.from({ length: count }, (_, index) => `${'x'.repeat(20)}${String(index).padStart(3, '0')}.example.com`)

test('more names than a certificate of 4 KB holds: refused with the numbers, and only where one is wanted', () => {
  write('a.example.com', { aliases: aliases(46), tls: 'acme' })
  expect(readDeclaredSites(folder)).toHaveLength(1)
  write('a.example.com', { aliases: aliases(47) })
  expect(readDeclaredSites(folder)).toHaveLength(1)
  write('a.example.com', { aliases: aliases(47), tls: 'acme' })
  expect(() => readDeclaredSites(folder)).toThrow(
    'a.example.com.json: aliases: found 48 names, which take 1802 bytes in a certificate, wanted with tls at most 100 names and 1785 bytes: make some of them a site of their own',
  )
})

test('more than a stage can hold: refused, with the numbers', () => {
  for (let index = 0; index <= 100; index++) write(`s${index}.example.com`, { container: { hostPort: 8000 + index } })
  expect(() => readDeclaredSites(folder)).toThrow(/found 101, wanted at most 100 a stage: move some to another stage$/)
})

test('no more than ten parameters are made at once: each waits for the one ten before it', () => {
  for (let index = 0; index < 25; index++) write(`s${index}.example.com`)
  const made = Object.entries(siteParameters('prod', readDeclaredSites(folder), ['Mapping']))
  const ids = made.map(([id]) => id)
  expect(made.map(([, { DependsOn }]) => DependsOn)).toEqual(
    ids.map((_, index) => ['Mapping', ...(index < 10 ? [] : [ids[index - 10]])]),
  )
})

test('a parameter for each site, made after all that must hear of it', () => {
  write('a-b.example.com')
  expect(siteParameters('prod', readDeclaredSites(folder), ['SiteChangedRule', 'Mapping'])).toEqual({
    SiteaDashbDotexampleDotcom: {
      Type: 'AWS::SSM::Parameter',
      DependsOn: ['SiteChangedRule', 'Mapping'],
      Properties: {
        Name: '/ragstream-edge/prod/sites/a-b.example.com',
        Type: 'String',
        Description: expect.any(String),
        Value: JSON.stringify(siteDocument('a-b.example.com')),
      },
    },
  })
})

describe('as editors, consoles and hands leave a file', () => {
  const plain = (fields: Record<string, unknown> = {}) => JSON.stringify(siteDocument('a.example.com', fields), null, 2)
  const file = (text: string, name = 'a.example.com.json') => writeFileSync(join(folder, name), text)

  test('a mark of the byte order is read over', () => {
    file(`\u{feff}${plain()}`)
    expect(readDeclaredSites(folder)).toMatchObject([{ document: JSON.stringify(siteDocument('a.example.com')) }])
  })

  test.each<[string, string, string]>([
    ['a comment', plain().replace('{', '{ // mine'), 'found a comment in line 1, wanted JSON, which has none'],
    ['a comment of more lines', plain().replace(/\n/, '\n/* mine\n*/'), 'found a comment in line 2, wanted JSON'],
    ['a trailing comma', plain().replace(/\n\}$/, ',\n}'), 'found a comma before the bracket that ends in line'],
    ['a key twice', plain().replace('{', '{ "image": "b:1",'), 'image: found it again in line'],
    ['a list', '[]', '(document): found a list, wanted an object'],
    ['half a document', '{"hostname":', '(document): found Unexpected end of JSON input, wanted JSON'],
    [
      'a zone as the AWS CLI lists it',
      plain({ hostedZoneId: '/hostedzone/Z0000000000000000000' }),
      'hostedZoneId: found "/hostedzone/Z0000000000000000000", wanted "Z0000000000000000000" alone',
    ],
  ])('%s is told once', (_, text, told) => {
    file(text)
    expect(() => readDeclaredSites(folder)).toThrow(`resources/sites:\n  a.example.com.json: `)
    expect(() => readDeclaredSites(folder)).toThrow(told)
    expect(() => readDeclaredSites(folder)).not.toThrow(/\n.*\n.*\n/)
  })

  test('a slash or a comma in a text is none of these', () => {
    file(plain({ container: { env: { A: 'http://x/,] "image": //', B: '\\"' } } }))
    expect(readDeclaredSites(folder)).toHaveLength(1)
  })

  test.each(['a.example.com.JSON', 'b.yaml', 'a.example.com.json~', 'a.example.com'])('%s is refused', (name) => {
    file(plain(), name)
    expect(() => readDeclaredSites(folder)).toThrow(`${name}: found another ending, wanted <hostname>.json`)
  })
})

test.each<[string, object, object, boolean]>([
  ['one selector', { 'tag:Name': 'x' }, { 'tag:Name': 'x' }, true],
  ['one wider than the other', { 'tag:Name': 'x', 'tag:Role': 'y' }, { 'tag:Name': 'x' }, true],
  ['different ones', { 'tag:Name': 'x' }, { 'tag:Name': 'y' }, false],
  ['different keys, of which nobody knows', { 'tag:Name': 'x' }, { 'tag:Role': 'y' }, false],
])('two sites on one port with %s', (_, instances, others, isRefused) => {
  write('a.example.com', { instances })
  write('b.example.com', { instances: others })
  const told =
    'b.example.com.json: container/hostPort: found 8501, wanted a port that site a.example.com does not use too'
  if (isRefused) expect(() => readDeclaredSites(folder)).toThrow(told)
  else expect(readDeclaredSites(folder)).toHaveLength(2)
  write('b.example.com', { instances: others, container: { hostPort: 8502 } })
  expect(readDeclaredSites(folder)).toHaveLength(2)
})
