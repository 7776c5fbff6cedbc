// What inspect-host says of a rendered host: one object of the agreed shape, whatever is there, and nothing is changed.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Inspection, parseInspection } from '../../functions/lib/hosts/inspection.ts'
import { CONTAINER, copyForEach, type Host, NAME, newHost, SITE_FILE, type Values } from './host.ts'

const on = copyForEach()

async function inspected(host: Host, values?: Values, env?: Readonly<Record<string, string>>): Promise<Inspection> {
  const { exitCode, stdout, stderr } = await host.inspect(values, env)
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(8192)
  return parseInspection(stdout)
}

const rendering = (host: Host): string => /return 200 ([0-9a-f]{16});/.exec(host.file(SITE_FILE))![1]!

test('a site that is live', async () => {
  const found = await inspected(on.host)
  const at = found.lastResult!.at
  expect(new Date(at).toISOString().slice(0, 19)).toBe(at.slice(0, 19))
  expect(found).toEqual({
    schema: 1,
    site: NAME,
    versions: { system: 'debian', nginx: '0.0.0', docker: '0.0.0', agent: null },
    applied: 'abcdef123456',
    diskFreeMb: expect.any(Number),
    keptApart: true,
    rendering: { file: rendering(on.host), live: rendering(on.host) },
    nginx: { active: true, error: null, sameNameBlocks: [], unknownHost: 'none' },
    container: {
      name: CONTAINER,
      state: 'running',
      restarts: 0,
      exitCode: null,
      image: 'ragstream:1.4.0',
      hash: on.host.state().containers[0]!.labels['ragstream-edge.hash'],
      publish: ['127.0.0.1:8501->8501/tcp'],
      listens: null,
      metadataBarred: true,
    },
    listening: [
      { address: '127.0.0.1', port: 8501, program: 'docker-proxy' },
      { address: '0.0.0.0', port: 80, program: 'nginx' },
    ],
    answers: {
      app: { status: 200, body: 'ok' },
      nginx: { status: 200, body: 'ok' },
      appWebSocket: 101,
      nginxWebSocket: 101,
    },
    firewall: { port80: 'open', rule: null },
    certificate: null,
    locked: false,
    lastResult: { at, line: 'step=done result=changed site=abcdef123456' },
  })
})

test('Docker was told to leave iptables alone', async () => {
  mkdirSync(path.join(on.host.root, 'etc/docker'), { recursive: true })
  on.host.write('etc/docker/daemon.json', '{\n  "iptables" : false\n}\n')
  expect((await inspected(on.host)).keptApart).toBe(false)
})

test('a bare host, without nginx and Docker: an object all the same', async () => {
  const bare = await newHost()
  const found = await inspected(bare)
  await bare.destroy()
  expect(found).toMatchObject({
    versions: { nginx: null, docker: null },
    applied: null,
    rendering: { file: null, live: null },
    nginx: { active: false, error: 'nginx is not installed', unknownHost: 'refused' },
    container: { state: 'absent', publish: [] },
    listening: [],
    answers: { app: { status: 0, body: '' }, appWebSocket: 0 },
    firewall: { port80: null, rule: null },
    locked: false,
    lastResult: null,
  })
})

test('nothing on the disk is changed or added, and no lock is waited for', async () => {
  const files = (): string[] =>
    globSync('{etc,var,run,tmp}/**', { cwd: on.host.root }).map((name) => {
      const { size, mtimeMs, mode } = statSync(path.join(on.host.root, name))
      return `${name} ${size} ${mtimeMs} ${mode}`
    })
  const before = files()
  const lock = path.join(on.host.root, 'run/ragstream-edge.lock')
  const held = Promise.withResolvers<unknown>()
  const hold = `exec 9>>'${lock}'; flock 9; echo held; exec sleep 600`
  void on.host.machine.exec(['bash', '-c', hold], { onOutput: held.resolve })
  await held.promise
  on.host.calls()
  await inspected(on.host)
  expect(files().filter((line) => !line.startsWith('run'))).toEqual(before.filter((line) => !line.startsWith('run')))
  const acts =
    /^(docker (run|rm|stop|start|rename|update|pull)|systemctl (?!is-active)|nginx (?!-v|-t$)|iptables (?!-w -S|-w -t raw -C))/
  expect(on.host.calls().filter((call) => acts.test(call))).toEqual([])
})

