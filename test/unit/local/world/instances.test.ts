// EC2 instances: transitions, what they publish, addresses.
import { describeInstances } from '../../../../local/world/queries.ts'
import { step } from '../../../../local/world/step.ts'
import type { Action, InstanceState } from '../../../../local/world/types.ts'
import { createWorld, publicAddresses } from '../../../../local/world/world.ts'
import { epoch, fixture, refusal, type Virtual, virtual } from './virtual.ts'

const expected = fixture('ec2-state-change-running')

let world: Virtual
let id: string

beforeEach(() => {
  world = virtual()
  id = world.act({ type: 'RunInstance', tags: { Name: 'web' }, state: 'running' }).id
})

const instance = () => world.state.instances.get(id)!
const address = () => describeInstances(world.state, [], world.now)[0]?.address
const states = () => world.events.map(({ detail }) => detail.state)
type Verb = 'StartInstances' | 'StopInstances' | 'RebootInstances' | 'TerminateInstances'
const act = (type: Verb) => world.act({ type, ids: [id] } as Extract<Action, { type: Verb }>)

/** Brings the instance into a state. */
function into(state: InstanceState): void {
  if (state === 'running') return
  act(state === 'shutting-down' || state === 'terminated' ? 'TerminateInstances' : 'StopInstances')
  if (state === 'stopping' || state === 'shutting-down') return
  world.rest()
  if (state === 'pending') act('StartInstances')
}

test('a launch is published as EventBridge does it', () => {
  const launched = virtual()
  const action = { type: 'RunInstance', id: 'i-1234567890abcdef0', tags: {} } as const
  expect(launched.act(action).state).toBe('pending')
  launched.rest()
  const [pending, running] = launched.events
  expect(pending?.detail).toEqual({ 'instance-id': 'i-1234567890abcdef0', state: 'pending' })
  expect(running).toEqual({ ...expected, id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) })
  expect(pending?.id).not.toBe(running?.id)
})

test.each<[InstanceState, Verb, InstanceState | string, InstanceState | '-']>([
  // before, action, state or error now, state at rest
  ['running', 'StartInstances', 'running', 'running'],
  ['pending', 'StartInstances', 'pending', 'running'],
  ['stopped', 'StartInstances', 'pending', 'running'],
  ['stopping', 'StartInstances', 'IncorrectInstanceState', '-'],
  ['shutting-down', 'StartInstances', 'IncorrectInstanceState', '-'],
  ['terminated', 'StartInstances', 'IncorrectInstanceState', '-'],
  ['running', 'StopInstances', 'stopping', 'stopped'],
  ['stopping', 'StopInstances', 'stopping', 'stopped'],
  ['stopped', 'StopInstances', 'stopped', 'stopped'],
  ['pending', 'StopInstances', 'IncorrectInstanceState', '-'],
  ['terminated', 'StopInstances', 'IncorrectInstanceState', '-'],
  ['running', 'TerminateInstances', 'shutting-down', 'terminated'],
  ['stopped', 'TerminateInstances', 'shutting-down', 'terminated'],
  ['pending', 'TerminateInstances', 'shutting-down', 'terminated'],
  ['terminated', 'TerminateInstances', 'terminated', 'terminated'],
  ['running', 'RebootInstances', 'running', 'running'],
  ['stopped', 'RebootInstances', 'IncorrectInstanceState', '-'],
])('%s: %s -> %s, then %s', (before, verb, now, atRest) => {
  into(before)
  if (atRest === '-') {
    expect(refusal(world, () => act(verb))).toBe(now)
    return
  }
  act(verb)
  expect(instance().state).toBe(now)
  world.rest()
  expect(instance().state).toBe(atRest)
})

test('each transition is published once, at its own time', () => {
  into('pending')
  world.rest()
  act('TerminateInstances')
  world.rest()
  expect(states()).toEqual(['stopping', 'stopped', 'pending', 'running', 'shutting-down', 'terminated'])
  expect(world.events[1]?.time).toBe('2026-11-23T08:29:54Z')
})

test('a repeated start or stop publishes nothing', () => {
  act('StartInstances')
  into('stopped')
  act('StopInstances')
  world.rest()
  expect(states()).toEqual(['stopping', 'stopped'])
})

test('one unknown id refuses the whole call', () => {
  const ids = [id, 'i-0', 'i-1']
  expect(refusal(world, () => world.act({ type: 'StopInstances', ids }))).toBe('InvalidInstanceID.NotFound')
})

