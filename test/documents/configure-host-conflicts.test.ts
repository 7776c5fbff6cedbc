// What somebody set up by hand is never taken over: it is named, and nothing is changed.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { copyForEach, expectServedAsBefore, NAME, SITE_FILE } from './host.ts'

const on = copyForEach()

/** By the doctor's check of the role, and by what becomes of the record, they are found whatever their form. */
const WRITES = 'aws route53 change-resource-record-sets --change-batch two.example.com'
const UPDATERS = {
  'etc/systemd/system/api.service': `[Service]\nExecStartPre=${WRITES}\nExecStart=/usr/bin/sleep infinity\n`,
  'etc/cron.d/dns': `@reboot root ${WRITES}\n`,
  'var/lib/cloud/scripts/per-boot/dns': `#!/bin/sh\n${WRITES}\n`,
}

describe('what somebody set up by hand is refused by name, and nothing is changed', () => {
  test('a server_name in another file', async () => {
    on.host.write(
      'etc/nginx/sites-enabled/own',
      `server {\n listen 80; # server_name x;\n server_name other.example.com\n   "WWW.example.com";\n}\n`,
    )
    const run = await on.host.configure({ Aliases: 'www.example.com', Image: 'ragstream:2' })
    expect(run.last).toBe(
      `step=server-name result=failed reason="server_name www.example.com is already served by ${on.host.root}/etc/nginx/sites-enabled/own, and ${on.host.root}/etc/nginx/sites-enabled/own:1: it serves other.example.com too" hint="put other.example.com into a file of its own, or into aliases of the site"`,
    )
    expectServedAsBefore(on.host, on.configured)
  })

  test('a server_name with a dot before it, which means all names below it too', async () => {
    on.host.write('etc/nginx/sites-enabled/own', `server {\n listen 80;\n server_name .${NAME};\n}\n`)
    expect((await on.host.configure()).last).toMatch(
      /^step=server-name result=failed reason="server_name \.ragstream\.rusbehabtahi\.com is already served by/,
    )
    expect((await on.host.configure({ Adopt: 'true' })).last).toMatch(
      /own:1: it serves all names below ragstream\.rusbehabtahi\.com too" hint="put \*\.ragstream\.rusbehabtahi\.com into a file of its own"$/,
    )
    expect((await on.host.inspect()).stdout).toContain('sites-enabled/own')
    expectServedAsBefore(on.host, on.configured)
  })

  test('a server_name beside a regular expression with bars', async () => {
    on.host.write(
      'etc/nginx/sites-enabled/own',
      'server {\n listen 80;\n server_name "~^(a|b|c)$" www.example.com;\n}\n',
    )
    const run = await on.host.configure({ Aliases: 'www.example.com' })
    expect(run.last).toMatch(/^step=server-name result=failed reason="server_name www.example.com is already served by/)
    on.host.write('etc/nginx/sites-enabled/own', `server {\n server_name "~^(a|b)$" ${NAME};\n}\n`)
    expect((await on.host.inspect()).stdout).toContain('sites-enabled/own')
    on.host.write('etc/nginx/sites-enabled/own', 'server {\n server_name "~^(a|b)$" _;\n}\n')
    on.host.write('etc/nginx/conf.d/ragstream-edge.conf', '')
    // Our site is read before it, and would be the default.
    expect((await on.host.configure()).results).toMatchObject({ default: 'changed', done: 'changed' })
    expectServedAsBefore(on.host, on.configured)
  })

  test('a server_name in a comment or with more labels is no conflict', async () => {
    on.host.write(
      'etc/nginx/conf.d/other.conf',
      `# server_name ${NAME};\nserver { listen 80; server_name x.${NAME}; }\n`,
    )
    expect((await on.host.configure()).results.done).toBe('unchanged')
  })

  test('the alias of another site of ours', async () => {
    const run = await on.host.configure({ Hostname: 'two.example.com', Aliases: NAME, HostPort: '8502' })
    expect(run.last).toContain(`server_name ${NAME} is already served by`)
    expectServedAsBefore(on.host, on.configured)
  })

  test('a container on the host port', async () => {
    await on.host.machine.exec(['docker', 'pull', 'web:1'])
    await on.host.machine.exec(['docker', 'run', '--detach', '--name', 'web', '--publish', '8502:80', 'web:1'])
    const run = await on.host.configure({ Hostname: 'two.example.com', HostPort: '8502' })
    expect(run.last).toMatch(/^step=host-port result=failed reason="port 8502 is held by web"/)
  })

  test('a container of our name without our label', async () => {
    await on.host.machine.exec(['docker', 'pull', 'web:1'])
    await on.host.machine.exec(['docker', 'run', '--detach', '--name', 'ragstream-edge-two.example.com', 'web:1'])
    const run = await on.host.configure({ Hostname: 'two.example.com', HostPort: '8502' })
    expect(run.last).toContain('a container named ragstream-edge-two.example.com is there that is not ours')
  })

  test('a program on the host port, or on port 80', async () => {
    on.host.change((state) => ({ ...state, listeners: [{ port: 8600, program: 'python3' }] }))
    expect((await on.host.configure({ HostPort: '8600' })).last).toMatch(
      /^step=host-port result=failed reason="port 8600 is held by python3 \(pid \d+\), which is in no container"/,
    )
    on.host.change((state) => ({ ...state, listeners: [{ port: 80, program: 'apache2' }] }))
    expect((await on.host.configure()).last).toMatch(
      /^step=port-80 result=failed reason="port 80 is held by another program than nginx: .*apache2/,
    )
    on.host.change((state) => ({ ...state, listeners: [{ port: 443, program: 'caddy' }] }))
    expect((await on.host.configure()).results.done).toBe('unchanged')
    expect((await on.host.configure({ TlsPath: `/ragstream-edge/prod/tls/${NAME}/${'0'.repeat(32)}` })).last).toMatch(
      /^step=port-443 result=failed reason="port 443 is held by another program than nginx: .*caddy/,
    )
    on.host.change((state) => ({ ...state, listeners: [] }))
    expectServedAsBefore(on.host, on.configured)
  })

  test.each(Object.entries(UPDATERS))('who writes the record is not looked for, and stays: %s', async (file, text) => {
    mkdirSync(path.dirname(path.join(on.host.root, file)), { recursive: true })
    on.host.write(file, text)
    const run = await on.host.configure({ Hostname: 'two.example.com', HostPort: '8502', Adopt: 'true' })
    expect(run.lines.filter((line) => line.startsWith('step=found '))).toEqual([])
    expect(run.results.done).toBe('changed')
    expect(on.host.file(file)).toBe(text)
  })

  test('a file in our place that we did not write', async () => {
    on.host.write(
      'etc/nginx/conf.d/ragstream-edge-two.example.com.conf',
      'server { listen 80; server_name two.example.com; }\n',
    )
    const run = await on.host.configure({ Hostname: 'two.example.com', HostPort: '8502' })
    expect(run.last).toMatch(
      /^step=server-name result=failed reason=".* is there but was not written by ragstream-edge, and .*:1: the block has no `location \/`" hint="write location/,
    )
  })
})

describe('adopt, and another image with it: what was set up by hand goes first', () => {
  const change = { Image: 'ragstream:2', Adopt: 'true', Rollout: 'overlap' }
  const own = `server { listen 80; server_name ${NAME}; location / { proxy_pass http://127.0.0.1:8501; } }\n`

  test('somebody wrote a file in the place of ours: theirs is kept, and not ours in its stead', async () => {
    on.host.write(SITE_FILE, own)
    const run = await on.host.configure(change)
    expect(run.lines).toContainEqual(
      expect.stringMatching(/^step=container .* rollout=replace reason="what was set up by hand is taken over first"$/),
    )
    expect(run.results.done).toBe('changed')
    expect(on.host.file(`var/lib/ragstream-edge/${NAME}/aside/1`)).toBe(own)
    expect(on.host.file(SITE_FILE)).toMatch(/^# ragstream-edge: /)
  })

  test('a block that nginx reads before ours', async () => {
    on.host.write('etc/nginx/conf.d/a.conf', own)
    expect((await on.host.configure(change)).results.done).toBe('changed')
    expect(on.host.exists('etc/nginx/conf.d/a.conf')).toBe(false)
    expect(on.host.file(`var/lib/ragstream-edge/${NAME}/aside/1`)).toBe(own)
  })
})
