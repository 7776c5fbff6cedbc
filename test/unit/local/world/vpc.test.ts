// The default VPC: what is changed there stays changed, and says who has a way to the Internet.
import { groupsOf, hasInternet } from '../../../../local/world/vpc.ts'
import { refusal, type Virtual, virtual } from './virtual.ts'

let world: Virtual
beforeEach(() => {
  world = virtual()
})

test('an instance stands behind the group that admits port 80', () => {
  const instance = world.act({ type: 'RunInstance', tags: {}, state: 'running' })
  expect(groupsOf(world.state, instance)).toMatchObject([
    { inbound: [{ protocol: 'tcp', ports: { from: 80, to: 80 } }] },
  ])
})

test('changed rules are the group’s, also for who runs already; an unknown group is refused', () => {
  const instance = world.act({ type: 'RunInstance', tags: {}, state: 'running' })
  const [groupId = ''] = instance.groupIds
  world.act({ type: 'SetGroupRules', groupId, inbound: [] })
  expect(groupsOf(world.state, instance)).toMatchObject([{ id: groupId, inbound: [] }])
  expect(refusal(world, () => world.act({ type: 'SetGroupRules', groupId: 'sg-1', inbound: [] }))).toBe(
    'InvalidGroup.NotFound',
  )
})

test('without the default route, or with one to elsewhere, there is no way to the Internet', () => {
  expect(hasInternet(world.state)).toBe(true)
  const routes = world.state.vpc.routeTable.routes.filter(({ target }) => target === 'local')
  world.act({ type: 'SetRoutes', routes })
  expect(hasInternet(world.state)).toBe(false)
  world.act({ type: 'SetRoutes', routes: [...routes, { destination: '0.0.0.0/0', target: 'igw-of-somebody-else' }] })
  expect(hasInternet(world.state)).toBe(false)
})
