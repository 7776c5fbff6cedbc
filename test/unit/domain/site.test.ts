// The site document: four lines are enough, every default, every kind of error with path, found and wanted.

import { describeFieldError, editDistance } from '../../../functions/lib/domain/field-error.ts'
import { parseSite } from '../../../functions/lib/domain/site.ts'
import { siteDocument } from '../../support/domain.ts'

const errorsOf = (document: unknown): string[] => {
  const result = parseSite(document)
  return result.ok ? [] : result.errors.map(describeFieldError)
}
const errorsWith = (fields: Readonly<Record<string, unknown>>): string[] => errorsOf(siteDocument(undefined, fields))

test('four lines are a whole site: every default', () => {
  expect(
    parseSite({
      hostname: 'ragstream.rusbehabtahi.com',
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      instances: { 'tag:Name': 'ragstream' },
      image: 'ragstream:1.4.0',
    }),
  ).toEqual({
    ok: true,
    site: {
      hostname: 'ragstream.rusbehabtahi.com',
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      instances: { 'tag:Name': 'ragstream' },
      image: 'ragstream:1.4.0',
      aliases: [],
      retired: [],
      ttl: 60,
      parkTtl: 10,
      dnsRoleArn: null,
      ipv6: false,
      onStop: 'park',
      parkAddress: '192.0.2.1',
      container: {
        port: 8501,
        hostPort: 8501,
        env: {},
        secretsPath: null,
        volumes: [],
        memory: null,
        readOnlyRoot: false,
        metadata: false,
        pids: 4096,
        tmpSize: '1g',
        hostPorts: [],
        startTimeout: 60,
      },
      health: { path: '/_stcore/health', body: 'ok' },
      websocket: '/_stcore/stream',
      pull: 'auto',
      proxy: {
        clientMaxBodySize: '201m',
        readTimeout: '1h',
        connectionsPerAddress: 256,
        connections: null,
        uploads: 10,
      },
      rollout: 'overlap',
      adopt: false,
      probe: 'public',
      tls: 'off',
      hsts: false,
      idle: null,
      door: null,
      access: { networks: [], passwordsPath: null, guesses: 5 },
    },
  })
})

test.each(['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc'])('a role of the partition %s, below a path', (partition) => {
  const dnsRoleArn = `arn:${partition}:iam::210987654321:role/dns/ragstream_edge+1@x.y`
  expect(parseSite(siteDocument(undefined, { dnsRoleArn }))).toMatchObject({ ok: true, site: { dnsRoleArn } })
})

test('with volumes the old container stops first', () => {
  const result = parseSite(siteDocument(undefined, { container: { volumes: ['/srv/data:/data'] } }))
  expect(result).toMatchObject({ ok: true, site: { rollout: 'replace' } })
})

const NAME = 'a DNS name in lower case, such as app.example.com'

