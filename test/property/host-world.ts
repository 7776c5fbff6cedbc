// Hosts on virtual time: the emulated account and its queues, the real handlers of host-config and outcome, the schedule's look at hosts, and a host with a
// lock, whose agent loses commands and begins them again as agents do. Time jumps from one moment to the next.
import { hostConfig } from '../../functions/host-config/handler.ts'
import { AgentNotRegistered } from '../../functions/lib/domain/errors.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import { newsMessage } from '../../functions/lib/domain/news.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { lookMessage, siteMessage } from '../../functions/lib/domain/trigger.ts'
import { configureHost, type SentCommand } from '../../functions/lib/hosts/command.ts'
import { convergeHosts } from '../../functions/lib/hosts/converge.ts'
import { hostParameters } from '../../functions/lib/hosts/parameters.ts'
import { DOUBT_LOOK } from '../../functions/lib/hosts/plan.ts'
import type { HostPorts } from '../../functions/lib/hosts/ports.ts'
import { readState } from '../../functions/lib/outcome/state.ts'
import { findingsOf } from '../../functions/lib/resync/resync.ts'
import type { QueuePorts } from '../../functions/lib/runtime/messages.ts'
import { rememberSites } from '../../functions/lib/steps/remember-sites.ts'
import { outcome } from '../../functions/outcome/handler.ts'
import { describeInstances, listInvocations } from '../../local/world/queries.ts'
import { nextDue, step } from '../../local/world/step.ts'
import {
  type Action,
  type BusEvent,
  type Command,
  type ReplyOf,
  ServiceError,
  type World,
} from '../../local/world/types.ts'
import { createWorld } from '../../local/world/world.ts'
import { configureHostDocument } from '../../resources/documents.ts'
import { aSite } from '../support/domain.ts'
import { aDiagnosis, type FakeOutcome, fakeOutcome } from '../support/fake-outcome.ts'
import { anInspection } from '../support/inspection.ts'
import { asLambdaEvent } from './simulation/messages.ts'

export const SITE = 'app.example.com'
const EPOCH = Date.UTC(2026, 10, 23, 8)
const DOCUMENT = 'ragstream-edge-prod-ConfigureHost-01234567'
const HOST = 'arn:aws:sqs:eu-central-1:123456789012:HostQueue'
const OUTCOME = 'arn:aws:sqs:eu-central-1:123456789012:OutcomeQueue'
const DEAD = 'arn:aws:sqs:eu-central-1:123456789012:HostDeadLetters'

const telemetry = { info() {}, warn() {}, error() {}, count() {}, measure() {} }

/** What becomes of one command. Seconds. */
export interface Fate {
  /** Of work, with the host's lock; 0: it ends at once. */
  readonly takes: number
  /** `nothing`: the agent loses it before the host has begun. */
  readonly does: 'work' | 'fail' | 'nothing'
  /** `never`: nobody hears of its end. */
  readonly tells: 'Success' | 'Failed' | 'Undeliverable' | 'never'
  /** What a failed run prints. */
  readonly says?: string
  /** So long after it took the command, the agent begins it once more. */
  readonly againAfter?: number
}

export const GOOD: Fate = { takes: 0, does: 'work', tells: 'Success' }

export interface Life {
  readonly minutes: number
  /** Seconds after `running`; infinite for an agent that never comes. */
  readonly registersAfter: number
  /** Of the n-th command, from 1 on. */
  readonly fate: (n: number, now: number) => Fate
  /** How often each end of a command is told; 1 is the default. */
  readonly copies?: number
  /** Seconds after the start at which the site gets another image. */
  readonly changesAt?: readonly number[]
  /** Of those that wait for the lock, the last comes first. */
  readonly lastComesFirst?: boolean
  /** Seconds after which Systems Manager no longer shows a command. */
  readonly forgetsAfter?: number
  /** Whether the n-th look at the host gets no answer. */
  readonly isSilent?: (n: number) => boolean
  /** A look of the schedule every 15 minutes. */
  readonly hasSchedule?: boolean
  /** What of the host is not as it is. */
  readonly mutant?: (host: VirtualHost) => void
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
  /** Seconds after the start at which the host became as the site is at the end, for good; undefined: it is not. */
  readonly rightAfter: number | undefined
  /** How often the host applied what was sent before what it had. */
  readonly wentBack: number
}

