// Stages, regions and partitions: what one stage makes, no other has; and nothing says where it runs.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Resources } from '../../../resources/cloudformation.ts'
import { resources } from '../../../resources/index.ts'
import { sitesOfStage } from '../../../resources/sites.ts'
import { siteDocument } from '../../support/domain.ts'

const { overLimits, doubtful } = createRequire(import.meta.url)('../../../resources/package/limits.cjs') as {
  overLimits(template: { Resources: object }): string[]
  doubtful(template: { Resources: object }): string | undefined
}

/** Properties that become a name in the account, by which two stacks could meet. */
const NAMES = [
  'Name',
  'QueueName',
  'TopicName',
  'RoleName',
  'AlarmName',
  'FunctionName',
  'LogGroupName',
  'DashboardName',
]
const named = (all: Resources): unknown[] =>
  Object.values(all).flatMap(({ Properties }) =>
    NAMES.flatMap((name) => (typeof Properties[name] === 'string' ? [Properties[name]] : [])),
  )

test('two stages have no name in common', () => {
  const [prod, dev] = [named(resources('prod').Resources), named(resources('dev').Resources)]
  expect(prod.length).toBeGreaterThan(0)
  expect(prod.filter((name) => dev.includes(name))).toEqual([])
  expect(prod.filter((name) => !String(name).includes('prod'))).toEqual([])
})

describe('names of stages', () => {
  // The longest that IAM and Lambda take in 64 characters, with what CloudFormation and the functions add.
  test.each(['p', 'prod', 'abcdefghijklmno6'])('%s is taken', (stage) => expect(() => resources(stage)).not.toThrow())
  // With a hyphen the rights of prod (…-prod-*) would cover prod-eu, too.
  test.each(['', 'prod-eu', 'Prod', '1st', 'prod_eu', 'abcdefghijklmnop7', 'prod\n'])('%j is refused', (stage) =>
    expect(() => resources(stage)).toThrow(
      `stage: found ${JSON.stringify(stage)}, wanted 1 to 16 small letters and digits, a letter first`,
    ),
  )
})

test('what a stage allows and listens to is its own', () => {
  const text = JSON.stringify(resources('dev').Resources)
  expect(text).toContain('ragstream-edge/dev/')
  expect(text).not.toMatch(/ragstream-edge[-/]prod/)
})

test('no ARN names a partition, a region or an account', () => {
  const text = JSON.stringify(resources('prod').Resources)
  expect(text.match(/arn:aws[a-z-]*:|\b(us|eu|ap|sa|ca|me|af|cn)-[a-z]+-\d\b|\b\d{12}\b/g)).toBeNull()
})

describe('sites by stage', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sites-'))
    mkdirSync(join(root, 'dev'))
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const write = (folder: string, hostname: string, fields = {}) =>
    writeFileSync(join(root, folder, `${hostname}.json`), JSON.stringify(siteDocument(hostname, fields)))
  const names = (stage: string) => sitesOfStage(root, stage).map(({ site }) => site.hostname)

  test('files directly in the folder are prod’s, others lie in a folder of their stage', () => {
    write('', 'a.example.com')
    write('dev', 'b.example.com')
    expect(['prod', 'dev', 'test'].map(names)).toEqual([['a.example.com'], ['b.example.com'], []])
  })

  test('a name in two stages is refused: each would undo what the other wrote', () => {
    write('', 'a.example.com', { aliases: ['b.example.com'] })
    write('dev', 'b.example.com')
    const wanted = /found b\.example\.com\. in stage dev and in stage prod, wanted each name in one/
    expect(() => names('dev')).toThrow(wanted)
    expect(() => names('prod')).toThrow('in stage prod and in stage dev')
  })

  test('the mistakes of both stages, and the name that both have, at once', () => {
    write('', 'a.example.com', { ttl: 'x', aliases: ['b.example.com'] })
    write('dev', 'b.example.com', { hsts: true })
    for (const told of [
      '\n  a.example.com.json: ttl: found "x", wanted a whole number of seconds',
      '\n  stage dev: b.example.com.json: hsts: found true, wanted nothing without tls',
      '\n  found b.example.com. in stage prod and in stage dev, wanted each name in one',
    ])
      expect(() => names('prod')).toThrow(told)
  })
})

describe('limits of a stack', () => {
  const many = (count: number, text = '') =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, { Type: 'x', Properties: { text } }]))

  test('at the limit: nothing to say', () => expect(overLimits({ Resources: many(500) })).toEqual([]))
  test('one more', () =>
    expect(overLimits({ Resources: many(501) })).toEqual(['resources: found 501, wanted at most 500']))
  test('too long', () =>
    expect(overLimits({ Resources: many(250, 'x'.repeat(4000)) })).toEqual([
      expect.stringMatching(/^template: found 10\d{5} bytes, wanted at most 1000000$/),
    ]))
})

test('after a removal: the framework itself says what stays, with the stage', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['test/support/removal.cjs', 'dev'])
  for (const what of [
    'the records of the sites',
    '/ragstream-edge/dev/images',
    '/ragstream-edge/dev/tls',
    'on each host',
  ])
    expect(stderr).toContain(what)
  expect(stderr).not.toContain('prod')
})

describe('what a person should hear before a deploy', () => {
  const declaring = (hostedZoneId: string) => ({
    Site: {
      Type: 'AWS::SSM::Parameter',
      Properties: {
        Name: '/ragstream-edge/prod/sites/a.example.com',
        Value: JSON.stringify(siteDocument('a.example.com', { hostedZoneId })),
      },
    },
  })

  test('a zone of its own: nothing', () =>
    expect(doubtful({ Resources: declaring('Z0000000000000000000') })).toBeUndefined())
  test('no site at all', () => expect(doubtful({ Resources: {} })).toMatch(/^the stage declares no site: /))
  test('the zone of the examples, which nobody has', () =>
    expect(doubtful({ Resources: declaring('Z0123456789ABCDEFGHIJ') })).toMatch(
      /^hostedZoneId of a\.example\.com: found Z0123456789ABCDEFGHIJ, the zone of the examples, wanted yours/,
    ))
})
