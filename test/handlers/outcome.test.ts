// outcome behind its queue: events in; notices, events, memory, log and metrics out. Runs overlap, repeat and die.

import type { HopName } from '../../functions/lib/diagnosis/diagnosis.ts'
import { newsMessage, type ReportedProblem, type ReportedProblems } from '../../functions/lib/domain/news.ts'
import { siteMessage } from '../../functions/lib/domain/trigger.ts'
import { configureHost, type SentCommand } from '../../functions/lib/hosts/command.ts'
import { outcome } from '../../functions/outcome/handler.ts'
import { anInstance, aSite, LAUNCH } from '../support/domain.ts'
import { eventFixture, sqsEvent, sqsRecord } from '../support/events.ts'
import { aDiagnosis, type FakeOutcome, fakeOutcome } from '../support/fake-outcome.ts'
import { fakeQueue } from '../support/fake-queue.ts'
import { remembering } from '../support/telemetry.ts'

const ID = 'i-1234567890abcdef0'
const SITE = 'ragstream.rusbehabtahi.com'
const COMMAND = 'e8d3c0e4-71f7-4491-898f-c9b35bee5f3b'
const ENDED = eventFixture('ssm-command-invocation-status')
const site = aSite(SITE)
const instance = anInstance({ id: ID, tags: { Name: 'ragstream' } })

const sent = (status: string, id = COMMAND, at = LAUNCH + 1000): SentCommand => ({
  ...{ id, instanceId: ID, status, requestedAt: at },
  comment: configureHost(site, 'ConfigureHost-0123abcd').comment,
})

function setUp(before?: Parameters<typeof fakeOutcome>[0], age?: number) {
  const world = fakeOutcome(before)
  Object.assign(world, { sites: [site], instances: [instance], shown: [sent('Success')] })
  const [queue, telemetry] = [fakeQueue(age), remembering()]
  const run = (...records: Parameters<typeof sqsEvent>) =>
    outcome(sqsEvent(...records), LAUNCH + 117_000, { outcome: world, queue, telemetry })
  return { world, queue, telemetry, run }
}
const ended = sqsRecord(ENDED)
const idOf = (n: number) => `${COMMAND.slice(0, -1)}${n}`
const endOf = (n: number) => sqsRecord({ ...ENDED, detail: { ...ENDED.detail, 'command-id': idOf(n) } })
const done = { batchItemFailures: [] }
const again = { batchItemFailures: [{ itemIdentifier: 'm1' }] }

const fail = (world: FakeOutcome, times = 3, step = 'image') => {
  world.shown = Array.from({ length: times }, (_, index) =>
    sent('Failed', idOf(index), LAUNCH + 1000 * index),
  ).reverse()
  for (const { id } of world.shown)
    world.output.set(id, { status: 'Failed', output: `step=${step} result=failed reason="no" hint="do"\n`, errors: '' })
}