test.each<[string, Record<string, unknown>, string]>([
  ['an upper-case hostname', { hostname: 'App.example.com' }, `hostname: found "App.example.com", wanted ${NAME}`],
  ['a single label', { hostname: 'localhost' }, `hostname: found "localhost", wanted ${NAME}`],
  ['a trailing dot', { hostname: 'app.example.com.' }, `hostname: found "app.example.com.", wanted ${NAME}`],
  ['a label of 64', { aliases: [`${'a'.repeat(64)}.de`] }, `aliases/0: found "${'a'.repeat(64)}.de", wanted ${NAME}`],
  ['shell in a name', { aliases: ['a.de', '$(id).de'] }, `aliases/1: found "$(id).de", wanted ${NAME}`],
  [
    'a zone name for its id',
    { hostedZoneId: 'example.com' },
    'hostedZoneId: found "example.com", wanted a Route 53 hosted zone id, such as Z0123456789ABCDEFGHIJ',
  ],
  ...[
    'ragstream-edge-dns',
    'arn:aws:iam::210987654321:user/dns',
    'arn:aws:iam::21098765432:role/dns',
    'arn:aws:sts::210987654321:assumed-role/dns/session',
    'arn:aws:iam::210987654321:role/',
    'arn:aws:iam::210987654321:role/dns*',
    'arn:aws:iam::210987654321:role/d n s',
    'arn:aws:iam::210987654321:role/d/',
  ].map((arn): [string, Record<string, unknown>, string] => [
    `no role: ${arn.slice(0, 50)}`,
    { dnsRoleArn: arn },
    `dnsRoleArn: found ${JSON.stringify(arn)}, wanted the ARN of an IAM role, such as arn:aws:iam::123456789012:role/ragstream-edge-dns`,
  ]),
  [
    'no tag',
    { instances: {} },
    'instances: found an object, wanted at least one tag, such as { "tag:Name": "ragstream" }',
  ],
  [
    'a tag without tag:',
    { instances: { Name: 'x' } },
    'instances/Name: found "Name", wanted tag:<Key>, such as tag:Name, or id',
  ],
  [
    'an empty tag value',
    { instances: { 'tag:Name': '' } },
    'instances/tag:Name: found "", wanted the value of the tag, or the id',
  ],
  ['an image with a quote', { image: "a'b" }, `image: found "a'b", wanted an image reference, such as ragstream:1.4.0`],
  ['a TTL of zero', { ttl: 0 }, 'ttl: found 0, wanted 1 to 86400'],
  ['half a second', { ttl: 0.5 }, 'ttl: found 0.5, wanted a whole number of seconds'],
  ['a TTL in words', { ttl: '60' }, 'ttl: found "60", wanted a whole number of seconds'],
  [
    'a text of two lines',
    { container: { env: { MOTD: 'a\nb' } } },
    'container/env/MOTD: found a line break, wanted one line of at most 4,096 characters',
  ],
  [
    'a variable that is none',
    { container: { env: { 'BAD-NAME': 'x' } } },
    'container/env/BAD-NAME: found "BAD-NAME", wanted a variable name: letters, digits, underscore',
  ],
  ['a text for a list', { aliases: 'b.example.com' }, 'aliases: found "b.example.com", wanted a list'],
  ['yes for true', { ipv6: 'yes' }, 'ipv6: found "yes", wanted true or false'],
  ['an unknown choice', { onStop: 'stop' }, 'onStop: found "stop", wanted "park" or "delete" or "keep"'],
  ['IPv6 to park at', { parkAddress: '::1' }, 'parkAddress: found "::1", wanted an IPv4 address'],
  [
    'no id of an instance',
    { instances: { id: 'ragstream' } },
    'instances/id: found "ragstream", wanted an id such as i-1234567890abcdef0',
  ],
  ['a list of tags', { instances: ['tag:Name'] }, 'instances: found a list, wanted an object'],
  ['a text for an object', { proxy: '201m' }, 'proxy: found "201m", wanted an object'],
  ['a list for an object', { proxy: [] }, 'proxy: found a list, wanted an object'],
  ['a port too far', { container: { port: 65536 } }, 'container/port: found 65536, wanted 1 to 65535'],
  [
    'a relative volume',
    { container: { volumes: ['data:/data'] } },
    'container/volumes/0: found "data:/data", wanted /host/path:/container/path, with :ro for read-only',
  ],
  [
    'a size without unit',
    { proxy: { clientMaxBodySize: '200' } },
    'proxy/clientMaxBodySize: found "200", wanted a number with k, m or g, such as 201m',
  ],
  [
    'the same name twice',
    { aliases: ['app.example.com'] },
    'aliases: found "app.example.com", wanted each name once among hostname, aliases and retired',
  ],
  [
    'two containers on one volume',
    { rollout: 'overlap', container: { volumes: ['/a:/b'] } },
    'rollout: found "overlap", wanted "replace": two containers on one volume can corrupt it',
  ],
])('%s', (_, fields, sentence) => expect(errorsWith(fields)).toContain(sentence))

test.each<[unknown, string]>([
  [null, 'null'],
  [[], 'a list'],
  ['x', '"x"'],
  [7, '7'],
])('a document that is no object: %j', (document, found) =>
  expect(errorsOf(document)[0]).toBe(`(document): found ${found}, wanted an object`),
)

test('every error of a document at once', () => {
  const errors = errorsOf({
    hostnam: 'a.de',
    instances: { 'tag:Name': 'x' },
    ttl: 0,
    container: { prot: 1, hostPort: 0 },
  })
  expect(errors).toEqual([
    'hostnam: found an unknown field, wanted "hostname"?',
    'container/prot: found an unknown field, wanted "port"?',
    'hostname: found nothing, wanted a value: the field is required',
    'hostedZoneId: found nothing, wanted a value: the field is required',
    'image: found nothing, wanted a value: the field is required',
    'ttl: found 0, wanted 1 to 86400',
    'container/hostPort: found 0, wanted 1 to 65535',
  ])
})

test('a value that its pattern refuses does not hide a contradiction', () =>
  expect(errorsWith({ ttl: 0, rollout: 'overlap', container: { volumes: ['/a:/b'] }, hsts: true })).toEqual([
    'ttl: found 0, wanted 1 to 86400',
    'rollout: found "overlap", wanted "replace": two containers on one volume can corrupt it',
    'hsts: found true, wanted nothing without tls: set tls to "acme" too',
  ]))

test('a number that is wrong in two ways is told once', () =>
  expect(errorsWith({ container: { startTimeout: 0.5 } })).toEqual([
    'container/startTimeout: found 0.5, wanted a whole number of seconds',
  ]))

test('a key near no known one: all of them', () =>
  expect(errorsWith({ proxy: { websockets: true } })).toEqual([
    'proxy/websockets: found an unknown field, wanted one of clientMaxBodySize, readTimeout, connectionsPerAddress, connections, uploads',
  ]))

test.each(['toString', 'constructor', '__proto__'])('%s is unknown like any other key', (key) =>
  expect(errorsOf(JSON.parse(JSON.stringify(siteDocument()).replace('{', `{"${key}":1,`)))).toEqual([
    expect.stringMatching(`^${key}: found an unknown field, wanted `),
  ]),
)

test('a long value is cut', () =>
  expect(errorsWith({ image: `a b${'c'.repeat(200)}` })[0]).toBe(
    `image: found "a b${'c'.repeat(73)}..., wanted an image reference, such as ragstream:1.4.0`,
  ))

