// What arrives in the queue of outcome.
import { InvalidInput } from '../../../functions/lib/domain/errors.ts'
import {
  newsMessage,
  parseNews,
  type RecordNews,
  type ReportedProblem,
  type ReportedProblems,
  type SiteNews,
  toReported,
  withoutOld,
} from '../../../functions/lib/domain/news.ts'
import { NO_PATIENCE, SHORT_PATIENCE } from '../../../functions/lib/domain/problem.ts'
import { siteMessage } from '../../../functions/lib/domain/trigger.ts'
import { eventFixture } from '../../support/events.ts'

test('a command has ended, as Systems Manager publishes it', () =>
  expect(parseNews(JSON.stringify(eventFixture('ssm-command-invocation-status')))).toEqual({
    kind: 'command',
    commandId: 'e8d3c0e4-71f7-4491-898f-c9b35bee5f3b',
    instanceId: 'i-1234567890abcdef0',
  }))

test.each<RecordNews | ReportedProblems | SiteNews>([
  { kind: 'records', changes: [{ id: 'C1', sites: ['a.example.com'] }] },
  { kind: 'findings', sources: ['dns'], sites: ['a.example.com'], findings: [] },
])('our own come back: %j', (news) => expect(parseNews(newsMessage(news))).toEqual(news))

const LOOK = { kind: 'site', hostname: 'a.example.com', inspection: 'e8d3c0e4-71f7-4491-898f-c9b35bee5f3b' } as const

test('the schedule asks for one site, and names the inspection that it has just made', () =>
  expect(parseNews(newsMessage(LOOK))).toEqual(LOOK))

test('an inspection of more than 30 s ago is none', () => {
  expect(withoutOld(LOOK, 30_000)).toEqual(LOOK)
  expect(withoutOld(LOOK, 30_001)).toEqual({ kind: 'site', hostname: 'a.example.com' })
})

test('a message asks for one site', () =>
  expect(parseNews(siteMessage('a.example.com'))).toEqual({ kind: 'site', hostname: 'a.example.com' }))

const TYPES = '"EC2 Command Invocation Status-change Notification" or "Records Changed" or "Findings" or "Site"'
const REQUIRED = 'a value: the field is required'
test.each([
  ['hello', 'news: found "hello", wanted JSON'],
  ['[]', `detail-type: found nothing, wanted ${TYPES}`],
  ['null', '(document): found null, wanted an object'],
  ['{"detail-type":"Look","detail":{}}', `detail-type: found "Look", wanted ${TYPES}`],
  [
    '{"detail-type":"Site","detail":{"hostname":"a.example.com","inspection":"; reboot"}}',
    'detail/inspection: found "; reboot", wanted an id',
  ],
  ['{"detail-type":"Records Changed"}', `detail: found nothing, wanted ${REQUIRED}`],
  ['{"detail-type":"Records Changed","detail":{}}', `detail/changes: found nothing, wanted ${REQUIRED}`],
  [
    '{"detail-type":"EC2 Command Invocation Status-change Notification","detail":{"command-id":"c"}}',
    `detail/command-id: found "c", wanted an id; detail/instance-id: found nothing, wanted ${REQUIRED}`,
  ],
])('%s', (body, message) =>
  expect(() => parseNews(body)).toThrow(expect.objectContaining({ message, name: 'InvalidInput' })),
)

describe('contents are not taken on faith', () => {
  const found: ReportedProblem = {
    ...{ source: 'host', name: 'AgentNotRegistered', message: 'no agent', site: 'a.example.com' },
    ...{ instances: ['i-1234567890abcdef0'], final: true },
  }
  const findings = (fields: object) =>
    JSON.stringify({
      'detail-type': 'Findings',
      detail: { sources: ['host'], sites: ['a.example.com'], findings: [{ ...found, ...fields }] },
    })
  const records = (changes: unknown) => JSON.stringify({ 'detail-type': 'Records Changed', detail: { changes } })
  const at = 'detail/findings/0'

  test.each<[string, string]>([
    [records([null]), 'detail/changes/0: found null, wanted an object'],
    [records([{ id: '../C1', sites: [] }]), 'detail/changes/0/id: found "../C1", wanted the id of a change'],
    [records([{ id: 'C1', sites: [{}] }]), 'detail/changes/0/sites/0: found an object, wanted the name of a site'],
    [records([{ id: 'C1', sites: ['a/b'] }]), 'detail/changes/0/sites/0: found "a/b", wanted the name of a site'],
    [findings({ name: 'PasswordExpired' }), `${at}/name: found "PasswordExpired", wanted "AgentNotRegistered" or `],
    [findings({ source: 'mail' }), `${at}/source: found "mail", wanted "dns" or "host" or "tls"`],
    [findings({ message: 7 }), `${at}/message: found 7, wanted a text`],
    [findings({ site: 'a b' }), `${at}/site: found "a b", wanted the name of a site`],
    [findings({ instances: ['i-1\n'] }), `${at}/instances/0: found "i-1\\n", wanted the id of an instance`],
    [findings({ final: 'yes' }), `${at}/final: found "yes", wanted true or false`],
  ])('%s', (body, message) => {
    expect(() => parseNews(body)).toThrow(InvalidInput)
    expect(() => parseNews(body)).toThrow(message)
  })

  test('more than a stage holds', () =>
    expect(() => parseNews(records(Array.from({ length: 1001 }, () => ({ id: 'C1', sites: [] }))))).toThrow(
      'detail/changes: found a list, wanted at most 1000',
    ))

  test('the words of a finding carry no link, no escape sequence and no second line, and have an end', () => {
    const message = `pay at https://evil.example/x\n\u001b[2Jnow \u202e${'x'.repeat(5000)}`
    const news = parseNews(findings({ message })) as ReportedProblems
    expect(news.findings[0]!.message).toMatch(/^pay at evil\.example\/x \\u\{1b\}\[2Jnow \\u\{202e\}x+\.\.\.$/)
    expect(news.findings[0]!.message).toHaveLength(2000)
  })
})

test('final is what was given up, and what a person must mend first', () => {
  const problem = { name: 'RecordRefused' as const, message: 'm', site: 's', instances: [], patience: SHORT_PATIENCE }
  expect(toReported(problem, 'dns', false).final).toBe(false)
  expect(toReported(problem, 'dns', true).final).toBe(true)
  expect(toReported({ ...problem, patience: NO_PATIENCE }, 'dns', false).final).toBe(true)
})
