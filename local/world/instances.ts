// EC2 instances: who may change into what, and when it is done. Every transition is published.

import { changeAddresses, giveAddresses, releaseAddresses, shadowAddress } from './addresses.ts'
import { lastHeartbeat } from './agents.ts'
import { DEFAULT_PROFILE } from './profiles.ts'
import { beginRun, endRun } from './runs.ts'
import { edit, setOne } from './share.ts'
import { type EventDraft, type Handler, quiet, type Transition, wakeBy } from './transition.ts'
import { type Instance, type InstanceState, ServiceError, type World } from './types.ts'

/** A terminated instance stays visible for about an hour. */
export const vanishAfterMs = 3_600_000

/** Without `state` it launches (pending, then running); with it, it is there already and nothing is published. */
export const runInstance: Handler<'RunInstance'> = (state, action, now) => {
  const id = action.id ?? `i-${state.serial.toString(16).padStart(17, '0')}`
  if (state.instances.has(id)) throw new ServiceError('InvalidInstanceID.Duplicate', `The instance ID '${id}' exists`)
  const instance: Instance = {
    id,
    state: 'stopped',
    tags: action.tags,
    privateIp: action.privateIp ?? privateIp(state.serial),
    publicIp: null,
    publicIpVisibleAt: now,
    ipv6: action.ipv6 ?? null,
    elasticIp: null,
    launchTime: now,
    due: null,
    terminatedAt: null,
    ran: [],
    agent: null,
    groupIds: [...state.vpc.securityGroups.keys()].slice(0, 1),
    profile: action.profile === undefined ? DEFAULT_PROFILE : action.profile,
  }
  const created = { ...state, serial: state.serial + 1, instances: setOne(state.instances, id, instance) }
  if (action.state === 'stopped') return quiet(created, instance)
  if (action.state === 'running') {
    const there = giveAddresses(created, [beginRun({ ...instance, state: 'running' }, now)], now)
    return quiet(there, there.instances.get(id)!)
  }
  const launched = launch(created, [instance], now)
  return { ...launched, reply: launched.state.instances.get(id)! }
}

export const startInstances: Handler<'StartInstances'> = (state, action, now) => {
  const chosen = find(state, action.ids)
  refuse(chosen, ['stopping', 'shutting-down', 'terminated'], 'started')
  const stopped = chosen.filter((instance) => instance.state === 'stopped')
  if (stopped.length > 0 && state.tempo.capacity === 'none')
    throw new ServiceError('InsufficientInstanceCapacity', 'There is not enough capacity to fulfill your request.', 500)
  return launch(state, stopped, now)
}

export const stopInstances: Handler<'StopInstances'> = (state, action, now) => {
  const chosen = find(state, action.ids)
  refuse(chosen, ['pending', 'shutting-down', 'terminated'], 'stopped')
  const running = chosen.filter((instance) => instance.state === 'running')
  return begin(state, running, 'stopping', 'stopped', now)
}

export const terminateInstances: Handler<'TerminateInstances'> = (state, action, now) => {
  const alive = find(state, action.ids).filter(({ state: s }) => s !== 'shutting-down' && s !== 'terminated')
  return begin(state, alive, 'shutting-down', 'terminated', now)
}

/** Address, launch time and state stay; the agent registers again by itself. */
export const rebootInstances: Handler<'RebootInstances'> = (state, action) => {
  refuse(find(state, action.ids), ['pending', 'stopping', 'stopped', 'shutting-down', 'terminated'], 'rebooted')
  return quiet(state)
}

/** A tag of the same key is overwritten. */
export const createTags: Handler<'CreateTags'> = (state, action) => {
  const tagged = find(state, action.ids).map((one): [string, Instance] => [
    one.id,
    { ...one, tags: { ...one.tags, ...action.tags } },
  ])
  return quiet({ ...state, instances: edit(state.instances, tagged) })
}

export const associateAddress: Handler<'AssociateAddress'> = (state, action, now) => {
  const [instance] = find(state, [action.id])
  return quiet(shadowAddress(state, instance!, action.address, now))
}

