// A site that is taken off a host: nothing of it is left, what was there before it is back, other sites serve on.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { request } from '../../local/machine/rendered/requests.ts'
import { someOf } from '../support/long-tests.ts'
import {
  CONTAINER,
  configuredOnce,
  expectServedAsBefore,
  type Host,
  NAME,
  newHost,
  SITE_FILE,
  workersStay,
} from './host.ts'

// No copies: what was set aside is listed with its path on the very disk.
const reference = configuredOnce()
let host: Host

async function configuredHost(): Promise<Host> {
  const made = await newHost()
  await made.configure()
  return made
}
beforeEach(async () => {
  host = await configuredHost()
})
afterEach(() => host.destroy())

const DEFAULT_FILE = 'etc/nginx/conf.d/ragstream-edge.conf'
const LIMITS_FILE = 'etc/nginx/conf.d/ragstream-edge.limits.conf'
const STOCK = 'etc/nginx/sites-enabled/default'
const STATE = `var/lib/ragstream-edge/${NAME}`
const UNIT = 'etc/systemd/system/ragstream-edge-metadata.service'
const BRIDGE = expect.stringMatching(/^rsedge-[0-9a-f]{7}0$/)
/** The name under which a file comes into its folder. */
const newIn = (file: string): string => file.replace(/([^/]+)$/, '.ragstream-edge-new-$1')
const TWO = { Hostname: 'two.example.com', HostPort: '8502' }

function expectGone(host: Host): void {
  for (const left of [SITE_FILE, STATE, 'etc/nginx/.ragstream-edge-stage', 'etc/nginx/.ragstream-edge-main'])
    expect([left, host.exists(left)]).toEqual([left, false])
  expect(host.state().containers.filter(({ name }) => name.startsWith(CONTAINER))).toEqual([])
  expect(request(host.state(), 80, NAME, '/_ragstream-edge')).not.toEqual(expect.objectContaining({ status: 200 }))
}

function expectAsBeforeAnySite(host: Host): void {
  expectGone(host)
  expect([DEFAULT_FILE, LIMITS_FILE, UNIT, 'var/lib/ragstream-edge'].filter((name) => host.exists(name))).toEqual([])
  expect(host.exists(STOCK)).toBe(true)
  expect(host.state()).toMatchObject({ containers: [], rules: [], networks: { [CONTAINER]: BRIDGE } })
}

test('the only site: the host is as before it, but for what it installed and the image', async () => {
  const run = await host.remove()
  expect(run.lines).toEqual([
    'step=lock result=ok',
    'step=nginx-test result=ok',
    `step=put-back result=ok path=${host.root}/${STOCK}`,
    `step=nginx result=changed file=${host.root}/${SITE_FILE} default=removed answer=404`,
    `step=container result=changed removed=${CONTAINER}`,
    'step=image result=unchanged image=ragstream:1.4.0 reason="it stays on the host; docker image rm removes it"',
    'step=metadata result=changed reason="the network ragstream-edge-ragstream.rusbehabtahi.com stays; docker network rm ragstream-edge-ragstream.rusbehabtahi.com removes it"',
    `step=state result=changed folder=${host.root}/${STATE}`,
    'step=done result=changed',
  ])
  expect(run.exitCode).toBe(0)
  expectAsBeforeAnySite(host)
  expect(Object.keys(host.state().images)).toEqual(['ragstream:1.4.0'])
})

test('a longer name that begins with ours: its list of visitors stays, at a change and at the removal', async () => {
  const folder = 'etc/nginx/ragstream-edge'
  const [other, old] = [`${folder}/${NAME}.au.0123456789abcdef.users`, `${folder}/${NAME}.0123456789abcdef.users`]
  const bothLists = () => {
    mkdirSync(path.join(host.root, folder), { recursive: true })
    for (const file of [other, old]) host.write(file, 'ada:x\n')
  }
  bothLists()
  await host.configure({ Image: 'ragstream:1.5.0' })
  expect([host.exists(other), host.exists(old)]).toEqual([true, false])
  bothLists()
  await host.remove()
  expect([host.exists(other), host.exists(old)]).toEqual([true, false])
})

