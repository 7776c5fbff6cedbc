// host-config behind its queue: commands, who waits for an agent and for how long, and what is said about it.
import { hostConfig } from '../../functions/host-config/handler.ts'
import { AgentNotRegistered, TryLater } from '../../functions/lib/domain/errors.ts'
import { lookMessage } from '../../functions/lib/domain/trigger.ts'
import { configureHost, sentAt } from '../../functions/lib/hosts/command.ts'
import { anInstance, aSite, LAUNCH } from '../support/domain.ts'
import { eventFixture, sqsEvent, sqsRecord } from '../support/events.ts'
import { type FakeHosts, fakeHosts } from '../support/fake-hosts.ts'
import { fakeQueue } from '../support/fake-queue.ts'
import { anInspection } from '../support/inspection.ts'
import { remembering } from '../support/telemetry.ts'

const RUNNING = eventFixture('ec2-state-change-running')
const IMAGE_CHANGED = eventFixture('ssm-parameter-change')
const ID = 'i-1234567890abcdef0'
const SITE = 'ragstream.rusbehabtahi.com'
const failed = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

function world(before?: Parameters<typeof fakeHosts>[0]): FakeHosts {
  const hosts = fakeHosts(before)
  hosts.sites = [aSite(SITE)]
  hosts.instances = [anInstance({ id: ID, tags: { Name: 'ragstream' } })]
  return hosts
}

function setUp(hosts: FakeHosts, age?: number) {
  const [queue, telemetry] = [fakeQueue(age), remembering()]
  const run = (event: unknown) => hostConfig(event, LAUNCH + 117_000, { hosts, queue, telemetry })
  return { hosts, queue, telemetry, run }
}

test('an instance runs: one command, said and counted', async () => {
  const { hosts, telemetry, run } = setUp(world())
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed())
  expect(hosts.sent).toEqual([
    { instanceId: ID, command: sentAt(configureHost(aSite(SITE), hosts.documentName), hosts.clock.now()) },
  ])
  expect(telemetry.lines).toEqual([
    `info configure ${ID} for ${SITE}: not configured since its start at 2026-11-23T08:00:00.000Z`,
    'info 1 triggers, 1 hosts looked at, 1 commands sent',
  ])
  expect(telemetry.counts).toEqual({ CommandsSent: 1 })
})

test('a new image: its host is told, a host that was told already is not', async () => {
  const { hosts, telemetry, run } = setUp(world())
  const { comment } = configureHost(aSite(SITE), hosts.documentName)
  hosts.shown = [{ id: 'c-0', instanceId: ID, comment, status: 'InProgress', requestedAt: LAUNCH + 1 }]
  await run(sqsEvent(sqsRecord(IMAGE_CHANGED)))
  expect(telemetry.lines).toEqual([
    `info keep ${ID} for ${SITE}: command c-0 for the site as it is now: InProgress`,
    'info 1 triggers, 1 hosts looked at, 0 commands sent',
  ])
  hosts.sites = [aSite(SITE, { image: 'ragstream:2.0.0' })]
  await run(sqsEvent(sqsRecord(IMAGE_CHANGED)))
  expect(hosts.sent.map(({ command }) => command.parameters.Image)).toEqual(['ragstream:2.0.0'])
})

test('a late "running" of an instance that has stopped since: no command', async () => {
  const { hosts, telemetry, run } = setUp(world())
  hosts.instances = [anInstance({ id: ID, tags: { Name: 'ragstream' }, state: 'stopped' })]
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed())
  expect(hosts.sent).toEqual([])
  expect(telemetry.counts).toEqual({ CommandsSent: 0 })
})

describe('the agent is not registered yet', () => {
  const agentless = () =>
    world((call) => {
      if (call.startsWith('send')) throw new AgentNotRegistered('its SSM agent is not registered with Systems Manager')
    })
  const WORDS = `AgentNotRegistered: ${ID} of ${SITE}: its SSM agent is not registered with Systems Manager`

  test.each([
    [1, 2],
    [2, 3],
    [3, 5],
    [20, 30],
  ])('receive %d: tried again after %d s', async (receives, seconds) => {
    const { queue, telemetry, run } = setUp(agentless())
    await expect(run(sqsEvent(sqsRecord(RUNNING, { receives })))).resolves.toEqual(failed('m1'))
    expect(queue.postponed).toEqual([`handle-of-m1 +${seconds}`])
    expect(telemetry.lines).toContain(`warn ${WORDS}`)
  })

  test('still not a moment before 15 minutes: tried again', async () => {
    const { queue, run } = setUp(agentless(), 899_999)
    await expect(run(sqsEvent(sqsRecord(RUNNING, { receives: 33 })))).resolves.toEqual(failed('m1'))
    expect(queue.buried).toEqual([])
  })

  test('after 15 minutes: buried with the reason', async () => {
    const { queue, telemetry, run } = setUp(agentless(), 900_000)
    await expect(run(sqsEvent(sqsRecord(RUNNING, { receives: 34 })))).resolves.toEqual(failed())
    expect(queue.buried).toEqual([{ body: JSON.stringify(RUNNING), reason: WORDS }])
    expect(telemetry.lines).toContain(`error gave up after 900 s: ${WORDS}`)
    expect(telemetry.counts).toEqual({ GaveUp: 1, CommandsSent: 0 })
  })
})