describe('what is broken shows', () => {
  test('the container was stopped', async () => {
    await on.host.machine.exec(['docker', 'stop', CONTAINER])
    expect(await inspected(on.host)).toMatchObject({
      container: { state: 'exited', exitCode: 0, publish: [] },
      answers: { app: { status: 0 }, nginx: { status: 502 }, appWebSocket: 0, nginxWebSocket: 502 },
    })
  })

  test('nginx was stopped', async () => {
    await on.host.machine.exec(['systemctl', 'stop', 'nginx'])
    expect(await inspected(on.host)).toMatchObject({
      nginx: { active: false, error: null, unknownHost: 'refused' },
      rendering: { file: rendering(on.host), live: null },
      answers: { app: { status: 200, body: 'ok' }, nginx: { status: 0, body: '' }, nginxWebSocket: 0 },
    })
  })

  test.each([55, 56])(
    'nginx was stopped, and nginx -t listens while it is asked (%d): it is asked again',
    async (code) => {
      await on.host.machine.exec(['systemctl', 'stop', 'nginx'])
      const listens = `[ -e "$HOME/was-reset" ] || { : >"$HOME/was-reset"; exit ${code}; }`
      on.host.fake('curl', (real) => `case "$*" in *--write-out*) ${listens} ;; esac; exec ${real} "$@"`)
      expect((await inspected(on.host)).nginx).toMatchObject({ active: false, unknownHost: 'refused' })
    },
  )

  test('nginx refuses what lies on the disk, and serves what it has loaded', async () => {
    on.host.write('etc/nginx/conf.d/broken.conf', '}\n')
    const { nginx, answers } = await inspected(on.host)
    expect(nginx.error).toMatch(/^nginx: \[emerg\] unexpected "}" in .*broken\.conf:1$/)
    expect(answers.nginx!.status).toBe(200)
  })

  test('another block with a name of the site, also with an alias', async () => {
    await on.host.configure({ Aliases: 'www.example.com' })
    on.host.write('etc/nginx/conf.d/own.conf', 'server { listen 80; server_name www.example.com; return 200; }\n')
    on.host.write('etc/nginx/conf.d/no.conf', 'server { listen 80; server_name other.example.com; return 200; }\n')
    expect((await inspected(on.host)).nginx.sameNameBlocks).toEqual([`${on.host.root}/etc/nginx/conf.d/own.conf`])
  })

  test('without python3 it says that it could not look for other blocks, and not that there are none', async () => {
    on.host.write('etc/nginx/conf.d/own.conf', `server { listen 80; server_name ${NAME}; return 200; }\n`)
    on.host.fake('python3', () => 'exit 127')
    expect((await inspected(on.host)).nginx).toMatchObject({ error: null, sameNameBlocks: null })
  })

  test('another default site', async () => {
    on.host.write('etc/nginx/conf.d/ragstream-edge.conf', 'server { listen 80 default_server; return 200 mine; }\n')
    await on.host.machine.exec(['systemctl', 'reload', 'nginx'])
    expect((await inspected(on.host)).nginx.unknownHost).toBe('site')
  })

  test('the container is published elsewhere', async () => {
    await on.host.machine.exec(['docker', 'rm', '--force', CONTAINER])
    const words = ['docker', 'run', '--detach', '--name', CONTAINER, '--publish', '8502:80', 'ragstream:1.4.0']
    await on.host.machine.exec(words)
    const found = await inspected(on.host)
    expect(found.container).toMatchObject({ state: 'running', hash: null, publish: ['0.0.0.0:8502->80/tcp'] })
    expect(found.answers.app!.status).toBe(0)
  })

  test('port 80 is closed by a rule, and the last run failed', async () => {
    on.host.change((state) => ({ ...state, rules: ['INPUT -p tcp -m tcp --dport 80 -j DROP'] }))
    await on.host.configure({ Metadata: 'true', Memory: '1g', ReadTimeout: '2h', Image: 'ragstream:none' })
    on.host.change((state) => ({ ...state, unpullable: ['ragstream:gone'] }))
    const { last } = await on.host.configure({ Image: 'ragstream:gone' })
    const found = await inspected(on.host)
    expect(found.firewall).toEqual({ port80: 'closed', rule: '-A INPUT -p tcp -m tcp --dport 80 -j DROP' })
    expect(found.lastResult!.line).toBe(last)
    expect(last).toMatch(/^step=image result=failed/)
  })
})

