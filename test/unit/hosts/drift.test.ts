// What somebody changed on a host by hand, from an inspection: one row for each difference.

import { configureHost } from '../../../functions/lib/hosts/command.ts'
import { hostDrift, isBusy } from '../../../functions/lib/hosts/drift.ts'
import type { Answer, Inspection } from '../../../functions/lib/hosts/inspection.ts'
import { planHosts } from '../../../functions/lib/hosts/plan.ts'
import { anInstance, aSite, LAUNCH } from '../../support/domain.ts'
import { anInspection, HASH } from '../../support/inspection.ts'

test('as the command left it', () => expect(hostDrift(anInspection(), HASH, aSite())).toBeUndefined())

const nginx = (fields: Partial<Inspection['nginx']>) => anInspection({ nginx: { ...anInspection().nginx, ...fields } })
const answers = (fields: Partial<Inspection['answers']>) =>
  anInspection({ answers: { ...anInspection().answers, ...fields } })
const said = (body: string): Answer => ({ status: 200, body })
const container = (state: string) => anInspection({ container: { ...anInspection().container, state } })

test.each<[Inspection, string]>([
  [anInspection({ applied: null }), `the host holds site nothing, wanted ${HASH}`],
  [anInspection({ applied: '000000000000' }), `the host holds site 000000000000, wanted ${HASH}`],
  [nginx({ active: false }), 'nginx does not run'],
  [nginx({ error: 'unknown directive "x"' }), 'nginx refuses its configuration: unknown directive "x"'],
  [anInspection({ rendering: { file: null, live: null } }), 'the site’s nginx file is not there'],
  [
    anInspection({ rendering: { file: 'a'.repeat(16), live: 'b'.repeat(16) } }),
    'nginx serves another state of the site than its file',
  ],
  [container('absent'), 'the container ragstream-edge-app.example.com is absent'],
  [container('exited'), 'the container ragstream-edge-app.example.com is exited'],
  [
    anInspection({ container: { ...anInspection().container, metadataBarred: false } }),
    'the rule that keeps the container from the instance metadata is gone',
  ],
  [answers({ app: { status: 200, body: 'okay' } }), 'the app answers its health check with 200 "okay"'],
  [answers({ nginx: { status: 502, body: 'Bad' } }), 'through nginx the health check answers 502 "Bad"'],
])('%#: %s', (inspection, sentence) => expect(hostDrift(inspection, HASH, aSite())).toBe(sentence))

test.each<[string, Record<string, unknown>, Answer, Answer, boolean]>([
  [
    'a text of its own',
    { health: { path: '/up', body: 'all is well' } },
    said('all is well\n'),
    said('all is well'),
    true,
  ],
  ['any 2xx', { health: { path: '/up', body: null } }, { status: 204, body: '' }, { status: 204, body: '' }, true],
  [
    'a text of its own, and nginx says ok to strangers',
    { health: { path: '/up', body: 'all is well' }, tls: 'acme', access: { networks: ['192.0.2.0/24'] } },
    ...[said('all is well'), said('ok'), true],
  ],
  ['what another site would say', { health: { path: '/up', body: 'all is well' } }, said('ok'), said('ok'), false],
] as [string, Record<string, unknown>, Answer, Answer, boolean][])(
  'an app that answers by its own rule: %s',
  (_, fields, app, through, isRight) => {
    const drift = hostDrift(answers({ app, nginx: through }), HASH, aSite('app.example.com', fields))
    expect(drift === undefined).toBe(isRight)
  },
)

test.each<[string, Inspection]>([
  ['Docker did not answer', container('unknown')],
  ['Docker did not answer, nor did systemctl', { ...container('unknown'), nginx: nginx({ active: null }).nginx }],
  ['nginx -t was too slow', nginx({ error: 'nginx -t did not end in time' })],
  ['the app did not answer in time', answers({ app: { status: 0, body: '' } })],
  ['nor did nginx', answers({ nginx: { status: 0, body: '' } })],
  ['whether the app answers was not seen in time', answers({ app: null })],
  ['nor whether nginx does', answers({ nginx: null })],
])('a busy host is not a changed one: %s', (_, inspection) => {
  expect(hostDrift(inspection, HASH, aSite())).toBeUndefined()
  expect(isBusy(inspection)).toBe(true)
})
test('a busy host that is changed for certain is changed', () => {
  const busy = { ...container('exited'), answers: answers({ app: { status: 0, body: '' } }).answers }
  expect(hostDrift(busy, HASH, aSite())).toBe('the container ragstream-edge-app.example.com is exited')
  expect(isBusy(anInspection())).toBe(false)
})

describe('the plan for a host that has drifted', () => {
  const site = aSite()
  const { comment } = configureHost(site, 'D')
  const plan = (status: string) =>
    planHosts({
      ...{ sites: [site], instances: [anInstance()], documentName: 'D', force: false, now: LAUNCH + 200_000 },
      sent: [{ id: 'c-1', instanceId: anInstance().id, comment, status, requestedAt: LAUNCH + 1 }],
      words: new Map([
        [
          `${anInstance().id} ${site.hostname}`,
          { state: 'differs', drift: 'the container is absent', isLocked: false },
        ],
      ]),
    })
  test('its command succeeded before: another one, and why', () =>
    expect(plan('Success')).toMatchObject([
      { action: 'send', reason: 'changed by hand since command c-1: the container is absent' },
    ]))
  test('its command is under way: nothing is drift yet', () =>
    expect(plan('InProgress')).toMatchObject([{ action: 'keep' }]))
})
