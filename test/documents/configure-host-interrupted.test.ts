// A signal, a kill or an engine that hangs in the moment in which Docker changes something: what Docker did comes to light only
// afterwards, and neither somebody's own container nor the one that serves is lost.
import path from 'node:path'
import { request } from '../../local/machine/rendered/requests.ts'
import { death } from '../support/processes.ts'
import { base64, CONTAINER, copyForEach, expectServedAsBefore, NAME } from './host.ts'

const on = copyForEach()

const SERVES = { status: 200, body: 'ok' }
const health = () => request(on.host.state(), 80, NAME, '/_stcore/health')
const shown = (): string[] =>
  on.host.state().containers.map(({ name, image, running, restart }) => `${name} ${image} ${running} ${restart}`)
const FAILS_EARLY = { Env: base64('no line of a variable\n') }

/** Something befalls the run at this word to Docker, until the file `well` is there. */
function befalls(words: string, act: string): void {
  on.host.fake(
    'docker',
    (real) => `case "$*" in ${words}) [ -e "$HOME/well" ] || { ${act}; } ;; esac; exec ${real} "$@"`,
  )
}
/** The shell is told to end, and Docker does what it was asked. */
const TERM = `kill -TERM $(cut -d' ' -f4 /proc/$PPID/stat); sleep 0.2`
const well = () => on.host.write('well', '')

describe('somebody’s own container', () => {
  const two = { Hostname: 'two.example.com', HostPort: '8502', Adopt: 'true' }
  const OURS = 'ragstream-edge-two.example.com'
  const theirs = () => shown().filter((line) => line.includes('web:1'))

  async function runs(name: string): Promise<void> {
    await on.host.machine.exec(['docker', 'pull', 'web:1'])
    const words = ['--restart', 'unless-stopped', '--publish', '127.0.0.1:8502:8501', 'web:1']
    await on.host.machine.exec(['docker', 'run', '--detach', '--name', name, ...words])
  }

  test('bears our name, and its adoption is killed before it has another: the next run adopts it', async () => {
    await runs(OURS)
    befalls('rename*', 'kill -KILL 0')
    expect(await on.host.configure(two)).toMatchObject({ exitCode: null })
    well()
    expect((await on.host.configure(two)).results.done).toBe('changed')
    expect(theirs()).toEqual([`${OURS}_adopted web:1 false no`])
  })

  test('the same, the host went down, and the next run fails early: it runs again as it did', async () => {
    await runs(OURS)
    befalls('rename*', 'kill -KILL 0')
    await on.host.configure(two)
    await on.host.machine.powerOff()
    await on.host.machine.boot()
    well()
    expect((await on.host.configure({ ...two, ...FAILS_EARLY })).exitCode).toBe(1)
    expect(theirs()).toEqual([`${OURS} web:1 true unless-stopped`])
  })

  test('a signal comes while it gets another name: it has its own again', async () => {
    await runs('streamlit')
    befalls('rename*_adopted', TERM)
    expect((await on.host.configure(two)).last).toMatch(
      /^step=container result=failed reason="the run was interrupted"/,
    )
    expect(theirs()).toEqual(['streamlit web:1 true unless-stopped'])
  })
})

test.each(['create', 'rename'])('a signal comes at docker %s: all is as before', async (word) => {
  befalls(`${word}*`, TERM)
  const run = await on.host.configure({ Image: 'ragstream:2' })
  expect(run.results['container-restore']).toBe('ok')
  expect(run.last).toMatch(/^step=container result=failed reason="the run was interrupted"/)
  expect(shown()).toHaveLength(1)
  expectServedAsBefore(on.host, on.configured)
})

test('in an overlap neither the new nor the old one starts on the host port: the candidate serves on', async () => {
  befalls(`"start ${CONTAINER}" | "start ${CONTAINER}_previous"`, `echo 'Error response from daemon: no' >&2; exit 1`)
  const run = await on.host.configure({ Image: 'ragstream:2', Rollout: 'overlap' })
  expect(run.lines).toContain(
    'step=container-restore result=failed reason="the previous container does not start: Error response from daemon: no"',
  )
  expect(run.lines).toContain('step=candidate result=ok reason="it serves on until the next run"')
  expect(health()).toEqual(SERVES)
  well()
  expect((await on.host.configure()).last).toMatch(/^step=done /)
  expectServedAsBefore(on.host, on.configured)
})

