// What a host does by itself after a stop and a start, before anybody tells it anything: the agent comes when all of that was seen.
import { served, stopInstance, until, untilLive } from '../../local/scenario.ts'
import { pictureTest } from '../support/failure.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const PATIENCE = 300

let cloud: RealCloud
beforeAll(async () => {
  cloud = await realCloud({ standIn: true })
}, 600_000)
afterAll(() => cloud?.close())

/** Docker starts the container in its own time after the boot. */
async function untilHealthy(): Promise<void> {
  const limit = Date.now() + PATIENCE * 1000
  for (let answer = await cloud.ask(); answer !== 'ok'; answer = await cloud.ask()) {
    if (Date.now() > limit) throw new Error(`${cloud.site.hostname}: found ${answer}, wanted ok`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

pictureTest(
  'stopped and started: container and nginx come back by themselves, the name follows, the old address is silent',
  () => cloud,
  async () => {
    const { world, site } = cloud
    const id = cloud.launch()
    const { address: old } = await untilLive(cloud, site, id, PATIENCE)
    expect(await stopInstance(cloud, site, id, PATIENCE)).toEqual(['192.0.2.1'])
    expect(await cloud.ask(`http://${old}/_stcore/health`)).toBeUndefined()

    const before = world.state.commands.size
    world.dispatch({ type: 'StartInstances', ids: [id] })
    await until(cloud, 'it runs', PATIENCE, ({ instances }) => instances.get(id)?.state === 'running' || undefined)
    // In turn with the boot: it ends before it has registered.
    await cloud.hosts.stopAgent(id)
    const address = await until(cloud, 'the name follows', PATIENCE, (world) => {
      const { publicIp } = world.instances.get(id)!
      return publicIp && served(world, site)?.includes(publicIp) ? publicIp : undefined
    })
    await cloud.hosts.settled()
    await cloud.room.emptyResolverCache()
    await untilHealthy()
    expect(world.state.commands.size).toBe(before)
    expect(address).not.toBe(old)
    expect(await cloud.ask(`http://${old}/_stcore/health`)).toBeUndefined()

    await cloud.hosts.startAgent(id)
    const { command } = await untilLive(cloud, site, id, PATIENCE)
    const steps = command.invocations.get(id)!.stdout
    expect(steps).toContain('step=done result=unchanged')
    expect(steps).not.toContain('result=changed')
  },
)