test('nothing there: each step says unchanged, and nothing is touched', async () => {
  await host.remove()
  host.calls()
  expect((await host.remove()).results).toEqual({
    lock: 'ok',
    'nginx-test': 'unchanged',
    nginx: 'unchanged',
    container: 'unchanged',
    metadata: 'unchanged',
    state: 'unchanged',
    done: 'unchanged',
  })
  expect(host.calls().filter((call) => /reload|docker (rm|network rm)|disable|-D/.test(call))).toEqual([])
  expectAsBeforeAnySite(host)
})

test('a host that never had nginx or Docker', async () => {
  const bare = await newHost()
  expect((await bare.remove()).last).toBe('step=done result=unchanged')
  await bare.destroy()
})

test('one of two: the other one, the default server and the network stay', async () => {
  await host.configure(TWO)
  const run = await host.remove()
  expect(run.results).toMatchObject({ nginx: 'changed', container: 'changed', metadata: 'unchanged', done: 'changed' })
  expectGone(host)
  expect(request(host.state(), 80, 'two.example.com', '/_stcore/health')).toEqual({ status: 200, body: 'ok' })
  expect(request(host.state(), 80, NAME, '/_stcore/health')).toBe('ended')
  expect([DEFAULT_FILE, UNIT].filter((name) => host.exists(name))).toEqual([DEFAULT_FILE, UNIT])
  expect(host.exists(STOCK)).toBe(false)
  expect((await host.remove(TWO)).results.done).toBe('changed')
  expectAsBeforeAnySite(host)
})

test('a container of somebody on our network keeps the network', async () => {
  const words = ['docker', 'run', '--detach', '--name', 'mine', '--network', CONTAINER, 'ragstream:1.4.0']
  await host.machine.exec(words)
  const run = await host.remove()
  expect(run.lines).toContain('step=metadata result=unchanged reason="other containers are on its networks: mine"')
  expect(host.state()).toMatchObject({ containers: [{ name: 'mine' }], networks: { [CONTAINER]: BRIDGE } })
})

test('a container of our name without our label stays', async () => {
  await host.machine.exec(['docker', 'rm', '--force', CONTAINER])
  await host.machine.exec(['docker', 'run', '--detach', '--name', CONTAINER, 'ragstream:1.4.0'])
  expect((await host.remove()).results).toMatchObject({ container: 'unchanged', done: 'changed' })
  expect(host.state().containers).toMatchObject([{ name: CONTAINER }])
})

describe('adopted', () => {
  const OWN = 'etc/nginx/conf.d/own.conf'
  const block = `# mine\nserver {\n  listen 80;\n  server_name ${NAME};\n  location / { proxy_pass http://127.0.0.1:8501; }\n}\n`

  async function adopted(): Promise<void> {
    await host.remove()
    host.write(OWN, block)
    await host.machine.exec(['systemctl', 'reload', 'nginx'])
    expect((await host.configure({ Adopt: 'true' })).last).toMatch(/^step=done result=changed/)
    expect(host.exists(OWN)).toBe(false)
  }

  test('the file that was set up by hand is back, byte for byte', async () => {
    await adopted()
    const run = await host.remove()
    expect(run.lines).toContain(`step=put-back result=ok path=${host.root}/${OWN}`)
    expect(run.last).toBe('step=done result=changed')
    expect(host.file(OWN)).toBe(block)
    expectAsBeforeAnySite(host)
  })

  test('a reload that fails: ours serves again, and what was adopted is aside again', async () => {
    await adopted()
    const before = host.file(SITE_FILE)
    host.fake(
      'systemctl',
      (real) =>
        `if [ "$1" = reload ] && [ ! -e "$HOME/once" ]; then : >"$HOME/once"; echo 'Job for nginx.service failed' >&2; exit 1; fi; exec ${real} "$@"`,
    )
    const run = await host.remove()
    expect(run.results['nginx-restore']).toBe('ok')
    expect(run.last).toMatch(/^step=nginx result=failed reason="nginx was not reloaded: Job for nginx.service failed"/)
    expect([host.exists(OWN), host.file(SITE_FILE)]).toEqual([false, before])
    expect(host.exists(`${STATE}/undo`)).toBe(false)
    expect(request(host.state(), 80, NAME, '/_stcore/health')).toEqual({ status: 200, body: 'ok' })
    expect((await host.remove()).last).toBe('step=done result=changed')
    expect(host.file(OWN)).toBe(block)
  })
})