// Long enough for a program of a busy machine, which is no engine that hangs.
const BRIEFLY = { EDGE_ACT_WAIT: '4', EDGE_DOCKER_WAIT: '4' }

test('a new container that is taken back does not go: nothing is said to be restored, and the next run mends it', async () => {
  befalls('rm*', 'exec sleep 60')
  on.host.fake('systemctl', (real) => `[ "$1" != reload ] || [ -e "$HOME/well" ] || exit 1; exec ${real} "$@"`)
  const run = await on.host.configure({ Image: 'ragstream:2', ReadTimeout: '2h' }, { EDGE_ACT_WAIT: '4' })
  expect(run.results['container-restore']).toBe('failed')
  well()
  expect((await on.host.configure()).last).toMatch(/^step=done /)
  expectServedAsBefore(on.host, on.configured)
})

test('a stop hangs, and comes to pass after the run: one that fails early starts the container again', async () => {
  befalls('stop*', `: >"$HOME/well"; exec sleep 60`)
  expect((await on.host.configure({ Image: 'ragstream:2' }, BRIEFLY)).exitCode).toBe(1)
  await on.host.machine.exec(['docker', 'stop', CONTAINER])
  expect((await on.host.configure(FAILS_EARLY)).exitCode).toBe(1)
  expect(health()).toEqual(SERVES)
  expect((await on.host.configure()).last).toMatch(/^step=done /)
  expectServedAsBefore(on.host, on.configured)
})

test('a run is killed when it has given the old container back, whose app still starts: one that fails early waits for it', async () => {
  on.host.image('ragstream:2', { health: null })
  on.host.fake(
    'curl',
    (real) => `n=$(cat "$HOME/asked" 2>/dev/null || echo 0)
      if [ -e "$HOME/given-back" ]; then
        [ -e "$HOME/well" ] || kill -KILL 0
        case "$*" in */_stcore/health) echo "$((n + 1))" >"$HOME/asked"; if [ "$n" -lt 5 ]; then printf ' 000'; exit 7; fi ;; esac
      fi; exec ${real} "$@"`,
  )
  on.host.fake(
    'docker',
    (real) =>
      `${real} "$@"; code=$?; case "$*" in "rename ${CONTAINER}_previous"*) : >"$HOME/given-back" ;; esac; exit $code`,
  )
  expect(await on.host.configure({ Image: 'ragstream:2', ReadTimeout: '2h' })).toMatchObject({ exitCode: null })
  well()
  const run = await on.host.configure({ ...FAILS_EARLY, StartTimeout: '30' })
  expect(run.results['container-restore']).toBe('ok')
  expect(Number(on.host.file('asked'))).toBeGreaterThan(5)
  expect(health()).toEqual(SERVES)
})

// bash leaves the traps of the run to what it forks, for the moment until it sets them anew: here a process ends in that moment.
test('a process of the run is told to end as soon as it is there: it takes nothing of the run back', async () => {
  const env = { 'BASH_FUNC_kill%%': '() { (trap finish EXIT; exit 143); builtin kill "$@"; }' }
  const run = await on.host.configure({ Image: 'ragstream:2' }, env)
  expect(run.lines.filter((line) => line.includes('interrupted'))).toEqual([])
  expect(run.last).toMatch(/^step=done result=changed /)
  expect(health()).toEqual(SERVES)
})

