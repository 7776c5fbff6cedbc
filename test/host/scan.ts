// sslyze, a TLS scanner from PyPI, before a real host with HTTPS: node test/host/scan.ts. Ends with 1 where it finds anything above
// informational. The test's own authority is told to it, so that the path of the certificate is judged like any other.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuthority } from '../../local/machine/authority.ts'
import { pypiTool } from '../../scripts/pypi.ts'
import { configure, NAME, sh } from './document/bench.ts'
import { openRoom } from './machine/bench.ts'

const [PUBLIC, PRIVATE, ID] = ['203.0.113.43', '172.31.4.8', '0'.repeat(32)]
const HTTPS_FOR_ALL = [{ protocol: 'tcp', port: 443, source: '0.0.0.0/0' }] as const
/** "Modern" is TLS 1.3 alone, and shuts out what still speaks 1.2: proxies of offices, older phones. Both are safe. */
const PROFILE = 'intermediate'

type Attempt = { readonly status: string; readonly result: Readonly<Record<string, unknown>> | null }

/** Beyond the profile: field of a result, and what it has to be. */
const WANTED: readonly (readonly [command: string, field: string, wanted: unknown])[] = [
  ['session_renegotiation', 'is_vulnerable_to_client_renegotiation_dos', false],
  ['tls_1_3_early_data', 'supports_early_data', false],
  ['robot', 'robot_result', 'NOT_VULNERABLE_RSA_NOT_SUPPORTED'],
  ['session_resumption', 'tls_ticket_resumption_result', 'NOT_SUPPORTED'],
]

const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-scan-'))
const room = await openRoom()
const ca = openAuthority()
try {
  const host = await room.machine('i-scan', { privateIp: PRIVATE })
  await host.boot()
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTPS_FOR_ALL)
  const { key, certificate, chain } = ca.issue([NAME], 90)
  const state = `/var/lib/ragstream-edge/${NAME}/tls/${ID}`
  await sh(host, `umask 077; mkdir -p ${state}`)
  for (const [file, text] of Object.entries({ key, certificate, chain, full: certificate + chain }))
    await sh(host, `umask 077; cat >${state}/${file}`, text)
  const run = await configure(host, { TlsPath: `/ragstream-edge/prod/tls/${NAME}/${ID}`, Hsts: 'true' })
  if (run.exitCode !== 0) throw new Error(run.last)
  scan()
} catch (error) {
  console.log(`failed: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await room.close()
  ca.close()
  rmSync(folder, { recursive: true })
}

function scan(): void {
  const file = join(folder, 'result.json')
  const started = Date.now()
  const complaint = complaintOf(file)
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  const attempts: Readonly<Record<string, Attempt>> =
    JSON.parse(readFileSync(file, 'utf8')).server_scan_results[0].scan_result ?? {}
  const done = Object.values(attempts).filter(({ status }) => status === 'COMPLETED')
  const kept = complaint === undefined ? 'kept' : 'NOT KEPT'
  console.log(`${done.length} looks in ${seconds} s; ${suitesIn(attempts)}; profile ${PROFILE}: ${kept}`)
  const open = WANTED.flatMap(([command, field, wanted]) => {
    const found = attempts[command]?.result?.[field]
    return found === wanted ? [] : [`${command}.${field}: found ${found}, wanted ${wanted}`]
  })
  if (complaint !== undefined || open.length > 0) throw new Error([complaint, ...open].join('\n'))
  console.log('ok: nothing above informational')
}

/** The scanner's own words where the profile is not kept. It asks from where visitors are. */
function complaintOf(file: string): string | undefined {
  const [prefix = '', ...words] = room.client
  const asked = ['--mozilla_config', PROFILE, '--certinfo_ca_file', ca.rootFile, '--json_out', file]
  const looks = ['--early_data', '--resum', '--http_headers']
  const argv = [...words, pypiTool('sslyze', '6.3.1'), ...asked, ...looks, `${NAME}:443{${PUBLIC}}`]
  const { status, stdout } = spawnSync(prefix, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return status === 0 ? undefined : stdout
}

/** `tls_1_3 3 suites`, of each version that is spoken. */
function suitesIn(attempts: Readonly<Record<string, Attempt>>): string {
  const spoken = Object.entries(attempts).filter(([, { result }]) => result?.is_tls_version_supported)
  return spoken
    .map(([name, { result }]) => `${name.slice(0, 7)} ${(result!.accepted_cipher_suites as unknown[]).length} suites`)
    .join(', ')
}
