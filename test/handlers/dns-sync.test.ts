// dns-sync behind its queue: which message is done, tried again, dropped or buried, and what is said about it.
import { dnsSync } from '../../functions/dns-sync/handler.ts'
import { BatchRejected, InvalidInput, TryLater } from '../../functions/lib/domain/errors.ts'
import { lookMessage } from '../../functions/lib/domain/trigger.ts'
import { anInstance, aRecord, aSite, ZONE } from '../support/domain.ts'
import { eventFixture, sqsEvent, sqsRecord } from '../support/events.ts'
import { type FakeDns, fakeDns } from '../support/fake-dns.ts'
import { fakeQueue } from '../support/fake-queue.ts'
import { remembering } from '../support/telemetry.ts'

const RUNNING = eventFixture('ec2-state-change-running')
const ID = 'i-1234567890abcdef0'
const failed = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

function world(before?: Parameters<typeof fakeDns>[0]): FakeDns {
  const dns = fakeDns(before)
  dns.sites = [aSite()]
  dns.instances = [anInstance({ id: ID })]
  return dns
}

function setUp(dns: FakeDns, age?: number) {
  const [queue, telemetry] = [fakeQueue(age), remembering()]
  return { dns, queue, telemetry, run: (event: unknown) => dnsSync(event, 27_000, { dns, queue, telemetry }) }
}

test('an instance runs: its record is created, said and counted', async () => {
  const { dns, queue, telemetry, run } = setUp(world())
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed())
  expect(dns.zones.get(ZONE)).toEqual([aRecord()])
  expect(telemetry.lines).toEqual([
    `info create A app.example.com = 203.0.113.1 (TTL 60): ${ID} runs there`,
    'info 1 triggers, 1 records looked at, 1 changed',
  ])
  expect(telemetry.counts).toEqual({ RecordsChanged: 1 })
  expect([queue.postponed, queue.buried, queue.later]).toEqual([[], [], []])
})

test('peer fault: acts on the event’s state: the event says running, the world says stopped', async () => {
  const { dns, run } = setUp(world())
  dns.instances = [anInstance({ id: ID, state: 'stopped', publicIp: undefined })]
  await run(sqsEvent(sqsRecord(RUNNING)))
  expect(dns.zones.get(ZONE)).toEqual([aRecord({ values: ['192.0.2.1'], ttl: 10 })])
})

test('a thousand messages, one step', async () => {
  const { dns, telemetry, run } = setUp(world())
  await run(sqsEvent(...Array.from({ length: 1000 }, (_, index) => sqsRecord(RUNNING, { id: `m${index}` }))))
  expect(dns.calls).toHaveLength(2)
  expect(telemetry.lines.at(-1)).toBe('info 1000 triggers, 1 records looked at, 1 changed')
})

describe('outcome is told what was written', () => {
  const MINUTE = 60_000
  const written = async (launchedAgo: number, body: object | string = RUNNING, record = '192.0.2.1') => {
    const { dns, queue, run } = setUp(world())
    dns.instances = [anInstance({ id: ID, launchTime: dns.clock.now() - launchedAgo })]
    dns.zones.set(ZONE, [aRecord({ values: [record] })])
    await run(sqsEvent(sqsRecord(body)))
    expect(dns.zones.get(ZONE)).toEqual([aRecord()])
    return queue.told
  }

  test.each<[string, Parameters<typeof written>]>([
    ['later than 5 minutes after the start', [5 * MINUTE]],
    ['by a look', [MINUTE, lookMessage({})]],
    ['where another writer was', [6 * MINUTE, RUNNING, '198.51.100.7']],
  ])('%s', async (_, given) => {
    await expect(written(...given)).resolves.toMatchObject([
      { kind: 'records', changes: [{ sites: ['app.example.com'] }] },
    ])
  })

  test('not by the event of a start: it hears when the command to the host has ended', async () => {
    await expect(written(MINUTE)).resolves.toEqual([])
  })

  test('an event of a stop: that is no start', async () => {
    const { dns, queue, run } = setUp(world())
    dns.instances = [
      anInstance({ id: ID, state: 'stopping', publicIp: undefined, launchTime: dns.clock.now() - MINUTE }),
    ]
    dns.zones.set(ZONE, [aRecord()])
    await run(sqsEvent(sqsRecord(RUNNING)))
    expect(queue.told).toHaveLength(1)
  })
})

