// Which hosts get a command: whole entries' actions and sentences.

import type { Instance } from '../../../functions/lib/domain/instance.ts'
import type { Site } from '../../../functions/lib/domain/site.ts'
import { configureHost, type SentCommand } from '../../../functions/lib/hosts/command.ts'
import { describePlannedHost, type HostWord, planHosts } from '../../../functions/lib/hosts/plan.ts'
import { anInstance, aSite, frozen, LAUNCH } from '../../support/domain.ts'

const DOCUMENT = 'ConfigureHost-0123abcd'
const ID = 'i-00000000000000001'

const sentFor = (site: Site, fields: Partial<SentCommand> = {}): SentCommand => ({
  id: 'c-1',
  instanceId: ID,
  comment: configureHost(site, DOCUMENT).comment,
  status: 'Success',
  requestedAt: LAUNCH + 1000,
  ...fields,
})

const planFor = (
  sites: readonly Site[],
  sent: readonly SentCommand[],
  instances: readonly Instance[] = [anInstance()],
  force = false,
  now = LAUNCH + 200_000,
) => planHosts(frozen({ sites, instances, sent, documentName: DOCUMENT, force, now }))
const sentences = (...input: Parameters<typeof planFor>) => planFor(...input).map(describePlannedHost)

const site = aSite()
const NOT_YET = 'not configured since its start at 2026-11-23T08:00:00.000Z'

test('a whole entry', () =>
  expect(planFor([site], [])).toEqual([
    {
      site: 'app.example.com',
      instanceId: ID,
      command: configureHost(site, DOCUMENT),
      action: 'send',
      reason: NOT_YET,
      failures: 0,
    },
  ]))

test.each<[string, SentCommand[], string]>([
  ['nothing sent', [], `configure ${ID} for app.example.com: ${NOT_YET}`],
  ['done', [sentFor(site)], `keep ${ID} for app.example.com: command c-1 for the site as it is now: Success`],
  [
    'under way',
    [sentFor(site, { status: 'InProgress' })],
    `keep ${ID} for app.example.com: command c-1 for the site as it is now: InProgress`,
  ],
  [
    'done, but before this start',
    [sentFor(site, { requestedAt: LAUNCH - 1 })],
    `configure ${ID} for app.example.com: ${NOT_YET}`,
  ],
  ['done, on another host', [sentFor(site, { instanceId: 'i-2' })], `configure ${ID} for app.example.com: ${NOT_YET}`],
  [
    'for the site as it was',
    [sentFor(aSite(undefined, { image: 'ragstream:1.3.0' }))],
    `configure ${ID} for app.example.com: the site or the document changed since command c-1`,
  ],
  ['failed', [sentFor(site, { status: 'Failed' })], `configure ${ID} for app.example.com: command c-1 ended as Failed`],
  [
    'failed, and then done',
    [sentFor(site, { id: 'c-2', requestedAt: LAUNCH + 2000 }), sentFor(site, { status: 'Failed' })],
    `keep ${ID} for app.example.com: command c-2 for the site as it is now: Success`,
  ],
  [
    'done, and then changed back and forth: only the last one counts',
    [sentFor(site), sentFor(aSite(undefined, { image: 'x:2' }), { id: 'c-2', requestedAt: LAUNCH + 2000 })],
    `configure ${ID} for app.example.com: the site or the document changed since command c-2`,
  ],
  [
    'somebody else’s commands',
    [sentFor(site, { comment: '' }), sentFor(site, { comment: 'app.example.com.evil 0123456789ab' })],
    `configure ${ID} for app.example.com: ${NOT_YET}`,
  ],
])('%s', (_, sent, sentence) => expect(sentences([site], sent)).toEqual([sentence]))