describe('a command succeeded', () => {
  test('live: one event with the time from start to live, one mark, one metric', async () => {
    const { world, telemetry, run } = setUp()
    await expect(run(ended)).resolves.toEqual(done)
    expect(world.events).toEqual([
      {
        type: 'Site Live',
        detail: {
          ...{ site: SITE, instance: ID, address: '203.0.113.1', start: `${ID}@2026-11-23T08:00:00Z` },
          ...{ launchTime: '2026-11-23T08:00:00.000Z', timeToLive: 60_000 },
        },
      },
    ])
    expect([...world.state.keys()]).toEqual([
      `${SITE}/live/${ID}/${LAUNCH}/1/${configureHost(site, world.documentName).parameters.SiteHash}`,
    ])
    expect(telemetry.lines).toEqual([`info live ${SITE} on ${ID}: app.example.com is live at 203.0.113.1.`])
    expect(telemetry.counts).toEqual({ NoticeGiven: 0, TimeToLive: 60_000 })
  })

  test('the same event twice, and two about one start: said once', async () => {
    const { world, run } = setUp()
    await run(ended, sqsRecord(ENDED, { id: 'm2' }))
    await run(ended)
    await run(sqsRecord(newsMessage({ kind: 'records', changes: [{ id: 'C1', sites: [SITE] }] })))
    expect(world.events).toHaveLength(1)
  })

  test('the next start: said again, and the mark of the last one goes', async () => {
    const { world, run } = setUp()
    await run(ended)
    world.instances = [{ ...instance, launchTime: LAUNCH + 30_000 }]
    world.shown = [sent('Success', COMMAND, LAUNCH + 31_000)]
    await run(ended)
    expect(world.events.map(({ detail }) => detail.timeToLive)).toEqual([60_000, 30_000])
    expect([...world.state.keys()]).toEqual([expect.stringContaining(String(LAUNCH + 30_000))])
  })

  test('the event does not go out: the message comes back, and it is said then', async () => {
    let down = true
    const { world, run } = setUp((call) => {
      if (down && call.startsWith('event')) throw new Error('EventBridge is down')
    })
    await expect(run(ended)).resolves.toEqual(again)
    down = false
    await expect(run(ended)).resolves.toEqual(done)
    await run(ended)
    expect(world.events).toHaveLength(1)
  })

  test('another image and back within seconds: said three times', async () => {
    const { world, run } = setUp()
    const comment = (image: string) => configureHost(aSite(SITE, { image }), world.documentName).comment
    for (const [index, image] of ['a:1', 'a:2', 'a:1', 'a:2'].entries()) {
      world.sites = [aSite(SITE, { image })]
      world.shown = [{ ...sent('Success', COMMAND, LAUNCH + 1000 + index), comment: comment(image) }, ...world.shown]
      await run(ended)
    }
    expect(world.events).toHaveLength(4)
    expect(world.state.size).toBe(2)
  })

  test('two runs at once find it live: one makes the mark, and it alone says so', async () => {
    const { world, telemetry, run } = setUp((call, self) => {
      if (call.startsWith('create live')) self.state.set(`${SITE}/${call.slice('create '.length)}`, 'by the other run')
    })
    await expect(run(ended)).resolves.toEqual(done)
    expect([world.events, telemetry.lines, telemetry.counts]).toEqual([[], [], { NoticeGiven: 0 }])
  })

  test('the record is on its way: looked at again after 3 s, without a diagnosis', async () => {
    const { world, queue, run } = setUp((call) => {
      if (call === 'diagnose') throw new Error('too early')
    })
    world.unsynced.add('C1')
    const records = newsMessage({ kind: 'records', changes: [{ id: 'C1', sites: [SITE] }] })
    await expect(run(sqsRecord(records))).resolves.toEqual(again)
    expect(queue.postponed).toEqual(['handle-of-m1 +3'])
    expect(world.events).toEqual([])
  })

  test('not live yet: it waits; for ten minutes; then one notice with the hops', async () => {
    const broken = aDiagnosis({ verdict: 'broken', sentence: 'closed', path: ['browser --x'] })
    const patient = setUp(undefined, 599_999)
    patient.world.diagnosis = broken
    await expect(patient.run(sqsRecord(ENDED, { receives: 30 }))).resolves.toEqual(again)
    expect(patient.world.notices).toEqual([])

    const { world, telemetry, run } = setUp(undefined, 600_000)
    world.diagnosis = broken
    await expect(run(sqsRecord(ENDED, { receives: 30 }))).resolves.toEqual(done)
    expect(world.notices).toMatchObject([
      {
        subject: `ragstream-edge: ${SITE} is configured, but not live`,
        text: expect.stringContaining('  browser --x\n'),
      },
    ])
    expect(telemetry.counts).toEqual({ NoticeGiven: 1 })
    await run(sqsRecord(ENDED, { receives: 30 }))
    expect(world.notices).toHaveLength(1)
    world.diagnosis = aDiagnosis()
    await run(ended)
    expect(world.notices.slice(1)).toMatchObject([
      { subject: `ragstream-edge: over: ${SITE} is configured, but not live` },
    ])
    expect(world.events).toHaveLength(1)
  })

  test('Systems Manager does not show the end yet that it told: looked at again', async () => {
    const { world, telemetry, run } = setUp()
    world.shown = [sent('InProgress')]
    await expect(run(ended)).resolves.toEqual(again)
    expect(telemetry.lines).toEqual([
      `warn trying again later: command ${COMMAND} has ended, and Systems Manager still shows it as InProgress`,
    ])
  })
})

