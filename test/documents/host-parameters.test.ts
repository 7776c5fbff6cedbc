// The patterns: nothing that a shell, nginx or Docker could read as more than data passes, in JavaScript and in bash.
import { execFileSync } from 'node:child_process'
import { allParameters } from '../../functions/lib/hosts/parameters.ts'

const HOSTILE = [
  "'",
  "';reboot;'",
  '"',
  '\\',
  '$(reboot)',
  '${HOME}',
  '$HOME',
  '`reboot`',
  ' ',
  'a b',
  'a\tb',
  'a\n',
  '\na',
  'a\nb',
  'a\r',
  'a\0b',
  'a;b',
  'a|b',
  'a&b',
  'a>b',
  'a<b',
  'a*',
  'a?',
  '~',
  '!',
  '#',
  '%0a',
  '{{ Image }}',
  '{{Image}}',
  '${self:custom}',
  '-x',
  '--privileged',
  'ü',
  '\u2028',
  '\u00a0',
  '\u0430.example.com',
  '(x)',
  '[x]',
  '../x',
  '/etc/passwd',
]

type Name = (typeof allParameters)[number]['name']

const GOOD: Readonly<Record<Name, readonly string[]>> = {
  LogSource: ['app', 'nginx', 'service'],
  LogSince: ['', '10m', '2026-11-29T12:00:02.5Z', '@120.7'],
  LogLines: ['1', '9999'],
  Use: ['off', 'sessions', 'requests'],
  Hostnames: ['a.example.com', 'a.example.com,b.example.com'],
  Hostname: ['ragstream.rusbehabtahi.com', 'a.b', 'x--1.example.co', `${'a'.repeat(63)}.com`],
  Aliases: ['', 'www.example.com', 'www.example.com,example.com'],
  Image: [
    'ragstream:1.4.0',
    'ragstream',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app:1',
    'localhost:5000/app',
    `app@sha256:${'0'.repeat(64)}`,
  ],
  Pids: ['4096'],
  TmpSize: ['1g', '512m'],
  HostPorts: ['', '11434', '5432,11434'],
  Pull: ['auto', 'never', 'always'],
  ContainerPort: ['1', '80', '8501', '65535'],
  HostPort: ['8501'],
  ClientMaxBodySize: ['201m', '5g'],
  ConnectionsPerAddress: ['256', '9999'],
  Connections: ['', '1'],
  Uploads: ['10'],
  ReadTimeout: ['1h', '90s'],
  HealthPath: ['/', '/_stcore/health', '/healthz', '/api/v1.2/ready-x/'],
  HealthBody: ['', 'b2s=', 'eyJzdGF0dXMiOiJvayJ9'],
  Websocket: ['', '/_stcore/stream', '/ws'],
  StartTimeout: ['5', '600'],
  Memory: ['', '1500m', '2g'],
  ReadOnlyRoot: ['true', 'false'],
  Metadata: ['true', 'false'],
  Rollout: ['overlap', 'replace'],
  Adopt: ['true', 'false'],
  SecretsPath: ['', '/ragstream/secrets', '/a.b/c-d/e_f'],
  TlsPath: ['', '/ragstream-edge/prod/tls/app.example.com/0123456789abcdef0123456789abcdef'],
  Hsts: ['true', 'false'],
  Networks: ['', '203.0.113.0/24', '2001:db8::/32,198.51.100.7'],
  PasswordsPath: ['', '/ragstream/visitors'],
  Guesses: ['', '5', '9999'],
  Env: ['', 'QT0xCg=='],
  Volumes: ['', 'L3NydjovZGF0YQo='],
  SiteHash: ['abcdef123456', '0'.repeat(64)],
  SentAt: ['0', '1795420800000'],
}

