// The memory of outcome, as parameters: written, read back, and read where somebody else has written.
import {
  lastMark,
  lastNotice,
  liveName,
  NOT_SAID,
  noticeName,
  type OpenProblem,
  outlivedBy,
  outlivedNotices,
  overName,
  problemValue,
  readState,
} from '../../../functions/lib/outcome/state.ts'

const said = { since: '2026-11-23T08:10:00.000Z', headline: 'h', given: true }
const NOW = Date.UTC(2026, 10, 23, 9)
const named = (...names: string[]) => names.map((name) => ({ name, value: new Date(NOW).toISOString() }))

test.each<OpenProblem>([
  { name: 'NotLive' },
  { name: 'BrokenSite', about: '0123456789ab' },
  { name: 'AgentNotRegistered', instanceId: 'i-1' },
  { name: 'CommandFailed', instanceId: 'i-1', about: '0123456789ab' },
])('a problem comes back as it was, until it is over: %j', (problem) => {
  const told = { ...problem, ...said, n: 3 }
  const entry = { name: noticeName(told), value: problemValue(told) }
  expect(readState([entry])).toMatchObject({ told: [told], live: [] })
  expect(readState([entry, ...named(overName(told))]).told).toEqual([])
  expect(readState([entry, ...named(overName({ ...told, n: 2 }))]).told).toEqual([told])
  expect([lastNotice([entry], problem), lastNotice(named(overName(told)), problem)]).toEqual([3, 3])
})

test('that visitors got the page all the same is remembered, and when that was last seen', () => {
  const told = { name: 'CommandFailed' as const, instanceId: 'i-1', about: '0123456789ab', ...said, n: 1 }
  const back = (value: string) => readState([{ name: noticeName(told), value }]).told
  expect(back(problemValue({ ...told, serves: true }))).toEqual([{ ...told, serves: true }])
  expect(back(problemValue({ ...told, seen: said.since }))).toEqual([{ ...told, seen: said.since }])
  expect(problemValue({ ...told, serves: false })).toBe(problemValue(told))
  expect(back(JSON.stringify({ ...said, serves: 'yes', seen: 1 }))).toEqual([told])
})

const mark = { instanceId: 'i-1', launchTime: 1795417679930, siteHash: '0123456789ab' }

test('a start that was live comes back as it was, with the state of the site that was said last', () => {
  const older = liveName({ ...mark, siteHash: 'aaaaaaaaaaaa', n: 9 })
  expect(readState(named(liveName({ ...mark, n: 10 }), older))).toMatchObject({ told: [], live: [mark] })
  expect(lastMark(named(older), mark)).toBe(9)
})

test('a mark whose event did not go out is none, and its number is used', () => {
  const entries = [{ name: liveName({ ...mark, n: 2 }), value: NOT_SAID }]
  expect([readState(entries).live, lastMark(entries, mark)]).toEqual([[], 2])
})

test('the first notice and the first mark have the number 1', () => {
  expect([lastNotice(named('open/NotLive/i-2/-/4'), { name: 'NotLive' }), lastMark([], mark)]).toEqual([0, 0])
})

test('what a notice that is over makes needless: older ones of its problem, and what has been over for a day', () => {
  const told = { name: 'NotLive', ...said, n: 3 } as const
  const old = { name: 'over/CommandFailed/i-1/aa/1', value: new Date(NOW - 86_400_001).toISOString() }
  const entries = [
    ...named('open/NotLive/-/-/2', 'over/NotLive/-/-/2', 'open/NotLive/-/-/3', 'over/BrokenSite/-/b/1'),
    old,
  ]
  expect(outlivedNotices(entries, told, NOW)).toEqual([
    'open/NotLive/-/-/2',
    'over/NotLive/-/-/2',
    'open/CommandFailed/i-1/aa/1',
    'over/CommandFailed/i-1/aa/1',
  ])
})

test('what a mark makes needless: earlier starts, and all but the one before it', () => {
  const earlier = liveName({ ...mark, launchTime: 1, n: 7 })
  const own = [1, 2, 3].map((n) => liveName({ ...mark, n }))
  const stranger = liveName({ ...mark, instanceId: 'i-2', n: 1 })
  expect(outlivedBy(named(earlier, ...own, stranger), { ...mark, n: 4 })).toEqual([earlier, own[0], own[1]])
})

test.each([
  ['another kind', 'seen/x', '{}'],
  ['no JSON', 'open/NotLive/-/-/1', 'yes'],
  ['no number', 'open/NotLive/-/-', problemValue(said)],
  ['too short a name', 'live/i-1', ''],
])('what is not ours is as good as not there: %s', (_, name, value) =>
  expect(readState([{ name, value }])).toMatchObject({ told: [], live: [] }),
)

test('names that Parameter Store takes', () =>
  expect(noticeName({ name: 'CommandFailed', instanceId: 'i-1', about: '0123456789ab', n: 1 })).toMatch(/^[\w./-]+$/))
