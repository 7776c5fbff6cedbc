// The three signatures of the picture, as a visitor's browser shows them: stale DNS, 502, security group blocks 80.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { decidedBetween, VISITOR } from '../../local/picture/hops.ts'
import { startInstance, stopInstance, until, untilLive } from '../../local/scenario.ts'
import { untilNobody } from '../support/at-rest.ts'
import { keepEvidence, pictureTest } from '../support/failure.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const PATIENCE = 300
const [A, B] = ['203.0.113.10', '203.0.113.11'] as const
const HTTP_FOR_ALL = [{ protocol: 'tcp', port: 80, source: '0.0.0.0/0' }] as const

let cloud: RealCloud
let id: string
let url: string
beforeAll(async () => {
  cloud = await realCloud({ publicPool: [A, B] })
  url = `http://${cloud.site.hostname}/`
  // However long a stop and a start take, the visitor's resolver has the old address still.
  const name = `/ragstream-edge/${cloud.stage}/sites/${cloud.site.hostname}`
  const value = JSON.stringify({ ...JSON.parse(cloud.world.state.parameters.get(name)!.value), ttl: 3600 })
  cloud.world.dispatch({ type: 'PutParameter', name, value, overwrite: true })
}, 600_000)
afterAll(() => cloud?.close())

const signature = (name: string, body: () => Promise<void>) => pictureTest(name, () => cloud, body)

const privateIp = () => cloud.world.state.instances.get(id)!.privateIp

const live = { status: 200, rendered: true, title: 'RAGstream' }

/** A visit to the app itself: on a busy machine its page takes long. */
const visitApp = () => cloud.visitor.visit(url, { timeoutMs: 60_000 })

describe('stale DNS', () => {
  signature('the site moved, and a resolver still has the old address: no answer there', async () => {
    id = cloud.launch()
    await untilLive(cloud, cloud.site, id, PATIENCE)
    expect(await visitApp()).toMatchObject({ ...live, server: { address: A } })
    await stopInstance(cloud, cloud.site, id, PATIENCE)
    expect(await startInstance(cloud, cloud.site, id, PATIENCE)).toMatchObject({ address: B })

    const visit = await cloud.visitor.visit(url, { timeoutMs: 60_000 })
    expect(visit).toMatchObject({ status: null, failure: 'net::ERR_CONNECTION_TIMED_OUT', rendered: false })
    const heard = cloud.room.evidence.dnsQueries(cloud.site.hostname).filter(({ what }) => what === 'cached')
    expect(heard.at(-1)?.value).toBe(A)
  })

  signature('the old address is a stranger’s by now: the wrong machine answers', async () => {
    const stranger = cloud.launchStranger()
    await until(cloud, 'the stranger runs', PATIENCE, ({ instances }) =>
      instances.get(stranger)?.state === 'running' ? true : undefined,
    )
    await cloud.hosts.settled()
    const visit = await cloud.visitor.visit(url, { timeoutMs: 60_000 })
    expect(visit).toMatchObject({ status: 200, rendered: false, title: 'Welcome to nginx!', server: { address: A } })
    expect(await cloud.room.evidence.accessLog(cloud.machine(stranger))).toContainEqual(
      expect.objectContaining({ client: VISITOR, request: 'GET / HTTP/1.1', status: 200 }),
    )
  })

  signature('somebody whose resolver was not asked before gets the site', async () => {
    await cloud.room.emptyResolverCache()
    expect(await visitApp()).toMatchObject({ ...live, server: { address: B } })
  })
})

describe('502: nginx is reachable, the backend is not', () => {
  const container = () => `ragstream-edge-${cloud.site.hostname}`

  signature('the container is down: Bad Gateway, from nginx', async () => {
    await cloud.machine(id).exec(['docker', 'stop', '--time', '2', container()])
    const visit = await cloud.visitor.visit(url, { timeoutMs: 60_000 })
    expect(visit).toMatchObject({ status: 502, rendered: false, title: '502 Bad Gateway', server: { address: B } })
    expect(visit.text).toContain('nginx')
    const log = await cloud.machine(id).exec(['tail', '--lines=5', '/var/log/nginx/error.log'])
    expect(log.stdout).toMatch(
      /connect\(\) failed \(111: Connection refused\) .*upstream: "http:\/\/127\.0\.0\.1:8501\//,
    )
  })

  signature('the backend is up again: so is the page', async () => {
    await cloud.machine(id).exec(['docker', 'start', container()])
    await untilHealthy()
    expect(await visitApp()).toMatchObject(live)
  })
})

describe('the security group blocks port 80', () => {
  signature('nginx never sees the request: the browser waits and gives up', async () => {
    await cloud.stack.idle({ retries: true })
    await untilNobody(cloud.machine(id))
    await cloud.room.setInbound(privateIp(), [])
    const { evidence } = cloud.room
    const [logged, before] = [(await requests()).length, await evidence.groupDecisions(privateIp())]
    const outside = await evidence.capture('client', `host ${B} and tcp port 80`)
    const inside = await evidence.capture({ host: privateIp() }, 'tcp port 80')

    const visit = await cloud.visitor.visit(url, { timeoutMs: 60_000 })
    expect(visit).toMatchObject({ status: null, failure: 'net::ERR_CONNECTION_TIMED_OUT', rendered: false })
    const { packets } = await outside.stop()
    const attempts = packets.filter(({ src, flags }) => src === VISITOR && flags === 'S')
    expect(attempts.length).toBeGreaterThan(0)
    expect(packets.filter(({ src }) => src === B)).toEqual([])
    expect((await inside.stop()).packets).toEqual([])
    expect(decidedBetween(before, await evidence.groupDecisions(privateIp()), 'drop')).toBe(attempts.length)
    expect(await requests()).toHaveLength(logged)
  })

  signature('a failure here would leave screenshots, packets and logs in one folder', async () => {
    const folder = await keepEvidence('what a failure leaves behind', cloud)
    const files = readdirSync(folder, { recursive: true }).map(String)
    const kept = [
      'timeline.txt',
      'packets.txt',
      'resolver.log',
      'world.json',
      `${id}/nginx-access.log`,
      `${id}/app.log`,
    ]
    for (const file of kept) expect(statSync(join(folder, file)).size).toBeGreaterThan(0)
    expect(files.filter((file) => file.includes('ERR_CONNECTION_TIMED_OUT')).length).toBeGreaterThan(0)
    rmSync(folder, { recursive: true })
  })

  signature('it is open again: so is the page', async () => {
    await cloud.room.setInbound(privateIp(), HTTP_FOR_ALL)
    expect(await visitApp()).toMatchObject(live)
  })
})

/** Pages and their parts. nginx may write the line of a WebSocket long after its end. */
const requests = async () =>
  (await cloud.room.evidence.accessLog(cloud.machine(id))).filter(
    ({ client, request }) => client === VISITOR && !request.includes('/_stcore/stream'),
  )

async function untilHealthy(): Promise<void> {
  const limit = Date.now() + PATIENCE * 1000
  for (let answer = await cloud.ask(); answer !== 'ok'; answer = await cloud.ask()) {
    if (Date.now() > limit) throw new Error(`found ${answer}, wanted ok`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
