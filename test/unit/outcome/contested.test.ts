// When a fight about a record is told, as the table above planContested.
import type { Contest } from '../../../functions/lib/domain/contest.ts'
import type { OutcomeInput } from '../../../functions/lib/outcome/act.ts'
import {
  contestEntry,
  outlivedContests,
  planContested,
  readContests,
} from '../../../functions/lib/outcome/contested.ts'
import type { SiteState } from '../../../functions/lib/outcome/state.ts'

const HOUR = 3_600_000
const T = Date.UTC(2026, 10, 29, 8)
const start = (at: number): string => `i-0123456789abcdef0@${new Date(at).toISOString().replace('.000', '')}`

const contest = (at: number, fields: Partial<Contest> = {}): Contest => ({
  ...{ site: 'app.example.com', zoneId: 'Z0123456789ABCDEFGHIJ', name: 'app.example.com', type: 'A' },
  ...{ found: '203.0.113.9 (TTL 300)', wanted: '203.0.113.9 (TTL 60)', at, start: start(T - HOUR), ...fields },
})

function planned(contests: readonly Contest[], more: Partial<OutcomeInput> = {}, now = contests.at(-1)?.at ?? T) {
  const state: SiteState = { told: [], live: [] }
  return planContested({
    ...{ site: 'app.example.com', errors: [], hosts: [], state, recordsPending: false, asked: false, patient: true },
    ...{ contested: { contests, now }, ...more },
  })
}

test('once is nothing, twice within an hour is one notice with both values, the times and who can be asked', () => {
  expect(planned([contest(T)])).toEqual([])
  const [act, ...rest] = planned([contest(T), contest(T + HOUR / 2, { found: 'no record' })])
  expect(rest).toEqual([])
  expect(act).toMatchObject({ act: 'open', problem: { name: 'RecordContested' } })
  const text = 'lines' in act! ? act.lines!.join('\n') : ''
  expect(text).toContain(
    '2026-11-29T08:00:00.000Z, A app.example.com: found 203.0.113.9 (TTL 300), wrote 203.0.113.9 (TTL 60)',
  )
  expect(text).toContain('2026-11-29T08:30:00.000Z, A app.example.com: found no record')
  expect(text).toContain(
    'aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=ResourceName,AttributeValue=Z0123456789ABCDEFGHIJ',
  )
  expect(text).toContain('--query')
})

test('twice within two hours of one start is none', () =>
  expect(planned([contest(T), contest(T + 2 * HOUR)])).toEqual([]))

test('at two starts in a row it is told, days apart; not where a start between them went well', () => {
  const days = [contest(T), contest(T + 48 * HOUR, { start: start(T + 47 * HOUR), wanted: '203.0.113.8 (TTL 60)' })]
  expect(planned(days)).toMatchObject([{ act: 'open' }])
  const live = [{ instanceId: 'i-0123456789abcdef0', launchTime: T + 24 * HOUR, siteHash: 'abcdef123456' }]
  expect(planned(days, { state: { told: [], live } })).toEqual([])
})

test('an address that changes while the instance runs is no fight', () =>
  expect(planned([contest(T), contest(T + HOUR / 2, { wanted: '203.0.113.7 (TTL 60)' })])).toEqual([]))

test('two records of a site are not one', () =>
  expect(planned([contest(T), contest(T + 1000, { name: 'www.example.com' })])).toEqual([]))

test('told once; over after a week without another', () => {
  const told = [
    { name: 'RecordContested' as const, since: new Date(T).toISOString(), headline: 'x', given: true, n: 1 },
  ]
  const both = [contest(T), contest(T + 1000)]
  const state = { told, live: [] }
  expect(planned(both, { state })).toMatchObject([{ act: 'keep' }])
  expect(planned(both, { state, asked: true }, T + 24 * HOUR)).toEqual([])
  expect(planned(both, { state, asked: true }, T + 8 * 24 * HOUR)).toMatchObject([{ act: 'close' }])
})

test('entries come back as they were, rubbish does not, and of each record the newest four stay', () => {
  const all = [0, 1, 2, 3, 4, 5].map((at) => contest(T + at))
  const entries = all.map(contestEntry)
  expect(readContests([...entries, { name: 'contest/A/x/1', value: 'no' }, { name: 'live/i/1/a', value: '' }])).toEqual(
    all,
  )
  expect(outlivedContests(all).sort()).toEqual([entries[0]!.name, entries[1]!.name])
})