test('a second signal comes as soon as the first one ends the run: all is as before', async () => {
  const atTheEnd = `if [ "\${FUNCNAME-}" = finish ]; then trap - DEBUG; kill -INT $$; fi`
  on.host.write('second-signal', `set -T; trap '${atTheEnd}' DEBUG`)
  befalls('create*', TERM)
  // With a shell above it, since a first one that reads a socket takes itself for a login from elsewhere.
  const env = { SHLVL: '1', BASH_ENV: path.join(on.host.root, 'second-signal') }
  const run = await on.host.configure({ Image: 'ragstream:2' }, env)
  expect(run.results['container-restore']).toBe('ok')
  expect(run.last).toMatch(/^step=container result=failed reason="the run was interrupted"/)
  expectServedAsBefore(on.host, on.configured)
})

test('a run is killed while it waits for a pull: what asks the engine meanwhile ends with it', async () => {
  const killTheRun = `parent() { cut -d' ' -f4 "/proc/$1/stat"; }; watch=$(parent "$PPID"); echo "$watch" >"$HOME/watch"; kill -KILL "$(parent "$watch")"`
  // The other calls of a busy machine have their time: only the pause between two questions is short.
  on.host.fake('sleep', (real) => `[ "$1" != 59 ] || set -- 1; exec ${real} "$@"`)
  on.host.fake(
    'docker',
    (real) => `case "$1" in
      pull) exec sleep 60 ;;
      version) echo >>"$HOME/asked"; ${killTheRun} ;;
    esac; exec ${real} "$@"`,
  )
  expect(await on.host.configure({}, { EDGE_DOCKER_WAIT: '59' })).toMatchObject({ exitCode: null })
  await death(Number(on.host.file('watch')))
  expect(on.host.file('asked')).toBe('\n')
})

test('a first run is killed while the app hangs, and the next one fails early: nobody waits for an app that none had before', async () => {
  const two = { Hostname: 'two.example.com', HostPort: '8502', Image: 'ragstream:2' }
  on.host.image('ragstream:2', { health: 'no' })
  on.host.fake(
    'curl',
    (real) => `[[ -e $HOME/well || $* != *:8502/_stcore/health* ]] || kill -KILL 0; exec ${real} "$@"`,
  )
  expect(await on.host.configure(two)).toMatchObject({ exitCode: null })
  well()
  const run = await on.host.configure({ ...two, ...FAILS_EARLY })
  expect(run.results['nginx-restore']).toBe('ok')
  expect(run.results['container-restore']).toBeUndefined()
  expect(health()).toEqual(SERVES)
})

test('a run is killed, the site is what it was, and its app hangs: it is waited for once', async () => {
  befalls('create*', 'kill -KILL 0')
  await on.host.configure({ Image: 'ragstream:2' })
  well()
  on.host.change((state) => ({
    ...state,
    images: { ...state.images, 'ragstream:1.4.0': { ...state.images['ragstream:1.4.0']!, health: 'no' } },
  }))
  const run = await on.host.configure()
  expect(run.results).toMatchObject({ 'container-recover': 'changed', health: 'failed' })
  expect(run.results['container-restore']).toBeUndefined()
})

test('after a boot Docker holds the port for a new container that does not run: the one before runs at once', async () => {
  on.host.fake(
    'docker',
    (real) => `case "$*" in
      "start ${CONTAINER}") [ -e "$HOME/well" ] || { ${real} "$@"; kill -KILL 0; } ;;
      "rm --force ${CONTAINER}") : >"$HOME/let-go" ;;
      "start ${CONTAINER}_previous") [ -e "$HOME/let-go" ] || { echo 'port is already allocated' >&2; exit 1; } ;;
    esac; exec ${real} "$@"`,
  )
  expect(await on.host.configure({ Image: 'ragstream:2' })).toMatchObject({ exitCode: null })
  well()
  on.host.change((state) => ({ ...state, containers: state.containers.map((one) => ({ ...one, running: false })) }))
  const run = await on.host.configure(FAILS_EARLY)
  expect(run.lines).toContain(
    'step=container-recover result=changed act=started reason="a run before this one did not end"',
  )
  expect(health()).toEqual(SERVES)
  expect((await on.host.configure()).last).toMatch(/^step=done /)
  expectServedAsBefore(on.host, on.configured)
})