describe('the schedule asks whether a site is still live', () => {
  const asked = (receives = 1) => sqsRecord(siteMessage(SITE), { receives })
  const closed = aDiagnosis({ verdict: 'broken', sentence: 'closed' })

  test('the group was closed since: looked at again a minute later, then one notice, and one at its end', async () => {
    const first = setUp()
    await first.run(ended)
    first.world.diagnosis = closed
    await expect(first.run(asked())).resolves.toEqual(again)
    expect([first.queue.postponed, first.world.notices]).toEqual([['handle-of-m1 +60'], []])

    const { world, run } = setUp(undefined, 120_000)
    await run(ended)
    world.diagnosis = closed
    await expect(run(asked(3))).resolves.toEqual(done)
    await expect(run(asked(3))).resolves.toEqual(done)
    expect(world.notices).toMatchObject([{ subject: `ragstream-edge: ${SITE} is configured, but not live` }])
    world.diagnosis = aDiagnosis()
    await expect(run(asked())).resolves.toEqual(done)
    expect(world.notices).toHaveLength(2)
    expect(world.events).toHaveLength(1)
  })
})

test('three messages at once: sites are read once, and each diagnosis is made by what was read', async () => {
  const { world, run } = setUp()
  let reads = 0
  const { readSites } = world
  world.readSites = async () => {
    reads++
    return readSites()
  }
  await run(...['m1', 'm2', 'm3'].map((id) => sqsRecord(siteMessage(SITE), { id })))
  expect([reads, world.diagnosedBy.map(({ sites }) => sites)]).toEqual([1, [[site], [site], [site]]])
})

test('no time is left for another site: the message comes back, and nothing is judged in a hurry', async () => {
  const { world, telemetry, run } = setUp((call, self) => {
    if (call === 'diagnose') void self.clock.sleep(46_000)
  })
  world.diagnosis = aDiagnosis({ verdict: 'unknown' })
  await expect(run(ended, sqsRecord(ENDED, { id: 'm2' }))).resolves.toMatchObject({
    batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
  })
  expect(telemetry.lines).toContain('warn trying again later: no time is left to look at it')
})

describe('a record was written', () => {
  const written = sqsRecord(newsMessage({ kind: 'records', changes: [{ id: 'C1', sites: [SITE] }] }), { id: 'm2' })
  const watched = () => {
    const calls: string[] = []
    const one = setUp()
    for (const port of [
      'readSites',
      'readDocuments',
      'listInstances',
      'listCommands',
      'isInSync',
      'readState',
    ] as const) {
      const read = one.world[port] as (...words: unknown[]) => Promise<unknown>
      Object.assign(one.world, {
        [port]: (...words: unknown[]) => {
          calls.push(port)
          return read(...words)
        },
      })
    }
    return { ...one, calls }
  }

  test('and all is said: neither images nor commands are read', async () => {
    const { calls, run } = watched()
    await run(ended)
    calls.length = 0
    await expect(run(written)).resolves.toEqual(done)
    expect(calls).toEqual(['readDocuments', 'listInstances', 'readState'])
  })

  test('and nothing of the site runs any more: the same', async () => {
    const { calls, world, run } = watched()
    world.instances = [{ ...instance, state: 'stopping' }]
    await expect(run(written)).resolves.toEqual(done)
    expect(calls).toEqual(['readDocuments', 'listInstances', 'readState'])
  })

  test('of a start that was not said to be live: everything is read', async () => {
    const { calls, world, run } = watched()
    await run(ended)
    world.instances = [{ ...instance, launchTime: LAUNCH + 30_000 }]
    world.shown = [sent('Success', COMMAND, LAUNCH + 31_000)]
    calls.length = 0
    await run(written)
    expect(calls).toContain('isInSync')
    expect(world.events).toHaveLength(2)
  })

  test('and a notice is open: it is over at once', async () => {
    const { world, run } = setUp()
    world.state.set(`${SITE}/open/NotLive/-/-/1`, '{"since":"2026-11-23T07:00:00Z","headline":"h","given":true}')
    await run(written)
    expect(world.notices).toMatchObject([{ subject: 'ragstream-edge: over: h' }])
  })

  test('in one batch with the end of the command: sites and instances are read once', async () => {
    const { calls, run } = watched()
    await run(ended, written)
    expect(calls.filter((call) => ['readDocuments', 'readSites', 'listInstances'].includes(call)).sort()).toEqual([
      'listInstances',
      'readSites',
    ])
  })
})

