// Run Command: one invocation for each instance. What is not delivered or does not end in time is timed out here.
import { agentOnline } from './agents.ts'
import { commandEnd, invocationChange } from './command-events.ts'
import { checkedParameters, requireRoom } from './command-parameters.ts'
import { unknownDocument } from './documents.ts'
import { removeOne, setOne } from './share.ts'
import { type EventDraft, type Handler, quiet, type Transition, uuid, wakeBy } from './transition.ts'
import { type Command, type Invocation, ServiceError, type World } from './types.ts'

export const sendCommand: Handler<'SendCommand'> = (state, action, now) => {
  const instanceIds = [...new Set(action.instanceIds)]
  const timeoutSeconds = action.timeoutSeconds ?? 3600
  validate(instanceIds, timeoutSeconds)
  const document = state.documents.get(action.documentName)
  if (document === undefined) throw unknownDocument(action.documentName)
  requireRoom(document.name, document.content, action.parameters)
  const parameters = checkedParameters(document.name, document.content, action.parameters)
  requireOnline(state, instanceIds)
  const command: Command = {
    id: uuid(state.serial),
    documentName: document.name,
    content: document.content,
    parameters,
    comment: action.comment ?? '',
    requestedAt: now,
    expiresAt: now + timeoutSeconds * 1000,
    invocations: new Map(instanceIds.map((id) => [id, pending(id)])),
  }
  const next = {
    ...state,
    serial: state.serial + 1,
    openCommands: setOne(state.openCommands, command.id, true as const),
  }
  return quiet(wakeBy({ ...next, commands: setOne(next.commands, command.id, command) }, command.expiresAt), command)
}

function validate(instanceIds: readonly string[], timeoutSeconds: number): void {
  const failed = '1 validation error detected: Value at'
  if (instanceIds.length === 0 || instanceIds.length > 50) {
    const found = `'instanceIds' has ${instanceIds.length} members and failed to satisfy constraint`
    throw new ServiceError('ValidationException', `${failed} ${found}: Member must have length between 1 and 50`)
  }
  if (timeoutSeconds < 30 || timeoutSeconds > 2_592_000) {
    const found = `'timeoutSeconds' is ${timeoutSeconds} and failed to satisfy constraint`
    throw new ServiceError('ValidationException', `${failed} ${found}: Member must have value between 30 and 2592000`)
  }
}

function requireOnline(state: World, instanceIds: readonly string[]): void {
  const offline = instanceIds.filter((id) => {
    const instance = state.instances.get(id)
    return instance === undefined || !agentOnline(instance)
  })
  if (offline.length === 0) return
  const sentence = `Instances [[${offline.join(', ')}]] not in a valid state for account ${state.account}`
  throw new ServiceError('InvalidInstanceId', sentence)
}

function pending(instanceId: string): Invocation {
  const result = { responseCode: -1, stdout: '', stderr: '', startedAt: null, endedAt: null }
  return { instanceId, status: 'Pending', statusDetails: 'Pending', ...result }
}

/** The agent has taken the command. */
export const startInvocation: Handler<'StartInvocation'> = (state, action, now) => {
  const { command, invocation } = find(state, action.commandId, action.instanceId)
  if (invocation.status !== 'Pending') throw notNow(command, invocation, 'Pending')
  const started: Invocation = { ...invocation, status: 'InProgress', statusDetails: 'InProgress', startedAt: now }
  const outcome = changeInvocation(state, command, started, now)
  return { ...outcome, state: wakeBy(outcome.state, invocationDue(command, started)) }
}

/** The agent's report. Only `Undeliverable` and an end without a start may follow `Pending`. */
export const endInvocation: Handler<'EndInvocation'> = (state, action, now) => {
  const { command, invocation } = find(state, action.commandId, action.instanceId)
  if (ended(invocation)) throw notNow(command, invocation, 'Pending or InProgress')
  const { responseCode, stdout, stderr } = action
  // An undeliverable command counts as failed; only the details say why (ListCommandInvocations, StatusDetails).
  const status = action.status === 'Undeliverable' ? 'Failed' : action.status
  const statusDetails = action.status === 'TimedOut' ? 'ExecutionTimedOut' : action.status
  const result: Invocation = { ...invocation, status, statusDetails, responseCode, stdout, stderr, endedAt: now }
  return changeInvocation(state, command, result, now)
}

