// The texts that a maintainer gets, whole.

import type { CommandEnd } from '../../../functions/lib/hosts/output.ts'
import type { OutcomeAct } from '../../../functions/lib/outcome/act.ts'
import { commandLink } from '../../../functions/lib/outcome/console-link.ts'
import { overNotice, problemNotice } from '../../../functions/lib/outcome/notice.ts'
import { anInstance } from '../../support/domain.ts'
import { aDiagnosis } from '../../support/fake-outcome.ts'

const ID = 'i-00000000000000001'
const SITE = 'app.example.com'
const COMMAND = 'e8d3c0e4-71f7-4491-898f-c9b35bee5f3b'

const end: CommandEnd = {
  commandId: COMMAND,
  instanceId: ID,
  details: 'Failed',
  stdout: [
    'step=lock result=ok',
    'step=image result=failed reason="image ragstream:1.4.1 is not on this host and was not pulled: not found" hint="is the name right?"',
    '',
  ].join('\n'),
  stderr: 'a word of a program\n',
}
const PATH = [
  'browser --> resolver --> Route 53 --> 203.0.113.1',
  '   |            ok          ok',
  'nginx :80 --> 127.0.0.1:8501 --> container :8501  <== broken',
]
const diagnosis = aDiagnosis({
  verdict: 'broken',
  sentence: 'app.example.com is broken at container: nobody listens.',
  path: PATH,
  causes: [{ name: 'container-down', hop: 'container', what: 'it is gone', fix: 'look at docker logs' }],
})
const opening = (fields: Partial<Extract<OutcomeAct, { act: 'open' }>> = {}) =>
  ({
    ...{ act: 'open', problem: { name: 'CommandFailed', instanceId: ID, about: '0123456789ab' } },
    ...{ headline: `${SITE}: ${ID} could not be configured`, reason: `command ${COMMAND} on ${ID} ended as Failed` },
    ...fields,
  }) as Extract<OutcomeAct, { act: 'open' }>

test('a command failed: site, instance, step, reason, hint, log tail, command, console and the hops', () =>
  expect(
    problemNotice(opening(), { site: SITE, region: 'eu-central-1', instance: anInstance(), end, diagnosis }),
  ).toEqual({
    subject: 'ragstream-edge: app.example.com: i-00000000000000001 could not be configured',
    text: `app.example.com: i-00000000000000001 could not be configured

problem   CommandFailed
site      app.example.com
instance  i-00000000000000001
start     i-00000000000000001@2026-11-23T08:00:00Z
step      image
command   e8d3c0e4-71f7-4491-898f-c9b35bee5f3b, Failed
console   https://eu-central-1.console.aws.amazon.com/systems-manager/run-command/e8d3c0e4-71f7-4491-898f-c9b35bee5f3b/i-00000000000000001?region=eu-central-1
reason    image ragstream:1.4.1 is not on this host and was not pulled: not found
hint      is the name right?

The last lines of the host:
  step=lock result=ok
  step=image result=failed reason="image ragstream:1.4.1 is not on this host and was not pulled: not found" hint="is the name right?"
  a word of a program

The hops:
  browser --> resolver --> Route 53 --> 203.0.113.1
     |            ok          ok
  nginx :80 --> 127.0.0.1:8501 --> container :8501  <== broken

  app.example.com is broken at container: nobody listens.
  container-down: look at docker logs

docs/runbook.md explains CommandFailed. Another message comes when it is over.
`,
  }))

test('the command was lost, and the hops could not be looked at: both are said', () => {
  const lost = { ...end, stdout: '', stderr: '', details: 'DeliveryTimedOut' }
  expect(
    problemNotice(opening(), { site: SITE, region: 'r-1', door: 'https://a.example/app.example.com' }).text,
  ).toMatch(/^door {6}https:\/\/a\.example\/app\.example\.com$/m)
  const { text } = problemNotice(opening(), {
    ...{ site: SITE, region: 'eu-central-1', end: lost, diagnosis: new TypeError('no route') },
  })
  expect(text).toContain('step      none: the run ended without a word of its own\n')
  expect(text).toContain(`reason    command ${COMMAND} on ${ID} ended as Failed\n`)
  expect(text).toContain('\nThe hops could not be looked at: TypeError: no route\n')
})

test('a document with errors: each on its own line, with its path', () => {
  const lines = ['ttl: found "soon", wanted number', 'imgae: found an unknown field, wanted "image"?']
  const headline = `the document of ${SITE} has errors: nothing is changed`
  const act = opening({ problem: { name: 'BrokenSite', about: 'x' }, headline, lines, reason: lines.join('; ') })
  expect(problemNotice(act, { site: SITE, region: 'eu-central-1' }).text).toBe(`${headline}

problem   BrokenSite
site      app.example.com

ttl: found "soon", wanted number
imgae: found an unknown field, wanted "image"?

docs/runbook.md explains BrokenSite. Another message comes when it is over.
`)
})

test('over: how long it lasted, and why it is over', () => {
  const headline = `${SITE} is configured, but not live`
  const told = { name: 'NotLive' as const, since: '2026-11-23T08:10:00.000Z', headline, given: true, n: 1 }
  expect(overNotice(told, 'app.example.com is live.', SITE, Date.UTC(2026, 10, 23, 8, 22))).toEqual({
    subject: `ragstream-edge: over: ${headline}`,
    text: `Over: ${headline}

problem   NotLive
site      app.example.com
since     2026-11-23T08:10:00.000Z, 12 min
reason    app.example.com is live.
`,
  })
})

test('a subject that SNS takes: at most 100 printable ASCII characters', () => {
  const { subject } = problemNotice(opening({ headline: `straße\n${'x'.repeat(200)}` }), { site: SITE, region: 'r-1' })
  expect(subject).toMatch(/^ragstream-edge: stra\?e\?x+$/)
  expect(subject).toHaveLength(100)
})

test.each([
  ['eu-central-1', 'https://eu-central-1.console.aws.amazon.com/'],
  ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
  ['us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
])('the console of %s', (region, start) =>
  expect(commandLink(region, COMMAND, ID)).toBe(
    `${start}systems-manager/run-command/${COMMAND}/${ID}?region=${region}`,
  ),
)
