// What is decided of one instance, row by row of the table at the head of plan.ts; each with its reason.
import { startOf } from '../../../functions/lib/domain/instance.ts'
import type { SeenUse, UseLook } from '../../../functions/lib/idle/look.ts'
import { AWAKE_UNTIL, type IdlePlanInput, planIdle } from '../../../functions/lib/idle/plan.ts'
import { termsOf } from '../../../functions/lib/idle/terms.ts'
import { anInstance, aSite, frozen, LAUNCH } from '../../support/domain.ts'
import { aUseLook, HOUR, idleSite } from '../../support/fake-idle.ts'

const NOW = LAUNCH + 10 * HOUR
const START = startOf(anInstance())

const seen = (fields: Partial<UseLook> = {}, n = 0): SeenUse => {
  const at = NOW - 25_000 + n * 22_000
  return { kind: 'seen', look: aUseLook({ uptime: 36_000 + n * 22, ...fields }), askedAt: at, answeredAt: at + 2_000 }
}
const twice = (fields: Partial<UseLook> = {}, second: Partial<UseLook> = fields) => [seen(fields), seen(second, 1)]

const planned = (fields: Partial<IdlePlanInput> = {}) => {
  const input: IdlePlanInput = {
    ...{ sites: [idleSite()], broken: [], instances: [anInstance()], minute: 60_000, now: NOW },
    ...{
      looks: new Map([[START, twice()]]),
      details: new Map([[START, { commands: [], live: true }]]),
      memory: new Map(),
    },
    ...fields,
  }
  const [plan] = planIdle(frozen(input))
  return `${plan?.action}: ${plan?.reason}`
}
const tagged = (tags: Readonly<Record<string, string>>) => [anInstance({ tags: { Name: 'app', ...tags } })]
const looks = (...all: IdlePlanInput['looks'] extends ReadonlyMap<string, infer L> ? L[] : never) =>
  ({ looks: new Map([[START, all.flat()]]) }) as Partial<IdlePlanInput>
const detail = (fields: { commands?: { at: number; status: string }[]; live?: boolean }) => ({
  details: new Map([
    [
      START,
      {
        live: fields.live ?? true,
        commands: (fields.commands ?? []).map(({ at, status }) => ({
          ...{ id: 'c1', instanceId: 'i-00000000000000001', comment: '', status, requestedAt: at },
        })),
      },
    ],
  ]),
})
const remembered = (fields: object) => ({
  memory: new Map([['i-00000000000000001', { start: START, failed: 0, ...fields }]]),
})

test.each<[string, Partial<IdlePlanInput>]>([
  ['stop: nobody has used it for 45 min: two looks agree', {}],
  [
    'keep: no site selects it',
    { sites: [idleSite({}, 'b.example.com')].map((site) => ({ ...site, instances: { id: 'i-9' } })) },
  ],
  [
    'keep: b.example.com has no idle',
    { sites: [idleSite(), aSite('b.example.com', { instances: { 'tag:Name': 'app' } })] },
  ],
  ['keep: the document of x.example.com has errors: it may be a site of this instance', { broken: ['x.example.com'] }],
  [
    `keep: its tag ${AWAKE_UNTIL} says 2026-11-23T19:00:00Z`,
    { instances: tagged({ [AWAKE_UNTIL]: '2026-11-23T19:00:00Z' }) },
  ],
  [`keep: its tag ${AWAKE_UNTIL} says tonight`, { instances: tagged({ [AWAKE_UNTIL]: 'tonight' }) }],
  [
    'stop: nobody has used it for 45 min: two looks agree',
    { instances: tagged({ [AWAKE_UNTIL]: '2026-11-23T17:00:00Z' }) },
  ],
  [
    'refuse: it belongs to the Auto Scaling group web, which replaces what is stopped',
    { instances: tagged({ 'aws:autoscaling:groupName': 'web' }) },
  ],
  ['refuse: EC2 refused to stop it since its start: no', remembered({ refused: 'no' })],
  ['stop: nobody has used it for 45 min: two looks agree', remembered({ refused: 'no', start: 'an earlier one' })],
  ['keep: it started 14 min ago: awake for 15 min although nobody has come yet', { now: LAUNCH + 14.9 * 60_000 }],
  ['look: the host is asked', looks()],
  ['look: nobody was seen: the host is asked again', looks([seen()])],
  [
    'unknown: nobody knows whether it is used: the host did not answer',
    looks([seen()], [{ kind: 'failed', why: 'the host did not answer' }]),
  ],
  [
    'unknown: nobody knows whether it is used: the host has booted between two looks',
    looks(twice({}, { bootId: '2' })),
  ],
  [
    'unknown: nobody knows whether it is used: 322.0 s passed on the host between two looks, wanted 18.0 to 26.0: an answer was late',
    looks(twice({}, { uptime: 36_322 })),
  ],
  ['unknown: nobody knows whether it is used: nginx does not answer on the host', looks(twice({ nginx: null }))],
  ['keep: 1 session is open', looks(twice({}, { nginx: { sessions: 1, quiet: 9_000 } }))],
  ['keep: used until at most 44 of 45 minutes ago', looks(twice({ nginx: { sessions: 0, quiet: 2_699 } }))],
  ['keep: 2 people are logged in on the host', looks(twice({}, { people: 2 }))],
  ['keep: its GPU works at 5 %', looks(twice({}, { gpu: 5 }))],
  ['stop: nobody has used it for 45 min: two looks agree', looks(twice({ gpu: 4 }))],
  ['keep: the host computes: 10 % of a core, wanted less than 10', looks(twice({}, { cpuSeconds: 102.2 }))],
  ['stop: nobody has used it for 45 min: two looks agree', looks(twice({}, { cpuSeconds: 102.1 }))],
  ['keep: its containers move 50 kB a second', looks(twice({}, { networkBytes: 1_100_000 }))],
  [
    'keep: command c1 configured it 44 min ago: Success',
    detail({ commands: [{ at: NOW - 44 * 60_000, status: 'Success' }] }),
  ],
  [
    'keep: command c1 configured it 60 min ago: InProgress',
    detail({ commands: [{ at: NOW - HOUR, status: 'InProgress' }] }),
  ],
  [
    'keep: no site of it was live since it started 29 min ago: awake for twice 15 min',
    { ...detail({ live: false }), now: LAUNCH + 29 * 60_000 },
  ],
  [
    'stop: no site of it was live since it started 10 h 0 min ago',
    { ...detail({ live: false }), ...looks(twice({ nginx: null })) },
  ],
])('%s', (sentence, fields) => expect(planned(fields)).toBe(sentence))