/** Carries out what is due by `now`, in the order of time. */
export function advanceInstances(state: World, now: number): Transition {
  const due: Instance[] = []
  const gone: [string, undefined][] = []
  for (const instance of state.instances.values()) {
    if (instance.due !== null && instance.due.at <= now) due.push(instance)
    if (instance.terminatedAt !== null && instance.terminatedAt + vanishAfterMs <= now)
      gone.push([instance.id, undefined])
  }
  if (due.length + gone.length === 0) return quiet(state)
  due.sort((a, b) => a.due!.at - b.due!.at)
  const events = due.map((instance) => stateChange(state, instance.id, instance.due!.to, instance.due!.at))
  const instances = edit(state.instances, [...due.map(arrive), ...gone])
  return { state: changeAddresses(releaseAddresses({ ...state, instances }, due), due), events, reply: undefined }
}

export function instancesDue(state: World): number {
  let at = Number.POSITIVE_INFINITY
  for (const { due, terminatedAt } of state.instances.values()) {
    if (due !== null) at = Math.min(at, due.at)
    if (terminatedAt !== null) at = Math.min(at, terminatedAt + vanishAfterMs)
  }
  return at
}

function arrive(instance: Instance): [string, Instance] {
  const { to, at } = instance.due!
  const there: Instance = { ...instance, state: to, due: null }
  if (to === 'terminated')
    return [instance.id, { ...there, tags: {}, publicIp: null, elasticIp: null, terminatedAt: at }]
  if (to === 'running') return [instance.id, beginRun(there, at)]
  return [instance.id, to === 'stopped' ? { ...there, publicIp: null } : there]
}

function launch(state: World, instances: readonly Instance[], now: number): Transition {
  const at = now + state.tempo.pendingMs
  const to = state.tempo.capacity === 'lost' ? 'stopped' : 'running'
  const started = instances.map(
    (instance): Instance => ({ ...instance, state: 'pending', launchTime: now, due: { to, at } }),
  )
  const shownFrom = state.tempo.pendingAddress === 'hidden' ? at : now
  const addressed = giveAddresses(state, started, shownFrom + state.tempo.publicIpDelayMs)
  return begun(addressed, started, 'pending', now, at)
}

function begin(
  state: World,
  chosen: readonly Instance[],
  from: InstanceState,
  to: InstanceState,
  now: number,
): Transition {
  const at = now + state.tempo.stoppingMs
  const leaving = chosen.map((instance): [string, Instance] => [
    instance.id,
    { ...endRun(instance, now), state: from, due: { to, at }, agent: lastHeartbeat(instance, now) },
  ])
  return begun({ ...state, instances: edit(state.instances, leaving) }, chosen, from, now, at)
}

function begun(state: World, moved: readonly Instance[], to: InstanceState, now: number, at: number): Transition {
  const events = moved.map((instance) => stateChange(state, instance.id, to, now))
  return { state: moved.length === 0 ? state : wakeBy(state, at), events, reply: undefined }
}

function stateChange(state: World, id: string, to: InstanceState, at: number): EventDraft {
  return {
    at,
    source: 'aws.ec2',
    detailType: 'EC2 Instance State-change Notification',
    resources: [`arn:aws:ec2:${state.region}:${state.account}:instance/${id}`],
    detail: { 'instance-id': id, state: to },
  }
}

/** One unknown id fails the whole call. */
function find(state: World, ids: readonly string[]): Instance[] {
  const unknown = ids.filter((id) => !state.instances.has(id))
  if (unknown.length === 1) {
    throw new ServiceError('InvalidInstanceID.NotFound', `The instance ID '${unknown[0]}' does not exist`)
  }
  if (unknown.length > 1) {
    throw new ServiceError('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`)
  }
  return [...new Set(ids)].map((id) => state.instances.get(id)!)
}

function refuse(instances: readonly Instance[], states: readonly InstanceState[], what: string): void {
  const wrong = instances.find((instance) => states.includes(instance.state))
  if (wrong === undefined) return
  const sentence = `The instance '${wrong.id}' is not in a state from which it can be ${what}.`
  throw new ServiceError('IncorrectInstanceState', sentence)
}

/** In the default VPC's range. Repeats only after some 65,000 ids. */
function privateIp(serial: number): string {
  const n = (serial + 16) % 65_500
  return `172.31.${n >> 8}.${n & 255}`
}
