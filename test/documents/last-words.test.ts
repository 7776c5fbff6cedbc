// Why a command failed: its own line that says so, wherever that stands.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const HEAD = '2026-11-29T10:00:00+0000 + '
const BEFORE = `${HEAD}docker pull x\nError response from daemon: manifest unknown\n`

test.each([
  [
    'nginx -t',
    'nginx: [emerg] unknown directive "x" in /etc/nginx/conf.d/x.conf:1\nnginx: configuration file /etc/nginx/nginx.conf test failed',
    'nginx: [emerg] unknown directive "x" in /etc/nginx/conf.d/x.conf:1',
  ],
  [
    'systemctl reload nginx',
    'Job for nginx.service failed.\nSee "systemctl status nginx.service" and "journalctl -xeu nginx.service" for details.',
    'Job for nginx.service failed.',
  ],
  [
    'docker start x',
    'Error response from daemon: iptables failed: iptables: No chain/target/match by that name.\n (exit status 1))\nError: failed to start containers: x',
    'Error response from daemon: iptables failed: iptables: No chain/target/match by that name.',
  ],
  [
    'apt-get install',
    'Setting up nginx (1.22.1)\nnginx: [emerg] bind() to [::]:80 failed (97: Unknown error)\ndpkg: error processing package nginx (--configure):\n installed nginx package post-installation script subprocess returned error exit status 1\nErrors were encountered while processing:\n nginx\nE: Sub-process /usr/bin/dpkg returned an error code (1)',
    'nginx: [emerg] bind() to [::]:80 failed (97: Unknown error)',
  ],
  [
    'apt-get install',
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt)\nN: Be aware that removing the lock file is not a solution',
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt)',
  ],
  [
    'iptables -A',
    "iptables v1.8.9 (legacy): unknown option \"--dprt\"\nTry `iptables -h' or 'iptables --help' for more information.",
    'iptables v1.8.9 (legacy): unknown option "--dprt"',
  ],
  [
    'openssl verify',
    'CN = x\nerror 20 at 0 depth lookup: unable to get local issuer certificate\nerror /x/certificate: verification failed',
    'error 20 at 0 depth lookup: unable to get local issuer certificate',
  ],
  ['cp a b', 'cp: error writing b: No space left on device\n\n', 'cp: error writing b: No space left on device'],
  ['x', 'neither this\nnor that', 'nor that'],
  ['x', '', `${HEAD}x`],
])('%s', (command, said, wanted) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-words-'))
  writeFileSync(path.join(folder, 'log'), `${BEFORE}${HEAD}${command}\n${said}\n`)
  const script = 'set -Eeuo pipefail; . templates/shared/report.sh; LOG=$1/log; last_words'
  const { stdout } = spawnSync('bash', ['-c', script, 'bash', folder], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  expect(stdout.trimEnd()).toBe(wanted)
})
