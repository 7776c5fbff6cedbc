// What became of each image, and which one a rollback goes to.
import { type Chosen, earlierImage, tellVersions } from '../../../cli/site/history.ts'
import { stateOf } from '../../../cli/site/status.ts'

const T = Date.parse('2026-11-29T12:00:00Z')
const version = (minute: number, Value: string) => ({
  ...{ Value, LastModifiedDate: new Date(T + minute * 60_000) },
  LastModifiedUser: 'arn:aws:sts::1:assumed-role/ci/github',
})
const command = (minute: number, image: string, Status: 'Success' | 'Failed' | 'InProgress', hash = 'aaa') => ({
  ...{ Status, RequestedDateTime: new Date(T + minute * 60_000 + 1000) },
  Parameters: { Image: [image], SiteHash: [hash] },
})
const state = { told: [], live: [{ instanceId: 'i-1', launchTime: 0, siteHash: 'bbb' }] }

test('a command belongs to the newest version before it; the newest version comes first', () => {
  const versions = [version(0, 'a:1'), version(10, 'a:2'), version(20, 'a:1 '), version(30, 'a:3')]
  const commands = [
    command(0, 'a:1', 'Success'),
    command(10, 'a:2', 'Failed'),
    command(11, 'a:2', 'Failed'),
    command(20, 'a:1', 'Success', 'bbb'),
    command(30, 'a:3', 'InProgress'),
  ]
  const told = tellVersions(versions, commands, state)
  expect(told.map(({ image, became }) => [image, became])).toEqual([
    ['a:3', 'under way'],
    ['a:1', 'live'],
    ['a:2', 'failed'],
    ['a:1', 'configured'],
  ])
  expect(told[0]).toMatchObject({ by: 'github', at: '2026-11-29T12:30:00.000Z' })
})

test('without a command nothing was sent; after 30 days nobody knows', () => {
  const old = { ...version(0, 'a:1'), LastModifiedDate: new Date('2020-01-01') }
  const young = { ...version(0, 'a:2'), LastModifiedDate: new Date() }
  expect(tellVersions([old, young], [], state).map(({ became }) => became)).toEqual(['not sent', 'not known'])
})

const chosen = (image: string, became: Chosen['became']): Chosen => ({ image, became, at: '', by: '' })

test.each<[string, readonly Chosen[], string, string | undefined]>([
  ['the one before', [chosen('a:2', 'live'), chosen('a:1', 'live')], 'a:0', 'a:1'],
  [
    'one that failed is passed over',
    [chosen('a:3', 'live'), chosen('a:2', 'failed'), chosen('a:1', 'live')],
    'a:0',
    'a:1',
  ],
  ['the file’s own ran before the first choice', [chosen('a:2', 'failed')], 'a:0', 'a:0'],
  ['nothing was chosen yet', [], 'a:0', undefined],
])('rollback: %s', (_, list, file, wanted) => expect(earlierImage(list[0]?.image ?? file, list, file)).toBe(wanted))

const sent = (status: string, requestedAt = T) => ({ id: 'c', instanceId: 'i-1', comment: '', status, requestedAt })
const runs = { state: 'running', launchTime: T } as const

test.each([
  ['live', runs, sent('Success'), 'live'],
  ['asleep', undefined, undefined, 'asleep'],
  ['broken', { ...runs, state: 'pending' }, undefined, 'starting'],
  ['broken', runs, sent('InProgress'), 'starting'],
  ['broken', runs, sent('Failed'), 'broken'],
  ['broken', runs, sent('Success', T - 1), 'starting'],
  ['broken', { ...runs, launchTime: T - 600_000 }, undefined, 'broken'],
  ['unknown', runs, sent('Success'), 'unknown'],
] as const)('status: %s of a host %p with %p is %s', (verdict, instance, last, wanted) =>
  expect(stateOf({ verdict }, instance, last, T)).toBe(wanted),
)