/** What has not been taken is never taken; of what runs nobody hears any more, and it may run on. */
export const cancelCommand: Handler<'CancelCommand'> = (state, { commandId, instanceIds }, now) => {
  const command = state.commands.get(commandId)
  if (command === undefined) throw new ServiceError('InvalidCommandId', `No command ${commandId}`)
  const chosen = instanceIds ?? [...command.invocations.keys()]
  let next = quiet(state)
  for (const id of chosen) {
    const { command: current, invocation } = find(next.state, commandId, id)
    if (ended(invocation)) continue
    const result: Invocation = { ...invocation, status: 'Cancelled', statusDetails: 'Cancelled', endedAt: now }
    const { state: changed, events } = changeInvocation(next.state, current, result, now)
    next = { ...next, state: changed, events: [...next.events, ...events] }
  }
  return next
}

function find(state: World, commandId: string, instanceId: string): { command: Command; invocation: Invocation } {
  const command = state.commands.get(commandId)
  const invocation = command?.invocations.get(instanceId)
  if (command === undefined || invocation === undefined) {
    throw new ServiceError('InvocationDoesNotExist', `No invocation of command ${commandId} on ${instanceId}`)
  }
  return { command, invocation }
}

function notNow(command: Command, invocation: Invocation, wanted: string): ServiceError {
  const found = `Invocation of ${command.id} on ${invocation.instanceId} is ${invocation.status}`
  return new ServiceError('InvalidInvocationStatus', `${found}, wanted ${wanted}`)
}

export function ended(invocation: Invocation): boolean {
  return invocation.status !== 'Pending' && invocation.status !== 'InProgress' && invocation.status !== 'Delayed'
}

function changeInvocation(state: World, command: Command, invocation: Invocation, at: number): Transition {
  const invocations = setOne(command.invocations, invocation.instanceId, invocation)
  const changed: Command = { ...command, invocations }
  const done = [...invocations.values()].every(ended)
  const events: EventDraft[] = [invocationChange(state, changed, invocation, at)]
  if (done) events.push(commandEnd(state, changed, at))
  const openCommands = done ? removeOne(state.openCommands, command.id) : state.openCommands
  return {
    state: { ...state, openCommands, commands: setOne(state.commands, command.id, changed) },
    events,
    reply: undefined,
  }
}

export function advanceCommands(state: World, now: number): Transition {
  let next = state
  const events: EventDraft[] = []
  for (const id of state.openCommands.keys()) {
    for (const invocation of state.commands.get(id)!.invocations.values()) {
      const command = next.commands.get(id)!
      const at = ended(invocation) ? Number.POSITIVE_INFINITY : invocationDue(command, invocation)
      if (at > now) continue
      const late: Invocation = { ...invocation, status: 'TimedOut', statusDetails: 'DeliveryTimedOut', endedAt: at }
      const outcome = changeInvocation(next, command, late, at)
      next = outcome.state
      events.push(...outcome.events)
    }
  }
  return { state: next, events, reply: undefined }
}

export function commandsDue(state: World): number {
  let at = Number.POSITIVE_INFINITY
  for (const id of state.openCommands.keys()) {
    const command = state.commands.get(id)!
    for (const invocation of command.invocations.values()) {
      if (!ended(invocation)) at = Math.min(at, invocationDue(command, invocation))
    }
  }
  return at
}

/** Delivery ends at `expiresAt`. What an agent has taken and never reported is in progress until both of its limits are over. */
function invocationDue(command: Command, invocation: Invocation): number {
  return invocation.startedAt === null ? command.expiresAt : expiresAfter(command)
}

/** "Calculated based on the total timeout for the command": for delivery and for execution (Command, ExpiresAfter). */
export function expiresAfter(command: Command): number {
  const seconds = command.content.mainSteps.map((step) => executionSeconds(command, step.inputs.timeoutSeconds))
  return command.expiresAt + seconds.reduce((sum, one) => sum + one, 0) * 1000
}

/** A number, digits, or `{{ Parameter }}`; 3,600 s when absent (aws:runShellScript, timeoutSeconds). */
function executionSeconds(command: Command, given: string | number | undefined): number {
  const name = typeof given === 'string' ? /^\{\{\s*(\w+)\s*\}\}$/.exec(given)?.[1] : undefined
  const seconds = Number(name === undefined ? given : command.parameters[name]?.[0])
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 3600
}
