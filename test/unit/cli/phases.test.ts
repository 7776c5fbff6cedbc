// The timeline of a start: one line for each phase, with how long it took, and no inner state.
import { phases } from '../../../cli/start/phases.ts'

type Happening = Parameters<ReturnType<typeof phases>>[0]

const ID = 'i-00000000000000001'
const event = (type: string, detail: object) => ({ kind: 'event', event: { 'detail-type': type, detail } })
const instance = (state: string) => event('EC2 Instance State-change Notification', { 'instance-id': ID, state })
const command = (status: string, document = 'ConfigureHost') =>
  event('EC2 Command Invocation Status-change Notification', {
    ...{ 'instance-id': ID, 'command-id': 'c-1', status, 'document-name': `ragstream-edge-prod-${document}-1a` },
  })
const parameter = (name: string) => event('Parameter Store Change', { operation: 'Create', name })
const machine = (what: string) => ({ kind: 'machine', instanceId: ID, what })
const host = (line: string) => ({ kind: 'host', instanceId: ID, line })
const log = (name: string, message: string, level = 'INFO') => ({
  ...{ kind: 'log', function: name },
  line: JSON.stringify({ level, message }),
})
const insync = { kind: 'insync', zone: 'example.com.' }

/** Half a second passes between two happenings. */
function shown(...all: object[]): string[] {
  let time = 0
  const lines = phases(() => {
    return time
  })
  return all.flatMap((one) => {
    time += 500
    return lines(one as Happening).map(({ who, what, tone }) => `${who}: ${what}${tone === 'bad' ? ' !' : ''}`)
  })
}

test('a start that goes well', () =>
  expect(
    shown(
      ...[instance('pending'), instance('running'), machine('boots'), machine('is up')],
      log('host-config', `AgentNotRegistered: ${ID} of a.example: its SSM agent is not registered`, 'WARN'),
      log('host-config', `configure ${ID} for a.example: not configured since its start`),
      log('dns-sync', `replace A a.example: 192.0.2.1 (TTL 10) -> 203.0.113.10 (TTL 60): ${ID} runs there`),
      ...[
        command('Pending'),
        command('InProgress'),
        host('step=packages result=ok'),
        host('step=nginx result=changed'),
      ],
      ...[host('step=done result=changed'), command('Success'), insync, insync],
      ...[command('InProgress', 'InspectHost'), command('Success', 'InspectHost')],
      log('diagnose', 'a.example is live'),
      log('dns-sync', 'keep A a.example, is 203.0.113.10 (TTL 60)'),
      parameter('/ragstream-edge/prod/state/a.example/live/1'),
    ),
  ).toEqual([
    'machine: …000001 is up, 1.5 s',
    'agent: …000001 takes its first command, 2.5 s',
    'host: …000001 configured, changed: nginx, 2.0 s',
    'Route 53: replace A a.example: 192.0.2.1 (TTL 10) -> 203.0.113.10 (TTL 60), 3.5 s',
  ]))

test('a second run, and a stop', () =>
  expect(
    shown(
      ...[machine('is up'), command('InProgress'), host('step=done result=unchanged'), command('Success')],
      ...[instance('stopping'), machine('is off'), instance('stopped')],
    ),
  ).toEqual([
    'machine: …000001 is up',
    'agent: …000001 takes its first command, 0.5 s',
    'host: …000001 configured, nothing changed, 1.0 s',
    'machine: …000001 is stopped, 1.0 s',
  ]))

test('what fails is said at once, as it is', () =>
  expect(
    shown(
      ...[command('InProgress'), host('step=health result=failed reason="no answer"'), command('Failed')],
      log('outcome', 'notice HostNotConfigured of a.example', 'ERROR'),
      log('dns-sync', 'refuse A a.example: an alias'),
      { kind: 'problem', problem: 'machine of i-1: no' },
      parameter('/ragstream-edge/prod/images/a.example'),
    ),
  ).toEqual([
    'host: step=health result=failed reason="no answer" !',
    'host: …000001 Failed, 1.0 s !',
    'outcome: notice HostNotConfigured of a.example !',
    'dns-sync: refuse A a.example: an alias',
    'problem: machine of i-1: no !',
    'event: Create /ragstream-edge/prod/images/a.example',
  ]))
