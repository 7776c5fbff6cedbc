// A host is never left worse: each failure, what it says last, and that the site that was served still is.
import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { CONTAINER, copyForEach, expectServedAsBefore, NAME, newHost, SITE_FILE, workersStay } from './host.ts'

const on = copyForEach()

test('nginx refuses the new file: the old one was never touched, nor was the container', async () => {
  on.host.fake(
    'nginx',
    (real) => `case "$*" in *-c*) echo 'nginx: [emerg] no such thing in x:1' >&2; exit 1 ;; esac; exec ${real} "$@"`,
  )
  on.host.calls()
  const run = await on.host.configure({ ReadTimeout: '2h', Image: 'ragstream:2' })
  expect(run.last).toBe(
    'step=nginx-test result=failed reason="nginx refuses the new configuration: nginx: [emerg] no such thing in x:1" hint="the old one stays; see ' +
      `${on.host.root}/var/log/ragstream-edge.log on the host"`,
  )
  expect(run.exitCode).toBe(1)
  expect(on.host.calls().filter((call) => /^docker (create|rename|stop)|reload/.test(call))).toEqual([])
  expectServedAsBefore(on.host, on.configured)
})

test('nginx tests the candidate inside the whole configuration', async () => {
  on.host.write(
    'etc/nginx/conf.d/zz.conf',
    `map $http_upgrade $other { default x; }\nserver { listen 80; server_name other.example.com; }\n`,
  )
  on.host.fake(
    'nginx',
    (real) =>
      `case "$*" in *-c*) cat "$3" "$EDGE_NGINX_DIR"/.ragstream-edge-stage/*/* >"$HOME/tested" ;; esac; exec ${real} "$@"`,
  )
  expect((await on.host.configure({ ReadTimeout: '2h' })).results['nginx-test']).toBe('ok')
  const tested = on.host.file('tested')
  expect(tested).toContain('proxy_read_timeout 2h;')
  expect(tested).not.toContain('proxy_read_timeout 1h;')
  expect(tested).toContain('server_name other.example.com;')
  expect(tested).toContain('.ragstream-edge-stage/sites-enabled/*;')
})

test('nginx is not reloaded: the old file and the previous container are back', async () => {
  on.host.fake(
    'systemctl',
    (real) =>
      `if [ "$1" = reload ] && [ ! -e "$HOME/once" ]; then : >"$HOME/once"; echo 'Job for nginx.service failed' >&2; exit 1; fi; exec ${real} "$@"`,
  )
  const run = await on.host.configure({ ReadTimeout: '2h', Image: 'ragstream:2' })
  expect(run.results).toMatchObject({ 'nginx-restore': 'ok', 'container-restore': 'ok', nginx: 'failed' })
  expect(run.last).toMatch(
    /^step=nginx result=failed reason="nginx was not reloaded: Job for nginx.service failed" hint=/,
  )
  expectServedAsBefore(on.host, on.configured)
})

test('the container never says ok: log tail, last answer, and the previous one is back', async () => {
  on.host.image('ragstream:2', { health: 'starting', log: 'Traceback: no model\n' })
  const run = await on.host.configure({ Image: 'ragstream:2' })
  expect(run.lines).toContain('  | Traceback: no model')
  expect(run.lines).toContain(`step=container-restore result=ok name=${CONTAINER}`)
  expect(run.last).toBe(
    'step=health result=failed reason="no ok from 127.0.0.1:8501/_stcore/health; last answer: starting 200; its program still runs" hint="the log of the app is above; the site as it was before is put back"',
  )
  expectServedAsBefore(on.host, on.configured)
})

test('a body that only begins with ok is not ok', async () => {
  on.host.image('ragstream:2', { health: 'ok\n<html>' })
  expect((await on.host.configure({ Image: 'ragstream:2' })).last).toMatch(
    /^step=health result=failed reason=".*last answer: ok <html> 200/,
  )
  expectServedAsBefore(on.host, on.configured)
})

test('white space around what the app says does not count', async () => {
  on.host.image('ragstream:3', { health: '\r\n ok \n' })
  expect((await on.host.configure({ Image: 'ragstream:3' })).results).toMatchObject({ health: 'ok', done: 'changed' })
})