export async function live(life: Life): Promise<Story> {
  const account = new VirtualAccount(life)
  const id = account.furnish()
  const host = new VirtualHost(account, id, life)
  life.mutant?.(host)
  const world = outcomeOf(account, host)
  const hosts = rememberSites(hostsOf(account, host))
  const end = EPOCH + life.minutes * 60_000
  account.act({ type: 'StartInstances', ids: [id] })
  let liveAfter: number | undefined
  let rightAfter: number | undefined
  while (account.now < end) {
    account.passTo(Math.min(end, Math.max(account.now + 1_000, Math.min(account.next(), host.next()))))
    host.live()
    const deadline = account.now + 57_000
    await serve(account, HOST, (event, queue) => hostConfig(event, deadline, { hosts, queue, telemetry }))
    await serve(account, OUTCOME, (event, queue) => outcome(event, deadline, { outcome: world, queue, telemetry }))
    if (account.isScheduled()) await lookForDrift(account, hosts, world)
    const seconds = (account.now - EPOCH) / 1000
    if (world.events.length > 0) liveAfter ??= seconds
    rightAfter = host.applied === account.wanted() ? (rightAfter ?? seconds) : undefined
  }
  const { queues, commands } = account.state
  const size = (arn: string) => queues.get(arn)!.messages.size
  const times = [...commands.values()].map(({ requestedAt }) => requestedAt / 1000)
  return {
    ...{ outcome: world, liveAfter, rightAfter, deadLetters: size(DEAD), commands: commands.size },
    triedAfter: times.map((time) => time - times[0]!),
    ...{ waiting: size(HOST) + size(OUTCOME), wentBack: host.wentBack },
  }
}

/** As `resync` does it. */
async function lookForDrift(account: VirtualAccount, hosts: HostPorts, world: FakeOutcome): Promise<void> {
  const request = {
    force: false,
    dryRun: false,
    looksForDrift: true,
    deadline: account.now + 290_000,
    onSent: () => {},
  }
  const report = await convergeHosts(hosts, request)
  const sent = report.sent.map(({ id }) => id)
  if (sent.length > 0) account.send(HOST, lookMessage({ doubts: sent }), DOUBT_LOOK * 1000)
  const dns = { plan: [], applied: [], problems: [] }
  const result = { ...report, sent, ...{ dns, host: { ...report, told: [] }, broken: [], overdue: [], unmatched: [] } }
  const news = findingsOf(result, new Map([[SITE, readState(await world.readState(SITE))]]))
  if (news.sites.length > 0) account.send(OUTCOME, newsMessage(news))
}

const SCHEDULE = 15 * 60_000

class VirtualAccount {
  state: World = createWorld({ tempo: { pendingMs: 3_000 } })
  now = EPOCH
  site: Site = aSite(SITE)
  readonly life: Life
  #changes: number[]
  #scheduledAt: number

  constructor(life: Life) {
    this.life = life
    this.#changes = (life.changesAt ?? []).map((seconds) => EPOCH + seconds * 1000).sort((a, b) => a - b)
    this.#scheduledAt = life.hasSchedule ? EPOCH + SCHEDULE : Number.POSITIVE_INFINITY
  }

  act<T extends Action['type']>(action: Extract<Action, { type: T }>): ReplyOf<T> {
    const done = step<T>(this.state, action, this.now)
    this.state = done.state
    for (const event of done.events) this.#route(event)
    return done.reply
  }