describe('a command failed', () => {
  test('once: host-config looks again in 30 s, nobody is told', async () => {
    const { world, telemetry, run } = setUp()
    fail(world, 1)
    await expect(run(endOf(0))).resolves.toEqual(done)
    expect(world.looks).toEqual([30])
    expect(world.notices).toEqual([])
    expect(telemetry.lines).toEqual([
      `info retry ${SITE}: command ${idOf(0)} on ${ID} ended as Failed: failure 1 of 3, again in 30 s`,
    ])
  })

  test('once, and everybody else speaks of the site, too: one request for the next try', async () => {
    const { world, run } = setUp()
    fail(world, 1)
    const records = newsMessage({ kind: 'records', changes: [{ id: 'C1', sites: [SITE] }] })
    await run(endOf(0), sqsRecord(records, { id: 'm2' }), sqsRecord(siteMessage(SITE), { id: 'm3' }))
    await run(endOf(7))
    expect(world.looks).toEqual([30])
  })

  test('once, while another host of the site is not live yet: the message does not come back to ask once more', async () => {
    const { world, run } = setUp()
    const other = anInstance({ id: 'i-0000000000000000f', tags: { Name: 'ragstream' }, launchTime: LAUNCH + 500 })
    fail(world, 1)
    world.instances = [instance, other]
    world.shown = [...world.shown, { ...sent('Success', idOf(9), LAUNCH + 2000), instanceId: other.id }]
    world.diagnosis = aDiagnosis({ verdict: 'broken', sentence: 'not yet' })
    await expect(run(endOf(0))).resolves.toEqual(done)
    expect(world.looks).toEqual([30])
    await expect(run(endOf(9))).resolves.toEqual(again)
  })

  test('three times: one notice, however often it is heard of', async () => {
    const { world, run } = setUp()
    fail(world)
    await run(ended, sqsRecord(ENDED, { id: 'm2' }))
    await run(ended)
    expect(world.looks).toEqual([])
    expect(world.notices).toHaveLength(1)
    expect(world.notices[0]!.text).toContain('\nstep      image\n')
  })

  test.each([
    ['live', true],
    ['broken', undefined],
    ['unknown', undefined],
  ] as const)('the site is %s all the same: remembered for the door', async (verdict, serves) => {
    const { world, run } = setUp()
    fail(world)
    world.diagnosis = aDiagnosis({ verdict })
    await run(ended)
    const told = [...world.state].find(([name]) => name.includes('/open/CommandFailed/'))!
    expect(JSON.parse(told[1])).toMatchObject({ given: true })
    expect(JSON.parse(told[1]).serves).toBe(serves)
  })

  test.each<[string, readonly HopName[], readonly HopName[], true | undefined]>([
    ['record, which is not INSYNC yet', ['record'], ['app', 'websocket'], true],
    ['record, and nothing came through', ['record'], [], undefined],
    ['record and nginx', ['record', 'nginx'], ['app', 'websocket'], undefined],
    ['resolvers, which the door does not ask', ['resolvers'], ['app', 'websocket'], undefined],
  ])('broken at %s: the door asks the name servers itself', async (_, broken, ok, serves) => {
    const { world, run } = setUp()
    fail(world)
    const as = (state: 'broken' | 'ok') => (hop: HopName) => ({ hop, state, evidence: '' })
    world.diagnosis = aDiagnosis({ verdict: 'broken', hops: [...broken.map(as('broken')), ...ok.map(as('ok'))] })
    for (let times = 0; times < 2; times++) {
      await run(endOf(2))
      const [, told = ''] = [...world.state].find(([name]) => name.includes('/open/CommandFailed/'))!
      expect([JSON.parse(told).serves, 'seen' in JSON.parse(told)]).toEqual([serves, times === 1])
    }
  })

  test('again in a later start, once told: at each failure it is remembered anew whether visitors get the page', async () => {
    const { world, run } = setUp()
    const told = () => JSON.parse([...world.state].find(([name]) => name.includes('/open/CommandFailed/'))![1])
    fail(world)
    await run(ended)
    expect(told()).toMatchObject({ serves: true })
    const { since } = told()
    const launchTime = world.clock.now() + 1000
    world.instances = [{ ...instance, launchTime }]
    for (const [times, verdict, serves] of [
      [1, 'broken', undefined],
      [2, 'live', true],
      [3, 'broken', undefined],
    ] as const) {
      world.shown = Array.from({ length: times }, (_, n) => sent('Failed', idOf(n), launchTime + 1000 * n)).reverse()
      world.diagnosis = aDiagnosis({ verdict })
      await world.clock.sleep(10_000)
      await run(endOf(times - 1))
      expect(told()).toEqual({
        ...{ since, headline: expect.any(String), given: true, seen: new Date(world.clock.now()).toISOString() },
        ...(serves && { serves }),
      })
    }
    expect(world.notices).toHaveLength(1)
  })

  test('a diagnosis fails: the notice goes out without the hops, and says why', async () => {
    const { world, run } = setUp()
    fail(world)
    world.diagnosis = new TypeError('no route')
    await expect(run(ended)).resolves.toEqual(done)
    expect(world.notices[0]!.text).toContain('The hops could not be looked at: TypeError: no route')
  })

  test('SNS does not take the notice: the message comes back, and it is given then', async () => {
    let down = true
    const { world, queue, run } = setUp((call) => {
      if (down && call.startsWith('publish')) throw new Error('SNS is down')
    })
    fail(world)
    await expect(run(ended)).resolves.toEqual(again)
    expect(queue.postponed).toEqual(['handle-of-m1 +10'])
    down = false
    await world.clock.sleep(10_000)
    await expect(run(ended)).resolves.toEqual(done)
    expect(world.notices).toHaveLength(1)
  })

  test('SNS does not take the notice of its end: that is given then', async () => {
    let down = false
    const { world, run } = setUp((call) => {
      if (down && call.startsWith('publish')) throw new Error('SNS is down')
    })
    fail(world)
    await run(ended)
    down = true
    world.shown = [sent('Success', COMMAND, LAUNCH + 9000), ...world.shown]
    await expect(run(ended)).resolves.toEqual(again)
    down = false
    await expect(run(ended)).resolves.toEqual(done)
    await run(ended)
    expect(world.notices.map(({ subject }) => subject.includes('over: '))).toEqual([false, true])
  })

  test('two runs at once: one creates the entry, and it alone gives the notice', async () => {
    const { world, telemetry, run } = setUp((call, self) => {
      if (call.startsWith('create open') && ![...self.state.keys()].some((name) => name.includes('/open/')))
        self.state.set(`${SITE}/${call.slice('create '.length)}`, '{"since":"2026-11-23T08:00:59Z","given":false}')
    })
    fail(world)
    await expect(run(ended)).resolves.toEqual(again)
    expect(telemetry.lines).toEqual([expect.stringContaining(`of ${SITE} is being given by another run`)])
    const [name] = [...world.state.keys()]
    world.state.set(name!, '{"since":"2026-11-23T08:00:59Z","given":true}')
    await expect(run(ended)).resolves.toEqual(done)
    expect(world.notices).toEqual([])
  })

  test('a run died before its notice was out: the message waits for it, and after two minutes gives it itself', async () => {
    const { world, run } = setUp()
    fail(world)
    const problem = `${SITE}/open/CommandFailed/${ID}/${configureHost(site, world.documentName).parameters.SiteHash}/1`
    world.state.set(problem, '{"since":"2026-11-23T07:59:01Z","given":false}')
    await expect(run(ended)).resolves.toEqual(again)
    expect(world.notices).toEqual([])
    await world.clock.sleep(10_000)
    await expect(run(ended)).resolves.toEqual(done)
    expect(world.notices).toHaveLength(1)
  })
})

