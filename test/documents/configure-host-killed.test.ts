// SIGKILL at each act that changes the host: the next run mends it, and nginx could be reloaded in between.
import { request } from '../../local/machine/rendered/requests.ts'
import { someOf } from '../support/long-tests.ts'
import { base64, CONTAINER, copyForEach, expectServedAsBefore, NAME, newHost, SITE_FILE } from './host.ts'

const on = copyForEach()

const change = { Image: 'ragstream:2', ReadTimeout: '2h', Env: base64('KEY=value\n') }

/** The acts in their order; `mv` is how a file comes into its place. */
const ACTS = [
  'mv container files: environment',
  'mv container files: volumes',
  'docker rename',
  'docker create',
  'docker stop',
  'docker start',
  'mv nginx.previous',
  'mv the nginx file',
  'systemctl reload',
  'docker rm',
]

/** Kills the whole run when it is about to do the act of this number, counted from 1. */
function killAt(act: number): void {
  const count = 'n=0; [ ! -e "$HOME/acts" ] || read -r n <"$HOME/acts"; n=$((n + 1)); echo "$n" >"$HOME/acts"'
  for (const program of ['docker', 'systemctl', 'mv']) {
    on.host.fake(
      program,
      (real) =>
        `case "$1" in rename|create|stop|start|rm|reload|-f) ${count}; [ "$n" != ${act} ] || kill -KILL 0 ;; esac; exec ${real} "$@"`,
    )
  }
}

test('the acts are these and no more', async () => {
  killAt(0)
  expect((await on.host.configure(change)).exitCode).toBe(0)
  expect(Number(on.host.file('acts'))).toBe(ACTS.length)
})

test.each(someOf(ACTS.map((name, index) => [name, index + 1] as const)))('killed before: %s', async (_name, act) => {
  killAt(act)
  expect(await on.host.configure(change)).toMatchObject({ exitCode: null })
  expect(await on.host.machine.exec(['nginx', '-t'])).toMatchObject({ exitCode: 0 })
  expect((await on.host.configure(change)).last).toMatch(/^step=done result=(changed|unchanged) /)
  expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, image: 'ragstream:2', running: true }])
  expect(on.host.file(SITE_FILE)).toContain('proxy_read_timeout 2h;')
  expect(on.host.exists(`var/lib/ragstream-edge/${NAME}/nginx.previous`)).toBe(false)
})

test('killed before the new container was proved, and the next image is broken: the proved one is back', async () => {
  killAt(ACTS.indexOf('systemctl reload') + 1)
  await on.host.configure(change)
  on.host.image('ragstream:3', { health: 'no' })
  const run = await on.host.configure({ ...change, Image: 'ragstream:3' })
  expect(run.results).toMatchObject({ 'container-restore': 'ok', 'nginx-restore': 'ok', health: 'failed' })
  expectServedAsBefore(on.host, on.configured)
})

test('killed before the new container was proved, and the site goes back to the old image: nothing is replaced', async () => {
  killAt(ACTS.indexOf('mv nginx.previous') + 1)
  await on.host.configure(change)
  const run = await on.host.configure()
  expect(run.results).toMatchObject({ 'container-recover': 'changed', done: 'changed' })
  expect(run.lines).toContain(`step=container result=changed name=${CONTAINER} act=started`)
  expectServedAsBefore(on.host, on.configured)
})

/** Of an overlap: the candidate first, nginx leads to it while the host port changes hands. */
const OVERLAP_ACTS = [
  'mv container files: environment',
  'mv container files: volumes',
  'docker create the candidate',
  'docker start the candidate',
  'mv nginx.previous',
  'mv the nginx file that leads to the candidate',
  'systemctl reload to the candidate',
  'docker rename',
  'docker create',
  'docker stop',
  'docker start',
  'mv the nginx file',
  'systemctl reload',
  'docker rm the candidate',
  'docker rm the previous one',
]

test('the acts of an overlap are these and no more', async () => {
  killAt(0)
  const run = await on.host.configure({ ...change, Rollout: 'overlap' })
  expect(run.lines.find((line) => line.startsWith('step=container '))).toMatch(/rollout=overlap$/)
  expect(Number(on.host.file('acts'))).toBe(OVERLAP_ACTS.length)
})

test.each(someOf(OVERLAP_ACTS.map((name, index) => [name, index + 1] as const)))(
  'an overlap killed before: %s',
  async (_name, act) => {
    killAt(act)
    expect(await on.host.configure({ ...change, Rollout: 'overlap' })).toMatchObject({ exitCode: null })
    expect(await on.host.machine.exec(['nginx', '-t'])).toMatchObject({ exitCode: 0 })
    expect((await on.host.configure({ ...change, Rollout: 'overlap' })).last).toMatch(
      /^step=done result=(changed|unchanged) /,
    )
    expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, image: 'ragstream:2', running: true }])
    expect(on.host.file(SITE_FILE)).toContain('proxy_read_timeout 2h;')
    expect(on.host.file(SITE_FILE)).not.toContain('backup')
    expect(on.host.exists(`var/lib/ragstream-edge/${NAME}/nginx.previous`)).toBe(false)
  },
)

test('an overlap killed while nginx leads to the candidate, and the site goes back to the old image', async () => {
  killAt(OVERLAP_ACTS.indexOf('docker stop') + 1)
  await on.host.configure({ ...change, Rollout: 'overlap' })
  expect((await on.host.configure({ Rollout: 'overlap' })).results.done).toBe('changed')
  expectServedAsBefore(on.host, on.configured)
})

/** A run that fails before it comes to the container. */
const FAILS_EARLY = { Env: base64('no line of a variable\n') }

const SERVES = { status: 200, body: 'ok' }