describe('a host is never left worse', () => {
  test('without python3: nothing was changed, and the reason is the true one', async () => {
    host.fake('python3', () => "echo 'bash: python3: command not found' >&2; exit 127")
    const run = await host.remove()
    expect(run.last).toMatch(
      /^step=nginx-test result=failed reason="the nginx configuration of this host is not understood: .*python3: command not found" hint="install python3/,
    )
    expectServedAsBefore(host, reference.host)
  })

  test('a nginx.conf without conf.d: that is the reason', async () => {
    const main = 'etc/nginx/nginx.conf'
    host.write(main, host.file(main).replace('include conf.d/*.conf;', 'include conf.d/[r]*.conf;'))
    expect((await host.remove()).last).toMatch(
      /^step=nginx-test result=failed reason="\S+nginx.conf does not include conf.d\/\*.conf"/,
    )
  })

  test('nginx refuses the configuration without the site: nothing was changed', async () => {
    host.write('etc/nginx/conf.d/zz.conf', 'server { listen 80; proxy_pass $edge_nobody; }\n')
    const run = await host.remove()
    expect(run.last).toMatch(
      /^step=nginx-test result=failed reason="nginx refuses the configuration without the site: /,
    )
    expectServedAsBefore(host, reference.host)
  })

  test('a worker from before the reload goes on taking connections: the file is back', async () => {
    host.fake('systemctl', (real) => workersStay(real))
    const { last } = await host.remove({}, { EDGE_SWITCH_WAIT: '0' })
    expect(last).toMatch(/^step=nginx result=failed reason="nginx was reloaded, and a worker from before still takes/)
    expect(host.file(SITE_FILE)).toBe(reference.host.file(SITE_FILE))
  })

  test('nginx goes on serving the site after the reload: the file is back', async () => {
    host.fake(
      'curl',
      (real) => `case "$*" in *_ragstream-edge*) printf '0123456789abcdef 200'; exit 0 ;; esac; exec ${real} "$@"`,
    )
    const { results, last } = await host.remove({}, { EDGE_SWITCH_WAIT: '0' })
    expect(last).toMatch(
      /^step=nginx result=failed reason="ragstream.rusbehabtahi.com still gets a site of ragstream-edge"/,
    )
    expect(results['nginx-restore']).toBe('ok')
    expectServedAsBefore(host, reference.host)
    expect(host.exists(DEFAULT_FILE)).toBe(true)
    expect(host.exists(STOCK)).toBe(false)
  })

  test('a file in our place that we did not write', async () => {
    host.write(SITE_FILE, 'server { listen 80; server_name x.example.com; return 200 mine; }\n')
    expect((await host.remove()).last).toMatch(
      /^step=nginx-test result=failed reason=".* was not written by ragstream-edge"/,
    )
    expect(host.file(SITE_FILE)).toContain('mine')
  })

  test('Docker does not answer', async () => {
    await host.machine.exec(['systemctl', 'stop', 'docker'])
    expect((await host.remove()).last).toMatch(
      /^step=services result=failed reason="Docker does not answer: Cannot connect/,
    )
    expect(host.exists(SITE_FILE)).toBe(true)
  })

  test('nginx is stopped: it stays so, and all else goes', async () => {
    await host.machine.exec(['systemctl', 'stop', 'nginx'])
    expect((await host.remove()).last).toBe('step=done result=changed')
    expect(host.state().services.nginx!.active).toBe(false)
    expectAsBeforeAnySite(host)
  })

  test('another run has the lock: nothing is touched, and it says so', async () => {
    const held = Promise.withResolvers<unknown>()
    const hold = `exec 9>>'${path.join(host.root, 'run/ragstream-edge.lock')}'; flock 9; echo held; exec sleep 600`
    void host.machine.exec(['bash', '-c', hold], { onOutput: held.resolve })
    await held.promise
    const last = host.file(`${STATE}/last`)
    const run = await host.remove({}, { EDGE_LOCK_WAIT: '0' })
    expect(run.lines).toHaveLength(1)
    expect(run.last).toMatch(/^step=lock result=failed reason="another run has held .* for 0 s"/)
    expectServedAsBefore(host, reference.host)
    expect(host.file(`${STATE}/last`)).toBe(last)
  })

  test('--check says what it would do, and changes nothing', async () => {
    const log = host.file('var/log/ragstream-edge.log')
    const run = await host.removeByHand(['--check'])
    expect(run.results).toEqual({
      'nginx-test': 'ok',
      nginx: 'would-change',
      container: 'would-change',
      'put-back': 'would-change',
      metadata: 'would-change',
      state: 'would-change',
      done: 'checked',
    })
    expectServedAsBefore(host, reference.host)
    expect(host.exists(DEFAULT_FILE)).toBe(true)
    expect(host.file('var/log/ragstream-edge.log')).toBe(log)
    expect((await host.removeByHand(['--help'])).lines[0]).toMatch(/^Usage: main.sh/)
  })

  test('what comes back gets the label of its place, where SELinux is', async () => {
    const log = path.join(host.root, 'labels')
    host.write('.machine/bin/restorecon', `#!/usr/bin/env bash\necho "$1" >>'${log}'\n`)
    await host.machine.exec(['chmod', '755', path.join(host.root, '.machine/bin/restorecon')])
    await host.remove()
    expect(host.file('labels')).toBe(`${host.root}/${STOCK}\n`)
    await host.configure()
    expect(host.file('labels').split('\n')).toEqual(
      [STOCK, newIn(LIMITS_FILE), newIn(DEFAULT_FILE), newIn(SITE_FILE)]
        .map((name) => `${host.root}/${name}`)
        .concat(''),
    )
  })
})

describe('killed before an act, the next run mends it', () => {
  /** What changes the host, in this order: the default server goes, the stock one comes, the site's file goes, and so on. */
  const ACTS = [
    `'rm -f '*/conf.d/ragstream-edge.conf`,
    `'cp -a '*/default/1' '*`,
    `'rm -f '*/conf.d/ragstream-edge-*.conf`,
    `'systemctl reload '*`,
    `'docker rm '*`,
    `'iptables '*' -D INPUT -p tcp '*`,
    `'iptables '*' -D INPUT ! -p tcp '*`,
    `'iptables '*' -D PREROUTING '*`,
    `'rm -f '*/conf.d/ragstream-edge.limits.conf`,
    `'rm -rf '*/${NAME}`,
  ]

  /** Kills the whole run when it is about to do the act of this number, counted from 1. */
  function killAt(host: Host, act: number): void {
    const count = 'n=$(($(cat "$HOME/acts" 2>/dev/null || echo 0) + 1)); echo "$n" >"$HOME/acts"'
    const kill = `${count}; [ "$n" != ${act} ] || kill -KILL 0`
    for (const program of ['docker', 'systemctl', 'rm', 'cp', 'iptables']) {
      host.fake(program, (real) => {
        const cases = `*edge-stage*) ;; ${ACTS.join('|')}) ${kill} ;;`
        return `case "\${0##*/} $*" in ${cases} esac; exec ${real} "$@"`
      })
    }
  }

  test('each in turn', async () => {
    killAt(host, 0)
    expect((await host.remove()).exitCode).toBe(0)
    expect(Number(host.file('acts'))).toBe(ACTS.length)
    for (const act of someOf(ACTS.map((_, index) => index + 1))) {
      await host.destroy()
      host = await configuredHost()
      killAt(host, act)
      const killed = await host.remove()
      expect([act, killed.exitCode]).toEqual([act, null])
      expect(await host.machine.exec(['nginx', '-t'])).toMatchObject({ exitCode: 0 })
      expect([act, (await host.remove()).last]).toEqual([act, expect.stringMatching(/^step=done result=(un)?changed$/)])
      expectAsBeforeAnySite(host)
    }
  })
})