test('two problems of one message: the sooner look wins', async () => {
  const hosts = world((call) => {
    if (call === `send ${ID}`) throw new AgentNotRegistered('no agent')
    if (call === 'send i-2') throw new Error('odd')
  })
  hosts.instances = [...hosts.instances, anInstance({ id: 'i-2', tags: { Name: 'ragstream' } })]
  const { queue, run } = setUp(hosts)
  await run(sqsEvent(sqsRecord(IMAGE_CHANGED)))
  expect(queue.postponed).toEqual(['handle-of-m1 +2'])
})

test('the time was up: tried again', async () => {
  const { run } = setUp(
    world(() => {
      throw new TryLater('Throttling')
    }),
  )
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed('m1'))
})

test('an event that no site wants, and one that does not parse', async () => {
  const { hosts, telemetry, run } = setUp(world())
  hosts.instances = []
  await expect(run(sqsEvent(sqsRecord(RUNNING), sqsRecord('{', { id: 'm2' })))).resolves.toEqual(failed())
  expect(telemetry.counts).toEqual({ InvalidEvent: 1, UnwantedInstance: 1, CommandsSent: 0 })
})

describe('a command whose end nobody may hear of', () => {
  const look = (...doubts: string[]) => sqsRecord(lookMessage({ doubts }))
  const shown = (hosts: FakeHosts, status: string, age: number) => {
    const { comment } = configureHost(aSite(SITE), hosts.documentName)
    hosts.shown = [{ id: 'c-0', instanceId: ID, comment, status, requestedAt: hosts.clock.now() - age }]
  }

  test('who sends it asks for one look at it', async () => {
    const { queue, run } = setUp(world())
    await run(sqsEvent(sqsRecord(RUNNING)))
    expect(queue.later).toEqual([{ body: lookMessage({ doubts: ['c-1'] }), seconds: 305 }])
  })

  test('the host works on it: that look asks for the next one, and who else sees it does not', async () => {
    const { hosts, queue, run } = setUp(world())
    shown(hosts, 'InProgress', 400_000)
    hosts.instances = [anInstance({ id: ID, tags: { Name: 'ragstream' }, launchTime: LAUNCH - 600_000 })]
    hosts.inspections.set(ID, anInspection({ locked: true }))
    for (const record of [sqsRecord(RUNNING), sqsRecord(IMAGE_CHANGED), sqsRecord(lookMessage({}))])
      await run(sqsEvent(record))
    expect(queue.later).toEqual([])
    await run(sqsEvent(look('c-0')))
    expect(queue.later).toEqual([{ body: lookMessage({ doubts: ['c-0'] }), seconds: 305 }])
  })

  test('it is lost: sent again by that look, and there is one look at the new one', async () => {
    const { hosts, queue, run } = setUp(world())
    shown(hosts, 'InProgress', 400_000)
    hosts.instances = [anInstance({ id: ID, tags: { Name: 'ragstream' }, launchTime: LAUNCH - 600_000 })]
    hosts.inspections.set(ID, anInspection({ locked: false }))
    await run(sqsEvent(look('c-0')))
    expect(hosts.calls).toContain(`cancel c-0 on ${ID}`)
    expect(queue.later).toEqual([{ body: lookMessage({ doubts: ['c-1'] }), seconds: 305 }])
  })

  test.each(['Failed', 'TimedOut'])(
    'it has ended as %s, which has a patience of its own: that look sends nothing',
    async (status) => {
      const { hosts, queue, run } = setUp(world())
      shown(hosts, status, 50_000)
      await run(sqsEvent(look('c-0')))
      expect([hosts.sent, queue.later]).toEqual([[], []])
      await run(sqsEvent(sqsRecord(lookMessage({}))))
      expect(hosts.sent).toHaveLength(1)
    },
  )
})
