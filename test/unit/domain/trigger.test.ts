// What may arrive in a queue: events as the services publish them, and what is no event.
import { readFileSync } from 'node:fs'
import { InvalidInput } from '../../../functions/lib/domain/errors.ts'
import { INSTANCE_STATES } from '../../../functions/lib/domain/instance.ts'
import { lookMessage, parseTrigger } from '../../../functions/lib/domain/trigger.ts'
import { eventFixture } from '../../support/events.ts'

const running = eventFixture('ec2-state-change-running')
const parameter = eventFixture('ssm-parameter-change')
const withDetail = (event: object, detail: unknown): string => JSON.stringify({ ...event, detail })

test('an instance state change, as published', () =>
  expect(parseTrigger(readFileSync('test/fixtures/events/ec2-state-change-running.json', 'utf8'))).toEqual({
    kind: 'instance',
    instanceId: 'i-1234567890abcdef0',
    state: 'running',
  }))

test.each(INSTANCE_STATES)('state %s', (state) =>
  expect(parseTrigger(withDetail(running, { 'instance-id': 'i-12345678', state }))).toEqual({
    kind: 'instance',
    instanceId: 'i-12345678',
    state,
  }),
)

test.each(['images', 'sites'])('a changed parameter below %s/', (kind) =>
  expect(parseTrigger(withDetail(parameter, { name: `/ragstream-edge/prod/${kind}/a.example.com` }))).toEqual({
    kind: 'site',
    hostname: 'a.example.com',
  }),
)

test.each([{}, { force: true }, { unmatched: ['a.example.com'] }])('a message to ourselves comes back: %j', (detail) =>
  expect(parseTrigger(lookMessage(detail))).toEqual({ kind: 'look', force: false, unmatched: [], ...detail }),
)

const TYPES = '"EC2 Instance State-change Notification", "Parameter Store Change", "Site" or "Look"'
const STATES = 'one of pending, running, stopping, stopped, shutting-down, terminated'

test.each<[string, string, string]>([
  ['not JSON', 'hello', 'event: found "hello", wanted JSON'],
  ['an empty body', '', 'event: found "", wanted JSON'],
  ['a list', '[]', 'event: found [], wanted an object as EventBridge publishes it'],
  ['null', 'null', 'event: found null, wanted an object as EventBridge publishes it'],
  ['no type', '{}', `detail-type: found nothing, wanted ${TYPES}`],
  [
    'an event that no rule sends here',
    JSON.stringify(eventFixture('ssm-command-invocation-status')),
    `detail-type: found "EC2 Command Invocation Status-change Notification", wanted ${TYPES}`,
  ],
  ['no detail', withDetail(running, undefined), 'detail: found nothing, wanted an object'],
  ['a list for detail', withDetail(running, []), 'detail: found [], wanted an object'],
  [
    'an underscore for the hyphen',
    withDetail(running, { instance_id: 'i-12345678', state: 'running' }),
    'detail.instance-id: found nothing, wanted an instance id such as i-1234567890abcdef0',
  ],
  [
    'another id',
    withDetail(running, { 'instance-id': "i-1';reboot", state: 'running' }),
    'detail.instance-id: found "i-1\';reboot", wanted an instance id such as i-1234567890abcdef0',
  ],
  [
    'an unknown state',
    withDetail(running, { 'instance-id': 'i-12345678', state: 'rebooting' }),
    `detail.state: found "rebooting", wanted ${STATES}`,
  ],
  ['no state', withDetail(running, { 'instance-id': 'i-12345678' }), `detail.state: found nothing, wanted ${STATES}`],
  [
    'a parameter elsewhere',
    withDetail(parameter, { name: '/ragstream-edge/prod/state/notice' }),
    'detail.name: found "/ragstream-edge/prod/state/notice", wanted a parameter below .../sites/, .../images/ or .../certificates/',
  ],
  [
    'a parameter deeper down',
    withDetail(parameter, { name: '/ragstream-edge/prod/sites/a/b' }),
    'detail.name: found "/ragstream-edge/prod/sites/a/b", wanted a parameter below .../sites/, .../images/ or .../certificates/',
  ],
  [
    'no parameter',
    withDetail(parameter, {}),
    'detail.name: found nothing, wanted a parameter below .../sites/, .../images/ or .../certificates/',
  ],
  [
    'force in words',
    '{"detail-type":"Look","detail":{"force":"yes"}}',
    'detail.force: found "yes", wanted true or false',
  ],
  [
    'unmatched by number',
    '{"detail-type":"Look","detail":{"unmatched":[1]}}',
    'detail.unmatched: found [1], wanted a list of hostnames',
  ],
  [
    'the name of no site',
    '{"detail-type":"Site","detail":{"hostname":"a/../b"}}',
    'detail.hostname: found "a/../b", wanted a hostname',
  ],
  [
    'unmatched that is the name of no site',
    '{"detail-type":"Look","detail":{"unmatched":["a b"]}}',
    'detail.unmatched: found ["a b"], wanted a list of hostnames',
  ],
  ['a long body', `"${'x'.repeat(100)}`, `event: found "\\"${'x'.repeat(74)}..., wanted JSON`],
])('%s', (_, body, message) => {
  expect(() => parseTrigger(body)).toThrow(InvalidInput)
  expect(() => parseTrigger(body)).toThrow(expect.objectContaining({ message }))
})
