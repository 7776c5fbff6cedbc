// The world on a clock: transitions by timer, subscribers in order, actions from inside a subscriber.
import { liveWorld } from '../../../../local/world/live.ts'
import type { LiveWorld } from '../../../../local/world/types.ts'
import { createWorld } from '../../../../local/world/world.ts'

const quick = { pendingMs: 5, stoppingMs: 5 }
let world: LiveWorld

afterEach(() => world.close())

test('a transition happens when it is due, without another action', async () => {
  world = liveWorld(createWorld({ tempo: quick }))
  const running = new Promise((resolve) => {
    world.subscribe(({ events }) => events.some((event) => event.detail.state === 'running') && resolve('running'))
  })
  const { id } = world.dispatch({ type: 'RunInstance', tags: {} })
  await expect(running).resolves.toBe('running')
  expect(world.state.instances.get(id)?.state).toBe('running')
})

test('an action from inside a subscriber is told after the present round', () => {
  world = liveWorld(createWorld())
  const heard: string[] = []
  world.subscribe(({ action }) => {
    heard.push(`first ${action.type}`)
    if (action.type !== 'PutParameter') return
    const queue = { type: 'CreateHostedZone', id: 'Z1', name: 'example.com' } as const
    world.dispatch(queue)
    expect(world.state.zones.has('Z1')).toBe(true)
  })
  world.subscribe(({ action }) => heard.push(`second ${action.type}`))
  world.dispatch({ type: 'PutParameter', name: '/a', value: '1' })
  expect(heard).toEqual([
    'first PutParameter',
    'second PutParameter',
    'first CreateHostedZone',
    'second CreateHostedZone',
  ])
})

test('what is due comes before an action that is later', () => {
  let now = 1000
  world = liveWorld(createWorld({ tempo: { pendingMs: 50 } }), () => now)
  const states: unknown[] = []
  world.subscribe(({ events }) => states.push(...events.map((event) => event.detail.state)))
  const { id } = world.dispatch({ type: 'RunInstance', tags: {} })
  now = 2000
  world.dispatch({ type: 'StopInstances', ids: [id] })
  expect(states).toEqual(['pending', 'running', 'stopping'])
})

test('a refused action changes nothing and is not told', () => {
  world = liveWorld(createWorld())
  const before = world.state
  let told = 0
  world.subscribe(() => {
    told += 1
  })
  expect(() => world.dispatch({ type: 'StartInstances', ids: ['i-0'] })).toThrow("The instance ID 'i-0' does not exist")
  expect(world.state).toBe(before)
  expect(told).toBe(0)
})

test('after the end of a subscription nothing more is heard', () => {
  world = liveWorld(createWorld())
  const heard: string[] = []
  const stop = world.subscribe(({ action }) => heard.push(action.type))
  world.dispatch({ type: 'PutParameter', name: '/a', value: '1' })
  stop()
  world.dispatch({ type: 'DeleteParameter', name: '/a' })
  expect(heard).toEqual(['PutParameter'])
})
