// When an instance ran, and the points that EC2 sends CloudWatch of it: none while it is stopped, whoever stopped it.
import { pointsOf } from '../../../../local/world/runs.ts'
import { type Virtual, virtual } from './virtual.ts'

const MINUTE = 60_000
let world: Virtual
let id: string
const seen = () => pointsOf(world.state.instances.get(id)!, world.now)
const pass = (minutes: number) => world.pass(minutes * MINUTE)
/** Minutes since the beginning of the test's first interval, and the samples. */
let zero: number
const told = () => seen().map(({ at, samples }) => [(at - zero) / MINUTE, samples])

beforeEach(() => {
  world = virtual()
  world.now = Math.ceil(world.now / (5 * MINUTE)) * 5 * MINUTE
  zero = world.now
  id = world.act({ type: 'RunInstance', tags: {}, state: 'stopped' }).id
})

test('stopped: no point; two runs: their points, and none between', () => {
  pass(30)
  expect(told()).toEqual([])
  world.act({ type: 'StartInstances', ids: [id] })
  pass(12)
  world.act({ type: 'StopInstances', ids: [id] })
  pass(60)
  world.act({ type: 'StartInstances', ids: [id] })
  pass(5)
  world.act({ type: 'TerminateInstances', ids: [id] })
  pass(20)
  expect(told().map(([minute]) => minute)).toEqual([30, 35, 40, 100, 105])
})

test('a point is there when its interval is over, at its beginning; a sample each minute', () => {
  world.act({ type: 'StartInstances', ids: [id] })
  pass(4)
  expect(told()).toEqual([])
  pass(1)
  expect(told()).toEqual([[0, 4]])
  pass(5)
  expect(told()).toEqual([
    [0, 4],
    [5, 5],
  ])
})

test('an instance for which EC2 has no computer never ran', () => {
  world.act({ type: 'SetTempo', tempo: { capacity: 'lost' } })
  world.act({ type: 'StartInstances', ids: [id] })
  pass(30)
  expect(world.state.instances.get(id)).toMatchObject({ state: 'stopped', ran: [] })
})

test('a reboot ends no run; one that is there already runs since then', () => {
  const there = world.act({ type: 'RunInstance', tags: {}, state: 'running' }).id
  pass(3)
  world.act({ type: 'RebootInstances', ids: [there] })
  expect(world.state.instances.get(there)?.ran).toEqual([{ from: zero, to: null }])
})