describe('what a look left undone', () => {
  const news = (fields: Partial<ReportedProblems>) =>
    sqsRecord(newsMessage({ kind: 'findings', sources: ['host'], sites: [SITE], findings: [], ...fields }))
  const agentless: ReportedProblem = {
    ...{ name: 'AgentNotRegistered', message: 'no agent', site: SITE, instances: [ID], final: true },
    source: 'host',
  }

  test('an agent that never comes: one notice, and one at its end', async () => {
    const { world, run } = setUp()
    world.shown = []
    await run(news({ findings: [agentless] }))
    await run(news({ findings: [agentless] }))
    expect(world.notices).toMatchObject([{ subject: `ragstream-edge: ${SITE}: AgentNotRegistered` }])
    await run(news({}))
    expect(world.notices.slice(1)).toMatchObject([{ subject: `ragstream-edge: over: ${SITE}: AgentNotRegistered` }])
    await run(news({}))
    expect(world.notices).toHaveLength(2)
  })

  test('it comes and goes within seconds: a notice each time, and no parameter is created again right after its end', async () => {
    const { world, run } = setUp()
    world.shown = []
    for (let time = 0; time < 4; time++) {
      await run(news({ findings: [agentless] }))
      await run(news({}))
    }
    expect(world.notices).toHaveLength(8)
    // The last notice, its end, and those before it.
    expect([...world.state.keys()].map((name) => name.split('/').at(-1)).sort()).toEqual(['4', '4'])
  })

  test('of undeclared sites nothing is opened, and it is counted; what was told of one is over', async () => {
    const { world, telemetry, run } = setUp()
    const forged = { ...agentless, site: 'gone.example.com', message: 'call https://evil.example' }
    await run(news({ sites: ['gone.example.com'], findings: [forged] }))
    await run(sqsRecord(siteMessage('gone.example.com')))
    await run(sqsRecord(newsMessage({ kind: 'records', changes: [{ id: 'C1', sites: ['gone.example.com'] }] })))
    expect([world.notices, world.events, world.state.size]).toEqual([[], [], 0])
    expect(telemetry.counts).toMatchObject({ UndeclaredSite: 3 })

    world.state.set(
      'gone.example.com/open/HostRefused/-/-/1',
      '{"since":"2026-11-23T07:00:00Z","headline":"h","given":true}',
    )
    await run(news({ sites: ['gone.example.com'], findings: [forged] }))
    expect(world.notices).toMatchObject([{ subject: 'ragstream-edge: over: h' }])
    expect([...world.state.keys()].at(-1)).toBe('gone.example.com/over/HostRefused/-/-/1')
  })

  test('what is wrong with a document is read, not told', async () => {
    const { world, run } = setUp()
    const errors = [{ path: 'ttl', found: '0', wanted: 'pay at https://evil.example' }]
    const body = JSON.parse(news({}).body)
    await run(sqsRecord({ ...body, detail: { ...body.detail, broken: [{ hostname: SITE, errors }] } }))
    expect(world.notices).toEqual([])
  })

  test('a document with errors: the notice has the path of each; no hop is looked at', async () => {
    const { world, run } = setUp((call) => {
      if (call === 'diagnose') throw new Error('nothing to diagnose')
    })
    const errors = [{ path: 'container/port', found: '"x"', wanted: 'number' }]
    Object.assign(world, { sites: [], broken: [{ hostname: SITE, errors }] })
    await run(news({}))
    expect(world.notices[0]!.text).toContain('\ncontainer/port: found "x", wanted number\n')
  })
})

