// The local cloud, put together from its rooms: one world on a clock, the services over HTTP, the zone's name server,
// the packaged stack, and a machine behind every instance. Tests, command line and benchmarks start it here.
import { join } from 'node:path'
import { followHosts, type Hosts } from './hosts.ts'
import type { MachineRoom } from './machine/types.ts'
import { authorizer } from './stack/access.ts'
import { deployStack, readStack, type Stack } from './stack/deploy.ts'
import { type ApiReport, type HttpApi, startHttpApi } from './stack/http-api.ts'
import type { LambdaOptions } from './stack/lambda.ts'
import { decideByPolicies } from './stack/policy.ts'
import type { FunctionError } from './stack/runtime-api.ts'
import { createSlots } from './stack/slots.ts'
import type { StackTemplate } from './stack/template.ts'
import { type DnsServer, startDns } from './wire/dns.ts'
import type { Middleware } from './wire/perform.ts'
import { type CallReport, startWire, type Wire } from './wire/server.ts'
import type { FunctionLog, Functions } from './wire/service.ts'
import { liveWorld } from './world/live.ts'
import type { Authorizer, BusEvent, LiveWorld, Tempo } from './world/types.ts'
import { createWorld } from './world/world.ts'

/** Something worth a line in a timeline. */
export type Happening =
  | { readonly kind: 'event'; readonly event: BusEvent }
  | { readonly kind: 'call'; readonly call: CallReport }
  | { readonly kind: 'log'; readonly function: string; readonly line: string }
  | { readonly kind: 'host'; readonly instanceId: string; readonly line: string }
  | { readonly kind: 'machine'; readonly instanceId: string; readonly what: 'boots' | 'is up' | 'is off' }
  | { readonly kind: 'insync'; readonly zone: string }
  | { readonly kind: 'query'; readonly name: string; readonly type: string; readonly answers: readonly string[] }
  | { readonly kind: 'visit'; readonly visit: ApiReport }
  | { readonly kind: 'problem'; readonly problem: string }

export interface CloudOptions {
  /** Folder that `sls package` wrote. */
  readonly packageFolder: string
  readonly room: MachineRoom
  /** Bundles are unpacked here. */
  readonly workFolder: string
  /** Roles of other accounts know ours by it. */
  readonly stackName?: string
  /** The services' clock, where it is not this machine's. */
  readonly now?: () => number
  readonly tempo?: Partial<Tempo>
  readonly publicPool?: readonly string[]
  /** Milliseconds from a booted machine to its agent's registration. */
  readonly registerAfterMs?: number
  /** Port of the name server; 53 where machines and browsers ask it. */
  readonly dnsPort?: number
  readonly middleware?: readonly Middleware[]
  /** Variables of the functions that are not the template's: where the certificate authority is, for example. */
  readonly environment?: Readonly<Record<string, string>>
  /** Functions that may run at once, as in a new account. Default: there is no limit. */
  readonly concurrency?: number
  readonly onHappening?: (happening: Happening) => void
  /** Beginnings and ends of the functions' runs. */
  readonly onInvoke?: NonNullable<LambdaOptions['onInvoke']>
}

export interface LocalCloud {
  readonly world: LiveWorld
  readonly wire: Wire
  readonly dns: DnsServer
  /** In front of the door's function; there is none behind it unless a site has a door. */
  readonly api: HttpApi
  readonly hosts: Hosts
  /** Fails until `deploy` has been called. */
  readonly stack: Stack
  /** `sls deploy`: wires the packaged stack into the running cloud. */
  deploy(): Promise<Stack>
  close(): Promise<void>
}

const MOST_LOGS = 20_000

const noStack = (account: string): Pick<StackTemplate, 'scope' | 'resources'> => ({
  scope: { account, region: '', stackName: '', queueOrigin: '' },
  resources: new Map(),
})

const TEMPLATE = 'cloudformation-template-update-stack.json'

