// The picture on real machines: nginx, Docker engine, Streamlit, Chromium, resolver, NAT and security group.
import { walkHops } from '../../local/cli/hops.ts'
import { served, startInstance, stopInstance, until } from '../../local/cli/scenario.ts'
import { attempt } from '../../local/machine/command.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const HEALTH = '/_stcore/health'

let cloud: RealCloud
beforeAll(async () => {
  // Late enough to see what a host does by itself before anybody tells it anything.
  cloud = await realCloud({ registerAfterMs: 12_000 })
})
afterAll(() => cloud?.close())

const ask = (url: string) => attempt([...cloud.room.client, 'curl', '--silent', '--max-time', '2', url])

const hopsOf = async (address: string) => {
  const { privateIp } = cloud.world.state.instances.get(cloud.instanceId)!
  const machine = cloud.hosts.machine(cloud.instanceId)!
  const { room, visitor, site } = cloud
  return (await walkHops({ room, visitor, hostname: site.hostname, address, privateIp, machine })).hops
}

/** Docker starts the container in its own time after the boot. */
async function untilHealthy(): Promise<void> {
  const url = `http://${cloud.site.hostname}${HEALTH}`
  for (let tries = 0; (await ask(url)) !== 'ok'; tries++) {
    if (tries === 40) throw new Error(`${url}: found ${await ask(url)}, wanted ok`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

let first: string

test('a first start: every hop of the picture is exercised, with evidence', async () => {
  const live = await startInstance(cloud, cloud.site, cloud.instanceId, 150)
  first = live.address
  const hops = await hopsOf(first)
  expect(hops.filter(({ exercised }) => !exercised)).toEqual([])
  expect(hops).toHaveLength(8)
})

test('stopped: the name is parked and the old address answers nothing', async () => {
  expect(await ask(`http://${cloud.site.hostname}${HEALTH}`)).toBe('ok')
  expect(await stopInstance(cloud, cloud.site, cloud.instanceId)).toEqual(['192.0.2.1'])
  expect(await ask(`http://${first}${HEALTH}`)).toBeUndefined()
})

test('started again: container and nginx come back by themselves, the name follows, the old address stays silent', async () => {
  const commands = cloud.world.state.commands.size
  cloud.world.dispatch({ type: 'StartInstances', ids: [cloud.instanceId] })
  const address = await until(cloud, 'the name follows', 60, (world) => {
    const { publicIp } = world.instances.get(cloud.instanceId)!
    return publicIp && served(world, cloud.site)?.includes(publicIp) ? publicIp : undefined
  })
  expect(address).not.toBe(first)
  await cloud.hosts.settled()
  cloud.room.emptyResolverCache()
  await untilHealthy()
  expect(cloud.world.state.commands.size).toBe(commands)
  expect(await ask(`http://${first}${HEALTH}`)).toBeUndefined()
})

test('the document then finds nothing to do, and every hop is as it should be', async () => {
  const command = await until(cloud, 'the host has run the document', 60, ({ commands, instances }) => {
    const { launchTime } = instances.get(cloud.instanceId)!
    const last = [...commands.values()].findLast(({ requestedAt }) => requestedAt >= launchTime)
    return last?.invocations.get(cloud.instanceId)?.status === 'Success' ? last : undefined
  })
  const steps = command.invocations.get(cloud.instanceId)!.stdout
  expect(steps).toContain('step=done result=unchanged')
  expect(steps).not.toContain('result=changed')
  const { publicIp } = cloud.world.state.instances.get(cloud.instanceId)!
  expect((await hopsOf(publicIp!)).filter(({ exercised }) => !exercised)).toEqual([])
})
