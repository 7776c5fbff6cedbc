// Keeps a machine behind every instance: what the world says of an instance happens to its machine.
import { type Agent, startAgent } from './agent/agent.ts'
import type { AclRule, InboundRule, Machine, MachineRoom, PortRange, Protocol } from './machine/types.ts'
import type { Instance, LiveWorld, World } from './world/types.ts'
import { groupsOf, hasInternet } from './world/vpc.ts'
import type { GroupRule } from './world/vpc-types.ts'

export interface HostOptions {
  readonly world: LiveWorld
  readonly room: MachineRoom
  /** Milliseconds from a booted machine to its agent's registration. */
  readonly registerAfterMs: number
  /** A line that a document printed on a host. */
  readonly onLine: (instanceId: string, line: string) => void
  readonly onMachine: (instanceId: string, what: 'boots' | 'is up' | 'is off') => void
  readonly onProblem: (problem: string) => void
}

export interface Hosts {
  machine(instanceId: string): Machine | undefined
  /** The agent's process ends: what is sent to it waits, and Systems Manager does not know it yet. */
  stopAgent(instanceId: string): Promise<void>
  startAgent(instanceId: string): Promise<void>
  /**
   * The agent updates itself: of the commands that it runs nobody hears any more. With `forgets` they are lost, else it begins them again. What
   * they have begun on the host goes on either way.
   */
  restartAgent(instanceId: string, how: { readonly forgets: boolean }): Promise<void>
  /** Resolves when every machine is as its instance. */
  settled(): Promise<void>
  close(): Promise<void>
}

interface Host {
  machine: Machine | undefined
  agent: Agent | undefined
  /** On its disk: documents that its agent has begun and not reported. */
  readonly inProgress: Map<string, number>
  /** What is being done, one thing after the other. */
  work: Promise<void>
}

export function followHosts(options: HostOptions): Hosts {
  const { world, onProblem } = options
  const hosts = new Map<string, Host>()
  const inTurn = (id: string, work: (host: Host) => Promise<void>): Promise<void> => {
    const host = hosts.get(id) ?? {
      machine: undefined,
      agent: undefined,
      inProgress: new Map(),
      work: Promise.resolve(),
    }
    hosts.set(id, host)
    host.work = host.work
      .then(() => work(host))
      .catch((error: Error) => onProblem(`machine of ${id}: ${error.message}`))
    return host.work
  }
  const follow = (before: Instance | undefined, after: Instance): Promise<void> =>
    inTurn(after.id, (host) => act(options, host, before, after))
  for (const instance of world.state.instances.values()) follow(undefined, instance)
  const unsubscribe = world.subscribe(({ action, before, state }) => {
    // The one change to a machine that shows in no instance's state.
    if (action.type === 'RebootInstances') for (const id of action.ids) inTurn(id, (host) => reboot(options, host, id))
    if (before.vpc !== state.vpc)
      for (const { id, state: now } of state.instances.values())
        if (now === 'running') inTurn(id, () => obey(options, id))
    if (before.instances === state.instances) return
    for (const instance of state.instances.values()) {
      const known = before.instances.get(instance.id)
      if (known !== instance) follow(known, instance)
    }
  })
  const settled = async () => {
    await Promise.all([...hosts.values()].map((host) => host.work))
  }
  return {
    machine: (instanceId) => hosts.get(instanceId)?.machine,
    stopAgent: (instanceId) =>
      inTurn(instanceId, async (host) => {
        await host.agent?.close()
        host.agent = undefined
      }),
    startAgent: (instanceId) => inTurn(instanceId, (host) => runAgent(options, host, instanceId)),
    restartAgent: (instanceId, { forgets }) =>
      inTurn(instanceId, async (host) => {
        await host.agent?.close()
        host.agent = undefined
        if (forgets) host.inProgress.clear()
        await runAgent(options, host, instanceId)
      }),
    settled,
    async close() {
      unsubscribe()
      await settled()
      await Promise.all([...hosts.values()].map((host) => host.agent?.close()))
    },
  }
}

const addressOf = (instance: Instance | undefined): string | null => instance?.elasticIp ?? instance?.publicIp ?? null

async function act(options: HostOptions, host: Host, before: Instance | undefined, after: Instance): Promise<void> {
  const { room } = options
  const [old, present] = [addressOf(before), addressOf(after)]
  if (old !== present) {
    if (old) await room.disassociate(old)
    if (present) await room.associate(present, after.privateIp)
  }
  const [was, is] = [before?.state === 'running', after.state === 'running']
  if (is && !was) await powerOn(options, host, after)
  if (was && !is) await powerOff(options, host, after)
  if (after.state === 'terminated' && before?.state !== 'terminated') await host.machine?.destroy()
}

async function powerOn(options: HostOptions, host: Host, { id, privateIp }: Instance): Promise<void> {
  const { room } = options
  options.onMachine(id, 'boots')
  host.machine ??= await room.machine(id, { privateIp })
  await obey(options, id)
  await host.machine.boot()
  options.onMachine(id, 'is up')
  await runAgent(options, host, id)
}

async function runAgent({ world, registerAfterMs, ...options }: HostOptions, host: Host, id: string): Promise<void> {
  if (!host.machine?.running || host.agent) return
  const onLine = (line: string) => options.onLine(id, line)
  const { machine, inProgress } = host
  host.agent = await startAgent({ world, instanceId: id, machine, registerAfterMs, inProgress, onLine })
}

/** What the world says of the instance's network is what packets meet. */
async function obey({ world, room }: HostOptions, id: string): Promise<void> {
  const instance = world.state.instances.get(id)
  if (instance === undefined) return
  const { privateIp } = instance
  await room.setInbound(privateIp, inboundOf(world.state, instance))
  await room.setAcl(privateIp, aclOf(world.state))
  await room.setInternetRoute(privateIp, hasInternet(world.state))
}

/** Address and agent's registration stay; the agent looks again by itself once the machine is up. */
async function reboot({ onMachine }: HostOptions, { machine }: Host, id: string): Promise<void> {
  await machine?.powerOff()
  onMachine(id, 'is off')
  onMachine(id, 'boots')
  await machine?.boot()
  onMachine(id, 'is up')
}

async function powerOff({ onMachine }: HostOptions, host: Host, { id }: Instance): Promise<void> {
  await host.agent?.close()
  host.agent = undefined
  await host.machine?.powerOff()
  onMachine(id, 'is off')
}

const protocolOf = (protocol: GroupRule['protocol']): Protocol => (protocol === '-1' ? 'all' : protocol)

const portOf = (ports: PortRange | null): InboundRule['port'] =>
  ports?.from === ports?.to ? (ports?.from ?? null) : ports

/** Packets here are IPv4: rules for others concern none of them. */
const isIpv4 = (cidr: string): boolean => !cidr.includes(':')

const inboundOf = (state: World, instance: Instance): InboundRule[] =>
  groupsOf(state, instance)
    .flatMap(({ inbound }) => inbound)
    .filter(({ source }) => isIpv4(source))
    .map(({ protocol, ports, source }) => ({ protocol: protocolOf(protocol), port: portOf(ports), source }))

const aclOf = ({ vpc }: World): AclRule[] =>
  vpc.networkAcl.entries
    .toSorted((a, b) => a.number - b.number)
    .filter(({ cidr }) => isIpv4(cidr))
    .map(({ egress, action, protocol, ports, cidr }) => {
      return {
        direction: egress ? 'out' : 'in',
        action,
        protocol: protocolOf(protocol),
        port: portOf(ports),
        peer: cidr,
      }
    })
