// A new image: without a failed request in an overlap, with a measured gap in a replace, and without harm when it is broken.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { LONG, longTest } from '../../support/long-tests.ts'
import { visiting } from '../../support/visitor.ts'
import { HTTP_FOR_ALL, openRoom } from '../machine/bench.ts'
import {
  ask,
  base64,
  byHand,
  CONTAINER,
  configure,
  containers,
  imageName,
  NAME,
  otherThan,
  PATIENT_DRAIN,
  runAnd,
  SERVED,
  SITE_FILE,
  sh,
  tagOn,
  useStreamlit,
} from './bench.ts'

useStreamlit()

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
const [PUBLIC, PRIVATE] = ['203.0.113.40', '172.31.4.2']

/** A visitor who asks again and again, each time on a connection of its own; resolves to every status that he got. */
async function visits(work: () => Promise<void>): Promise<Record<string, number>> {
  const curl = `-m 300 -H 'Connection: close' -H 'Host: ${NAME}' http://${PUBLIC}/_stcore/health`
  const statuses = await visiting(room.client, curl, work)
  return Object.fromEntries([...new Set(statuses)].map((one) => [one, statuses.filter((it) => it === one).length]))
}

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-rollout', { privateIp: PRIVATE })
  await host.boot()
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTP_FOR_ALL)
  expect((await configure(host)).results.done).toBe('changed')
  await sh(host, `docker pull -q ${imageName('1.5.0')}; docker pull -q ${imageName('broken')}`)
})
afterAll(() => room?.close())
afterEach(async () => {
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
  expect(
    await sh(
      host,
      `grep -c backup ${SITE_FILE}; ls -d /etc/nginx/.ragstream* /var/lib/ragstream-edge/*/nginx.previous`,
    ),
  ).toBe('0\n')
})

// The life of a site (picture) has one, too.
longTest('overlap: no failed GET, and the new image is on the host port', async () => {
  const seen = await visits(async () => {
    for (const tag of ['1.5.0', '1.4.0', '1.5.0'] as const) {
      const run = await configure(host, { Image: imageName(tag) }, PATIENT_DRAIN)
      expect(run.stderr).toBe('')
      expect(run.lines.find((line) => line.startsWith('step=container '))).toMatch(
        / result=changed .* rollout=overlap$/,
      )
      expect(await tagOn(host)).toBe(tag)
    }
  })
  expect(Object.keys(seen)).toEqual(['200'])
  expect(seen['200']).toBeGreaterThan(100)
  expect((await configure(host, { Image: imageName('1.5.0') })).results.done).toBe('unchanged')
})

const theOther = async () => imageName(otherThan(await tagOn(host)))

const MEASURED = expect.stringMatching(/^step=health result=ok port=8501 gap_ms=[1-9]\d{2,5}$/)
/** Whatever listens where a new container and a holder do, and is not the site's. */
const HOLDERS = `ss -Hltn 'sport >= :700 and sport < :850'; pgrep -x systemd-socket- || true`

test('replace: the gap is measured and said, and visitors wait for its end', async () => {
  const seen = await visits(async () => {
    const run = await configure(host, { Rollout: 'replace', Image: await theOther() }, PATIENT_DRAIN)
    expect(run.stderr).toBe('')
    expect(run.lines).toContainEqual(expect.stringMatching(/^step=hold result=ok port=[78]\d\d$/))
    expect(run.lines).toContainEqual(MEASURED)
  })
  expect(Object.keys(seen)).toEqual(['200'])
  expect(await sh(host, HOLDERS)).toBe('')
})