describe('no look holds up the others, or breaks the object', () => {
  test('Docker hangs', async () => {
    on.host.fake('docker', () => 'sleep 60')
    const found = await inspected(on.host, {}, { EDGE_LOOK_WAIT: '15' })
    expect(found.container).toMatchObject({ name: CONTAINER, state: 'unknown', publish: [], image: null })
    expect(found.answers.nginx).toEqual({ status: 200, body: 'ok' })
  })

  test('an answer that is there is read to its end, however late it is', () => {
    const script = `. templates/shared/report.sh; . templates/inspect-host/looks.sh
      told() { printf '%010000d\\n' 0; }
      silent() { sleep 60; }
      look told; look silent; until read -t 0 -u "\${LOOKS[told]}"; do sleep 0.1; done; LOOKS_END=1
      seen told | wc -c; seen silent; kill "\${LOOK_PIDS[@]}"`
    const { stdout } = spawnSync('bash', ['-uc', script], { encoding: 'utf8' })
    expect(stdout).toBe('10000\nnull')
  })

  test.each(['curl', 'ss', 'iptables', 'nginx', 'systemctl', 'docker'])('%s prints rubbish', async (program) => {
    on.host.fake(
      program,
      () => `printf '"\\\\\\n\\0{}|\\r\\xff\\t\\x1b[0m'; head -c 300000 /dev/zero | tr '\\0' '"'; exit 0`,
    )
    await inspected(on.host)
  })

  test('an app that answers with every byte', async () => {
    const bytes = Array.from({ length: 255 }, (_, byte) => String.fromCharCode(byte + 1)).join('')
    on.host.change((state) => {
      const images = Object.entries(state.images).map(([name, image]) => [name, { ...image, health: bytes }])
      return { ...state, images: Object.fromEntries(images) }
    })
    expect((await inspected(on.host)).answers.app!.body).toMatch(/^[ -~]{1,100}$/)
    // As the host prints it: the reader makes one blank of many.
    const { body } = JSON.parse((await on.host.inspect()).stdout).answers.app
    expect(body.slice(0, 40)).toBe(`${' '.repeat(31)} !"#$%&'(`)
    expect(body).toMatch(/^[ -~]{1,100}$/)
  })

  test('8 KB at most, whatever is there', async () => {
    const long = '"\\'.repeat(1000)
    on.host.fake('curl', () => `printf 'HTTP/1.1 200\\r\\n\\r\\n%s' '${long}'`)
    on.host.fake(
      'ss',
      () => `for n in {1..99}; do echo 'LISTEN 0 1 [${'f'.repeat(60)}]:80 * users:(("${'p'.repeat(60)}",pid=1))'; done`,
    )
    on.host.fake(
      'docker',
      () => `echo '${CONTAINER}|Up|${long}|${NAME}|0123456789ab|${'127.0.0.1:8501->8501/tcp, '.repeat(50)}'`,
    )
    on.host.fake('nginx', () => `echo 'nginx: [emerg] ${long}'; exit 1`)
    on.host.fake(
      'iptables',
      () => `echo '-P INPUT ACCEPT'; echo '-A INPUT ${'-p tcp '.repeat(100)} --dport 80 -j DROP'`,
    )
    on.host.write('etc/os-release', `PRETTY_NAME='${long}'\n`)
    on.host.write(`var/lib/ragstream-edge/${NAME}/last`, `2026-11-23T06:00:00Z step=x ${long}\n`)
    on.host.write(`var/lib/ragstream-edge/${NAME}/applied`, `${'0'.repeat(500)}\n`)
    const found = await inspected(on.host, { HostPort: '80' })
    expect(found.firewall.port80).toBe('closed')
    expect(found.listening).toHaveLength(14)
    expect(found.container.publish).toHaveLength(8)
  })

  test('a value outside its pattern is refused in words', async () => {
    const { exitCode, stdout, stderr } = await on.host.inspect({ Hostname: 'a.b;reboot' })
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^step=inputs result=failed reason="Hostname does not match /)
  })
})