  /** To whole seconds, beyond which nothing here is told apart. */
  passTo(time: number): void {
    const end = Math.ceil(time / 1000) * 1000
    for (let due = nextDue(this.state); due !== null && due <= end; due = nextDue(this.state)) {
      this.now = due
      this.act({ type: 'Advance' })
    }
    this.now = end
    while (this.#changes[0] !== undefined && this.#changes[0] <= end) this.#change(this.#changes.shift()!)
  }

  /** When something happens next by itself. */
  next(): number {
    const messages = [HOST, OUTCOME].flatMap((arn) => [...this.state.queues.get(arn)!.messages.values()])
    const visible = messages.map(({ visibleAt }) => visibleAt)
    return Math.min(
      nextDue(this.state) ?? Number.POSITIVE_INFINITY,
      this.#changes[0] ?? Number.POSITIVE_INFINITY,
      this.#scheduledAt,
      ...visible,
    )
  }

  isScheduled(): boolean {
    if (this.now < this.#scheduledAt) return false
    this.#scheduledAt += SCHEDULE
    return true
  }

  furnish(): string {
    const queue = { type: 'CreateQueue', retentionMs: 14 * 86_400_000, visibilityTimeoutMs: 360_000 } as const
    for (const arn of [HOST, OUTCOME, DEAD]) this.act({ ...queue, arn, redrive: null })
    const parameters = Object.fromEntries(hostParameters.map(({ name }) => [name, { type: 'String' }]))
    const { timeoutSeconds } = configureHostDocument().mainSteps[0].inputs
    const mainSteps = [
      { action: 'aws:runShellScript', name: 'x', inputs: { runCommand: ['true'], timeoutSeconds } },
    ] as const
    this.act({ type: 'CreateDocument', name: DOCUMENT, content: { schemaVersion: '2.2', parameters, mainSteps } })
    return this.act<'RunInstance'>({ type: 'RunInstance', tags: { Name: 'app' }, state: 'stopped' }).id
  }

  #change(serial: number): void {
    this.site = aSite(SITE, { image: `ragstream:${serial}` })
    this.send(HOST, siteMessage(SITE))
  }

  /** As the rules of the stack do. */
  #route(event: BusEvent): void {
    const { source, detail } = event
    const ended = !['Pending', 'InProgress', 'Delayed', undefined].includes(detail.status as string | undefined)
    if (source === 'aws.ec2' && detail.state === 'running') this.send(HOST, JSON.stringify(event))
    if (event['detail-type'] === 'EC2 Command Invocation Status-change Notification' && ended)
      for (let copy = 0; copy < (this.life.copies ?? 1); copy++) this.send(OUTCOME, JSON.stringify(event))
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

  /** The hash of the site as it is. */
  wanted = (): string => configureHost(this.site, DOCUMENT).parameters.SiteHash!

  commands = (instanceId: string, since: number): SentCommand[] =>
    listInvocations(this.state)
      .filter(({ command, invocation }) => invocation.instanceId === instanceId && command.requestedAt >= since)
      .filter(
        ({ command }) => this.now - command.requestedAt <= (this.life.forgetsAfter ?? Number.POSITIVE_INFINITY) * 1000,
      )
      .map(({ command, invocation }) => ({
        ...{ id: command.id, instanceId, comment: command.comment },
        ...{ status: invocation.status, requestedAt: command.requestedAt },
        ...(invocation.endedAt === null ? {} : { endedAt: invocation.endedAt }),
      }))
}

interface Run {
  readonly command: Command
  readonly fate: Fate
}

/** The host and its agent: one run at a time has the lock, and what is older than what was applied is left alone under it. */
export class VirtualHost {
  applied: string | undefined
  /** When what is applied was sent. */
  sent = 0
  /** A host that forgets this would do what an agent begins again. */
  leavesToNewer = true
  holder: (Run & { readonly until: number }) | undefined
  wentBack = 0
  #newest = 0
  readonly #waiting: Run[] = []
  readonly #again: { readonly at: number; readonly run: Run }[] = []
  readonly #account: VirtualAccount
  readonly #life: Life
  readonly instanceId: string
  #taken = 0
  #looks = 0

  constructor(account: VirtualAccount, instanceId: string, life: Life) {
    this.#account = account
    this.#life = life
    this.instanceId = instanceId
  }

