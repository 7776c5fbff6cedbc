// Keys and certificates of odd forms, as check_certificate of the host judges them before nginx sees any: by a program without a terminal, as
// the agent starts it, and by a person at one, whom openssl would ask for a passphrase.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openAuthority } from '../../local/machine/authority.ts'

const NAME = 'a.example.com'
const ca = openAuthority()
const folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-pem-'))
afterAll(() => {
  ca.close()
  rmSync(folder, { recursive: true })
})

const good = ca.issue([NAME])
const openssl = (...words: string[]): string =>
  execFileSync('openssl', words, { input: good.key, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })

const AT_A_TERMINAL = 'import pty, os, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

/** The reason for which it is refused; empty where it is taken. */
function refused(parts: Partial<typeof good>, terminal: boolean): string {
  const { key, certificate, chain } = { ...good, ...parts }
  for (const [part, text] of Object.entries({ key, certificate, chain })) writeFileSync(path.join(folder, part), text)
  const reason = path.join(folder, 'reason')
  const script = `set -Eeuo pipefail; here=templates/configure-host
    for part in ../shared/places ../shared/report certificate; do . $here/$part.sh; done
    LOG=${folder}/log EDGE_HOSTNAME=${NAME} EDGE_TLS_PATH=/tls
    trap 'printf %s "$FAILED_REASON" >${reason}' EXIT
    check_certificate ${folder}`
  const [program, ...words] = [
    ...(terminal ? ['python3', '-c', AT_A_TERMINAL] : ['setsid', '--wait']),
    'bash',
    '-c',
    script,
  ]
  const { status, error } = spawnSync(program!, words, { input: '', encoding: 'utf8', timeout: 120_000 })
  if (error) throw error
  const said = readFileSync(reason, 'utf8')
  expect(status === 0).toBe(said === '')
  return said
}

describe.each([
  ['without a terminal', false],
  ['at a terminal', true],
])('%s', (_, terminal) => {
  test('a good one is taken', () => expect(refused({}, terminal)).toBe(''))

  test.each<[string, () => Partial<typeof good>, RegExp]>([
    [
      'a key with a passphrase (PKCS 8)',
      () => ({ key: openssl('pkcs8', '-topk8', '-passout', 'pass:geheim') }),
      /its key is encrypted/,
    ],
    [
      'a key with a passphrase (traditional)',
      () => ({ key: openssl('ec', '-aes256', '-passout', 'pass:geheim') }),
      /its key is encrypted/,
    ],
    [
      'a key with an empty passphrase',
      () => ({ key: openssl('pkcs8', '-topk8', '-passout', 'pass:') }),
      /its key is encrypted/,
    ],
    ['no key', () => ({ key: '' }), /its key cannot be read/],
    [
      'a key of 5 MB',
      () => ({
        key: `-----BEGIN PRIVATE KEY-----\n${`${'A'.repeat(64)}\n`.repeat(80_000)}-----END PRIVATE KEY-----\n`,
      }),
      /its key is longer than 8192 bytes/,
    ],
    ['a key of somebody else', () => ({ key: ca.issue([NAME]).key }), /do not belong together/],
    ['no certificate', () => ({ certificate: '\0'.repeat(1000) }), /do not belong together/],
    ['a chain of 5 MB', () => ({ chain: 'x'.repeat(5_000_000) }), /its chain is longer than 8192 bytes/],
    ['a chain that leads nowhere', () => ({ chain: 'x'.repeat(8000) }), /its chain does not lead on/],
  ])('%s is refused', (_name, parts, reason) => expect(refused(parts(), terminal)).toMatch(reason))
})