test.each(['pending', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const)('%s: left alone', (state) =>
  expect(planFor([site], [], [anInstance({ state })])).toEqual([]),
)

test('an instance that no site selects is left alone', () =>
  expect(planFor([site], [], [anInstance({ tags: { Name: 'other' } })])).toEqual([]))

test('without a public address a host is configured all the same', () =>
  expect(planFor([site], [], [anInstance({ publicIp: undefined })]).map(({ action }) => action)).toEqual(['send']))

test('in the order of the sites, then of instance ids', () => {
  const b = aSite('b.example.com', { instances: { 'tag:Name': 'app' }, container: { hostPort: 8502 } })
  const plan = planFor([b, site], [], [anInstance({ id: 'i-2' }), anInstance({ id: 'i-1' })])
  expect(plan.map((planned) => [planned.site, planned.instanceId])).toEqual([
    ['b.example.com', 'i-1'],
    ['b.example.com', 'i-2'],
    ['app.example.com', 'i-1'],
    ['app.example.com', 'i-2'],
  ])
})

test('a name that begins like another is another site', () => {
  const longer = aSite('app.example.com.br', { instances: { 'tag:Name': 'app' }, container: { hostPort: 8502 } })
  expect(planFor([site, longer], [sentFor(site)]).map(({ action }) => action)).toEqual(['keep', 'send'])
  expect(planFor([site, longer], [sentFor(longer)]).map(({ action }) => action)).toEqual(['send', 'keep'])
})

test('two long names with the same end on one host: each knows its own command', () => {
  const end = `${`${'a'.repeat(60)}.`.repeat(2)}example.com`
  const [one, two] = ['one', 'two'].map((first, index) =>
    aSite(`${first}.${end}`, { instances: { 'tag:Name': 'app' }, container: { hostPort: 8501 + index } }),
  ) as [Site, Site]
  const plan = planFor([one, two], [sentFor(one), sentFor(two, { id: 'c-2', requestedAt: LAUNCH + 2000 })])
  expect(plan.map(({ action }) => action)).toEqual(['keep', 'keep'])
})

test('two sites want one port of a host: the first keeps it, the other is refused with both names', () => {
  const rival = aSite('zzz.example.com', { instances: { 'tag:Name': 'app' } })
  expect(sentences([site, rival], [])).toEqual([
    `configure ${ID} for app.example.com: ${NOT_YET}`,
    `refuse ${ID} for zzz.example.com: container/hostPort: found 8501, wanted a port that site app.example.com does not use on ${ID} too`,
  ])
})

test('the same port on different hosts is no clash', () =>
  expect(
    planFor([site, aSite('zzz.example.com')], [], [anInstance(), anInstance({ id: 'i-2', tags: { Name: 'zzz' } })]).map(
      ({ action }) => action,
    ),
  ).toEqual(['send', 'send']))

test('a value outside the document’s pattern: refused, never sent', () =>
  expect(sentences([{ ...site, image: 'a b' }], [])).toEqual([
    expect.stringMatching(
      /^refuse i-00000000000000001 for app\.example\.com: parameter Image: found "a b", wanted a match of \^/,
    ),
  ]))

describe('no command is shown', () => {
  const MINUTES = 60_000
  const UNKNOWN = 'no command since its start at 2026-11-23T08:00:00.000Z is shown'
  const at = (now: number, word?: HostWord) =>
    planHosts(
      frozen({
        ...{ sites: [site], instances: [anInstance()], sent: [], documentName: DOCUMENT, force: false, now },
        ...(word ? { words: new Map([[`${ID} app.example.com`, word]]) } : {}),
      }),
    ).map(({ action, reason }) => `${action}: ${reason}`)

  test('and the start is young: sent at once', () =>
    expect(at(LAUNCH + 15 * MINUTES - 1)).toEqual([`send: ${NOT_YET}`]))

  test.each<[string, HostWord | undefined, string]>([
    ['nobody asked the host yet', undefined, `ask: ${UNKNOWN}: the host is asked`],
    ['it is right', { state: 'right', isLocked: false }, 'keep: the host holds the site as it is now'],
    ['it is busy', { state: 'busy', isLocked: false }, 'keep: the host holds the site as it is now'],
    ['it does not answer', { state: 'silent', isLocked: false }, `send: ${UNKNOWN}, and the host does not answer`],
    [
      'Systems Manager wants fewer requests',
      { state: 'unasked', isLocked: false },
      `wait: ${UNKNOWN}, and the host could not be asked`,
    ],
    [
      'it differs',
      { state: 'differs', drift: 'nginx does not run', isLocked: false },
      `send: ${UNKNOWN}, and the host differs: nginx does not run`,
    ],
  ])('and the start is older: %s', (_, word, sentence) => expect(at(LAUNCH + 15 * MINUTES, word)).toEqual([sentence]))
})

describe('a command without an end', () => {
  const since = (ms: number, word?: HostWord, before: readonly SentCommand[] = []) =>
    planHosts(
      frozen({
        ...{ sites: [site], instances: [anInstance()], documentName: DOCUMENT, force: false },
        sent: [sentFor(site, { status: 'InProgress', requestedAt: LAUNCH + 60_000 }), ...before],
        now: LAUNCH + 60_000 + ms,
        ...(word ? { words: new Map([[`${ID} app.example.com`, word]]) } : {}),
      }),
    )[0]!
  const DOUBTED = 'command c-1 has been InProgress for 5 minutes'
  const idle = { state: 'right', isLocked: false } as const

  test('is waited for, and after 5 minutes only the host knows', () => {
    expect(since(299_999)).toMatchObject({ action: 'keep' })
    expect(since(300_000)).toMatchObject({ action: 'ask', reason: `${DOUBTED}: the host is asked` })
  })

  test.each<[string, HostWord, string]>([
    ['works', { state: 'differs', drift: 'x', isLocked: true }, `${DOUBTED}, and the host works`],
    ['does not answer', { state: 'silent', isLocked: false }, `${DOUBTED}, and the host does not answer`],
    ['is busy', { state: 'busy', isLocked: false }, `${DOUBTED}, and the host does not answer`],
    ['was not asked', { state: 'unasked', isLocked: false }, `${DOUBTED}, and the host could not be asked`],
  ])('the host %s: waited for', (_, word, reason) =>
    expect(since(300_000, word)).toMatchObject({ action: 'keep', reason }),
  )

  test.each<HostWord>([idle, { state: 'differs', drift: 'x', isLocked: false }])(
    'nothing runs there: cancelled',
    (word) =>
      expect(since(300_000, word)).toMatchObject({
        ...{ action: 'send', cancel: 'c-1', reason: `${DOUBTED}, and nothing runs on the host: it is cancelled` },
      }),
  )

  const cancelled = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      sentFor(site, { id: `c-0${n}`, status: n === 0 ? 'Cancelling' : 'Cancelled', requestedAt: LAUNCH + n }),
    )

  test.each([1, 2, 4])('%i were lost and cancelled before: none of them failed, and this one is no other', (count) =>
    expect(since(300_000, idle, cancelled(count))).toMatchObject({ action: 'send', cancel: 'c-1', failures: 0 }),
  )

  test('five were: this one is waited for, and its end is told', () => {
    expect(since(300_000, idle, cancelled(5))).toMatchObject({ action: 'keep', failures: 3 })
    const ended = sentFor(site, { status: 'TimedOut', requestedAt: LAUNCH + 60_000 })
    expect(planFor([site], [ended, ...cancelled(5)])[0]).toMatchObject({ action: 'refuse', failures: 3 })
  })

  test('two failed before: it may be lost all the same', () => {
    const failed = [0, 1].map((n) => sentFor(site, { id: `c-0${n}`, status: 'Failed', requestedAt: LAUNCH + n * 9000 }))
    expect(since(300_000, idle, failed)).toMatchObject({ action: 'send', cancel: 'c-1', failures: 2 })
  })

  test('cancelled, and no newer one is shown: sent again', () =>
    expect(planFor([site], cancelled(1))[0]).toMatchObject({ action: 'send', failures: 0 }))
})

