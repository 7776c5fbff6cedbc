// Real nginx, Streamlit and Chromium before the function that stops what nobody uses. A minute of `idle` takes seconds or less here. `npm run test:soak -- idle`
// also runs what takes long.
import { setTimeout as pause } from 'node:timers/promises'
import { RELOAD } from '../../local/faults/nginx.ts'
import { run } from '../../local/machine/command.ts'
import { served, startInstance, until, untilLive } from '../../local/scenario.ts'
import { pictureTest } from '../support/failure.ts'
import { idlePackage } from '../support/idle-package.ts'
import { ALONE } from '../support/long-tests.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const PATIENCE = 300
/** Seconds of a minute of `idle`, and of the ten that the site's `stopAfter` has. */
const MINUTE = ALONE ? 3 : 0.6
const STOP_AFTER = 10 * MINUTE
/** Seconds between two looks: in less, the second look itself is a part of what the processor did. */
const APART = 5
const LOG = '/var/log/nginx/ragstream-edge.use.log'

let cloud: RealCloud
let id: string
beforeAll(async () => {
  const environment = { SECONDS_OF_A_MINUTE: String(MINUTE), SECONDS_BETWEEN_LOOKS: String(APART) }
  cloud = await realCloud({ packageFolder: await idlePackage(), environment })
  id = cloud.launch()
  await untilLive(cloud, cloud.site, id, PATIENCE)
}, 600_000)
afterAll(() => cloud?.close())

interface Answer {
  readonly report: readonly string[]
  readonly stopped: readonly string[]
}
const look = async (): Promise<Answer> => (await cloud.stack.invoke('idle', {})) as Answer

/** Looks all the time while something is done: nothing is stopped, and the last look says why. */
async function awakeDuring(work: () => Promise<unknown>, why: RegExp): Promise<void> {
  const answers: Answer[] = []
  let isOver = false
  const isKnown = () => answers.length > 0 && !/^unknown /.test(answers.at(-1)!.report[0] ?? '')
  const looking = (async () => {
    while (!isOver) answers.push(await look())
    // A busy host may not answer in time: then the look does not know why it is awake.
    for (let tries = 0; !isKnown() && tries < 5; tries++) answers.push(await look())
  })()
  await Promise.all([looking, work().finally(() => (isOver = true))])
  expect(answers.filter(({ stopped }) => stopped.length > 0)).toEqual([])
  expect(answers.at(-1)!.report[0]).toMatch(why)
  expect(cloud.world.state.instances.get(id)?.state).toBe('running')
}

const OPEN = /^keep i-\w+: \d+ sessions? (is|are) open$/
/** For three times as long as nobody may have used it. */
const awake = (why: RegExp) => awakeDuring(() => pause(3 * STOP_AFTER * 1000), why)

async function untilAsleep(): Promise<void> {
  const limit = Date.now() + PATIENCE * 1000
  let last = await look()
  while (last.stopped.length === 0) {
    if (Date.now() > limit) throw new Error(`still awake: ${last.report}`)
    last = await look()
  }
  expect(last).toMatchObject({ stopped: [id], report: [`stop ${id}: nobody has used it for 10 min: two looks agree`] })
  await until(cloud, 'stopped and parked', PATIENCE, (world) =>
    world.instances.get(id)?.state === 'stopped' && served(world, cloud.site)?.join() === '192.0.2.1'
      ? true
      : undefined,
  )
  await cloud.hosts.settled()
}

async function wake(): Promise<void> {
  await startInstance(cloud, cloud.site, id, PATIENCE)
  await cloud.stack.idle()
  await cloud.room.emptyResolverCache()
}

const onHost = async (script: string): Promise<string> => {
  const { exitCode, stdout, stderr } = await cloud.machine(id).exec(['bash', '-c', script])
  if (exitCode !== 0) throw new Error(`${script}: ${stdout}${stderr}`)
  return stdout.trim()
}