test('the container ends by itself: its exit code, without waiting for the whole start timeout', async () => {
  on.host.image('ragstream:2', { health: null, exitCode: 3, log: 'ImportError' })
  const run = await on.host.configure({ Image: 'ragstream:2', StartTimeout: '600' })
  expect(run.last).toContain('exit code 3')
  expectServedAsBefore(on.host, on.configured)
})

test('a first container that never says ok is removed, not restarted for ever', async () => {
  on.host.image('two:1', { health: 'no' })
  const run = await on.host.configure({ Hostname: 'two.example.com', HostPort: '8502', Image: 'two:1' })
  expect(run.lines).toContain('step=container-restore result=ok reason="there was none before"')
  expect(on.host.exists('etc/nginx/conf.d/ragstream-edge-two.example.com.conf')).toBe(false)
  expectServedAsBefore(on.host, on.configured)
})

test('the first site of a host is not served: nothing that nginx would read is left', async () => {
  const bare = await newHost()
  bare.image('ragstream:1.4.0', { health: 'no' })
  expect((await bare.configure()).last).toMatch(/^step=health result=failed/)
  expect(readdirSync(path.join(bare.root, 'etc/nginx/conf.d'))).toEqual([])
  await bare.destroy()
})

test('through port 80 somebody else answers: file and container are back', async () => {
  on.host.fake(
    'curl',
    (real) => `case "$*" in *:80/_stcore/health) printf '<html> 502'; exit 0 ;; esac; exec ${real} "$@"`,
  )
  const run = await on.host.configure({ ReadTimeout: '2h', Image: 'ragstream:2' })
  expect(run.last).toMatch(
    /^step=port-80-health result=failed reason="through port 80 ragstream\.rusbehabtahi\.com answers: <html> 502 \(asked for 3 s\)"/,
  )
  expectServedAsBefore(on.host, on.configured)
})

describe('nothing is to be changed, and yet', () => {
  const unhealthy = () =>
    on.host.change((state) => {
      const [name, image] = Object.entries(state.images).find(([one]) => one === 'ragstream:1.4.0')!
      return { ...state, images: { ...state.images, [name]: { ...image, health: 'no' } } }
    })

  test('the app does not say ok: the run says so', async () => {
    unhealthy()
    const run = await on.host.configure({ StartTimeout: '1' })
    expect(run.results).toMatchObject({ container: 'unchanged', health: 'failed' })
    expect(run.last).toContain('last answer: no 200')
  })

  test('port 80 does not say ok: the run says so', async () => {
    // Of several questions at once it answers the third one so.
    on.host.fake(
      'curl',
      (real) =>
        `case "$*" in *:80/_stcore/health*) ${real} "$@" | sed '3s/.*/<html> 502/; 1{$s/.*/<html> 502/}'; exit 0 ;; esac; exec ${real} "$@"`,
    )
    const run = await on.host.configure()
    expect(run.results).toMatchObject({ health: 'ok', nginx: 'unchanged', 'port-80-health': 'failed' })
    expect(run.last).toContain('answers: <html> 502')
  })

  test('nginx has loaded something else: it is reloaded', async () => {
    const loaded = on.host.state().servers
    await on.host.configure({ ReadTimeout: '2h' })
    const file = on.configured.file(SITE_FILE)
    on.host.write(SITE_FILE, file)
    const run = await on.host.configure()
    expect(run.results).toMatchObject({ health: 'ok', nginx: 'changed', 'port-80-health': 'ok', done: 'changed' })
    expect(JSON.stringify(on.host.state().servers)).toBe(
      JSON.stringify(loaded).replaceAll(on.configured.root, on.host.root),
    )
  })
})

