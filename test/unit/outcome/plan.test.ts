// What outcome does about a site: whole sentences for every state of a host, a record, a memory and a diagnosis.

import type { Instance } from '../../../functions/lib/domain/instance.ts'
import type { ReportedProblem, ReportedProblems } from '../../../functions/lib/domain/news.ts'
import { configureHost, type SentCommand } from '../../../functions/lib/hosts/command.ts'
import type { CommandEnd } from '../../../functions/lib/hosts/output.ts'
import { planHosts } from '../../../functions/lib/hosts/plan.ts'
import { describeOutcome, type OutcomeInput, type SeenHost } from '../../../functions/lib/outcome/act.ts'
import { planOutcome } from '../../../functions/lib/outcome/plan.ts'
import type { LiveMark, ToldProblem } from '../../../functions/lib/outcome/state.ts'
import { anInstance, aSite, frozen, LAUNCH } from '../../support/domain.ts'
import { aDiagnosis } from '../../support/fake-outcome.ts'

const SITE = 'app.example.com'
const ID = 'i-00000000000000001'
const DOCUMENT = 'ConfigureHost-0123abcd'
const site = aSite()
const { comment, parameters } = configureHost(site, DOCUMENT)
const HASH = parameters.SiteHash!

const sent = (count: number, status: string, fields: Partial<SentCommand> = {}): SentCommand[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ id: `c-${index + 1}`, instanceId: ID, comment, status, requestedAt: LAUNCH + 1000 * (index + 1) },
    ...fields,
  }))

const end = (fields: Partial<CommandEnd> = {}): CommandEnd => ({
  ...{ commandId: 'c-1', instanceId: ID, details: 'Failed', stderr: '' },
  stdout: 'step=image result=failed reason="it was not pulled" hint="is the name right?"\n',
  ...fields,
})

function host(commands: readonly SentCommand[], ended?: CommandEnd, instance: Instance = anInstance()): SeenHost {
  const [planned] = planHosts({
    ...{
      sites: [site],
      instances: [instance],
      sent: commands,
      documentName: DOCUMENT,
      force: false,
      now: LAUNCH + 200_000,
    },
  })
  return { instance, planned: planned!, ...(ended ? { end: ended } : {}) }
}

const told = (fields: Partial<ToldProblem> = {}): ToldProblem => ({
  ...{ name: 'CommandFailed', instanceId: ID, about: HASH, since: '2026-11-23T08:10:00.000Z', headline: 'h' },
  ...{ given: true, n: 1 },
  ...fields,
})
const MARK: LiveMark = { instanceId: ID, launchTime: LAUNCH, siteHash: HASH }

const input = (fields: Partial<OutcomeInput> = {}): OutcomeInput =>
  frozen({
    ...{
      site: SITE,
      errors: [],
      hosts: [host(sent(1, 'Success'))],
      recordsPending: false,
      patient: true,
      asked: false,
    },
    state: { told: [], live: [] },
    ...fields,
  })
const sentences = (fields: Partial<OutcomeInput>) => planOutcome(input(fields)).map((act) => describeOutcome(SITE, act))

const finding = (fields: Partial<ReportedProblem> = {}): ReportedProblem => ({
  ...{ source: 'host', name: 'AgentNotRegistered', message: 'no agent', site: SITE, instances: [ID], final: true },
  ...fields,
})
const findings = (fields: Partial<ReportedProblems> = {}): ReportedProblems => ({
  ...{ kind: 'findings', sources: ['dns', 'host'], sites: [SITE], findings: [] },
  ...fields,
})

const NOT_LIVE = aDiagnosis({ verdict: 'broken', sentence: 'the security group closes port 80' })
const LIVE = 'app.example.com is live at 203.0.113.1.'

