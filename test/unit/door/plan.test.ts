// What a site is said to be doing: each row of the table of functions/lib/door/plan.ts.
import { type Entry, readEntries, startText } from '../../../functions/lib/door/entries.ts'
import { viewOf } from '../../../functions/lib/door/page/view.ts'
import { judge, type Seen } from '../../../functions/lib/door/plan.ts'
import { ticketOf } from '../../../functions/lib/door/ticket.ts'
import { anInstance, LAUNCH } from '../../support/domain.ts'
import { asleep, doorSite, HOST, MINUTE } from '../../support/fake-door.ts'

const NOW = LAUNCH + 5 * MINUTE
const up = anInstance()
const entries = (...all: Entry[]) => readEntries(all)
const seen = (fields: Partial<Seen> = {}): Seen => ({
  ...{ site: doorSite(), instances: [asleep()], marks: [], told: [], entries: entries() },
  ...{ isNamed: false, namedSince: undefined, isConfigured: false },
  ...fields,
})
const mark = { instanceId: up.id, launchTime: LAUNCH, siteHash: '0', at: LAUNCH + MINUTE }
const told = (name: string, since: number, serves = false, seen = since) =>
  ({
    ...{ name, since: new Date(since).toISOString(), seen: new Date(seen).toISOString() },
    ...{ headline: '', given: true, serves, n: 1 },
  }) as Seen['told'][number]

const ticket = ticketOf(HOST, [asleep()])
const started = (
  answer: 'asked' | 'started' | 'stopping' | 'no capacity' | 'refused',
  at: number,
  of = ticket,
): Entry => ({
  name: `starts/2026-11-23/${at % 9}`,
  value: startText({ ticket: of, at, triedAt: at, answer }),
})

test.each<[string, Partial<Seen>, string]>([
  ['no instance', { instances: [] }, 'broken'],
  ['gone', { instances: [asleep({ state: 'terminated' })] }, 'broken'],
  ['stopped', {}, 'asleep'],
  ['stopping', { instances: [asleep({ state: 'stopping' })] }, 'stopping'],
  ['asked a moment ago', { entries: entries(started('asked', NOW - 1000)) }, 'starting'],
  ['accepted a moment ago', { entries: entries(started('started', NOW - 1000)) }, 'starting'],
  ['accepted, and nothing came of it', { entries: entries(started('started', NOW - MINUTE)) }, 'asleep'],
  ['none free', { entries: entries(started('no capacity', NOW - MINUTE)) }, 'no capacity'],
  ['none free for ten minutes', { entries: entries(started('no capacity', NOW - 10 * MINUTE)) }, 'asleep'],
  ['none free in another sleep', { entries: entries(started('no capacity', NOW - MINUTE, 'other')) }, 'asleep'],
  ['pending', { instances: [anInstance({ state: 'pending', publicIp: undefined })] }, 'starting'],
  ['running without address', { instances: [anInstance({ publicIp: undefined })] }, 'starting'],
  ['running', { instances: [up] }, 'booted'],
  ['running and configured', { instances: [up], isConfigured: true }, 'configured'],
  ['live, and the name leads elsewhere', { instances: [up], marks: [mark] }, 'configured'],
  ['live and named', { instances: [up], marks: [mark], isNamed: true, namedSince: LAUNCH + MINUTE }, 'live'],
  ['live in an earlier start', { instances: [up], marks: [{ ...mark, launchTime: 1 }], isNamed: true }, 'booted'],
  ['a problem since the start', { instances: [up], told: [told('CommandFailed', LAUNCH + 1)] }, 'broken'],
  ['a problem from before the start', { instances: [up], told: [told('CommandFailed', LAUNCH - 1)] }, 'booted'],
  ['a problem that keeps nobody out', { instances: [up], told: [told('RecordContested', NOW)] }, 'booted'],
  ['the version before is back', { instances: [up], isNamed: true, told: [told('CommandFailed', NOW, true)] }, 'live'],
  [
    'it is back, and the name leads elsewhere',
    { instances: [up], told: [told('CommandFailed', NOW, true)] },
    'configured',
  ],
  [
    'it is back, and there is another problem',
    { instances: [up], isNamed: true, told: [told('CommandFailed', NOW, true), told('NotLive', NOW)] },
    'broken',
  ],
  [
    'told in an earlier start, in which the version before was back',
    { instances: [up], isNamed: true, told: [told('CommandFailed', LAUNCH - 1, true)] },
    'booted',
  ],
  [
    'told in an earlier start, and the command has failed again',
    { instances: [up], isNamed: true, told: [told('CommandFailed', LAUNCH - 1, false, NOW)] },
    'broken',
  ],
  [
    'the same, and the version before is back again',
    { instances: [up], isNamed: true, told: [told('CommandFailed', LAUNCH - 1, true, NOW)] },
    'live',
  ],
  ['live, and broken since', { instances: [up], marks: [mark], isNamed: true, told: [told('NotLive', NOW)] }, 'broken'],
])('%s: %s', (_, fields, state) => expect(judge(seen(fields), NOW).state).toBe(state))

test('not live for 15 minutes: broken, whatever else is known', () => {
  const at = LAUNCH + 15 * MINUTE
  expect(judge(seen({ instances: [up] }), at - 1).state).toBe('booted')
  expect(judge(seen({ instances: [up] }), at).state).toBe('broken')
  expect(judge(seen({ instances: [anInstance({ publicIp: undefined })] }), at).state).toBe('broken')
})

