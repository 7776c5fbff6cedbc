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
    inbound: [],
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