test.each<[string, Record<string, unknown>]>([
  ['a value of two lines', { container: { env: { TOKEN: 'hunter2\nhunter2' } } }],
  ['a value that is a list', { container: { env: { TOKEN: ['hunter2'] } } }],
  ['a bad name', { container: { env: { 'TOKEN-1': 'hunter2' } } }],
  ['the environment as a list', { container: { env: ['TOKEN=hunter2'] } }],
  ['the environment as a text', { container: { env: 'TOKEN=hunter2' } }],
  ['the environment in a field of its own', { env: { TOKEN: 'hunter2' } }],
  ['the environment under a misspelt name', { container: { evn: { TOKEN: 'hunter2' } } }],
  ['the container as a list', { container: [{ env: { TOKEN: 'hunter2' } }] }],
])('an error never shows a value of the environment: %s', (_, fields) => {
  expect(errorsWith(fields)).not.toEqual([])
  expect(errorsWith(fields).join()).not.toContain('hunter2')
  expect(errorsOf([siteDocument(undefined, fields)]).join()).not.toContain('hunter2')
})

const GUARDED = {
  hsts: true,
  access: { networks: ['203.0.113.0/24', '2001:db8::/32'], passwordsPath: '/app/visitors' },
}

test('with tls: browsers told, networks and passwords', () =>
  expect(errorsWith({ tls: 'acme', ...GUARDED })).toEqual([]))

test('without tls a password would travel in the clear: refused, each by name', () =>
  expect(errorsWith(GUARDED)).toEqual([
    'hsts: found true, wanted nothing without tls: set tls to "acme" too',
    'access/networks: found a list, wanted nothing without tls: set tls to "acme" too',
    'access/passwordsPath: found "/app/visitors", wanted nothing without tls: set tls to "acme" too',
  ]))

test.each(['203.0.113.0/33', '256.0.0.1', '203.0.113', 'all', '2001:db8::/129', 'fe80', '203.0.113.0/24;'])(
  'no network: %s',
  (network) =>
    expect(errorsWith({ tls: 'acme', access: { networks: [network] } })).toEqual([
      `access/networks/0: found "${network}", wanted an address or a network, such as 203.0.113.0/24`,
    ]),
)

test.each([
  ['', '', 0],
  ['port', 'port', 0],
  ['prot', 'port', 2],
  ['', 'ttl', 3],
  ['image', 'images', 1],
])('editDistance(%j, %j) = %d', (a, b, distance) => expect(editDistance(a, b)).toBe(distance))

describe('idle', () => {
  test('stopAfter is enough', () => {
    const result = parseSite(siteDocument(undefined, { idle: { stopAfter: '45m' } }))
    expect(result.ok && result.site.idle).toEqual({
      ...{ stopAfter: '45m', unusedAfter: '15m', cpu: 10, longest: null, byRequests: false, notice: false },
    })
  })

  test.each(['10m', '99m', '100m', '1440m', '1h', '24h'])('%s is a time', (stopAfter) =>
    expect(errorsWith({ idle: { stopAfter } })).toEqual([]),
  )

  test.each(['9m', '1441m', '25h', '0h', '45', '45s', '1d', '45 m'])('%s is none', (stopAfter) =>
    expect(errorsWith({ idle: { stopAfter } })).toEqual([
      `idle/stopAfter: found "${stopAfter}", wanted a time from 10m to 24h, in minutes or hours, such as 45m`,
    ]),
  )

  test('without a WebSocket nobody can tell visitors from scanners: the owner has to choose it', () => {
    const idle = { stopAfter: '45m' }
    expect(errorsWith({ websocket: null, idle })).toEqual([
      'idle/byRequests: found false, wanted true, or a websocket: without one nobody can tell visitors from scanners',
    ])
    expect(errorsWith({ websocket: null, idle: { ...idle, byRequests: true } })).toEqual([])
  })
})

describe('door', () => {
  test('an empty one is enough', () => {
    const result = parseSite(siteDocument(undefined, { door: {} }))
    expect(result.ok && result.site.door).toEqual({
      title: null,
      note: null,
      perDay: 12,
      perHour: 3,
      passwordPath: null,
    })
  })

  test.each(['<script>alert(1)</script>', 'Größe & Höhe', '日本語', '🚪'])('%s is a title', (title) =>
    expect(errorsWith({ door: { title, note: title } })).toEqual([]),
  )

  test.each(['', 'two\nlines', 'turned \u202e', '\ud800'])('%j is none', (title) =>
    expect(errorsWith({ door: { title } })).toEqual([
      `door/title: found ${JSON.stringify(title)}, wanted one line of 1 to 80 characters`,
    ]),
  )

  test('81 characters are too many', () => expect(errorsWith({ door: { title: 'a'.repeat(81) } })).toHaveLength(1))

  test.each(['delete', 'keep'])('a name that is not parked cannot be led to: onStop %s', (onStop) =>
    expect(errorsWith({ door: {}, onStop })).toEqual([`onStop: found "${onStop}", wanted "park", which a door needs`]),
  )
})