test('it leads there parkTtl after the name was first seen to lead there, or after the mark, whichever is sooner', () => {
  const live = (fields: Partial<Seen>) =>
    judge(seen({ instances: [up], marks: [mark], isNamed: true, ...fields }), NOW).until
  expect(live({ namedSince: LAUNCH + 30_000 })).toBe(LAUNCH + 40_000)
  expect(live({ namedSince: NOW })).toBe(LAUNCH + MINUTE + 10_000)
  expect(live({ namedSince: NOW, site: doorSite({}, { parkTtl: 30 }) })).toBe(LAUNCH + MINUTE + 30_000)
})

test('it leads nowhere before: the page says in how many seconds', () => {
  const justNamed = seen({
    instances: [up],
    marks: [{ ...mark, at: NOW - 1500 }],
    isNamed: true,
    namedSince: NOW - 1500,
  })
  const view = (now: number) => viewOf(justNamed, { to: '/a?b=1', now, again: MINUTE })
  expect(view(NOW)).toMatchObject({ sentence: expect.stringContaining('in 9 seconds'), isWaiting: true })
  expect(view(NOW)).not.toHaveProperty('leads')
  expect(view(NOW + 8500)).toMatchObject({ leads: `http://${HOST}/a?b=1` })
})

describe('limits', () => {
  const many = (times: number[], answer: 'started' | 'refused' = 'started') =>
    entries(...times.map((at, n) => ({ ...started(answer, at, `t${n}`), name: `starts/2026-11-23/${n + 1}` })))
  const state = (of: ReturnType<typeof entries>, door = {}, now = NOW) =>
    judge(seen({ entries: of, site: doorSite(door) }), now)

  test('three within an hour: until the first is an hour old', () => {
    const three = many([NOW - 50 * MINUTE, NOW - 40 * MINUTE, NOW - 30 * MINUTE])
    expect(state(three)).toMatchObject({ state: 'limit', until: NOW + 10 * MINUTE })
    expect(state(three)).not.toHaveProperty('ticket')
    expect(state(three, {}, NOW + 10 * MINUTE).state).toBe('asleep')
  })

  test('twelve on a day: until the next one', () => {
    const all = many(Array.from({ length: 12 }, (_, n) => NOW - (70 + n) * MINUTE))
    expect(state(all)).toMatchObject({ state: 'limit', until: Date.UTC(2026, 10, 24) })
    expect(state(all, { perDay: 13 }).state).toBe('asleep')
  })

  test('one that EC2 refused counts, and one that cannot be read', () => {
    expect(state(many([NOW - MINUTE], 'refused'), { perHour: 1 }).state).toBe('limit')
    expect(state(entries({ name: 'starts/2026-11-23/1', value: '{' }), { perDay: 1 }).state).toBe('limit')
  })

  test('a start of this sleep that is still tried is no further one', () =>
    expect(state(entries(started('no capacity', NOW - MINUTE)), { perHour: 1, perDay: 1 }).state).toBe('no capacity'))

  test('ten tries at a password within the hour', () => {
    const tries = (n: number) =>
      entries(...Array.from({ length: n }, (_, i) => ({ name: `tries/2026-11-23T08/${i + 1}`, value: '' })))
    expect(state(tries(10), { passwordPath: '/p' })).toMatchObject({ state: 'limit', until: LAUNCH + 60 * MINUTE })
    expect(state(tries(9), { passwordPath: '/p' }).state).toBe('asleep')
    expect(state(tries(10)).state).toBe('asleep')
  })
})

test('fallen back to sleep: said, and it may be started again', () => {
  const back = seen({
    instances: [asleep({ launchTime: NOW - MINUTE })],
    entries: entries(started('started', NOW - MINUTE, 'of the sleep before')),
  })
  expect(viewOf(back, { to: '/', now: NOW, again: MINUTE })).toMatchObject({
    ...{ state: 'asleep', button: true, sentence: expect.stringContaining('went back to sleep') },
  })
})

test('the hops fill in', () => {
  const marks = (fields: Partial<Seen>) =>
    viewOf(seen(fields), { to: '/', now: NOW, again: 1 }).hops.map((hop) => hop.mark)
  expect(marks({})).toEqual([])
  expect(marks({ instances: [anInstance({ state: 'pending' })] })).toEqual(['now', 'to do', 'to do', 'to do', 'to do'])
  expect(marks({ instances: [up] })).toEqual(['done', 'done', 'now', 'to do', 'to do'])
  expect(marks({ instances: [up], isConfigured: true })).toEqual(['done', 'done', 'now', 'done', 'to do'])
  expect(marks({ instances: [up], isNamed: true })).toEqual(['done', 'done', 'done', 'now', 'to do'])
  expect(marks({ instances: [up], isNamed: true, told: [told('NotLive', NOW)] })[3]).toBe('failed')
  expect(marks({ instances: [up], isNamed: true, marks: [mark] })).toEqual(Array(5).fill('done'))
})

test('how long it usually takes: outwards to five seconds', () => {
  const took = (...ms: number[]) =>
    viewOf(seen({ entries: { ...entries(), took: ms.map((one) => ({ launchTime: one, ms: one })) } }), {
      to: '/',
      now: NOW,
      again: 1,
    }).usually
  expect([took(), took(52_000, 78_000), took(4_000)]).toEqual([undefined, '50 to 80 seconds', 'about 5 seconds'])
})
