// What arrives in the queue of outcome.
import {
  type Findings,
  newsMessage,
  parseNews,
  type RecordNews,
  toFinding,
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

test.each<RecordNews | Findings>([
  { kind: 'records', changes: [{ id: 'C1', sites: ['a.example.com'] }] },
  { kind: 'findings', sources: ['dns'], sites: ['a.example.com'], findings: [], broken: [] },
])('our own come back: %j', (news) => expect(parseNews(newsMessage(news))).toEqual(news))

test('the schedule asks for one site', () =>
  expect(parseNews(siteMessage('a.example.com'))).toEqual({ kind: 'site', hostname: 'a.example.com' }))

const TYPES = '"EC2 Command Invocation Status-change Notification", "Records Changed", "Findings" or "Site"'
test.each([
  ['hello', 'news: found "hello", wanted JSON'],
  ['[]', 'news: found [], wanted an object'],
  ['{"detail-type":"Look","detail":{}}', `detail-type: found "Look", wanted ${TYPES}`],
  ['{"detail-type":"Records Changed"}', 'detail.changes: found nothing, wanted a list'],
  [
    '{"detail-type":"EC2 Command Invocation Status-change Notification","detail":{"command-id":"c"}}',
    'detail.instance-id: found nothing, wanted an id',
  ],
])('%s', (body, message) => expect(() => parseNews(body)).toThrow(message))

test('final is what was given up, and what a person must mend first', () => {
  const problem = { name: 'X', message: 'm', site: 's', instances: [], patience: SHORT_PATIENCE }
  expect(toFinding(problem, 'dns', false).final).toBe(false)
  expect(toFinding(problem, 'dns', true).final).toBe(true)
  expect(toFinding({ ...problem, patience: NO_PATIENCE }, 'dns', false).final).toBe(true)
})