describe('addresses', () => {
  test('another public address at each start, the private one stays, launch time is renewed', () => {
    const { privateIp } = instance()
    expect(address()).toBe('203.0.113.10')
    into('stopped')
    expect(address()).toBeNull()
    world.pass(1000)
    act('StartInstances')
    const startedAt = world.now
    world.rest()
    expect(address()).toBe('203.0.113.11')
    expect(instance()).toMatchObject({ privateIp, launchTime: startedAt })
  })

  test('the one just released comes back only when no other is free', () => {
    world = virtual({ publicPool: ['192.0.2.1', '192.0.2.2'] })
    id = world.act({ type: 'RunInstance', tags: {}, state: 'running' }).id
    const seen = [address()]
    for (let starts = 0; starts < 3; starts += 1) {
      into('stopped')
      act('StartInstances')
      world.rest()
      seen.push(address())
    }
    expect(seen).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2'])
  })

  test('an empty pool refuses the start and says what to do', () => {
    world = virtual({ publicPool: [] })
    const run = () => world.act({ type: 'RunInstance', tags: {} })
    expect(run).toThrow('0 public addresses are free, 1 are wanted: give createWorld a larger publicPool')
  })

  test('right after running the address can still be hidden', () => {
    world = virtual({ tempo: { pendingMs: 100, publicIpDelayMs: 500 } })
    id = world.act({ type: 'RunInstance', tags: {} }).id
    world.pass(100)
    expect([instance().state, address()]).toEqual(['running', null])
    world.pass(499)
    expect(address()).toBeNull()
    world.pass(1)
    expect(address()).toBe('203.0.113.10')
  })

  test('an instance that arrives late is shown without an address until it runs', () => {
    world = virtual({ tempo: { pendingMs: 100, publicIpDelayMs: 0 } })
    world.act({ type: 'RunInstance', tags: {} })
    expect(describeInstances(world.state, [], world.now + 150)).toMatchObject([{ state: 'pending', address: null }])
    world.pass(100)
    expect(describeInstances(world.state, [], world.now)).toMatchObject([{ state: 'running', address: '203.0.113.10' }])
  })

  test('a setting of the local cloud: the address of a pending instance is shown', () => {
    world = virtual({ tempo: { pendingMs: 100, publicIpDelayMs: 30, pendingAddress: 'shown' } })
    id = world.act({ type: 'RunInstance', tags: {} }).id
    expect([instance().state, address()]).toEqual(['pending', null])
    world.pass(30)
    expect([instance().state, address()]).toEqual(['pending', '203.0.113.10'])
    world.pass(70)
    expect([instance().state, address()]).toEqual(['running', '203.0.113.10'])
  })

  test('and one more: at running it has another, and the first one is free again', () => {
    world = virtual({ tempo: { pendingMs: 100, publicIpDelayMs: 30, pendingAddress: 'changed' } })
    id = world.act({ type: 'RunInstance', tags: {} }).id
    world.pass(99)
    expect([instance().state, address()]).toEqual(['pending', '203.0.113.10'])
    world.pass(1)
    expect([instance().state, address()]).toEqual(['running', null])
    expect(world.state.publicPool.at(-1)).toBe('203.0.113.10')
    world.pass(30)
    expect(address()).toBe('203.0.113.11')
  })

  test('an Elastic IP shadows the pool and stays over stop and start; without it a running one gets another', () => {
    world.act({ type: 'AssociateAddress', id, address: '198.51.100.7' })
    expect(address()).toBe('198.51.100.7')
    into('stopped')
    act('StartInstances')
    world.rest()
    expect([address(), instance().publicIp]).toEqual(['198.51.100.7', null])
    world.act({ type: 'AssociateAddress', id, address: null })
    expect(address()).toBe('203.0.113.11')
  })

  test('addresses for a large fleet are all different', () => {
    expect(new Set(publicAddresses(12_000)).size).toBe(12_000)
  })
})

test('a terminated instance loses its tags and vanishes after an hour', () => {
  into('terminated')
  expect(instance().tags).toEqual({})
  expect(instance().publicIp).toBeNull()
  world.pass(3_500_000)
  expect(describeInstances(world.state, [], world.now)).toHaveLength(1)
  world.pass(100_000)
  expect(describeInstances(world.state, [], world.now)).toEqual([])
  expect(world.state.instances.size).toBe(0)
})

test('ten thousand start in one action, each with its own address', () => {
  world = virtual({ publicPool: publicAddresses(10_000) })
  const ids = Array.from({ length: 10_000 }, () => world.act({ type: 'RunInstance', tags: {}, state: 'stopped' }).id)
  world.act({ type: 'StartInstances', ids })
  world.rest()
  const running = describeInstances(world.state, [{ name: 'instance-state-name', values: ['running'] }], world.now)
  expect(new Set(running.map((one) => one.address)).size).toBe(10_000)
  expect(world.events).toHaveLength(20_000)
  expect(world.now).toBe(epoch + 60_000)
})

test('CreateTags: adds to the tags of an instance and overwrites one of the same key', () => {
  const { state, reply } = step(createWorld(), { type: 'RunInstance', tags: { Name: 'app', a: '1' } }, 0)
  const { state: tagged } = step(state, { type: 'CreateTags', ids: [reply.id], tags: { a: '2', b: '3' } }, 0)
  expect(tagged.instances.get(reply.id)?.tags).toEqual({ Name: 'app', a: '2', b: '3' })
})
