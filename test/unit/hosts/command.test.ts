// The Run Command as a value: exact parameters, what changes its hash, what it is recognised by.
import { configureHost, isGood, outsidePatterns, type SentCommand } from '../../../functions/lib/hosts/command.ts'
import { hostParameters } from '../../../functions/lib/hosts/parameters.ts'
import { aSite } from '../../support/domain.ts'

const DOCUMENT = 'ragstream-edge-prod-ConfigureHost-0123abcd'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const hashOf = (fields: Record<string, unknown>, document = DOCUMENT) =>
  configureHost(aSite(undefined, fields), document).parameters.SiteHash

test('a site with defaults', () => {
  const command = configureHost(aSite(), DOCUMENT)
  const { SiteHash, ...parameters } = command.parameters
  expect(command.documentName).toBe(DOCUMENT)
  expect(parameters).toEqual({
    Hostname: 'app.example.com',
    Aliases: '',
    Image: 'ragstream:1.4.0',
    Pull: 'auto',
    ContainerPort: '8501',
    HostPort: '8501',
    ClientMaxBodySize: '201m',
    ConnectionsPerAddress: '256',
    Connections: '',
    Uploads: '10',
    Use: 'off',
    ReadTimeout: '1h',
    HealthPath: '/_stcore/health',
    HealthBody: base64('ok'),
    StartTimeout: '60',
    Memory: '',
    ReadOnlyRoot: 'false',
    Metadata: 'false',
    Pids: '4096',
    TmpSize: '1g',
    HostPorts: '',
    Rollout: 'overlap',
    Adopt: 'false',
    SecretsPath: '',
    SentAt: '0',
    TlsPath: '',
    Hsts: 'false',
    Networks: '',
    PasswordsPath: '',
    Guesses: '5',
    Env: '',
    Volumes: '',
  })
  expect(SiteHash).toMatch(/^[0-9a-f]{12}$/)
  expect(command.comment).toBe(`app.example.com ${SiteHash}`)
})

const CERTIFICATE = {
  path: `/ragstream-edge/prod/tls/app.example.com/${'0123456789abcdef'.repeat(2)}`,
  names: ['app.example.com'],
  directory: 'https://ca.example.com/dir',
  notBefore: '2026-11-01T00:00:00.000Z',
  notAfter: '2027-01-30T00:00:00.000Z',
}

test('another certificate is another command', () => {
  const site = aSite(undefined, { tls: 'acme' })
  const comments = [
    site,
    { ...site, certificate: CERTIFICATE },
    { ...site, certificate: { ...CERTIFICATE, path: '/b' } },
  ]
  expect(new Set(comments.map((one) => configureHost(one, DOCUMENT).comment)).size).toBe(3)
})

test('a site with everything: lists by comma, maps as sorted base64 lines', () => {
  const site = {
    ...aSite(undefined, {
      aliases: ['www.example.com', 'w.example.com'],
      tls: 'acme',
      hsts: true,
      access: { networks: ['203.0.113.0/24', '2001:db8::/32'], passwordsPath: '/app/visitors', guesses: null },
      container: {
        port: 80,
        hostPort: 8600,
        env: { B: 'two words', A: "it's $HOME=`id`" },
        volumes: ['/srv/b:/b:ro', '/srv/a:/a'],
        memory: '2g',
        readOnlyRoot: true,
        metadata: true,
        hostPorts: [11434, 5432],
        pids: 100,
        tmpSize: '2g',
        secretsPath: '/app/secrets',
        startTimeout: 90,
      },
      health: { path: '/healthz', body: '{"status": "up"}' },
      websocket: null,
      proxy: { clientMaxBodySize: '1g', readTimeout: '2d', connectionsPerAddress: 20, connections: 300, uploads: 2 },
      adopt: true,
    }),
    certificate: CERTIFICATE,
  }
  expect(configureHost(site, DOCUMENT).parameters).toEqual({
    Hostname: 'app.example.com',
    Aliases: 'www.example.com,w.example.com',
    Image: 'ragstream:1.4.0',
    Pull: 'auto',
    ContainerPort: '80',
    HostPort: '8600',
    ClientMaxBodySize: '1g',
    ConnectionsPerAddress: '20',
    Connections: '300',
    Uploads: '2',
    Use: 'off',
    ReadTimeout: '2d',
    HealthPath: '/healthz',
    HealthBody: base64('{"status": "up"}'),
    StartTimeout: '90',
    Memory: '2g',
    ReadOnlyRoot: 'true',
    Metadata: 'true',
    Pids: '100',
    TmpSize: '2g',
    HostPorts: '5432,11434',
    Rollout: 'replace',
    Adopt: 'true',
    SecretsPath: '/app/secrets',
    SentAt: '0',
    TlsPath: CERTIFICATE.path,
    Hsts: 'true',
    Networks: '203.0.113.0/24,2001:db8::/32',
    PasswordsPath: '/app/visitors',
    Guesses: '',
    Env: base64("A=it's $HOME=`id`\nB=two words\n"),
    Volumes: base64('/srv/a:/a\n/srv/b:/b:ro\n'),
    SiteHash: expect.any(String),
  })
})