describe('a burst', () => {
  const burst = (count: number, sentAt: number) =>
    sqsEvent(...Array.from({ length: count }, (_, index) => sqsRecord(RUNNING, { id: `m${index}`, sentAt })))
  const waited = async (count: number, sentAt: number, deadline = 57_000) => {
    const { dns, queue, telemetry } = setUp(world())
    await dnsSync(burst(count, sentAt), deadline, { dns, queue, telemetry })
    return dns.clock.slept
  }
  test.each([
    [5, []],
    [6, [325]],
    [45, [13_000]],
    [1000, [13_000]],
  ])('of %d events: looked at after %j ms, counted from the oldest', async (count, slept) =>
    expect(await waited(count, 0)).toEqual(slept),
  )
  test('that is old already is looked at at once', async () => expect(await waited(1000, -13_000)).toEqual([]))
  test('never takes the time that the look itself needs', async () =>
    expect(await waited(1000, 0, 40_000)).toEqual([5_000]))
})

describe('one more look at everything is asked for in a minute', () => {
  const LATER = [{ body: lookMessage({ unmatched: [] }), seconds: 60 }]
  const unreadable = () =>
    world((call) => {
      if (call.startsWith('list')) throw new InvalidInput('no such zone')
    })

  test('after a burst, in which records are remembered and other processes write', async () => {
    const { queue, run } = setUp(world())
    await run(sqsEvent(...Array.from({ length: 6 }, (_, index) => sqsRecord(RUNNING, { id: `m${index}` }))))
    expect(queue.later).toEqual(LATER)
  })
  test('when a zone could not be read, since its sites may not be those that the event is about', async () => {
    const { queue, run } = setUp(unreadable())
    await run(sqsEvent(sqsRecord(RUNNING)))
    expect(queue.later).toEqual(LATER)
  })
  test('but not by that look itself: a zone that stays unreadable would never leave the queue', async () => {
    const { queue, run } = setUp(unreadable())
    await run(sqsEvent(sqsRecord(lookMessage({}))))
    expect(queue.later).toEqual([])
  })
})

test('records are remembered for bursts only: few events, a look and a second receive read them afresh', async () => {
  const { dns, run } = setUp(world())
  let forgotten = 0
  dns.forget = () => {
    forgotten += 1
  }
  const six = (receives: number) =>
    sqsEvent(...Array.from({ length: 6 }, (_, index) => sqsRecord(RUNNING, { id: `m${index}`, receives })))
  await run(six(1))
  expect(forgotten).toBe(0)
  for (const event of [sqsEvent(sqsRecord(RUNNING)), sqsEvent(sqsRecord(lookMessage({}))), six(2)]) await run(event)
  expect(forgotten).toBe(3)
})

test('nothing to do has a reason too', async () => {
  const { dns, telemetry, run } = setUp(world())
  dns.zones.set(ZONE, [aRecord()])
  await run(sqsEvent(sqsRecord(RUNNING)))
  expect(telemetry.lines[0]).toBe(`info keep A app.example.com, is 203.0.113.1 (TTL 60): ${ID} runs there`)
  expect(telemetry.counts).toEqual({ RecordsChanged: 0 })
})

test('an event that does not parse is said, counted and dropped; the others are served', async () => {
  const { dns, queue, telemetry, run } = setUp(world())
  const event = sqsEvent(sqsRecord('{}', { id: 'bad' }), sqsRecord(RUNNING, { id: 'good' }))
  await expect(run(event)).resolves.toEqual(failed())
  expect(telemetry.lines[0]).toMatch(/^error event dropped: detail-type: found nothing, wanted "EC2 Instance State/)
  expect(telemetry.counts).toEqual({ InvalidEvent: 1, RecordsChanged: 1 })
  expect(dns.zones.get(ZONE)).toHaveLength(1)
  expect(queue.buried).toEqual([])
})

test('only events that do not parse: the world is not even looked at', async () => {
  const dns = world()
  dns.readSites = () => Promise.reject(new Error('must not be asked'))
  await expect(setUp(dns).run(sqsEvent(sqsRecord('hello')))).resolves.toEqual(failed())
})

test('what is no batch is an error', () =>
  expect(setUp(world()).run({})).rejects.toThrow(
    new InvalidInput('event.Records: found nothing, wanted a batch of SQS messages'),
  ))

test('an instance that no site wants is a counted no-op', async () => {
  const { dns, telemetry, run } = setUp(world())
  dns.instances = [anInstance({ id: ID, tags: { Name: 'other' } }), anInstance()]
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed())
  expect(telemetry.lines).toContain(`info ${ID} is running: no site selects it`)
  expect(telemetry.counts).toMatchObject({ UnwantedInstance: 1 })
})

