// Pure reads: what the services would answer from this state.
import { agentOnline, lastHeartbeat } from './agents.ts'
import { commandStatus } from './command-events.ts'
import { ended, expiresAfter } from './commands.ts'
import { vanishAfterMs } from './instances.ts'
import { inOrder, normaliseName, orderKey } from './names.ts'
import type { Command, HostedZone, Instance, Invocation, Parameter, Queue, RecordSet, World } from './types.ts'

export { inOrder, isWithin, normaliseName, plainName, recordKey } from './names.ts'
export { agentOnline, commandStatus, ended, expiresAfter }

/** As DescribeInstances names them: `instance-id`, `instance-state-name`, `tag:<key>`, `tag-key`; any value matches, `*` and `?` are wild. */
export interface Filter {
  readonly name: string
  readonly values: readonly string[]
}

/** `address`: the public IPv4 as the API shows it by now. */
export interface SeenInstance extends Instance {
  readonly address: string | null
}

export function describeInstances(state: World, filters: readonly Filter[], now: number): SeenInstance[] {
  const tests = filters.map(filterTest)
  const seen: SeenInstance[] = []
  for (const instance of state.instances.values()) {
    const gone = instance.terminatedAt !== null && instance.terminatedAt + vanishAfterMs <= now
    if (!gone && tests.every((test) => test(instance)))
      seen.push({ ...instance, address: seenAddress(state, instance, now) })
  }
  return seen
}

/** The address that reaches the instance from outside, whether or not the API shows it yet. */
export function publicAddress(instance: Instance): string | null {
  return instance.elasticIp ?? instance.publicIp
}

/** The clock alone does not tell: an instance may arrive at `running` later than it was due. */
function seenAddress({ tempo }: World, instance: Instance, now: number): string | null {
  const isHidden = instance.state === 'pending' && tempo.pendingAddress === 'hidden'
  return !isHidden && instance.publicIpVisibleAt <= now ? publicAddress(instance) : null
}

function filterTest({ name, values }: Filter): (instance: Instance) => boolean {
  const exact = new Set(values)
  const wild = values.filter((value) => /[*?]/.test(value)).map(wildcard)
  const matches = (found: string | undefined) =>
    found !== undefined && (exact.has(found) || wild.some((pattern) => pattern.test(found)))
  if (name === 'instance-id') return (instance) => matches(instance.id)
  if (name === 'instance-state-name') return (instance) => matches(instance.state)
  if (name === 'tag-key') return (instance) => Object.keys(instance.tags).some(matches)
  if (name.startsWith('tag:')) return (instance) => matches(instance.tags[name.slice(4)])
  throw new TypeError(`filter ${name}: wanted instance-id, instance-state-name, tag-key or tag:<key>`)
}

function wildcard(value: string): RegExp {
  const source = value
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${source}$`)
}

export interface RecordPage {
  readonly records: readonly RecordSet[]
  /** The first record of the next page; undefined on the last. */
  readonly next: RecordSet | undefined
}

export interface RecordStart {
  readonly name: string
  readonly type?: string | undefined
  readonly setIdentifier?: string | undefined
}

/** The first records AT OR AFTER name and type, in Route 53's order: the first need not bear the name asked for. */
export function listRecords(zone: HostedZone, start?: RecordStart, max = 300): RecordPage {
  const all = inOrder(zone.records)
  const from = start === undefined ? 0 : firstAtOrAfter(all, startKey(start))
  return { records: all.slice(from, from + max), next: all[from + max] }
}

function startKey({ name, type, setIdentifier }: RecordStart): string {
  const record = { name: normaliseName(name), type: type ?? '' }
  return orderKey(setIdentifier === undefined ? record : { ...record, setIdentifier })
}

function firstAtOrAfter(records: readonly RecordSet[], start: string): number {
  let low = 0
  let high = records.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (orderKey(records[middle]!) < start) low = middle + 1
    else high = middle
  }
  return low
}

/** Parameters below the path, by name; not recursive: only those directly below it. */
export function parametersByPath(state: World, path: string, recursive: boolean): Parameter[] {
  const prefix = path.endsWith('/') ? path : `${path}/`
  const below = [...state.parameters.values()].filter(({ name }) => {
    return name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/'))
  })
  return below.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** In the order of both lists: what is in progress first, then the newest first. */
export function listCommands(state: World): Command[] {
  const newest = [...state.commands.values()].reverse()
  const isOpen = ({ id }: Command) => state.openCommands.has(id)
  return [...newest.filter(isOpen), ...newest.filter((command) => !isOpen(command))]
}

export function listInvocations(state: World): { command: Command; invocation: Invocation }[] {
  const newest = listCommands(state)
  return newest.flatMap((command) => [...command.invocations.values()].map((invocation) => ({ command, invocation })))
}

/** Instances that Systems Manager knows: those whose agent has ever registered. `Online` can be stale, as in the service. */
export function managedInstances(state: World, now: number): (Instance & { lastPingAt: number; online: boolean })[] {
  const known = [...state.instances.values()].filter((instance) => instance.agent !== null)
  return known.map((instance) => {
    const { lastPingAt } = lastHeartbeat(instance, now)!
    // The service calls an agent lost only after heartbeats have been missing for a while.
    return { ...instance, lastPingAt, online: agentOnline(instance) || now - lastPingAt < 600_000 }
  })
}

export function countMessages(queue: Queue, now: number): { visible: number; inFlight: number } {
  const kept = [...queue.messages.values()].filter((message) => message.sentAt + queue.retentionMs > now)
  const visible = kept.filter((message) => message.visibleAt <= now).length
  return { visible, inFlight: kept.length - visible }
}