test('exactly the parameters that the document declares', () =>
  expect(Object.keys(configureHost(aSite(), DOCUMENT).parameters).sort()).toEqual(
    hostParameters.map(({ name }) => name).sort(),
  ))

describe('the hash', () => {
  const usual = hashOf({})
  test('the same site, the same hash', () => expect(hashOf({})).toBe(usual))
  test('another document is another command', () => expect(hashOf({}, `${DOCUMENT}x`)).not.toBe(usual))
  test.each([
    ['image', { image: 'ragstream:1.4.1' }],
    ['env', { container: { env: { A: '' } } }],
    ['port', { container: { port: 8502 } }],
    ['alias', { aliases: ['www.example.com'] }],
    ['health', { health: { body: null } }],
  ])('%s changes it', (_, fields) => expect(hashOf(fields)).not.toBe(usual))
  test.each([
    ['ttl', { ttl: 300 }],
    ['onStop', { onStop: 'delete' }],
    ['instances', { instances: { 'tag:Role': 'web' } }],
    ['websocket', { websocket: null }],
    ['retired', { retired: ['old.example.com'] }],
  ])('%s concerns no host', (_, fields) => expect(hashOf(fields)).toBe(usual))
  test('the order of an environment means nothing', () =>
    expect(hashOf({ container: { env: { A: '1', B: '2' } } })).toBe(hashOf({ container: { env: { B: '2', A: '1' } } })))
})

describe('the comment', () => {
  const long = (first: string) => `${first}.${`${'a'.repeat(60)}.`.repeat(3)}example.com`
  const commentOf = (hostname: string) => configureHost(aSite(hostname), DOCUMENT).comment

  test('of the longest name has at most 100 characters', () => {
    const longest = `${`${'a'.repeat(61)}.`.repeat(3)}${'b'.repeat(63)}.com`
    expect(longest).toHaveLength(253)
    expect(commentOf(longest).length).toBeLessThanOrEqual(100)
  })
  test('keeps two long names with the same end apart', () =>
    expect(commentOf(long('one')).split(' ')[0]).not.toBe(commentOf(long('two')).split(' ')[0]))
  test('of a shortened name is no other site’s: ~ stands in no hostname', () =>
    expect(commentOf(long('one'))).toMatch(/^[0-9a-f]{12}~[a-z0-9.-]{60} [0-9a-f]{12}$/))
})

test('values outside the document’s patterns, each named', () => {
  const site = aSite()
  const bent = { ...site, image: "x'; reboot; '", container: { ...site.container, hostPort: 0 } }
  expect(outsidePatterns(configureHost(site, DOCUMENT))).toEqual([])
  expect(outsidePatterns(configureHost(bent, DOCUMENT))).toEqual([
    {
      path: 'parameter Image',
      found: `"x'; reboot; '"`,
      wanted: `a match of ${hostParameters.find(({ name }) => name === 'Image')!.pattern}`,
    },
    {
      path: 'parameter HostPort',
      found: '"0"',
      wanted: `a match of ${hostParameters.find(({ name }) => name === 'HostPort')!.pattern}`,
    },
  ])
})

test.each([
  ['Pending', true],
  ['InProgress', true],
  ['Delayed', true],
  ['Success', true],
  ['Failed', false],
  ['TimedOut', false],
  ['Cancelled', false],
  ['Cancelling', false],
  ['Undeliverable', false],
])('a command that is %s: good %s', (status, good) => {
  const sent: SentCommand = { id: 'c', instanceId: 'i', comment: '', status, requestedAt: 0 }
  expect(isGood(sent)).toBe(good)
})
