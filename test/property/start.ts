// One start on virtual time: the emulated account and its queues, the real handlers of host-config and outcome, and an
// agent that behaves as the test says. Time passes second by second, and nothing waits for it.
import { hostConfig } from '../../functions/host-config/handler.ts'
import { AgentNotRegistered } from '../../functions/lib/domain/errors.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import { newsMessage } from '../../functions/lib/domain/news.ts'
import { lookMessage } from '../../functions/lib/domain/trigger.ts'
import { hostParameters } from '../../functions/lib/hosts/parameters.ts'
import type { HostPorts } from '../../functions/lib/hosts/ports.ts'
import type { QueuePorts } from '../../functions/lib/runtime/messages.ts'
import { rememberSites } from '../../functions/lib/steps/remember-sites.ts'
import { outcome } from '../../functions/outcome/handler.ts'
import { describeInstances, listInvocations } from '../../local/world/queries.ts'
import { nextDue, step } from '../../local/world/step.ts'
import { type Action, type BusEvent, type ReplyOf, ServiceError, type World } from '../../local/world/types.ts'
import { createWorld } from '../../local/world/world.ts'
import { aSite } from '../support/domain.ts'
import { aDiagnosis, type FakeOutcome, fakeOutcome } from '../support/fake-outcome.ts'
import { remembering } from '../support/telemetry.ts'
import { asLambdaEvent } from './simulation/messages.ts'

export const SITE = 'app.example.com'
const EPOCH = Date.UTC(2026, 10, 23, 8)
const DOCUMENT = 'ragstream-edge-prod-ConfigureHost-01234567'
const HOST = 'arn:aws:sqs:eu-central-1:123456789012:HostQueue'
const OUTCOME = 'arn:aws:sqs:eu-central-1:123456789012:OutcomeQueue'
const DEAD = 'arn:aws:sqs:eu-central-1:123456789012:HostDeadLetters'

export interface Agent {
  /** Seconds after `running`; infinite for one that never comes. */
  readonly registersAfter: number
  /** How the n-th command ends, from 1 on. */
  readonly ends: (n: number, now: number) => 'Success' | 'Failed' | 'Undeliverable'
  /** How often the end of a command is told; 1 is the default. */
  readonly copies?: number
}

export interface Story {
  readonly outcome: FakeOutcome
  readonly deadLetters: number
  /** Waiting or hidden, in both queues. */
  readonly waiting: number
  readonly commands: number
  /** Seconds from the first command to each. */
  readonly triedAfter: readonly number[]
  /** Seconds after the start at which it was said to be live. */
  readonly liveAfter: number | undefined
}

export async function start(agent: Agent, minutes: number): Promise<Story> {
  const account = new VirtualAccount(agent)
  const id = account.furnish()
  const world = outcomeOf(account, id)
  const telemetry = remembering()
  const hosts = rememberSites(hostsOf(account))
  account.act({ type: 'StartInstances', ids: [id] })
  let liveAfter: number | undefined
  for (let second = 0; second < minutes * 60; second++) {
    account.passSecond()
    live(account, id, agent)
    const deadline = account.now + 57_000
    await serve(account, HOST, (event, queue) => hostConfig(event, deadline, { hosts, queue, telemetry }))
    await serve(account, OUTCOME, (event, queue) => outcome(event, deadline, { outcome: world, queue, telemetry }))
    if (world.events.length > 0) liveAfter ??= second
  }
  const { queues, commands } = account.state
  const size = (arn: string) => queues.get(arn)!.messages.size
  return {
    ...{ outcome: world, liveAfter, deadLetters: size(DEAD), commands: commands.size, triedAfter: triesOf(account) },
    waiting: size(HOST) + size(OUTCOME),
  }
}

function triesOf({ state }: VirtualAccount): number[] {
  const times = [...state.commands.values()].map(({ requestedAt }) => requestedAt / 1000)
  return times.map((time) => time - times[0]!)
}

class VirtualAccount {
  state: World = createWorld({ tempo: { pendingMs: 3_000 } })
  now = EPOCH
  readonly copies: number

  constructor({ copies = 1 }: Pick<Agent, 'copies'>) {
    this.copies = copies
  }

  act<T extends Action['type']>(action: Extract<Action, { type: T }>): ReplyOf<T> {
    const done = step<T>(this.state, action, this.now)
    this.state = done.state
    for (const event of done.events) this.#route(event)
    return done.reply
  }

  passSecond(): void {
    const end = this.now + 1_000
    for (let due = nextDue(this.state); due !== null && due <= end; due = nextDue(this.state)) {
      this.now = due
      this.act({ type: 'Advance' })
    }
    this.now = end
  }

  furnish(): string {
    const queue = { type: 'CreateQueue', retentionMs: 14 * 86_400_000, visibilityTimeoutMs: 360_000 } as const
    for (const arn of [HOST, OUTCOME, DEAD]) this.act({ ...queue, arn, redrive: null })
    const parameters = Object.fromEntries(hostParameters.map(({ name }) => [name, { type: 'String' }]))
    const mainSteps = [{ action: 'aws:runShellScript', name: 'x', inputs: { runCommand: ['true'] } }] as const
    this.act({ type: 'CreateDocument', name: DOCUMENT, content: { schemaVersion: '2.2', parameters, mainSteps } })
    return this.act<'RunInstance'>({ type: 'RunInstance', tags: { Name: 'app' }, state: 'stopped' }).id
  }

