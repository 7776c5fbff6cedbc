// Docker goes on with a stop when the run that asked for it is killed, for as long as the app takes to end: the next run waits for
// that, and then gives the site back or takes it further.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import {
  ask,
  base64,
  CONTAINER,
  configure,
  containers,
  imageName,
  NAME,
  type Run,
  remove,
  runAnd,
  SERVED,
  sh,
  tagOn,
  type Values,
} from './bench.ts'
import { setUpByHand } from './by-hand.ts'
import { FORGET, SERVED_BY_HAND } from './hosts-of-kills.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-ending', { privateIp: '172.31.4.13' })
  await host.boot()
  await sh(host, `docker pull -q ${imageName('1.4.0')}; docker pull -q ${imageName('1.5.0')}`)
  await sh(host, 'cat >/usr/local/bin/docker; chmod 755 /usr/local/bin/docker', PATIENT_STOP)
})
afterAll(() => room?.close())

/** On a busy machine Docker would kill the app after its 10 s, before this test has seen the stop. */
const PATIENT_STOP = `#!/bin/sh
case "$*" in 'stop -t 10 '*) shift 3; set -- stop -t 100 "$@" ;; esac
exec /usr/bin/docker "$@"
`

/** The app hears nothing for so long after the look at what runs then, so that the next run meets a stop that is under way. */
const DEAF_SECONDS = 2

/** Ends the run when Docker has told the app of this container to stop, which then waits for it; resolves when the run has ended. */
async function whileStopping(signal: 'KILL' | 'TERM', container: string, values: Values): Promise<Run> {
  const app = (await sh(host, `rm -f /root/running; docker inspect --format '{{.State.Pid}}' ${container}`)).trim()
  const told = 'ShdPnd:.[0-9a-f]{12}[4-7c-f]'
  const act = `kill -STOP ${app}; (timeout 300 sh -c 'until grep -qE "${told}" /proc/${app}/status; do sleep 0.02; done'
    docker ps -q --filter status=running | wc -l >/root/count; kill -${signal} -- -$(pgrep -of "^bash /root/document")
    mv /root/count /root/running; sleep ${DEAF_SECONDS}; kill -CONT ${app}) >/dev/null 2>&1 &`
  return runAnd(host, { line: 'step=image', act }, values)
}

/** The next run meets a stop that is under way. */
async function killWhileStopping(container: string, values: Values): Promise<void> {
  expect((await whileStopping('KILL', container, values)).exitCode).toBe(137)
  expect(await sh(host, 'until [ -e /root/running ]; do sleep 0.02; done; cat /root/running')).toBe('1\n')
}

const change: Values = { Image: imageName('1.5.0'), Rollout: 'replace' }
const adoption: Values = { Adopt: 'true' }
const FAILS_EARLY: Values = { Env: base64('no line of a variable\n') }

describe('a run is killed while Docker stops the old container', () => {
  beforeEach(() => sh(host, FORGET))

  test('of an image change, and the site goes back to the image that it had', async () => {
    expect((await configure(host)).results.done).toBe('changed')
    await killWhileStopping(CONTAINER, change)
    expect((await configure(host)).last).toMatch(/^step=done /)
    expect(await ask(host, NAME)).toBe(SERVED)
    expect(await tagOn(host)).toBe('1.4.0')
    expect(await containers(host)).toEqual([`${CONTAINER} runs`])
  })

  test('of an adoption, and the site is taken off: what was there by hand is served', async () => {
    await setUpByHand(host)
    await killWhileStopping('streamlit', adoption)
    expect((await remove(host)).last).toBe('step=done result=changed')
    await sh(host, SERVED_BY_HAND)
    expect(await ask(host, NAME)).toBe(SERVED)
    expect(await containers(host)).toEqual(['streamlit runs'])
  })

  test.each([
    ['an image change', change, CONTAINER, '1.5.0'],
    ['an adoption', adoption, 'streamlit', '1.4.0'],
  ] as const)('of %s, and one that fails early comes first', async (_name, values, container, tag) => {
    if (values === adoption) await setUpByHand(host)
    else expect((await configure(host)).results.done).toBe('changed')
    await killWhileStopping(container, values)
    const run = await configure(host, { ...values, ...FAILS_EARLY })
    expect(run.last).toMatch(/^step=container-files result=failed /)
    await sh(host, SERVED_BY_HAND)
    expect(await ask(host, NAME)).toBe(SERVED)
    expect((await configure(host, values)).last).toMatch(/^step=done result=changed /)
    expect(await ask(host, NAME)).toBe(SERVED)
    expect(await tagOn(host)).toBe(tag)
    expect(await sh(host, MARKS)).toBe('')
  })
})

test('a run is ended by a signal while Docker stops the old container: it is served again when the run has ended', async () => {
  await sh(host, FORGET)
  expect((await configure(host)).results.done).toBe('changed')
  const run = await whileStopping('TERM', CONTAINER, change)
  expect(run.results['container-restore']).toBe('ok')
  expect(run.last).toMatch(/^step=container result=failed reason="the run was interrupted"/)
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await tagOn(host)).toBe('1.4.0')
  expect(await sh(host, MARKS)).toBe('')
})

/** What is there only while something is not proved. */
const MARKS = `cd /var/lib/ragstream-edge/${NAME}; ls -A . aside /run | grep -E 'ending|nginx.previous|proved'`
