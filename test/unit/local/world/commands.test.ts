// Run Command: reach of the agent, statuses, time limits, what is published.
import { agentOnline, commandStatus, managedInstances } from '../../../../local/world/queries.ts'
import type { Command, DocumentContent } from '../../../../local/world/types.ts'
import { fixture, refusal, type Virtual, virtual } from './virtual.ts'

const wholeEvent = fixture('ssm-command-status')
const invocationEvent = fixture('ssm-command-invocation-status')

const documentName = 'ConfigureHost-0123abcd'
const content: DocumentContent = {
  schemaVersion: '2.2',
  parameters: {
    Hostname: { type: 'String', allowedPattern: '^[a-z.-]+$' },
    Limit: { type: 'String', default: '120', allowedValues: ['120', '900'] },
  },
  mainSteps: [
    { action: 'aws:runShellScript', name: 'go', inputs: { runCommand: ['true'], timeoutSeconds: '{{ Limit }}' } },
  ],
}
const parameters = { Hostname: ['ragstream.rusbehabtahi.com'] }
let world: Virtual
let ids: string[]

beforeEach(() => {
  world = virtual()
  world.act({ type: 'CreateDocument', name: documentName, content })
  ids = ['i-1234567890abcdef0', 'i-1234567890abcdef1'].map((id) => {
    world.act({ type: 'RunInstance', id, tags: {}, state: 'running' })
    world.act({ type: 'RegisterAgent', instanceId: id })
    return id
  })
})

const send = (instanceIds: readonly string[] = ids, more = {}) =>
  world.act({ type: 'SendCommand', documentName, instanceIds, parameters, ...more })
const command = ({ id }: Command) => world.state.commands.get(id)!
const invocation = (sent: Command, instanceId = ids[0]!) => command(sent).invocations.get(instanceId)!
const start = (sent: Command, instanceId = ids[0]!) =>
  world.act({ type: 'StartInvocation', commandId: sent.id, instanceId })
type End = 'Success' | 'Failed' | 'TimedOut' | 'Undeliverable'
const end = (sent: Command, status: End, instanceId = ids[0]!) => {
  const responseCode = status === 'Success' ? 0 : 1
  const output = { responseCode, stdout: 'out', stderr: '' }
  world.act({ type: 'EndInvocation', commandId: sent.id, instanceId, status, ...output })
}
const published = () => world.events.map((event) => [event['detail-type'].slice(4, 22), event.detail.status])

test('status changes are published as EventBridge does it, the whole command at its end', () => {
  world.now = Date.parse('2026-11-23T08:30:30.049Z')
  const sent = send([ids[0]!], { timeoutSeconds: 3660 })
  start(sent)
  world.now = Date.parse(wholeEvent.time)
  end(sent, 'Success')
  const [, ended, whole] = world.events
  const detail = { 'command-id': sent.id, 'document-name': documentName }
  expect(ended).toEqual({ ...invocationEvent, id: ended!.id, detail: { ...invocationEvent.detail, ...detail } })
  const filled = { Hostname: ['ragstream.rusbehabtahi.com'], Limit: ['120'] }
  expect(whole).toEqual({
    ...wholeEvent,
    id: whole!.id,
    detail: { ...wholeEvent.detail, ...detail, parameters: filled },
  })
})

test('with several instances the whole ends with the last, as badly as the worst', () => {
  const sent = send()
  start(sent, ids[0])
  end(sent, 'Failed', ids[0])
  start(sent, ids[1])
  expect(commandStatus(command(sent))).toBe('InProgress')
  end(sent, 'Success', ids[1])
  expect(published()).toEqual([
    ['Command Invocation', 'InProgress'],
    ['Command Invocation', 'Failed'],
    ['Command Invocation', 'InProgress'],
    ['Command Invocation', 'Success'],
    ['Command Status-cha', 'Failed'],
  ])
})

test.each<[End, string, string]>([
  ['Success', 'Success', 'Success'],
  ['Failed', 'Failed', 'Failed'],
  ['TimedOut', 'TimedOut', 'ExecutionTimedOut'],
  ['Undeliverable', 'Failed', 'Undeliverable'],
])('reported %s: status %s, details %s', (reported, status, statusDetails) => {
  const sent = send()
  start(sent)
  end(sent, reported)
  expect(invocation(sent)).toMatchObject({ status, statusDetails, stdout: 'out', endedAt: world.now })
})

test('an invocation starts once and ends once', () => {
  const sent = send()
  start(sent)
  expect(refusal(world, () => start(sent))).toBe('InvalidInvocationStatus')
  end(sent, 'Success')
  expect(refusal(world, () => end(sent, 'Failed'))).toBe('InvalidInvocationStatus')
  expect(refusal(world, () => start(sent, 'i-0'))).toBe('InvocationDoesNotExist')
})

test('not started in time: delivery timed out, and it can no longer start', () => {
  const sent = send([ids[0]!], { timeoutSeconds: 30 })
  world.pass(29_999)
  expect(invocation(sent).status).toBe('Pending')
  world.pass(1)
  expect(invocation(sent)).toMatchObject({ status: 'TimedOut', statusDetails: 'DeliveryTimedOut' })
  expect(published()).toEqual([
    ['Command Invocation', 'TimedOut'],
    ['Command Status-cha', 'TimedOut'],
  ])
  expect(refusal(world, () => start(sent))).toBe('InvalidInvocationStatus')
})