test('one site’s error never stops another', async () => {
  const other = aSite('b.example.com', { instances: { 'tag:Name': 'ragstream' }, container: { hostPort: 8502 } })
  const { world, telemetry, run } = setUp((call) => {
    if (call === `event Site Live` && !broke) {
      broke = true
      throw new Error('the bus is down')
    }
  })
  let broke = false
  Object.assign(world, {
    sites: [site, other],
    shown: [sent('Success'), { ...sent('Success'), comment: configureHost(other, world.documentName).comment }],
  })
  await expect(run(ended)).resolves.toEqual(again)
  expect(world.events.map(({ detail }) => detail.site)).toEqual(['b.example.com'])
  expect(telemetry.lines).toContain('error failed; the platform tries again: the bus is down')
  await expect(run(ended)).resolves.toEqual(done)
  expect(world.events.map(({ detail }) => detail.site)).toEqual(['b.example.com', SITE])
})

test.each([
  [{ 'detail-type': 'Records Changed', detail: { changes: [null] } }],
  [{ 'detail-type': 'Findings', detail: { sources: [], sites: [null], findings: [null] } }],
])('%j fails only its own message', async (forged) => {
  const { world, telemetry, run } = setUp()
  await expect(run(sqsRecord(forged, { id: 'm2' }), ended)).resolves.toEqual(done)
  expect(world.events).toMatchObject([{ type: 'Site Live' }])
  expect(telemetry.counts).toMatchObject({ InvalidEvent: 1 })
})

test('nobody’s instance, and what does not parse', async () => {
  const { world, telemetry, run } = setUp()
  world.sites = []
  await expect(run(ended, sqsRecord('{', { id: 'm2' }))).resolves.toEqual(done)
  expect(telemetry.lines).toEqual([
    'error event dropped: news: found "{", wanted JSON',
    `info command ${COMMAND} on ${ID} has ended: no site selects the instance`,
  ])
  expect(telemetry.counts).toEqual({ InvalidEvent: 1, NoticeGiven: 0 })
})
