// Renders the nginx files of a site with the host's own scripts and puts them before gixy, an analyser of nginx configurations.
// What it finds must be mended, or stand below with its reason.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostDefaults } from '../functions/lib/hosts/parameters.ts'
import { pypiTool } from './pypi.ts'

/** Check -> why its findings stay. */
const MEANT: Readonly<Record<string, string>> = {
  host_spoofing:
    '$host loses the port, and Streamlit refuses a WebSocket whose Origin differs from Host; only the names of the site select this block, and the app takes no decision by Host',
}

/** A site while nothing happens, one during an overlap, one that is closed until it has HTTPS, one with HTTPS and all that guards it, one more of another app than Streamlit, and the default server of both; with IPv6. */
const RENDER = `set -eu; here=templates/configure-host; FINDINGS=
  for part in ../shared/places ../shared/app ../shared/configuration programs nginx default certificate tls tls-default access; do . $here/$part.sh; done
  IF_INET6=/dev/null TAKE_DEFAULT=true TAKE_DEFAULT6=true TAKE_TLS_DEFAULT=true TAKE_TLS_DEFAULT6=true DEFAULT_CANDIDATE=$1/default.conf
  networks=$EDGE_NETWORKS EDGE_NETWORKS=
  render_site "$1/site.conf"; EDGE_HOSTNAME=b.example.com; render_site "$1/overlap.conf" 32768
  EDGE_HOSTNAME=f.example.com EDGE_NETWORKS=$networks; render_site "$1/closed.conf"
  uncovered_names() { echo d.example.com; }
  EDGE_HOSTNAME=c.example.com EDGE_ALIASES=d.example.com EDGE_NETWORKS= TLS=$1/tls; render_site "$1/alias.conf"
  EDGE_HOSTNAME=e.example.com EDGE_NETWORKS=$networks USERS=$1/users; render_site "$1/tls.conf"
  EDGE_HOSTNAME=g.example.com EDGE_HEALTH_PATH=/healthz HEALTH_PATH=/healthz; render_site "$1/app.conf"; render_default; limits_template >"$1/limits.conf"`

const VALUES = {
  ...hostDefaults(),
  EDGE_HOSTNAME: 'a.example.com',
  EDGE_NETWORKS: '203.0.113.0/24,2001:db8::/32',
  EDGE_HSTS: 'true',
}

const MAIN =
  'events {}\nhttp {\n  include limits.conf;\n  include default.conf;\n  include site.conf;\n  include overlap.conf;\n  include closed.conf;\n  include alias.conf;\n  include tls.conf;\n  include app.conf;\n}\n'

function run(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (error || (status !== 0 && stdout === ''))
    throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

interface Finding {
  readonly plugin: string
  readonly severity: string
  readonly summary: string
  readonly config: string
}

const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-nginx-'))
try {
  writeFileSync(join(folder, 'nginx.conf'), MAIN)
  run('bash', ['-c', RENDER, 'bash', folder], VALUES)
  const findings = JSON.parse(
    run(pypiTool('gixy', '0.1.21'), ['--format', 'json', join(folder, 'nginx.conf')]),
  ) as Finding[]
  const open = findings.filter(({ plugin }) => !(plugin in MEANT))
  for (const { plugin, severity, summary, config } of open)
    console.error(`${severity} ${plugin}: ${summary}\n${config}`)
  console.log(`nginx: ${open.length} findings, ${findings.length - open.length} meant`)
  process.exitCode = open.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true })
}