test('started and never reported: in progress until both of its limits are over, then it counts as not delivered', () => {
  const sent = send([ids[0]!], { timeoutSeconds: 30 })
  start(sent)
  world.pass(149_999)
  expect(invocation(sent).status).toBe('InProgress')
  world.pass(1)
  expect(invocation(sent)).toMatchObject({ status: 'TimedOut', statusDetails: 'DeliveryTimedOut' })
  expect(world.state.openCommands.size).toBe(0)
})

test('a cancelled command is not taken, and nobody hears of what had begun', () => {
  const sent = send()
  start(sent, ids[0])
  world.act({ type: 'CancelCommand', commandId: sent.id, instanceIds: [ids[0]!] })
  expect([invocation(sent).status, invocation(sent, ids[1]).status]).toEqual(['Cancelled', 'Pending'])
  world.act({ type: 'CancelCommand', commandId: sent.id })
  expect(refusal(world, () => start(sent, ids[1]))).toBe('InvalidInvocationStatus')
  expect(refusal(world, () => end(sent, 'Success', ids[0]))).toBe('InvalidInvocationStatus')
  expect(published()).toContainEqual(['Command Status-cha', 'Cancelled'])
  expect(world.state.openCommands.size).toBe(0)
  world.act({ type: 'CancelCommand', commandId: sent.id })
  expect(refusal(world, () => world.act({ type: 'CancelCommand', commandId: 'none' }))).toBe('InvalidCommandId')
})

test('a command under way keeps the document that was removed', () => {
  const sent = send()
  world.act({ type: 'DeleteDocument', name: documentName })
  expect(command(sent).content).toBe(content)
  expect(refusal(world, () => send())).toBe('InvalidDocument')
})

test.each([
  ['no instance', () => send([]), 'ValidationException', '0 members'],
  ['51 instances', () => send(Array.from({ length: 51 }, (_, i) => `i-${i}`)), 'ValidationException', '51 members'],
  ['an unknown instance', () => send(['i-404']), 'InvalidInstanceId', '[[i-404]]'],
  ['an unknown document', () => send(ids, { documentName: 'No' }), 'InvalidDocument', 'No does not exist'],
  ['a parameter too few', () => send(ids, { parameters: {} }), 'InvalidParameters', 'Hostname is required'],
  [
    'a parameter too many',
    () => send(ids, { parameters: { ...parameters, X: ['1'] } }),
    'InvalidParameters',
    'X is not',
  ],
  [
    'outside the pattern',
    () => send(ids, { parameters: { Hostname: ["'; reboot"] } }),
    'InvalidParameters',
    "'; reboot",
  ],
  [
    'outside the list',
    () => send(ids, { parameters: { ...parameters, Limit: ['1'] } }),
    'InvalidParameters',
    '120, 900',
  ],
  [
    'two values for a String',
    () => send(ids, { parameters: { Hostname: ['a', 'b'] } }),
    'InvalidParameters',
    '2 values',
  ],
  [
    'over 64 KB',
    () => send(ids, { parameters: { Hostname: ['a'.repeat(65_500)] } }),
    'MaxDocumentSizeExceeded',
    '65536',
  ],
])('%s is refused', (_case, run, code, words) => {
  expect(run).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }))
})

test('every problem of the parameters is named at once', () => {
  const bad = { Hostname: ['A B'], Limit: ['1'], X: ['1'] }
  expect(() => send(ids, { parameters: bad })).toThrow(/X is not.*Hostname has the value.*Limit has the value/)
})

describe('the agent', () => {
  const id = () => ids[0]!
  const instance = () => world.state.instances.get(id())!
  const ping = () => managedInstances(world.state, world.now).find((one) => one.id === id())!.lastPingAt

  test('is lost at stop, comes back only by registering again; its old record stays', () => {
    world.pass(700_000)
    world.act({ type: 'StopInstances', ids: [id()] })
    const stale = ping()
    world.rest()
    world.act({ type: 'StartInstances', ids: [id()] })
    world.rest()
    expect(agentOnline(instance())).toBe(false)
    expect(ping()).toBe(stale)
    expect(stale).toBeLessThan(instance().launchTime)
    expect(refusal(world, () => send([id()]))).toBe('InvalidInstanceId')
    world.act({ type: 'RegisterAgent', instanceId: id() })
    expect(send([id()]).invocations.size).toBe(1)
  })

  test('its heartbeat comes every five minutes', () => {
    const registered = world.now
    world.pass(299_999)
    expect(ping()).toBe(registered)
    world.pass(1)
    expect(ping()).toBe(registered + 300_000)
  })

  test('registers only on a running instance', () => {
    world.act({ type: 'StopInstances', ids: [id()] })
    expect(refusal(world, () => world.act({ type: 'RegisterAgent', instanceId: id() }))).toBe('InvalidInstanceId')
  })
})

test('a document over 64 KB and a second one of the name are refused', () => {
  const large = { ...content, description: 'x'.repeat(65_536) }
  const create = (name: string, of: DocumentContent) => () => world.act({ type: 'CreateDocument', name, content: of })
  expect(refusal(world, create('Large', large))).toBe('MaxDocumentSizeExceeded')
  expect(refusal(world, create(documentName, content))).toBe('DocumentAlreadyExists')
})
