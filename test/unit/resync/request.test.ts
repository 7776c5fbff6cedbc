// What is asked of resync, and what it reports.

import { NO_PATIENCE, type StepProblem } from '../../../functions/lib/domain/problem.ts'
import { configureHost } from '../../../functions/lib/hosts/command.ts'
import { planHosts } from '../../../functions/lib/hosts/plan.ts'
import type { PlannedRecord } from '../../../functions/lib/records/plan.ts'
import { type Drift, driftOf, type Resynced, reportLines } from '../../../functions/lib/resync/report.ts'
import { readRequest } from '../../../functions/lib/resync/request.ts'
import { anInstance, aRecord, aSite, LAUNCH, ZONE } from '../../support/domain.ts'

describe('the request', () => {
  test.each([
    [{ all: true }, { scope: { kind: 'all' }, dryRun: false }],
    [
      { all: true, dryRun: true },
      { scope: { kind: 'all' }, dryRun: true },
    ],
    [{ site: 'App.Example.com.' }, { scope: { kind: 'site', hostname: 'app.example.com' }, dryRun: false }],
    [
      { instance: 'i-1234567890abcdef0' },
      { scope: { kind: 'instance', instanceId: 'i-1234567890abcdef0' }, dryRun: false },
    ],
  ])('%j', (event, request) => expect(readRequest(event)).toEqual(request))

  test.each<[unknown, string[]]>([
    [undefined, ['event: found nothing, wanted an object']],
    ['all', ['event: found "all", wanted an object']],
    [[], ['event: found [], wanted an object']],
    [{}, ['event: found nothing, wanted one of site, instance and all']],
    [{ site: 'a.example.com', all: true }, ['event: found site and all, wanted one of site, instance and all']],
    [{ all: false }, ['all: found false, wanted true']],
    [{ site: '' }, ['site: found "", wanted a hostname']],
    [{ instance: 'web' }, ['instance: found "web", wanted an id such as i-1234567890abcdef0']],
    [
      { all: true, dryrun: true, dryRun: 'yes' },
      [
        'dryrun: found an unknown field, wanted one of site, instance, all, dryRun',
        'dryRun: found "yes", wanted true or false',
      ],
    ],
  ])('%j: every mistake at once', (event, mistakes) => expect(readRequest(event)).toEqual({ mistakes }))
})

const SITE = 'app.example.com'
const ID = anInstance().id
const record = (action: PlannedRecord['action']): PlannedRecord => ({
  ...{ site: SITE, zoneId: ZONE, name: `${SITE}.`, type: 'A', action, reason: 'r', instances: [] },
  ...{ record: aRecord(), previous: aRecord({ values: ['192.0.2.1'], ttl: 10 }) },
})
const hosts = (status?: string) =>
  planHosts({
    ...{ sites: [aSite()], instances: [anInstance()], documentName: 'D', force: false, now: LAUNCH + 200_000 },
    sent: status
      ? [{ id: 'c-1', instanceId: ID, comment: configureHost(aSite(), 'D').comment, status, requestedAt: LAUNCH + 1 }]
      : [],
  })
const resynced = (fields: { dns?: Partial<Resynced['dns']>; host?: Partial<Resynced['host']> } = {}): Resynced => ({
  dns: { plan: [], applied: [], problems: [], ...fields.dns },
  host: { plan: [], told: [], problems: [], silent: new Set(), ...fields.host },
  broken: [],
  overdue: [],
})
const verdicts = (drift: readonly Drift[]) => drift.map(({ about, verdict }) => `${about} ${verdict}`)
const problem = (name: StepProblem) => ({ name, message: 'm', site: SITE, instances: [ID], patience: NO_PATIENCE })

test.each<[string, Resynced, string[]]>([
  ['a record that is right', resynced({ dns: { plan: [record('keep')] } }), ['record in sync']],
  [
    'a record that was written, and is right now',
    resynced({ dns: { plan: [record('keep')], applied: [record('replace')] } }),
    ['record mended'],
  ],
  ['a record that waits', resynced({ dns: { plan: [record('wait')] } }), ['record waits']],
  [
    'a record that is refused: once, as a problem',
    resynced({ dns: { plan: [record('refuse')], problems: [problem('RecordRefused')] } }),
    ['record cannot mend'],
  ],
  [
    'a record that Route 53 rejects: once, as a problem',
    resynced({ dns: { plan: [record('replace')], problems: [problem('RecordRejected')] } }),
    ['record cannot mend'],
  ],
  ['a host that is right', resynced({ host: { plan: hosts('Success') } }), ['host in sync']],
  [
    'a host that did not answer',
    resynced({ host: { plan: hosts('Success'), silent: new Set([`${ID} ${SITE}`]) } }),
    ['host unknown'],
  ],
  ['a host with a command under way', resynced({ host: { plan: hosts('InProgress') } }), ['host waits']],
  ['a host that was told', resynced({ host: { plan: hosts('Pending'), told: hosts() } }), ['host mended']],
  [
    'a host whose agent is not there: once, as a problem',
    resynced({ host: { plan: hosts(), problems: [problem('AgentNotRegistered')] } }),
    ['host waits'],
  ],
])('%s', (_, result, wanted) => expect(verdicts(driftOf(result))).toEqual(wanted))

test('the lines, group by group; a dry run says what it would do in the same words', () => {
  const result = resynced({
    dns: { applied: [record('replace')], problems: [problem('RecordRefused')] },
    host: { plan: hosts('Success') },
  })
  const lines = (dryRun: boolean) => reportLines(driftOf(result), dryRun)
  expect(lines(false)).toEqual([
    'in sync:',
    `  keep ${ID} for ${SITE}: command c-1 for the site as it is now: Success`,
    'mended:',
    `  replace A ${SITE}: 192.0.2.1 (TTL 10) -> 203.0.113.1 (TTL 60): r`,
    'cannot mend:',
    '  RecordRefused: m',
  ])
  expect(lines(true)).toEqual(lines(false).map((line) => (line === 'mended:' ? 'would mend:' : line)))
  expect(reportLines([], false)).toEqual(['no site is declared'])
})