test('a broken site is said and counted, the others are served', async () => {
  const { dns, telemetry, run } = setUp(world())
  dns.broken = [{ hostname: 'x.example.com', errors: [{ path: 'ttl', found: '0', wanted: '1 to 86400' }] }]
  await run(sqsEvent(sqsRecord(RUNNING)))
  expect(telemetry.lines).toContain('error site x.example.com is left as it is: ttl: found 0, wanted 1 to 86400')
  expect(telemetry.counts).toEqual({ BrokenSite: 1, RecordsChanged: 1 })
})

describe('peer fault: succeeds silently when the public address is not there yet', () => {
  const homeless = () => {
    const dns = world()
    dns.instances = [anInstance({ id: ID, publicIp: undefined })]
    return dns
  }
  const WORDS = `NoPublicAddress: ${ID} of app.example.com runs but has no public IPv4 address: is its subnet public, with auto-assign on?`

  test.each([
    [1, 3],
    [2, 5],
    [4, 11],
    [9, 30],
  ])('receive %d: tried again after %d s', async (receives, seconds) => {
    const { queue, telemetry, run } = setUp(homeless())
    await expect(run(sqsEvent(sqsRecord(RUNNING, { receives })))).resolves.toEqual(failed('m1'))
    expect(queue.postponed).toEqual([`handle-of-m1 +${seconds}`])
    expect(telemetry.lines).toContain(`warn ${WORDS}`)
  })

  test('after two minutes: buried with the reason, said, counted, and not tried again', async () => {
    const { queue, telemetry, run } = setUp(homeless(), 120_000)
    await expect(run(sqsEvent(sqsRecord(RUNNING, { receives: 3 })))).resolves.toEqual(failed())
    expect(queue.buried).toEqual([{ body: JSON.stringify(RUNNING), reason: WORDS }])
    expect(queue.postponed).toEqual([])
    expect(telemetry.lines).toContain(`error gave up after 120 s: ${WORDS}`)
    expect(telemetry.counts).toMatchObject({ GaveUp: 1 })
  })

  test('only the messages that it concerns wait', async () => {
    const { run } = setUp(homeless())
    const other = { ...RUNNING, detail: { 'instance-id': 'i-00000000000000009', state: 'running' } }
    const event = sqsEvent(
      sqsRecord(other, { id: 'other' }),
      sqsRecord(RUNNING, { id: 'mine' }),
      sqsRecord(lookMessage({}), { id: 'look' }),
      sqsRecord(
        { ...eventFixture('ssm-parameter-change'), detail: { name: '/e/s/sites/app.example.com' } },
        { id: 'site' },
      ),
    )
    await expect(run(event)).resolves.toEqual(failed('mine', 'site'))
  })

  test('older than two minutes at its first receives, as after a backlog: tried again all the same', async () => {
    const { queue, run } = setUp(homeless(), 600_000)
    await expect(run(sqsEvent(sqsRecord(RUNNING, { receives: 2 })))).resolves.toEqual(failed('m1'))
    expect(queue.buried).toEqual([])
  })

  test('a fresh and an old message about the same: each has its own patience', async () => {
    const { queue, run } = setUp(homeless(), 0)
    const event = sqsEvent(
      sqsRecord(RUNNING, { id: 'old', receives: 3, sentAt: Date.UTC(2026, 10, 23, 8, 27) }),
      sqsRecord(RUNNING, { id: 'new' }),
    )
    await expect(run(event)).resolves.toEqual(failed('new'))
    expect(queue.buried).toHaveLength(1)
  })
})

