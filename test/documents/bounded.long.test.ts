// Every wait has an end, and a run says no more than an agent keeps and a person reads.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import path from 'node:path'
import { copyForEach, expectServedAsBefore, NAME, newHost } from './host.ts'
import { environment } from './values.ts'

const on = copyForEach()

// Long enough for a program of a busy machine, which is no engine that hangs.
const BRIEFLY = { EDGE_DOCKER_WAIT: '4', EDGE_ACT_WAIT: '4' }
const NO_WORD = 'reason="Docker does not answer: no word within 20 s" hint="systemctl restart docker"'

test('Docker stops answering before the image is looked at', async () => {
  on.host.fake('nginx', (real) => `[ "$1" != -T ] || : >"$HOME/hangs"; exec ${real} "$@"`)
  on.host.fake(
    'docker',
    (real) =>
      `if [ "$1" = image ]; then until [ -e "$HOME/hangs" ]; do sleep 0.1; done; exec sleep 60; fi; exec ${real} "$@"`,
  )
  // A call before it may take long on a busy machine.
  const run = await on.host.configure({ Image: 'ragstream:2' }, { ...BRIEFLY, EDGE_DOCKER_WAIT: '20' })
  expect(run.last).toBe(`step=image result=failed ${NO_WORD}`)
  expectServedAsBefore(on.host, on.configured)
})

test.each(['network', 'create', 'stop', 'start', 'rm'])(
  'Docker stops answering at its %s: the run ends, and one more mends it',
  async (act) => {
    on.host.fake(
      'docker',
      (real) => `if [ "$1" = ${act} ] && [ ! -e "$HOME/well" ]; then : >"$HOME/hangs"; fi
    if [ -e "$HOME/hangs" ] && [ ! -e "$HOME/well" ]; then exec sleep 60; fi; exec ${real} "$@"`,
    )
    const run = await on.host.configure({ Image: 'ragstream:2' }, BRIEFLY)
    expect(run.last).toContain('Docker does not answer: no word within 4 s')
    expect(run.exitCode).not.toBe(0)
    on.host.write('well', '')
    expect((await on.host.configure()).last).toMatch(/^step=done /)
    expectServedAsBefore(on.host, on.configured)
  },
)

test('an image that takes longer to pull than is waited for is a failure, not the old one', async () => {
  on.host.fake('docker', (real) => `[ "$1" != pull ] || exec sleep 60; exec ${real} "$@"`)
  const once = { EDGE_PULL_WAIT: '1' }
  const run = await on.host.configure({}, once)
  expect(run.last).toMatch(/^step=image result=failed reason="image ragstream:1.4.0 was not here after 1 s of pulling"/)
  const missing = await on.host.configure({ Image: 'ragstream:9' }, once)
  expect(missing.last).toMatch(/^step=image result=failed reason="image ragstream:9 was not here after 1 s of pulling"/)
  expectServedAsBefore(on.host, on.configured)
})

test('dnf: another program has its lock, for a while and for longer', async () => {
  const bare = await newHost()
  bare.write('etc/os-release', 'ID="amzn"\n')
  bare.write(
    '.machine/bin/dnf',
    `#!/usr/bin/env bash
    case "$*" in *--setopt=exit_on_lock=True*) ;; *) exec sleep 60 ;; esac
    echo >>"$HOME/tries"
    [ "$(wc -l <"$HOME/tries")" -gt 2 ] || { echo 'Failed to obtain the transaction lock' >&2; exit 200; }
    apt-get install -y nginx docker.io\n`,
  )
  chmodSync(path.join(bare.root, '.machine/bin/dnf'), 0o755)
  const held = await bare.configure({}, { EDGE_PACKAGE_WAIT: '0', EDGE_PACKAGE_PAUSE: '0' })
  expect(held.last).toMatch(
    /^step=packages result=failed reason="packages were not installed: Failed to obtain the transaction lock"/,
  )
  expect((await bare.configure({}, { EDGE_PACKAGE_PAUSE: '0' })).results).toMatchObject({
    packages: 'changed',
    done: 'changed',
  })
  await bare.destroy()
})

test('a hundred findings: eight are said, the rest is counted, and the last line is there', async () => {
  for (let at = 0; at < 100; at++)
    on.host.write(
      `etc/nginx/conf.d/somebody-has-this-site-already-${at}.conf`,
      `server { listen 80; server_name ${NAME}; }\n`,
    )
  const run = await on.host.configure({ Image: 'ragstream:2' })
  expect(run.lines.filter((line) => line.startsWith('step=found '))).toHaveLength(9)
  expect(run.lines).toContain(
    `step=found result=ok reason="and 92 more, see ${on.host.root}/var/log/ragstream-edge.log on the host"`,
  )
  expect(run.last).toMatch(/^step=server-name result=failed reason="server_name /)
  expect(Buffer.byteLength(run.lines.join('\n'))).toBeLessThan(8_000)
  expect(on.host.file('var/log/ragstream-edge.log').match(/^step=found /gm)).toHaveLength(92)
})

test('a check with a value that is refused leaves alone what a run has under way', async () => {
  on.host.write('etc/nginx/.ragstream-edge-main', 'events {}\n')
  const { exitCode, stdout } = await on.host.machine.exec(
    ['bash', path.resolve('templates/configure-host/main.sh'), '--check'],
    { env: environment({ HostPort: 'no port' }) },
  )
  expect({ exitCode, stdout }).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/^step=inputs result=failed /),
  })
  expect(on.host.file('etc/nginx/.ragstream-edge-main')).toBe('events {}\n')
})

test('a reply with secrets, however long, is never in a file but the container’s', () => {
  const reply = JSON.stringify({ Parameter: { ARN: 'x'.repeat(200_000), Value: 'TOKEN=secret' } })
  // No file may become longer than 4 KB.
  const script = `set -euo pipefail; cd "$0"; mkdir -p "$EDGE_RUN_DIR"
    here=$TEMPLATES; for part in ../shared/places ../shared/app ../shared/report container-files programs role secrets; do . "$here/$part.sh"; done
    sign_as_host() { :; }; long=$(cat reply.json); parameter_store() { printf '%s' "$long"; }; : >env; ulimit -f 4; add_secrets env; cat env`
  on.host.write('reply.json', reply)
  const run = spawnSync('bash', ['-c', script, on.host.root], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      EDGE_HOSTNAME: NAME,
      EDGE_SECRETS_PATH: '/app/secrets',
      EDGE_RUN_DIR: path.join(on.host.root, 'run'),
      TEMPLATES: path.resolve('templates/configure-host'),
    },
  })
  expect(run).toMatchObject({ status: 0, stdout: 'TOKEN=secret\n', stderr: '' })
})