describe('a command', () => {
  test.each<[string, readonly SentCommand[], CommandEnd | undefined, string]>([
    ['none yet', [], undefined, `keep ${SITE}: not configured since its start at 2026-11-23T08:00:00.000Z`],
    ['under way', sent(1, 'InProgress'), undefined, `keep ${SITE}: command c-1 is InProgress`],
    [
      'failed once',
      sent(1, 'Failed'),
      end(),
      `retry ${SITE}: command c-1 on ${ID} ended as Failed: failure 1 of 3, again in 30 s`,
    ],
    [
      'lost to an agent that updated itself: no line of its own',
      sent(1, 'Failed'),
      end({ stdout: 'step=lock result=ok\n', details: 'Undeliverable' }),
      `retry ${SITE}: command c-1 on ${ID} ended as Undeliverable: failure 1 of 3, again in 30 s`,
    ],
    [
      'timed out twice',
      sent(2, 'TimedOut'),
      end({ stdout: '', details: 'DeliveryTimedOut' }),
      `retry ${SITE}: command c-2 on ${ID} ended as DeliveryTimedOut: failure 2 of 3, again in 120 s`,
    ],
    [
      'failed three times',
      sent(3, 'Failed'),
      end(),
      `notice CommandFailed of ${SITE}: command c-3 on ${ID} ended as Failed`,
    ],
    [
      'failed once at a step that a second run cannot pass',
      sent(1, 'Failed'),
      end({ stdout: 'step=nginx-test result=failed reason="no" hint="nginx -t"' }),
      `notice CommandFailed of ${SITE}: command c-1 on ${ID} ended as Failed`,
    ],
    [
      'cancelled, by us or by a person: no failure',
      sent(1, 'Cancelled'),
      end({ stdout: '', details: 'Cancelled' }),
      `retry ${SITE}: command c-1 on ${ID} ended as Cancelled: failure 0 of 3, again in 30 s`,
    ],
    [
      'for the site as it was before',
      sent(3, 'Failed', { comment: `${SITE} 000000000000` }),
      end(),
      `keep ${SITE}: the site or the document changed since command c-3`,
    ],
    [
      'of an earlier start',
      sent(3, 'Failed', { requestedAt: LAUNCH - 1 }),
      undefined,
      `keep ${SITE}: not configured since its start at 2026-11-23T08:00:00.000Z`,
    ],
  ])('%s', (_, commands, ended, sentence) =>
    expect(
      sentences({ hosts: [host(commands, ended)], ...(commands.length > 0 && { ended: commands.at(-1)!.id }) }),
    ).toEqual([sentence]),
  )

  test('failed once, and other news come: the next try was asked for by the news of its end', () => {
    const sentence = `keep ${SITE}: command c-1 on ${ID} ended as Failed: failure 1 of 3, again in 30 s`
    const hosts = [host(sent(1, 'Failed'), end())]
    expect(sentences({ hosts })).toEqual([sentence])
    expect(sentences({ hosts, ended: 'c-0' })).toEqual([sentence])
  })

  const failed = { hosts: [host(sent(3, 'Failed'), end({ commandId: 'c-3' }))] }
  test('failed, and was told: no second notice', () =>
    expect(sentences({ ...failed, state: { told: [told()], live: [] } })).toEqual([
      `keep ${SITE}: CommandFailed was told at 2026-11-23T08:10:00.000Z`,
    ]))
  test.each([
    ['its own end', 'c-3', ID, [`renew ${SITE}: command c-3 failed again`]],
    ['the end of an earlier command', 'c-2', ID, []],
    ['something else', undefined, ID, []],
    ['its own end, and another instance was told of', 'c-3', 'i-00000000000000002', []],
  ])('failed again after it was told; news of %s', (_, ended, instanceId, renewed) => {
    const state = { told: [told({ instanceId })], live: [] }
    const said = sentences({ ...failed, state, ...(ended && { ended }) })
    expect(said.filter((one) => one.startsWith('renew'))).toEqual(renewed)
  })
  test('failed again, and another try is left: what visitors get is seen now, too', () => {
    const hosts = [host(sent(1, 'Failed'), end())]
    expect(sentences({ hosts, ended: 'c-1', state: { told: [told()], live: [] } })).toEqual([
      `retry ${SITE}: command c-1 on ${ID} ended as Failed: failure 1 of 3, again in 30 s`,
      `renew ${SITE}: command c-1 failed again`,
    ])
  })
  test('failed, and the run that told it died: told again', () =>
    expect(sentences({ ...failed, state: { told: [told({ given: false })], live: [] } })).toEqual([
      `notice CommandFailed of ${SITE}: command c-3 on ${ID} ended as Failed`,
    ]))
  test('failed for another state of the site: a notice, and the old one ends without a word', () => {
    const old = told({ about: '000000000000' })
    const acts = planOutcome(input({ ...failed, state: { told: [old], live: [] } }))
    expect(acts).toMatchObject([
      { act: 'close', problem: { about: '000000000000' }, quiet: true },
      { act: 'open', problem: { name: 'CommandFailed', instanceId: ID, about: HASH } },
    ])
  })
  test('succeeds after all: over', () =>
    expect(sentences({ state: { told: [told()], live: [MARK] } })).toEqual([
      `over CommandFailed of ${SITE}: command c-1 succeeded`,
      `keep ${SITE}: ${ID}@2026-11-23T08:00:00Z was said to be live`,
    ]))
  test('its instance has stopped: over', () =>
    expect(sentences({ hosts: [], state: { told: [told()], live: [] } })).toEqual([
      `over CommandFailed of ${SITE}: ${ID} runs no longer, or is none of its instances`,
    ]))
})