test('visitors count, also where no site was said to be live: outcome may have failed', () => {
  const recent = looks(twice({ nginx: { sessions: 0, quiet: 60 } }))
  expect(planned({ ...detail({ live: false }), ...recent })).toBe('keep: used until at most 1 of 45 minutes ago')
})

test('a look at an earlier start counts for nothing', () => {
  const instances = [anInstance({ launchTime: LAUNCH + HOUR })]
  expect(planned({ instances })).toBe('look: the host is asked')
})

test('what does not run is left alone', () => {
  expect(
    planIdle({
      sites: [idleSite()],
      broken: [],
      instances: [anInstance({ state: 'stopped' })],
      looks: new Map(),
      details: new Map(),
      memory: new Map(),
      minute: 60_000,
      now: NOW,
    }),
  ).toEqual([])
})

describe('idle.longest', () => {
  const sites = [idleSite({ longest: '10h' })]
  const used = looks(twice({ nginx: { sessions: 1, quiet: 0 } }))
  const plan = (now: number, memory = {}) => {
    const [one] = planIdle({
      sites,
      broken: [],
      instances: [anInstance()],
      details: new Map(),
      memory: new Map(),
      looks: new Map(),
      ...used,
      ...memory,
      minute: 60_000,
      now,
    })
    return { action: one?.action, warns: one?.warns, tells: one?.tells }
  }

  test('15 minutes before, people are warned once; then it is stopped, also while it is used', () => {
    expect(plan(NOW - 16 * 60_000)).toEqual({ action: 'keep' })
    expect(plan(NOW - 15 * 60_000)).toEqual({ action: 'keep', warns: true })
    expect(plan(NOW - 5 * 60_000, remembered({ warnedAt: NOW - 15 * 60_000 }))).toEqual({ action: 'keep' })
    expect(plan(NOW, remembered({ warnedAt: NOW - 15 * 60_000 }))).toEqual({ action: 'stop', tells: true })
  })

  test('nobody was warned in time: first the warning, and 15 minutes', () => {
    expect(plan(NOW + HOUR)).toEqual({ action: 'keep', warns: true })
    expect(plan(NOW + HOUR, remembered({ warnedAt: NOW + HOUR - 60_000 }))).toEqual({ action: 'keep' })
  })
})

test('several sites: the longest times, the lowest bound; one without a limit has none', () => {
  const [a, b] = [
    idleSite({ unusedAfter: '20m', cpu: 30, longest: '12h' }),
    idleSite({ stopAfter: '2h', longest: '3h' }),
  ]
  expect(termsOf([a, b], 60_000)).toEqual({
    stopAfter: 2 * HOUR,
    unusedAfter: 20 * 60_000,
    cpu: 10,
    longest: 12 * HOUR,
  })
  expect(termsOf([a, idleSite()], 1).longest).toBeNull()
})