test('the new block is not what answers for the name: file and container are back', async () => {
  on.host.fake(
    'curl',
    (real) => `case "$*" in */_ragstream-edge) printf 'other 200'; exit 0 ;; esac; exec ${real} "$@"`,
  )
  const run = await on.host.configure({ ReadTimeout: '2h' }, { EDGE_SWITCH_WAIT: '0' })
  expect(run.last).toMatch(/^step=nginx result=failed reason="nginx does not serve the new block/)
  expectServedAsBefore(on.host, on.configured)
})

test('a worker from before the reload goes on taking connections: not live, the old file is back, and the next run tries again', async () => {
  on.host.fake('systemctl', (real) => workersStay(real))
  const run = await on.host.configure({ ReadTimeout: '2h' }, { EDGE_SWITCH_WAIT: '0' })
  expect(run.last).toMatch(/^step=nginx result=failed reason="nginx was reloaded, and a worker from before still takes/)
  expect(run.results['nginx-restore']).toBe('failed')
  expect(on.host.file(SITE_FILE)).toBe(on.configured.file(SITE_FILE))
  on.host.write('well', '')
  on.host.calls()
  expect((await on.host.configure()).results).toMatchObject({ nginx: 'unchanged' })
  expect(on.host.calls()).toContain('systemctl reload nginx')
  expectServedAsBefore(on.host, on.configured)
})

test('no registry has the image: nothing was stopped for it', async () => {
  on.host.change((state) => ({ ...state, unpullable: ['ragstream:9'] }))
  const run = await on.host.configure({ Image: 'ragstream:9' })
  expect(run.last).toMatch(
    /^step=image result=failed reason="image ragstream:9 is not on this host and was not pulled: Error response from daemon: manifest for ragstream:9 not found/,
  )
  expectServedAsBefore(on.host, on.configured)
})

test('the registry does not answer for an image that is here: it is used, and that is said', async () => {
  on.host.change((state) => ({ ...state, unpullable: ['ragstream:1.4.0'] }))
  // Below what it says, a tool may say more.
  on.host.fake('docker', (real) => `if [ "$1" = pull ]; then trap 'echo bye' EXIT; fi; exec ${real} "$@"`)
  const run = await on.host.configure()
  expect(run.lines.find((line) => line.startsWith('step=image'))).toMatch(
    /result=unchanged .*reason="not pulled, using the image that is here: Error response from daemon: /,
  )
  expect(run.results.done).toBe('unchanged')
})

test('the run that held the lock removed this site: the one that waited makes it anew', async () => {
  const state = `var/lib/ragstream-edge/${NAME}`
  on.host.fake('flock', (real) => `rm -rf '${on.host.root}/var/lib/ragstream-edge'; exec ${real} "$@"`)
  const run = await on.host.configure()
  expect(run.last).toMatch(/^step=done result=/)
  expect(on.host.file(`${state}/applied`)).toBe('abcdef123456\n')
  expect(statSync(`${on.host.root}/${state}`).mode & 0o777).toBe(0o700)
  expectServedAsBefore(on.host, on.configured)
})

test('another run holds the lock: nothing of what it has under way is touched', async () => {
  const under = `var/lib/ragstream-edge/${NAME}/nginx.previous`
  on.host.write(under, 'server {}\n')
  const taken = Promise.withResolvers<void>()
  const holder = on.host.machine.exec(
    ['bash', '-c', 'exec 9>>"$EDGE_RUN_DIR/ragstream-edge.lock"; flock -w 9 9; echo taken; sleep 600'],
    {
      onOutput: () => taken.resolve(),
    },
  )
  await taken.promise
  const run = await on.host.configure({ Image: 'ragstream:2' }, { EDGE_LOCK_WAIT: '1' })
  expect(run.lines).toEqual([
    `step=lock result=failed reason="another run has held ${on.host.root}/run/ragstream-edge.lock for 1 s" hint="wait for it to end, then run again"`,
  ])
  expect(on.host.file(under)).toBe('server {}\n')
  await on.host.machine.powerOff()
  await holder
})

describe('a host that cannot be worked on says why', () => {
  test('its nginx configuration does not load', async () => {
    on.host.write('etc/nginx/conf.d/broken.conf', 'server { listen 80 }\n')
    expect((await on.host.configure()).last).toMatch(
      /^step=server-name result=failed reason="the nginx configuration of this host does not load: nginx: \[emerg\] unexpected '}' in .*broken\.conf:1" /,
    )
  })

  test('nginx is masked', async () => {
    on.host.change((state) => ({
      ...state,
      services: { ...state.services, nginx: { enabled: 'masked', active: false } },
    }))
    expect((await on.host.configure()).last).toBe(
      'step=services result=failed reason="the service nginx is masked" hint="systemctl unmask nginx"',
    )
  })

  test('another operating system without the packages', async () => {
    const bare = await newHost()
    bare.write('etc/os-release', 'ID="arch"\n')
    const run = await bare.configure()
    expect(run.last).toMatch(
      /^step=packages result=failed reason="nginx docker.io missing, and the system 'arch' is not Amazon Linux, Ubuntu or Debian"/,
    )
    await bare.destroy()
  })

  test('Amazon Linux 2, by name, and also where everything is there', async () => {
    on.host.write(
      'etc/os-release',
      'NAME="Amazon Linux"\nVERSION="2"\nID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\n',
    )
    expect((await on.host.configure()).last).toBe(
      'step=packages result=failed reason="Amazon Linux 2 has no Python 3.9, and none of its packages is new enough" hint="move the app to Amazon Linux 2023, Ubuntu or Debian"',
    )
  })

  test('nginx.conf does not read conf.d', async () => {
    on.host.write('etc/nginx/nginx.conf', 'events {}\nhttp { include sites-enabled/*; }\n')
    expect((await on.host.configure({ ReadTimeout: '2h' })).last).toMatch(
      /^step=nginx-test result=failed reason=".*nginx.conf does not include conf.d\/\*.conf"/,
    )
  })

  test('a step that fails where nobody foresaw it still ends with such a line', async () => {
    on.host.fake('sha256sum', () => 'exit 9')
    expect((await on.host.configure()).last).toMatch(/^step=nginx-test result=failed reason=".*ended with 9/)
  })
})

// A busy host stands still for some seconds: curl waits for 5.
const late = (url: string, times: number) =>
  on.host.fake(
    'curl',
    (real) =>
      `case "$*" in *${url}*) echo >>"$HOME/asked"; [ "$(wc -l <"$HOME/asked")" -gt ${times} ] || { printf ' 000'; exit 28; } ;; esac; exec ${real} "$@"`,
  )

test('the app is late with one answer: it is asked once more, and the image changes without a gap', async () => {
  late('http://127.0.0.1:8501/', 1)
  const run = await on.host.configure({ Image: 'ragstream:2', Rollout: 'overlap' })
  expect(run.lines.find((line) => line.startsWith('step=container '))).toMatch(/rollout=overlap$/)
  expect(run.results.done).toBe('changed')
})

test('nginx is late with the question for all, and with the next: it is asked once more, and is not reloaded', async () => {
  late('http://127.0.0.1:80/_', 2)
  on.host.calls()
  expect((await on.host.configure()).results.nginx).toBe('unchanged')
  expect(on.host.file('asked')).toMatch(/^\n{3,}$/)
  expect(on.host.calls().filter((call) => call.includes('reload'))).toEqual([])
})

test('an overlap fails after the switch: the candidate goes only when no old worker has a request of it', async () => {
  const refused = path.join(on.host.root, 'refused')
  const old = `exec -a 'nginx: worker process is shutting down' sleep 2`
  const master = spawn('bash', [
    '-c',
    `until [ -e '${refused}' ]; do sleep 0.02; done; bash -c "${old}"; exec sleep 60`,
  ])
  const children = `/proc/${master.pid}/task/${master.pid}/children`
  on.host.fake(
    'systemctl',
    (real) => `case "$*" in *MainPID*) echo MainPID=${master.pid}; exit 0 ;; esac; exec ${real} "$@"`,
  )
  on.host.fake(
    'docker',
    (real) => `case "$*" in
      "start ${CONTAINER}") : >'${refused}'; exit 1 ;;
      "rm --force ${CONTAINER}_candidate") grep -c . ${children} >>"$HOME/left" ;;
    esac; exec ${real} "$@"`,
  )
  const run = await on.host.configure({ Image: 'ragstream:2', Rollout: 'overlap' })
  master.kill()
  expect(run.results).toMatchObject({ 'container-restore': 'ok', container: 'failed' })
  expect(on.host.file('left')).toBe('0\n')
  expectServedAsBefore(on.host, on.configured)
})