describe('live', () => {
  test('configured: a look; with a diagnosis it is said, once', () => {
    expect(sentences({})).toEqual([`look ${SITE}: ${ID} is configured`])
    expect(planOutcome(input({ diagnosis: aDiagnosis() }))).toEqual([
      { act: 'live', mark: MARK, first: true, reason: LIVE },
    ])
    expect(sentences({ diagnosis: aDiagnosis(), state: { told: [], live: [MARK] } })).toEqual([
      `keep ${SITE}: ${ID}@2026-11-23T08:00:00Z was said to be live`,
    ])
  })
  test('another image later in the same start: said again, but it is not the time from start to live', () => {
    const state = { told: [], live: [{ ...MARK, siteHash: '000000000000' }] }
    expect(planOutcome(input({ diagnosis: aDiagnosis(), state }))).toMatchObject([{ act: 'live', first: false }])
  })
  test('another start: said again, with its time', () => {
    const state = { told: [], live: [{ ...MARK, launchTime: LAUNCH - 1 }] }
    expect(planOutcome(input({ diagnosis: aDiagnosis(), state }))).toMatchObject([{ act: 'live', first: true }])
  })
  test('the record is on its way: it waits for INSYNC before it looks, and not for ever', () => {
    expect(sentences({ recordsPending: true })).toEqual([`wait ${SITE}: the record of ${SITE} is not INSYNC yet`])
    expect(sentences({ recordsPending: true, patient: false })).toEqual([`look ${SITE}: ${ID} is configured`])
  })
  test.each(['broken', 'asleep'] as const)('a diagnosis says %s: it waits, then one notice', (verdict) => {
    const diagnosis = { ...NOT_LIVE, verdict }
    const state = { told: [told({ name: 'NotLive', instanceId: undefined!, about: undefined! })], live: [] }
    expect(sentences({ diagnosis })).toEqual([`wait ${SITE}: ${NOT_LIVE.sentence}`])
    expect(sentences({ diagnosis, patient: false })).toEqual([`notice NotLive of ${SITE}: ${NOT_LIVE.sentence}`])
    expect(sentences({ diagnosis, patient: false, state })).toEqual([
      `keep ${SITE}: NotLive was told at 2026-11-23T08:10:00.000Z`,
    ])
  })
  test('at last: over, and live', () => {
    const state = { told: [told({ name: 'NotLive', instanceId: undefined!, about: undefined! })], live: [] }
    expect(sentences({ diagnosis: aDiagnosis(), state })).toEqual([
      `over NotLive of ${SITE}: ${LIVE}`,
      `live ${SITE} on ${ID}: ${LIVE}`,
    ])
  })
})

describe('a site that was live, and the schedule asks', () => {
  const state = { told: [], live: [MARK] }
  test('it is looked at; still live: nothing to say', () => {
    expect(sentences({ asked: true, state })).toEqual([`look ${SITE}: ${ID} is configured`])
    expect(sentences({ asked: true, state, diagnosis: aDiagnosis() })).toEqual([])
  })
  test('not live: it waits for a second look, then one notice', () => {
    expect(sentences({ asked: true, state, diagnosis: NOT_LIVE })).toEqual([`wait ${SITE}: ${NOT_LIVE.sentence}`])
    expect(sentences({ asked: true, state, diagnosis: NOT_LIVE, patient: false })).toEqual([
      `notice NotLive of ${SITE}: ${NOT_LIVE.sentence}`,
    ])
  })
  test.each([true, false])('a diagnosis that knows nothing is no reason for a notice; patient: %s', (patient) => {
    const diagnosis = { ...NOT_LIVE, verdict: 'unknown' as const }
    const kept = `keep ${SITE}: nobody knows whether it is live: ${NOT_LIVE.sentence}`
    expect(sentences({ asked: true, state, diagnosis, patient })).toEqual([kept])
    expect(sentences({ diagnosis, patient: false })).toEqual([kept])
  })
})

test('two hosts: live is said of the one that the diagnosis looks at, the one started last', () => {
  const later = anInstance({ id: 'i-00000000000000002', launchTime: LAUNCH + 500 })
  const commands = sent(1, 'Success', { instanceId: later.id })
  const hosts = [host(sent(1, 'Success')), host(commands, undefined, later)]
  expect(planOutcome(input({ hosts, diagnosis: aDiagnosis() }))).toMatchObject([
    { act: 'live', mark: { instanceId: later.id } },
  ])
})