  /** As the rules of the stack do. */
  #route(event: BusEvent): void {
    const { source, detail } = event
    const ended = !['Pending', 'InProgress', 'Delayed', undefined].includes(detail.status as string | undefined)
    if (source === 'aws.ec2' && detail.state === 'running') this.send(HOST, JSON.stringify(event))
    if (event['detail-type'] === 'EC2 Command Invocation Status-change Notification' && ended)
      for (let copy = 0; copy < this.copies; copy++) this.send(OUTCOME, JSON.stringify(event))
  }

  send(arn: string, body: string, delayMs = 0): void {
    this.act({ type: 'SendMessages', arn, bodies: [body], delayMs })
  }

  instances(): Instance[] {
    return describeInstances(this.state, [], this.now).map(({ address, ipv6, ...one }) => ({
      ...{ id: one.id, state: one.state, tags: one.tags, launchTime: one.launchTime },
      ...{ publicIp: address ?? undefined, ipv6: ipv6 ?? undefined },
    }))
  }
}

/** The host's agent: registers when it is time, takes what is pending, and ends it as the test says. */
function live(account: VirtualAccount, instanceId: string, agent: Agent): void {
  const instance = account.state.instances.get(instanceId)!
  const since = (account.now - instance.launchTime) / 1000
  if (instance.state === 'running' && !instance.agent && since >= agent.registersAfter)
    account.act({ type: 'RegisterAgent', instanceId })
  for (const [index, command] of [...account.state.commands.values()].entries()) {
    if (command.invocations.get(instanceId)?.status !== 'Pending') continue
    const printed = { stdout: '', stderr: '', responseCode: 0 }
    const status = agent.ends(index + 1, account.now)
    account.act({ type: 'EndInvocation', commandId: command.id, instanceId, status, ...printed })
  }
}

async function serve(
  account: VirtualAccount,
  arn: string,
  run: (event: unknown, queue: QueuePorts) => Promise<{ batchItemFailures: readonly { itemIdentifier: string }[] }>,
): Promise<void> {
  const received = account.act<'ReceiveMessages'>({ type: 'ReceiveMessages', arn, max: 10 })
  if (received.length === 0) return
  const { batchItemFailures } = await run(asLambdaEvent(received), {
    postpone: async (all) => {
      for (const { receiptHandle, seconds } of all)
        account.act({ type: 'ChangeVisibility', arn, receiptHandle, timeoutMs: seconds * 1000 })
    },
    bury: async (body) => account.send(DEAD, body),
    tell: async (news) => account.send(OUTCOME, newsMessage(news)),
    now: () => account.now,
  })
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  const done = received.filter((message) => !failed.has(message.id)).map(({ receiptHandle }) => receiptHandle!)
  account.act({ type: 'DeleteMessages', arn, receiptHandles: done })
}

const clockOf = (account: VirtualAccount) => ({
  now: () => account.now,
  sleep: async () => {},
  random: () => 0.5,
})

const commandsOf = (account: VirtualAccount, instanceId: string, since: number) =>
  listInvocations(account.state)
    .filter(({ command, invocation }) => invocation.instanceId === instanceId && command.requestedAt >= since)
    .map(({ command, invocation }) => ({
      ...{ id: command.id, instanceId, comment: command.comment },
      ...{ status: invocation.status, requestedAt: command.requestedAt },
      ...(invocation.endedAt === null ? {} : { endedAt: invocation.endedAt }),
    }))

function hostsOf(account: VirtualAccount): HostPorts {
  return {
    documentName: DOCUMENT,
    clock: clockOf(account),
    readSites: async () => ({ sites: [aSite(SITE)], broken: [] }),
    listInstances: async () => account.instances(),
    listCommands: async (instanceId, since) => commandsOf(account, instanceId, since),
    sendCommand: async (instanceId, { parameters, comment, documentName }) => {
      const values = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]]))
      try {
        const sent = { documentName, instanceIds: [instanceId], parameters: values, comment, timeoutSeconds: 600 }
        return account.act<'SendCommand'>({ type: 'SendCommand', ...sent }).id
      } catch (error) {
        if (error instanceof ServiceError && error.code === 'InvalidInstanceId')
          throw new AgentNotRegistered('its SSM agent is not registered with Systems Manager')
        throw error
      }
    },
  }
}

/** Live once a command has succeeded; what a diagnosis looks at is not here. */
function outcomeOf(account: VirtualAccount, id: string): FakeOutcome {
  return Object.assign(fakeOutcome(), {
    documentName: DOCUMENT,
    clock: clockOf(account),
    sites: [aSite(SITE)],
    listInstances: async () => account.instances(),
    listCommands: async (instanceId: string, since: number) => commandsOf(account, instanceId, since),
    diagnose: async () => {
      const done = commandsOf(account, id, 0).some(({ status }) => status === 'Success')
      return aDiagnosis(done ? {} : { verdict: 'broken', sentence: 'nothing answers' })
    },
    askForHostLook: async (seconds: number) => account.send(HOST, lookMessage({}), seconds * 1000),
  })
}