describe('a command that fails again and again', () => {
  const failed = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      sentFor(site, { id: `c-${index}`, status: 'Failed', requestedAt: LAUNCH + 1000 * (index + 1) }),
    )

  test('is sent a third time, and then the host is left in peace, with what to do', () => {
    expect(planFor([site], failed(2))[0]).toMatchObject({ action: 'send', reason: 'command c-1 ended as Failed' })
    expect(planFor([site], failed(3))[0]).toMatchObject({
      action: 'refuse',
      reason:
        'command c-2 is failure 3 since the start: it ended as Failed: mend what its output names, then change the site or its image, or send a look with "force": true',
    })
  })

  test('has 30 s, and then 2 minutes, from the end of the last failure', () => {
    const ended = (count: number) => failed(count).map((one) => ({ ...one, endedAt: one.requestedAt + 500 }))
    const at = (count: number, ms: number, force = false) =>
      planFor([site], ended(count), undefined, force, LAUNCH + 1000 * count + 500 + ms)[0]!
    expect(at(1, 29_999)).toMatchObject({
      action: 'wait',
      reason: 'command c-0 ended as Failed: try 2 of 3 not before 2026-11-23T08:00:31.500Z',
    })
    expect([at(1, 30_000), at(2, 119_999), at(2, 120_000)].map(({ action }) => action)).toEqual([
      'send',
      'wait',
      'send',
    ])
    expect(at(1, 0, true).action).toBe('send')
    expect(at(3, 3_600_000)).toMatchObject({ action: 'refuse', failures: 3 })
  })

  test.each([
    ['is ahead', LAUNCH + 86_400_000],
    ['is behind', LAUNCH - 86_400_000],
  ])('on a host whose clock %s: its patience begins when it was sent', (_, endedAt) => {
    const one = sentFor(site, { status: 'Failed', endedAt })
    const at = (ms: number) => planFor([site], [one], undefined, false, one.requestedAt + ms)[0]!.action
    expect([at(29_999), at(30_000)]).toEqual(['wait', 'send'])
  })

  test('was sent by two runs at once: one try, whose patience begins with the later end', () => {
    const both = [
      sentFor(site, { id: 'c-0', status: 'Failed', endedAt: LAUNCH + 9000 }),
      sentFor(site, { id: 'c-1', status: 'TimedOut', requestedAt: LAUNCH + 2000, endedAt: LAUNCH + 5000 }),
    ]
    expect(planFor([site], both, undefined, false, LAUNCH + 38_999)[0]).toMatchObject({ action: 'wait', failures: 1 })
    expect(planFor([site], both, undefined, false, LAUNCH + 39_000)[0]).toMatchObject({ action: 'send', failures: 1 })
  })

  test('counts from the start on: what failed before it is over', () => {
    const launchTime = LAUNCH + 60_000
    const since = sentFor(site, { id: 'c-9', status: 'Failed', requestedAt: launchTime })
    expect(planFor([site], [...failed(3), since], [anInstance({ launchTime })])[0]).toMatchObject({
      ...{ action: 'send', failures: 1 },
    })
  })

  test('is sent again when that is forced, when the site changes, and after another start', () => {
    expect(planFor([site], failed(3), undefined, true)[0]?.action).toBe('send')
    expect(planFor([aSite(undefined, { image: 'other:2' })], failed(3))[0]?.action).toBe('send')
    expect(planFor([site], failed(3), [anInstance({ launchTime: LAUNCH + 60_000 })])[0]?.action).toBe('send')
  })
})
