// What is published to a topic stays there, in order; events of callers reach the bus with the ids that they were told.
import { refusal, type Virtual, virtual } from './virtual.ts'

const ARN = 'arn:aws:sns:eu-central-1:123456789012:Notices'
const notice = { type: 'Publish', arn: ARN, subject: 'Site down', message: 'ragstream: 502', attributes: {} } as const

let world: Virtual
beforeEach(() => {
  world = virtual()
  world.act({ type: 'CreateTopic', arn: ARN })
})

test('a topic keeps what was published to it, also when it is declared again', () => {
  const first = world.act(notice)
  const second = world.act({ ...notice, message: 'ragstream: live' })
  world.act({ type: 'CreateTopic', arn: ARN })
  expect(world.state.topics.get(ARN)?.published).toEqual([first, second])
  expect(first.id).not.toBe(second.id)
})

test.each([
  ['an unknown topic', { arn: `${ARN}s` }, 'NotFound'],
  ['an empty message', { message: '' }, 'InvalidParameter'],
  ['a message above 256 KB', { message: 'x'.repeat(262_145) }, 'InvalidParameter'],
  ['a subject of two lines', { subject: 'a\nb' }, 'InvalidParameter'],
  ['a subject above 100 characters', { subject: 'x'.repeat(101) }, 'InvalidParameter'],
])('%s is refused', (_case, change, code) => {
  expect(refusal(world, () => world.act({ ...notice, ...change }))).toBe(code)
})

test('events that a caller puts onto the bus', () => {
  const entry = { source: 'ragstream-edge', detailType: 'Site Live', detail: { site: 'a.example' }, resources: ['x'] }
  const ids = world.act({ type: 'PutEvents', entries: [entry, { ...entry, resources: [] }] })
  expect(world.events).toEqual([
    expect.objectContaining({ source: 'ragstream-edge', 'detail-type': 'Site Live', resources: ['x'], id: ids[0] }),
    expect.objectContaining({ detail: { site: 'a.example' }, resources: [], id: ids[1] }),
  ])
  expect(ids[0]).not.toBe(ids[1])
})