const BAD: Partial<Record<Name, readonly string[]>> = {
  Hostname: [
    '',
    'localhost',
    'A.example.com',
    'a_b.example.com',
    '-a.example.com',
    'a-.example.com',
    '.a.b',
    'a..b',
    'a.b.',
    '*.a.b',
    `${'a'.repeat(64)}.com`,
  ],
  Aliases: [',', 'a.b,', ',a.b', 'a.b,,c.d', 'a.b c.d'],
  Image: ['', ':1', 'app:', 'App', 'app@sha256:12', 'app tag'],
  ContainerPort: ['', '0', '08501', '65536', '99999', '-1', '8501/udp', '1e3'],
  HealthPath: ['', 'health', '//', '/a//b', '/../x', '/a/..', '/.', '/a?b', '/a;b', '/a{b}', '/a%20b', '/a#b', '/~a'],
  HealthBody: ['=', 'a-b'],
  Websocket: ['ws', '/a/../b', '//x'],
  ReadTimeout: ['', '0s', '1h;', '1 h'],
  Memory: ['0m', '1', '1.5g'],
  ReadOnlyRoot: ['', 'True', 'yes', 'truefalse'],
  Metadata: ['', 'yes'],
  Rollout: ['', 'both', 'overlapreplace'],
  Adopt: ['', '1'],
  SecretsPath: ['/', 'a/b', '/a/', '/a b', '/a/*'],
  TlsPath: ['/', '/a/b', '0123456789abcdef0123456789abcdef', '/a/../0123456789abcdef0123456789abcdeg'],
  Hsts: ['', 'yes'],
  Networks: ['all', '203.0.113.0/24;', ',', '203.0.113.0 203.0.113.1'],
  PasswordsPath: ['/', 'a/b', '/a/'],
  Guesses: ['0', '05', '10000', '5r'],
  Env: ['=', '===', 'a-b', 'a_b'],
  SiteHash: ['', 'abc', 'ABCDEF12', '0'.repeat(65)],
  SentAt: ['', '-1', '1e3', '1.5', '1'.repeat(16)],
}

const NAMES = allParameters.map(({ name }) => name)
const patternOf = (name: Name): string => allParameters.find((one) => one.name === name)!.pattern

/** `yes` or `no` for each value, by the very test that the host makes. A NUL cannot reach bash at all. */
function inBash(pattern: string, values: readonly string[]): string[] {
  const script =
    'LC_ALL=C; pattern=$1; shift; for value in "$@"; do [[ $value =~ $pattern ]] && echo yes || echo no; done'
  return execFileSync('bash', ['-c', script, 'bash', pattern, ...values], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

test.each(NAMES)('%s admits no hostile value', (name) => {
  const pattern = new RegExp(patternOf(name))
  expect(HOSTILE.filter((value) => pattern.test(value)).filter((value) => !isHarmless(name, value))).toEqual([])
  const values = HOSTILE.filter((value) => !value.includes('\0') && !isHarmless(name, value))
  const judged = inBash(patternOf(name), values)
  expect(judged).toHaveLength(values.length)
  expect(values.filter((_, index) => judged[index] !== 'no')).toEqual([])
})

/** A path is a path, a slash a letter of base64, and dots and slashes are part of an image's name. */
function isHarmless(name: Name, value: string): boolean {
  return (
    ['Env', 'Volumes', 'SecretsPath', 'PasswordsPath', 'HealthPath', 'HealthBody', 'Websocket'].includes(name) &&
    value === '/etc/passwd'
  )
}

test.each(NAMES)('%s admits what it is for', (name) => {
  expect(GOOD[name].filter((value) => !new RegExp(patternOf(name)).test(value))).toEqual([])
  expect(inBash(patternOf(name), GOOD[name])).toEqual(GOOD[name].map(() => 'yes'))
})

test.each(Object.keys(BAD) as Name[])('%s refuses what is not of its form', (name) => {
  const values = BAD[name]!
  expect(values.filter((value) => new RegExp(patternOf(name)).test(value))).toEqual([])
  expect(inBash(patternOf(name), values)).toEqual(values.map(() => 'no'))
})

test('a value of 64 KB is judged at once', () => {
  const long = ['a', 'a.', 'a-', '/', '0', 'a,', ':'].map((piece) => piece.repeat(65_536 / piece.length))
  for (const { pattern } of allParameters) {
    for (const value of long) expect(typeof new RegExp(pattern).test(`${value}!`)).toBe('boolean')
  }
})
