// Instance profiles: one that every host has unless something else is said, with what an agent needs.
import { hostRole } from '../../../../local/world/profiles.ts'
import { step } from '../../../../local/world/step.ts'
import { createWorld } from '../../../../local/world/world.ts'

test('an instance runs with the profile that the account has', () => {
  const world = createWorld({ account: '210987654321' })
  const { reply } = step(world, { type: 'RunInstance', tags: {} }, 0)
  const role = world.hostRoles.get((reply as { profile: string }).profile)
  expect(role?.arn).toBe('arn:aws:iam::210987654321:role/hosts/web-host-role')
  expect(role?.policies.map(({ name }) => name)).toEqual(['AmazonSSMManagedInstanceCore'])
})

test('a profile gets another role, or none, and others keep theirs', () => {
  const before = createWorld()
  const role = hostRole(before.account, [{ name: 'own', document: {} }])
  const { state } = step(before, { type: 'PutInstanceProfile', name: 'other', role }, 0)
  expect(state.hostRoles.get('other')).toBe(role)
  const emptied = step(state, { type: 'PutInstanceProfile', name: 'other', role: null }, 0).state
  expect(emptied.hostRoles.get('other')).toBeNull()
  expect(emptied.hostRoles.get('web-host')).toBe(before.hostRoles.get('web-host'))
})
