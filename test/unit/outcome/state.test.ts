// The memory of outcome, as parameters: written, read back, and read where somebody else has written.
import {
  liveName,
  type OpenProblem,
  problemName,
  problemValue,
  readState,
} from '../../../functions/lib/outcome/state.ts'

const said = { since: '2026-11-23T08:10:00.000Z', headline: 'h', given: true }

test.each<OpenProblem>([
  { name: 'NotLive' },
  { name: 'BrokenSite', about: '0123456789ab' },
  { name: 'AgentNotRegistered', instanceId: 'i-1' },
  { name: 'CommandFailed', instanceId: 'i-1', about: '0123456789ab' },
])('a problem comes back as it was: %j', (problem) => {
  const told = { ...problem, ...said }
  expect(readState([{ name: problemName(problem), value: problemValue(told) }])).toEqual({ told: [told], live: [] })
})

test('a start that was live comes back as it was', () => {
  const mark = { instanceId: 'i-1', launchTime: 1795417679930, siteHash: '0123456789ab' }
  expect(readState([{ name: liveName(mark), value: 'whatever' }])).toEqual({ told: [], live: [mark] })
})

test.each([
  ['another kind', 'seen/x', '{}'],
  ['no JSON', 'open/NotLive/-/-', 'yes'],
  ['too short a name', 'live/i-1', ''],
])('what is not ours is as good as not there: %s', (_, name, value) =>
  expect(readState([{ name, value }])).toEqual({ told: [], live: [] }),
)

test('names that Parameter Store takes', () =>
  expect(problemName({ name: 'CommandFailed', instanceId: 'i-1', about: '0123456789ab' })).toMatch(/^[\w./-]+$/))