  next(): number {
    const { instances, openCommands, commands } = this.#account.state
    const { launchTime, agent } = instances.get(this.instanceId)!
    const isAsked = [...openCommands.keys()].some(
      (id) => commands.get(id)!.invocations.get(this.instanceId)?.status === 'Pending',
    )
    if (agent && isAsked) return this.#account.now
    const registers = agent ? Number.POSITIVE_INFINITY : launchTime + this.#life.registersAfter * 1000
    return Math.min(registers, this.holder?.until ?? Number.POSITIVE_INFINITY, ...this.#again.map(({ at }) => at))
  }

  live(): void {
    const { now, state } = this.#account
    const instance = state.instances.get(this.instanceId)!
    if (instance.state !== 'running') return
    if (!instance.agent && now - instance.launchTime >= this.#life.registersAfter * 1000)
      this.#account.act({ type: 'RegisterAgent', instanceId: this.instanceId })
    for (const command of state.commands.values())
      if (command.invocations.get(this.instanceId)?.status === 'Pending') this.#take(command)
    for (const one of this.#again.filter(({ at }) => at <= now)) {
      this.#again.splice(this.#again.indexOf(one), 1)
      this.#waiting.push(one.run)
    }
    this.#work()
  }

  #take(command: Command): void {
    this.#account.act({ type: 'StartInvocation', commandId: command.id, instanceId: this.instanceId })
    const fate = this.#life.fate(++this.#taken, this.#account.now)
    const run = { command, fate }
    if (fate.does !== 'nothing') this.#waiting.push(run)
    else if (fate.tells !== 'never') this.#tell(run)
    if (fate.againAfter === undefined) return
    const again = { command, fate: { ...GOOD, takes: fate.takes } }
    this.#again.push({ at: this.#account.now + fate.againAfter * 1000, run: again })
  }

  #work(): void {
    const { now } = this.#account
    if (this.holder && this.holder.until <= now) {
      this.#end(this.holder)
      this.holder = undefined
    }
    while (!this.holder && this.#waiting.length > 0) {
      const run = (this.#life.lastComesFirst ? this.#waiting.pop() : this.#waiting.shift())!
      if (run.fate.takes === 0) this.#end(run)
      else this.holder = { ...run, until: now + run.fate.takes * 1000 }
    }
  }

  #end(run: Run): void {
    const { parameters } = run.command
    const [sent, hash] = [Number(parameters.SentAt![0]), parameters.SiteHash![0]!]
    if (run.fate.does === 'work' && !(this.leavesToNewer && sent !== 0 && sent < this.sent)) {
      if (run.command.requestedAt < this.#newest) this.wentBack += 1
      this.#newest = Math.max(run.command.requestedAt, this.#newest)
      this.applied = hash
      this.sent = Math.max(sent, this.sent)
    }
    if (run.fate.tells !== 'never') this.#tell(run)
  }

  #tell({ command, fate }: Run): void {
    const printed = { stdout: fate.says ?? '', stderr: '', responseCode: 0 }
    const status = fate.tells as 'Success'
    try {
      this.#account.act({
        type: 'EndInvocation',
        commandId: command.id,
        instanceId: this.instanceId,
        status,
        ...printed,
      })
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === 'InvalidInvocationStatus')) throw error
    }
  }

  look() {
    const { agent } = this.#account.state.instances.get(this.instanceId)!
    if (!agent || this.#life.isSilent?.(++this.#looks)) return undefined
    return anInspection({ applied: this.applied ?? null, locked: this.holder !== undefined })
  }
}

async function serve(
  account: VirtualAccount,
  arn: string,
  run: (
    event: unknown,
    queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> },
  ) => Promise<{ batchItemFailures: readonly { itemIdentifier: string }[] }>,
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
    sendLater: async (body, seconds) => account.send(arn, body, seconds * 1000),
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

function hostsOf(account: VirtualAccount, host: VirtualHost): HostPorts {
  return {
    documentName: DOCUMENT,
    clock: clockOf(account),
    readSites: async () => ({ sites: [account.site], broken: [] }),
    readAgain: async () => ({ sites: [account.site], broken: [] }),
    listInstances: async () => account.instances(),
    listCommands: async (instanceId, since) => account.commands(instanceId, since),
    cancelCommand: async (commandId, instanceId) =>
      account.act({ type: 'CancelCommand', commandId, instanceIds: [instanceId] }),
    inspect: async () => host.look(),
    sendCommand: async (instanceId, { parameters, comment, documentName }) => {
      const values = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]]))
      try {
        const sent = { documentName, instanceIds: [instanceId], parameters: values, comment, timeoutSeconds: 300 }
        return account.act<'SendCommand'>({ type: 'SendCommand', ...sent }).id
      } catch (error) {
        if (error instanceof ServiceError && error.code === 'InvalidInstanceId')
          throw new AgentNotRegistered('its SSM agent is not registered with Systems Manager')
        throw error
      }
    },
  }
}

/** Live once the host is as the site is; what a diagnosis looks at is not here. */
function outcomeOf(account: VirtualAccount, host: VirtualHost): FakeOutcome {
  return Object.assign(fakeOutcome(), {
    documentName: DOCUMENT,
    clock: clockOf(account),
    readSites: async () => ({ sites: [account.site], broken: [] }),
    listInstances: async () => account.instances(),
    listCommands: async (instanceId: string, since: number) => account.commands(instanceId, since),
    readInvocation: async (commandId: string, instanceId: string) => {
      const found = account.state.commands.get(commandId)?.invocations.get(instanceId)
      return found && { status: found.status, output: found.stdout, errors: found.stderr }
    },
    diagnose: async () =>
      aDiagnosis(host.applied === account.wanted() ? {} : { verdict: 'broken', sentence: 'nothing answers' }),
    askForHostLook: async (seconds: number) => account.send(HOST, lookMessage({}), seconds * 1000),
  })
}