test('replace on a host that has nothing to hold visitors with: they get 502 meanwhile, and the run says so', async () => {
  await sh(host, 'mv /usr/bin/systemd-socket-activate /root/')
  const seen = await visits(async () => {
    const run = await configure(host, { Rollout: 'replace', Image: await theOther() })
    expect(run.lines).toContainEqual(
      expect.stringMatching(/^step=hold result=ok reason="visitors cannot be held here /),
    )
    expect(run.lines).toContainEqual(MEASURED)
  })
  await sh(host, 'mv /root/systemd-socket-activate /usr/bin/')
  expect(seen['502']).toBeGreaterThan(0)
})

test('with volumes, and without memory for two, it is a replace, and it says why', async () => {
  const why = (run: { readonly lines: readonly string[] }) =>
    run.lines.find((line) => line.startsWith('step=container '))?.replace(/.* rollout=/, '')
  const volumes = { Volumes: base64('/srv/data:/data\n') }
  await configure(host, { ...volumes, Rollout: 'replace' })
  const again = await configure(host, { ...volumes, Image: imageName('1.5.0') })
  expect(why(again)).toBe('replace reason="two containers on one volume can corrupt it"')
  await sh(host, 'echo "MemAvailable:  90000 kB" >/root/meminfo')
  const tight = await configure(host, {}, { EDGE_MEMINFO: '/root/meminfo' })
  expect(why(tight)).toMatch(/^replace reason="memory: 87 MB are free, a second container wants \d{3} MB"$/)
})

test.each(LONG ? ['overlap', 'replace'] : ['replace'])(
  '%s to a broken image: the old one serves, the app’s words are shown',
  async (Rollout) => {
    const before = await tagOn(host)
    const seen = await visits(async () => {
      const run = await configure(host, { Image: imageName('broken'), Rollout }, PATIENT_DRAIN)
      expect(run.lines).toContain('  | this version does not start')
      expect(run.last).toMatch(
        Rollout === 'overlap'
          ? /^step=candidate result=failed reason="the new container gave no ok .*; last answer: no answer; exit code 1" hint=".*the old one runs on"$/
          : /^step=health result=failed reason="no ok from .*; last answer: no answer; exit code 1"/,
      )
    })
    expect(await tagOn(host)).toBe(before)
    expect(Object.keys(seen)).toEqual(['200'])
  },
)

test('in an overlap the new one is healthy beside the old one, but does not start on the host port: all is as before', async () => {
  const before = await tagOn(host)
  // Another program waits for the port, takes it in the moment in which it is free, and keeps it until Docker was refused. The container
  // from before starts when the port is free again.
  const thief = `perl -MIO::Socket::INET -e 'sub nap { select undef, undef, undef, 0.002 }
      nap until $held = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8501", Listen => 1, ReuseAddr => 1);
      nap until qx(tail -n 99 /var/log/ragstream-edge.log) =~ /address already in use/' >/dev/null 2>&1 &`
  const held = "ss -Hltnp 'sport = :8501' | grep -q perl; do sleep 0.02; done ;;"
  const started = `case "$*" in "start ${CONTAINER}") until ${held} "start ${CONTAINER}_previous") while ${held} esac`
  await sh(
    host,
    'cat >/usr/local/bin/docker; chmod 755 /usr/local/bin/docker',
    `#!/bin/sh\n${started}\nexec /usr/bin/docker "$@"\n`,
  )
  const seen = await visits(async () => {
    const run = await runAnd(
      host,
      { line: 'step=candidate', act: thief },
      { Image: imageName('1.4.0'), Env: base64('A=2\n') },
      PATIENT_DRAIN,
    )
    expect(run.results).toMatchObject({ candidate: 'ok', 'container-restore': 'ok', 'nginx-restore': 'ok' })
    expect(run.last).toMatch(
      /^step=container result=failed reason="the container does not start: .*driver failed programming external connectivity/,
    )
  })
  await sh(host, 'rm /usr/local/bin/docker')
  expect(Object.keys(seen)).toEqual(['200'])
  expect(await tagOn(host)).toBe(before)
})

test('--check says what it would do and changes nothing; unknown words show the usage', async () => {
  const { readFileSync, globSync } = await import('node:fs')
  for (const file of globSync('templates/**/*.{sh,py,template}'))
    await sh(host, `mkdir -p /root/$(dirname ${file}); cat >/root/${file}`, readFileSync(file, 'utf8'))
  const state =
    'find /etc/nginx /var/lib/ragstream-edge /etc/systemd/system ! -type d -printf "%p %l %T@\\n" | sort; docker ps -aq --no-trunc'
  const before = await sh(host, state)
  const run = await byHand(host, ['--check'], { Image: imageName('1.4.0'), Env: base64('A=3\n'), ReadTimeout: '9h' })
  expect(run.stderr).toBe('')
  expect(run.results).toMatchObject({
    'nginx-test': 'ok',
    container: 'would-change',
    nginx: 'would-change',
    done: 'checked',
  })
  expect(await sh(host, state)).toBe(before)
  expect(await byHand(host, ['--help'])).toMatchObject({
    exitCode: 2,
    lines: expect.arrayContaining([expect.stringMatching(/^Usage: main.sh/)]),
  })
})
