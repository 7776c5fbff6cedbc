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

test('an agent that does not run takes no command, until it runs again', async () => {
  const id = launch()
  const so = (look: () => boolean) =>
    new Promise<void>((resolve) => {
      world.subscribe(() => void (look() && resolve()))
      if (look()) resolve()
    })
  await so(() => world.state.instances.get(id)!.agent !== null)
  await hosts.stopAgent(id)
  const script = { action: 'aws:runShellScript', name: 'look', inputs: { runCommand: ['true'] } } as const
  world.dispatch({ type: 'CreateDocument', name: 'Look', content: { schemaVersion: '2.2', mainSteps: [script] } })
  const command = { type: 'SendCommand', documentName: 'Look', instanceIds: [id], parameters: {} } as const
  const { id: sent } = world.dispatch<'SendCommand'>(command)
  const status = () => world.state.commands.get(sent)!.invocations.get(id)!.status
  await hosts.settled()
  expect(status()).toBe('Pending')
  await hosts.startAgent(id)
  await so(() => status() === 'Success')
})
