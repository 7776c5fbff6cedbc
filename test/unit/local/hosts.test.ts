// A machine behind every instance: what the world says of an instance happens to its machine, a reboot too.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { followHosts, type Hosts } from '../../../local/hosts.ts'
import { type RenderedRoom, renderedRoom } from '../../../local/machine/rendered/room.ts'
import { liveWorld } from '../../../local/world/live.ts'
import type { LiveWorld } from '../../../local/world/types.ts'
import { createWorld } from '../../../local/world/world.ts'

let folder: string
let room: RenderedRoom
let world: LiveWorld
let hosts: Hosts
let seen: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-hosts-'))
  room = renderedRoom(folder)
  world = liveWorld(createWorld({ tempo: { pendingMs: 0, stoppingMs: 0 } }))
  seen = []
  hosts = followHosts({
    world,
    room,
    registerAfterMs: 0,
    onLine: () => {},
    onMachine: (_, what) => seen.push(what),
    onProblem: (problem) => seen.push(problem),
  })
})
afterEach(async () => {
  await hosts.close()
  world.close()
  await room.close()
  rmSync(folder, { recursive: true, force: true })
})

const launch = () => world.dispatch<'RunInstance'>({ type: 'RunInstance', tags: {}, state: 'running' }).id

test('a reboot takes the machine down and up again; its instance stays as it is', async () => {
  const id = launch()
  await hosts.settled()
  const before = world.state.instances.get(id)
  seen = []
  world.dispatch({ type: 'RebootInstances', ids: [id] })
  await hosts.settled()
  expect(seen).toEqual(['is off', 'boots', 'is up'])
  expect(hosts.machine(id)!.running).toBe(true)
  expect(world.state.instances.get(id)).toMatchObject({ state: 'running', publicIp: before!.publicIp })
})

test('a stop that follows a reboot at once: the machine is off in the end', async () => {
  const id = launch()
  await hosts.settled()
  world.dispatch({ type: 'RebootInstances', ids: [id] })
  world.dispatch({ type: 'StopInstances', ids: [id] })
  await hosts.settled()
  expect(seen.at(-1)).toBe('is off')
  expect(hosts.machine(id)!.running).toBe(false)
})

test('what the world says of groups, network ACL and routes is what packets meet', async () => {
  const id = launch()
  const { privateIp, groupIds } = world.state.instances.get(id)!
  await hosts.settled()
  expect(room.network.inbound.get(privateIp)).toEqual([{ protocol: 'tcp', port: 80, source: '0.0.0.0/0' }])
  expect(room.network.acls.get(privateIp)?.map(({ direction, action }) => `${direction} ${action}`)).toEqual([
    'in allow',
    'out allow',
  ])
  expect(room.network.internetRoutes.get(privateIp)).toBe(true)

  const office = { protocol: 'tcp', ports: { from: 80, to: 81 }, source: '198.51.100.0/24' } as const
  world.dispatch({ type: 'SetGroupRules', groupId: groupIds[0]!, inbound: [office, { ...office, source: '::/0' }] })
  const denied = { number: 90, egress: false, action: 'deny', protocol: '-1', ports: null, cidr: '0.0.0.0/0' } as const
  world.dispatch({ type: 'SetAclEntries', entries: [...world.state.vpc.networkAcl.entries, denied] })
  world.dispatch({ type: 'SetRoutes', routes: [{ destination: '172.31.0.0/16', target: 'local' }] })
  await hosts.settled()
  expect(room.network.inbound.get(privateIp)).toEqual([
    { protocol: 'tcp', port: { from: 80, to: 81 }, source: '198.51.100.0/24' },
  ])
  expect(room.network.acls.get(privateIp)?.[0]).toEqual({
    ...{ direction: 'in', action: 'deny', protocol: 'all', port: null, peer: '0.0.0.0/0' },
  })
  expect(room.network.internetRoutes.get(privateIp)).toBe(false)
})

test('an agent that ends is heard of no more, until it runs again', async () => {
  const id = launch()
  const agent = () => world.state.instances.get(id)!.agent
  const registered = () => Promise.withResolvers<void>()
  const { promise, resolve } = registered()
  const stop = world.subscribe(() => agent() !== null && resolve())
  await promise
  stop()
  await hosts.stopAgent(id)
  expect(agent()!.lastPingAt).toBeLessThan(world.state.instances.get(id)!.launchTime)
  const again = registered()
  world.subscribe(() => agent()!.registeredAt >= world.state.instances.get(id)!.launchTime && again.resolve())
  await hosts.startAgent(id)
  await again.promise
})
