// The whole of the emulated cloud in one pure function: (state, action, now) -> (state, events, reply). Throws
// ServiceError as the service would; then nothing has changed.
import { assumeRole, putRole } from './accounts.ts'
import { registerAgent } from './agents.ts'
import { advanceCommands, cancelCommand, commandsDue, endInvocation, sendCommand, startInvocation } from './commands.ts'
import { createDocument, deleteDocument } from './documents.ts'
import * as instances from './instances.ts'
import { deleteParameter, putParameter } from './parameters.ts'
import { putInstanceProfile } from './profiles.ts'
import * as queues from './queues.ts'
import * as topics from './topics.ts'
import { busEvent, type Handler, quiet } from './transition.ts'
import type { Action, ReplyOf, Step, World } from './types.ts'
import * as vpc from './vpc.ts'
import * as zones from './zones.ts'

const advance: Handler<'Advance'> = (state, _action, now) => {
  if (state.wakeAt === null || state.wakeAt > now) return quiet(state)
  const first = instances.advanceInstances(state, now)
  const second = zones.advanceZones(first.state, now)
  const third = advanceCommands(second.state, now)
  const due = Math.min(instances.instancesDue(third.state), zones.zonesDue(third.state), commandsDue(third.state))
  const events = [...first.events, ...third.events].sort((a, b) => a.at - b.at)
  return { state: { ...third.state, wakeAt: Number.isFinite(due) ? due : null }, events, reply: undefined }
}

const setTempo: Handler<'SetTempo'> = (state, action) => quiet({ ...state, tempo: { ...state.tempo, ...action.tempo } })

const handlers: { readonly [T in Action['type']]: Handler<T> } = {
  RunInstance: instances.runInstance,
  StartInstances: instances.startInstances,
  StopInstances: instances.stopInstances,
  RebootInstances: instances.rebootInstances,
  CreateTags: instances.createTags,
  TerminateInstances: instances.terminateInstances,
  AssociateAddress: instances.associateAddress,
  Advance: advance,
  SetTempo: setTempo,
  CreateHostedZone: zones.createHostedZone,
  CountRoute53Request: zones.countRoute53Request,
  PutRole: putRole,
  PutInstanceProfile: putInstanceProfile,
  AssumeRole: assumeRole,
  ChangeResourceRecordSets: zones.changeResourceRecordSets,
  ProtectRecords: zones.protectRecords,
  PutParameter: putParameter,
  DeleteParameter: deleteParameter,
  CreateDocument: createDocument,
  DeleteDocument: deleteDocument,
  RegisterAgent: registerAgent,
  SendCommand: sendCommand,
  StartInvocation: startInvocation,
  EndInvocation: endInvocation,
  CancelCommand: cancelCommand,
  CreateQueue: queues.createQueue,
  SendMessages: queues.sendMessages,
  ReceiveMessages: queues.receiveMessages,
  DeleteMessages: queues.deleteMessages,
  ChangeVisibility: queues.changeVisibility,
  SetGroupRules: vpc.setGroupRules,
  SetAclEntries: vpc.setAclEntries,
  SetRoutes: vpc.setRoutes,
  CreateTopic: topics.createTopic,
  DeleteTopic: topics.deleteTopic,
  Publish: topics.publish,
  PutEvents: topics.putEvents,
}

export function step<T extends Action['type']>(
  state: World,
  action: Extract<Action, { type: T }>,
  now: number,
): Step<ReplyOf<T>> {
  const handle = handlers[action.type as T] as unknown as Handler<T>
  const outcome = handle(state, action, now)
  const { length } = outcome.events
  if (length === 0) return { state: outcome.state, events: [], reply: outcome.reply }
  const { serial } = outcome.state
  const events = outcome.events.map((draft, i) => busEvent(state, draft, serial + i))
  return { state: { ...outcome.state, serial: serial + length }, events, reply: outcome.reply }
}

/**
 * When to `Advance` next: no transition is due before this time. It can be early (what was due has been cancelled
 * meanwhile); an `Advance` then changes nothing but this time. Null when nothing is to come.
 */
export function nextDue(state: World): number | null {
  return state.wakeAt
}