export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const { room, onHappening = () => {} } = options
  const { tempo = {}, publicPool } = options
  const world = liveWorld(createWorld({ tempo, ...(publicPool ? { publicPool } : {}) }), options.now)
  const closers: (() => unknown)[] = [() => world.close()]
  const close = async () => {
    const errors: unknown[] = []
    for (const closer of closers.splice(0).reverse()) await Promise.try(closer).catch((error) => errors.push(error))
    if (errors.length > 0) throw new AggregateError(errors, 'the local cloud did not close cleanly')
  }
  let stack: Stack | undefined
  const logs: FunctionLog[] = []
  // Before the first deploy there are the person at the keyboard and the hosts.
  let authorize: Authorizer = authorizer(noStack(world.state.account), () => world.state)
  try {
    closers.push(world.subscribe((change) => reportChange(change, onHappening)))
    const wire = await startWire({
      world,
      authorize: (request) => (stack?.authorize ?? authorize)(request),
      address: room.cloudAddress,
      onCall: (call) => onHappening({ kind: 'call', call }),
      functions: functionsOf(() => stack, logs),
      decide: decideByPolicies,
      ...(options.middleware ? { middleware: options.middleware } : {}),
    })
    closers.push(() => wire.close())
    const dns = await startDns({
      world,
      address: room.cloudAddress,
      ...(options.dnsPort === undefined ? {} : { port: options.dnsPort }),
      onQuery: ({ name, type, answers }) =>
        onHappening({ kind: 'query', name, type, answers: answers.map(({ value }) => value) }),
    })
    closers.push(() => dns.close())
    const slots = options.concurrency === undefined ? undefined : createSlots(options.concurrency)
    const api = await startHttpApi({
      address: room.cloudAddress,
      template: () => stack?.template,
      invoke: (arn, event) => stack!.invoke(arn, event),
      ...(slots ? { isFull: () => slots.isFull } : {}),
      onRequest: (visit) => onHappening({ kind: 'visit', visit }),
    })
    closers.push(() => api.close())
    const hosts = followHosts({
      world,
      room,
      registerAfterMs: options.registerAfterMs ?? 500,
      onLine: (instanceId, line) => onHappening({ kind: 'host', instanceId, line }),
      onMachine: (instanceId, what) => onHappening({ kind: 'machine', instanceId, what }),
      onProblem: (problem) => onHappening({ kind: 'problem', problem }),
    })
    closers.push(() => hosts.close())
    const deploy = async () => {
      const templateFile = join(options.packageFolder, TEMPLATE)
      // The functions call as soon as the first parameter is created, which is before the deploy has returned.
      const { account, region } = world.state
      const named = options.stackName === undefined ? {} : { stackName: options.stackName }
      const reading = { account, region, queueOrigin: wire.url, apiOrigin: api.url, ...named }
      authorize = readStack(templateFile, reading, () => world.state).authorize
      stack = await deployStack({
        templateFile,
        ...named,
        world,
        apiOrigin: api.url,
        ...(slots ? { slots } : {}),
        endpointUrl: wire.url,
        secretOf: wire.secretOf,
        argvPrefix: room.publicSide,
        environment: { ...probing(room, dns), ...options.environment },
        workFolder: options.workFolder,
        onProblem: (problem) => onHappening({ kind: 'problem', problem }),
        onLog: ({ function: name, line }) => {
          const own =
            stack?.functions.find(({ key }) => key === name)?.name ?? `${options.stackName ?? 'ragstream-edge'}-${name}`
          logs.push({ at: world.now(), function: own, line })
          // A cloud that stands for days forgets the oldest.
          if (logs.length > MOST_LOGS) logs.splice(0, MOST_LOGS / 2)
          onHappening({ kind: 'log', function: name, line })
        },
        ...(options.onInvoke ? { onInvoke: options.onInvoke } : {}),
      })
      closers.push(() => stack?.close())
      return stack
    }
    return {
      world,
      wire,
      dns,
      api,
      hosts,
      deploy,
      close,
      get stack() {
        if (!stack) throw new Error('the stack is not deployed yet')
        return stack
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What functions cannot find out here: no resolver knows the zone's name servers, and rendered machines answer nobody. */
function probing(room: MachineRoom, dns: DnsServer): Record<string, string> {
  const nameServer = `${dns.address}:${dns.port}`
  return {
    NAME_SERVERS: nameServer,
    RESOLVERS: room.visitorsResolver ?? nameServer,
    // No certificate authority can look into a zone that is here alone; a test brings one of its own.
    ACME_DIRECTORY: 'https://127.0.0.1:9/none',
    ...(room.kind === 'rendered' ? { OUTSIDE_PROBES: 'off' } : {}),
    ...(room.authority ? { NODE_EXTRA_CA_CERTS: room.authority.rootFile } : {}),
  }
}

/** The deployed functions as Lambda's API reaches them. */
function functionsOf(stack: () => Stack | undefined, logs: readonly FunctionLog[]): Functions {
  return {
    logs: () => logs,
    resources: () => [...(stack()?.template.resources.values() ?? [])],
    arnOf: (wanted) => stack()?.functions.find(({ name, arn }) => [name, arn].includes(wanted))?.arn,
    async invoke(arn, payload) {
      const lines: string[] = []
      const answer = await stack()!
        .invoke(arn, payload, (line) => lines.push(line))
        .then(
          (result) => ({ payload: result, failed: false }),
          (error: FunctionError) => {
            const { errorType, message, trace } = error
            return { payload: { errorType, errorMessage: message, trace }, failed: true }
          },
        )
      return { ...answer, log: lines.map((line) => `${line}\n`).join('') }
    },
  }
}

type Change = Parameters<Parameters<LiveWorld['subscribe']>[0]>[0]

function reportChange({ before, state, events }: Change, onHappening: (happening: Happening) => void): void {
  for (const event of events) onHappening({ kind: 'event', event })
  if (before.changes === state.changes) return
  for (const change of state.changes.values()) {
    if (change.status !== 'INSYNC' || before.changes.get(change.id)?.status !== 'PENDING') continue
    onHappening({ kind: 'insync', zone: state.zones.get(change.zoneId)?.name ?? change.zoneId })
  }
}