test.each([
  ['an image change', ACTS, {}, 'docker start'],
  ['an overlap', OVERLAP_ACTS, { Rollout: 'overlap' }, 'docker start'],
] as const)(
  '%s killed while nothing serves, and the next run fails early: what was served is served',
  async (_name, acts, more, act) => {
    killAt(acts.indexOf(act) + 1)
    await on.host.configure({ ...change, ...more })
    await on.host.machine.powerOff()
    await on.host.machine.boot()
    const run = await on.host.configure({ ...change, ...more, ...FAILS_EARLY })
    expect(run.last).toMatch(/^step=container-files result=failed /)
    expect(run.lines).toContain(
      'step=container-recover result=changed act=started reason="a run before this one did not end"',
    )
    expect(request(on.host.state(), 80, NAME, '/_stcore/health')).toEqual(SERVES)
    expect((await on.host.configure()).last).toMatch(/^step=done /)
    expectServedAsBefore(on.host, on.configured)
  },
)

test('killed while the new image is judged, it never says ok, and the next run fails early: what was served is served', async () => {
  on.host.image('ragstream:2', { health: 'no' })
  on.host.fake(
    'curl',
    (real) => `case "$*" in *:8501/_stcore/health) [ -e "$HOME/on" ] || kill -KILL 0 ;; esac; exec ${real} "$@"`,
  )
  expect(await on.host.configure(change)).toMatchObject({ exitCode: null })
  on.host.write('on', '')
  const run = await on.host.configure({ ...change, ...FAILS_EARLY })
  expect(run.results).toMatchObject({ 'container-restore': 'ok', 'container-files': 'failed' })
  expectServedAsBefore(on.host, on.configured)
})

test('killed when all was proved, and the next image is broken: the proved one is back', async () => {
  killAt(ACTS.indexOf('docker rm') + 1)
  await on.host.configure(change)
  on.host.image('ragstream:3', { health: 'no' })
  const run = await on.host.configure({ ...change, Image: 'ragstream:3' })
  expect(run.results).toMatchObject({ 'container-restore': 'ok', health: 'failed' })
  expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, image: 'ragstream:2', running: true }])
  expect(on.host.file(SITE_FILE)).toContain('proxy_read_timeout 2h;')
})

test.each(['start', 'rename'])(
  'killed while a new image that ends is taken back, before the %s, and the next run fails early: what was served is served',
  async (act) => {
    on.host.image('ragstream:2', { health: null })
    on.host.fake(
      'docker',
      (real) =>
        `if [ "$1 $2" = "${act} ${CONTAINER}_previous" ] && [ ! -e "$HOME/well" ]; then kill -KILL 0; fi; exec ${real} "$@"`,
    )
    expect(await on.host.configure(change)).toMatchObject({ exitCode: null })
    on.host.write('well', '')
    const run = await on.host.configure({ ...change, ...FAILS_EARLY })
    expect(run.last).toMatch(/^step=container-files result=failed /)
    expect(request(on.host.state(), 80, NAME, '/_stcore/health')).toEqual(SERVES)
    expect((await on.host.configure()).last).toMatch(/^step=done /)
    expectServedAsBefore(on.host, on.configured)
  },
)

/** What a run may leave that asked Docker to end a container, whose answer came to nobody. */
const STALE: readonly (readonly [string, (id: string) => string])[] = [
  ['the removal of one that is gone', () => 'rm 0123456789ab\n'],
  ['a stop of one that has its own name again', (id) => `stop ${id}\n`],
  ['nothing, since the disk was full', () => ''],
]

test.each(STALE)('a mark that says %s: what serves is left alone', async (_name, mark) => {
  const id = on.host.state().containers[0]!.id
  on.host.write(`run/ragstream-edge-ending.${NAME}`, mark(id))
  expect((await on.host.configure()).last).toMatch(/^step=done result=unchanged /)
  expectServedAsBefore(on.host, on.configured)
  expect(on.host.state().containers[0]!.id).toBe(id)
  expect(on.host.exists(`run/ragstream-edge-ending.${NAME}`)).toBe(false)
})

test('what a killed run left beside its place is swept, secrets among it, also where the site has none any more', async () => {
  const left = ['env.next.secrets', 'env.next', 'visitors.next', 'nginx.next'].map(
    (name) => `var/lib/ragstream-edge/${NAME}/${name}`,
  )
  for (const file of left) on.host.write(file, 'TOKEN=secret\n')
  await on.host.configure()
  expect(left.filter((file) => on.host.exists(file))).toEqual([])
  expect((await on.host.configure({ Env: base64('TOKEN=secret\nno line of a variable\n') })).exitCode).toBe(1)
  expect(left.filter((file) => on.host.exists(file))).toEqual([])
})

const DEFAULT_ASIDE = 'var/lib/ragstream-edge/default'

test.each([
  ['it is on the list', 'mv', '*/default/list.new*'],
  ['it is taken away', 'rm', '*/sites-enabled/default'],
])(
  'killed while the default site of the system is set aside, before %s: it is set aside once',
  async (_name, program, words) => {
    const host = await newHost()
    host.fake(
      program,
      (real) => `case "$*" in ${words}) [ -e "$HOME/well" ] || kill -KILL 0 ;; esac; exec ${real} "$@"`,
    )
    expect(await host.configure()).toMatchObject({ exitCode: null })
    host.write('well', '')
    expect((await host.configure()).last).toMatch(/^step=done result=changed /)
    expect(host.file(`${DEFAULT_ASIDE}/list`)).toMatch(/^file 1 \S+\/sites-enabled\/default\n$/)
    expect(host.exists(`${DEFAULT_ASIDE}/2`)).toBe(false)
    await host.remove()
    expect(host.exists('etc/nginx/sites-enabled/default')).toBe(true)
    await host.destroy()
  },
)