test('a site that goes back to a state that was live before: what was told of the other ends', () => {
  const state = { told: [told({ name: 'NotLive', instanceId: undefined!, about: undefined! })], live: [MARK] }
  expect(sentences({ state })).toEqual([`look ${SITE}: ${ID} is configured`])
  expect(sentences({ state, diagnosis: aDiagnosis() })).toEqual([`over NotLive of ${SITE}: ${LIVE}`])
  expect(sentences({ state, diagnosis: NOT_LIVE })).toEqual([
    `keep ${SITE}: NotLive was told at 2026-11-23T08:10:00.000Z`,
  ])
})

describe('what a look left undone', () => {
  const hosts = [host([])]
  const KEEP = `keep ${SITE}: not configured since its start at 2026-11-23T08:00:00.000Z`
  const agentless = told({ name: 'AgentNotRegistered', about: undefined! })

  test('given up: a notice', () =>
    expect(sentences({ hosts, findings: findings({ findings: [finding()] }) })).toEqual([
      KEEP,
      `notice AgentNotRegistered of ${SITE}: no agent`,
    ]))
  test('somebody still waits: no notice, and no end of one', () => {
    const waiting = findings({ findings: [finding({ final: false })] })
    expect(sentences({ hosts, findings: waiting })).toEqual([KEEP])
    expect(sentences({ hosts, findings: waiting, state: { told: [agentless], live: [] } })).toEqual([
      KEEP,
      `keep ${SITE}: AgentNotRegistered was told at 2026-11-23T08:10:00.000Z`,
    ])
  })
  test('no longer found: over', () =>
    expect(sentences({ hosts, findings: findings(), state: { told: [agentless], live: [] } })).toEqual([
      KEEP,
      `over AgentNotRegistered of ${SITE}: a look no longer finds it`,
    ]))
  test('a look at the other half, or at other sites, says nothing of its end', () => {
    const state = { told: [agentless], live: [] }
    expect(sentences({ hosts, findings: findings({ sources: ['dns'] }), state })).toEqual([KEEP])
    expect(sentences({ hosts, findings: findings({ sites: ['b.example.com'] }), state })).toEqual([KEEP])
  })
  test('several refused names of one site are one problem', () => {
    const refused = (message: string) => finding({ source: 'dns', name: 'RecordRefused', message, instances: [] })
    expect(sentences({ hosts, findings: findings({ findings: [refused('a'), refused('b')] }) })).toEqual([
      KEEP,
      `notice RecordRefused of ${SITE}: a; b`,
    ])
  })
  test('a record of a site with one instance is the problem of the site: its notice stays when the instance stops', () => {
    const refused = finding({ source: 'dns', name: 'RecordRefused', message: 'alias', instances: [ID] })
    const [, opened] = planOutcome(input({ hosts, findings: findings({ findings: [refused] }) }))
    expect(opened).toMatchObject({ act: 'open', problem: { name: 'RecordRefused' } })
    const { problem } = opened as Extract<typeof opened, { act: 'open' }>
    const state = {
      told: [{ ...problem, since: '2026-11-23T08:10:00.000Z', headline: 'h', given: true, n: 1 }],
      live: [],
    }
    for (const look of [
      undefined,
      findings({ findings: [refused] }),
      findings({ findings: [{ ...refused, instances: [] }] }),
    ])
      expect(
        planOutcome(input({ hosts: [], state, ...(look ? { findings: look } : {}) })).map(({ act }) => act),
      ).toEqual(look ? ['keep'] : [])
    expect(sentences({ hosts: [], state, findings: findings() })).toEqual([
      `over RecordRefused of ${SITE}: a look no longer finds it`,
    ])
  })
  test('a failed command is told by its own end', () =>
    expect(sentences({ hosts, findings: findings({ findings: [finding({ name: 'CommandFailed' })] }) })).toEqual([
      KEEP,
    ]))
})

describe('a document with errors', () => {
  const broken = (wanted: string) => ({
    ...{ errors: [`ttl: found "soon", wanted ${wanted}`], hosts: [], findings: findings() },
  })
  const open = (wanted: string) => planOutcome(input(broken(wanted)))

  test('a notice with each error on its line; nothing is said of hosts that nobody knows', () => {
    const state = { told: [told()], live: [] }
    expect(planOutcome(input({ ...broken('number'), state }))).toMatchObject([
      { act: 'open', problem: { name: 'BrokenSite' }, lines: ['ttl: found "soon", wanted number'] },
    ])
  })
  test('another mistake is another notice, and the first ends without a word', () => {
    const [first] = open('number')
    const problem = 'problem' in first! ? first.problem : undefined
    const state = { told: [told({ ...problem, instanceId: undefined! })], live: [] }
    expect(planOutcome(input({ ...broken('number'), state }))).toMatchObject([{ act: 'keep' }])
    expect(planOutcome(input({ ...broken('text'), state }))).toMatchObject([
      { act: 'close', quiet: true },
      { act: 'open' },
    ])
  })
})