/** Chromium has the page open meanwhile. */
async function withTab(work: () => Promise<void>): Promise<void> {
  const url = `http://${cloud.site.hostname}/`
  const visit = await cloud.visitor.visit(url, { timeoutMs: 60_000, use: work })
  expect(visit).toMatchObject({ rendered: true, webSocket: { open: true } })
}

/** Statuses of requests for what is not there, as scanners make them. */
async function scan(count: number): Promise<string[]> {
  const url = `http://${cloud.site.hostname}/[1-${count}].php`
  return (await run([...cloud.room.client, 'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}\\n', url]))
    .trim()
    .split('\n')
}

pictureTest(
  'an open tab keeps it awake; closed, 1,000 requests of a scanner do not: stopped and parked',
  () => cloud,
  async () => {
    await withTab(() => awake(OPEN))
    const statuses = await scan(1000)
    expect([statuses.length, ...new Set(statuses)]).toEqual([1000, '200'])
    await untilAsleep()
  },
)

const slowTest = (name: string, body: () => Promise<void>) => pictureTest(name, () => cloud, body, 1_800_000)
if (ALONE)
  describe('what takes long:', () => {
    beforeEach(wake)

    slowTest('an answer of ten minutes without a WebSocket keeps it awake; at its end it is stopped', async () => {
      // A process for each: a diagnosis asks, too.
      const program = `import os, socket, time
server = socket.create_server(("127.0.0.1", 8501))
while True:
    peer, _ = server.accept()
    if os.fork() == 0:
        asked = peer.recv(4096)
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nConnection: close\\r\\n\\r\\n")
        if asked.startswith(b"GET /events "):
            for _ in range(600):
                peer.sendall(b"data: x\\n\\n")
                time.sleep(1)
        else:
            peer.sendall(b"ok")
        os._exit(0)
    peer.close()`
      const container = `ragstream-edge-${cloud.site.hostname}`
      await onHost(`docker stop -t 1 ${container}
cat >/root/events.py <<'END'
${program}
END
systemd-run --quiet --unit events python3 /root/events.py
until ss -Hltn sport = :8501 | grep -q .; do sleep 0.1; done`)
      const url = `http://${cloud.site.hostname}/events`
      const reading = run([...cloud.room.client, 'curl', '-sN', url])
      await awakeDuring(() => pause(590_000), OPEN)
      const answer = await reading
      expect(answer.match(/data: x/g)).toHaveLength(600)
      await onHost(`systemctl stop events; docker start ${container}`)
      await untilAsleep()
    })

    slowTest('a script that computes without a tab keeps it awake', async () => {
      const busy = `docker exec -d ragstream-edge-${cloud.site.hostname} timeout ${4 * STOP_AFTER} python3 -c 'while True: pass'`
      await awakeDuring(async () => {
        await onHost(busy)
        await pause(3 * STOP_AFTER * 1000)
      }, /^keep i-\w+: the host computes: \d+ % of a core, wanted less than 10$/)
      await untilAsleep()
    })

    slowTest(
      'nginx is reloaded, its log rotated, its workers killed below an open tab: awake; closed: stopped',
      async () => {
        await withTab(async () => {
          await onHost(RELOAD)
          expect(Number(await onHost('pgrep -fc "[w]orker process is shutting down"'))).toBeGreaterThan(0)
          await awake(OPEN)
          await onHost(`mv ${LOG} ${LOG}.1; kill -USR1 $(cat /run/nginx.pid); until [ -e ${LOG} ]; do sleep 0.1; done`)
          await awake(OPEN)
          await onHost('pkill -KILL -P $(cat /run/nginx.pid)')
          await awake(OPEN)
        })
        await untilAsleep()
      },
    )

    slowTest('nginx is restarted below an open tab: awake; closed: stopped', async () => {
      await withTab(async () => {
        await onHost('systemctl restart nginx')
        await awake(OPEN)
      })
      await untilAsleep()
    })
  })