test('a foreign record: buried at once, since a person has to act first', async () => {
  const { dns, queue, run } = setUp(world())
  dns.zones.set(ZONE, [aRecord({ type: 'CNAME', values: ['x.example.net.'] })])
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed())
  expect(queue.buried.map(({ reason }) => reason)).toEqual([
    'RecordRefused: refuse A app.example.com, no record: app.example.com already has a CNAME record, which was not made by this service: remove it, or choose another name',
  ])
})

test('Route 53 refuses a record: tried again after 10 s', async () => {
  const { queue, run } = setUp(
    world((call) => {
      if (call.startsWith('change')) throw new BatchRejected(['User is not authorized'])
    }),
  )
  await expect(run(sqsEvent(sqsRecord(RUNNING)))).resolves.toEqual(failed('m1'))
  expect(queue.postponed).toEqual(['handle-of-m1 +10'])
})

test('the time was up: every message is tried again, none is lost', async () => {
  const { queue, telemetry, run } = setUp(
    world(() => {
      throw new TryLater('Throttling')
    }),
  )
  const event = sqsEvent(sqsRecord(RUNNING, { id: 'a' }), sqsRecord(lookMessage({}), { id: 'b', receives: 2 }))
  await expect(run(event)).resolves.toEqual(failed('a', 'b'))
  expect(queue.postponed).toEqual(['handle-of-a +10', 'handle-of-b +15'])
  expect(telemetry.lines).toEqual([
    expect.stringMatching(/^warn trying again later: gave up after \d+ attempts: Throttling$/),
  ])
})

test('peer fault: catches and returns in the handler, so that retry and dead letters never see a failure', async () => {
  const dns = world()
  dns.listInstances = () => Promise.reject(new Error('UnauthorizedOperation'))
  await expect(setUp(dns).run(sqsEvent(sqsRecord(RUNNING)))).rejects.toThrow('UnauthorizedOperation')
})

test('no instance at all: a message to ourselves in a minute, which then parks the record', async () => {
  const first = setUp(world())
  first.dns.instances = []
  first.dns.zones.set(ZONE, [aRecord()])
  await first.run(sqsEvent(sqsRecord(RUNNING)))
  expect(first.queue.later).toEqual([{ body: lookMessage({ unmatched: ['app.example.com'] }), seconds: 60 }])
  expect(first.dns.zones.get(ZONE)).toEqual([aRecord()])

  const second = setUp(first.dns)
  await second.run(sqsEvent(sqsRecord(first.queue.later[0]!.body)))
  expect(second.queue.later).toEqual([])
  expect(first.dns.zones.get(ZONE)).toEqual([aRecord({ values: ['192.0.2.1'], ttl: 10 })])
})

test('a forced look parks at the first look', async () => {
  const { dns, run } = setUp(world())
  dns.instances = []
  dns.zones.set(ZONE, [aRecord()])
  await run(sqsEvent(sqsRecord(lookMessage({ force: true }))))
  expect(dns.zones.get(ZONE)).toEqual([aRecord({ values: ['192.0.2.1'], ttl: 10 })])
})

test('a crowd of records is summed up', async () => {
  const { dns, telemetry, run } = setUp(world())
  dns.sites = Array.from({ length: 21 }, (_, index) => aSite(`s${index}.example.com`, { onStop: 'keep' }))
  await run(sqsEvent(sqsRecord(lookMessage({}))))
  expect(telemetry.lines).toEqual(['info 1 triggers, 21 records looked at, 0 changed'])
})

test.each([
  ['events of instances', [RUNNING], 1, 0],
  ['a second receive', [RUNNING], 2, 1],
  ['an event of a site among them', [RUNNING, eventFixture('ssm-parameter-change')], 1, 1],
])('sites of a moment ago are enough for first events of instances: %s', async (_, bodies, receives, reads) => {
  const dns = world()
  dns.zones.set(ZONE, [aRecord()])
  let count = 0
  dns.lastSites = () => ({ sites: dns.sites, broken: [] })
  dns.readSites = async () => {
    count += 1
    return { sites: dns.sites, broken: [] }
  }
  await setUp(dns).run(sqsEvent(...bodies.map((body, index) => sqsRecord(body, { id: `m${index}`, receives }))))
  expect(count).toBe(reads)
})
