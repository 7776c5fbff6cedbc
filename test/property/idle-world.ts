// Instances that are used and left on virtual time, and the production step that may stop them. What is true of a host at a moment is a function of the
// trial, so that the oracle need not trust any look.

import { minutesOf } from '../../functions/lib/domain/fields/idle.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { SentCommand } from '../../functions/lib/hosts/command.ts'
import { convergeIdle } from '../../functions/lib/idle/converge.ts'
import type { UseLook } from '../../functions/lib/idle/look.ts'
import type { Memory } from '../../functions/lib/idle/memory.ts'
import { AWAKE_UNTIL } from '../../functions/lib/idle/plan.ts'
import type { IdlePorts } from '../../functions/lib/idle/ports.ts'
import { anInstance, aSite } from '../support/domain.ts'

/** From a second to a second after the beginning. */
export type Span = readonly [from: number, to: number]

export type Fault = 'none' | 'lost' | 'late' | 'stale' | 'other boot' | 'wrong clock'

export interface Trial {
  /** `null`: a site without `idle`. */
  readonly sites: readonly { readonly stopAfter: '10m' | '30m'; readonly unusedAfter: '10m' | '15m' }[]
  readonly hasOther: boolean
  readonly sessions: readonly Span[]
  /** Another container, a job: above the bound of the processor. */
  readonly computing: readonly Span[]
  readonly people: readonly Span[]
  readonly commands: readonly number[]
  /** Somebody stops it, and starts it again a few seconds later. */
  readonly restarts: readonly number[]
  /** Tagged at a second to be awake until another one. */
  readonly tags: readonly Span[]
  /** Seconds after each start at which a site is live; null: never. */
  readonly liveAfter: number | null
  /** Of the n-th look. */
  readonly faults: readonly Fault[]
  /** Seconds between the looks of the schedule. */
  readonly every: number
}

/** Seconds after which nobody comes any more. */
export const CALM = 2 * 3600
export const HOURS = 4
const EPOCH = Date.UTC(2026, 10, 23, 8)
const ID = 'i-00000000000000001'
const DOWN = 40
const APART = 20_000

export interface Story {
  /** Seconds of each stop by the step. */
  readonly stops: readonly number[]
  readonly faults: readonly string[]
  readonly runsAtEnd: boolean
}

const within = (spans: readonly Span[], at: number): boolean => spans.some(([from, to]) => from <= at && at < to)

export class IdleWorld implements IdlePorts {
  now = EPOCH
  readonly trial: Trial
  readonly minute = 60_000
  readonly apart = APART
  readonly stops: number[] = []
  readonly faults: string[] = []
  readonly memory = new Map<string, Memory>()
  readonly sites: readonly Site[]
  private looks = 0
  private sampledAt = Number.NaN
  private startSampled = Number.NaN

  constructor(trial: Trial) {
    this.trial = trial
    const chosen = { instances: { 'tag:Name': 'app' } }
    const sites = trial.sites.map((idle, n) => aSite(`a${n}.example.com`, { ...chosen, idle }))
    this.sites = [...sites, ...(trial.hasOther ? [aSite('b.example.com', chosen)] : [])]
  }

  readonly clock = {
    now: () => this.now,
    sleep: async (ms: number) => {
      this.now += ms
    },
    random: () => 0.5,
  }

  get second(): number {
    return (this.now - EPOCH) / 1000
  }

  /** The second of the start that runs at this moment, undefined while it is down. Every stop ends in a start by hand, until nobody comes any more. */
  startAt(at: number): number | undefined {
    const own = this.stops.map((second): Span => [second, second < CALM ? second + 2 * DOWN : Number.POSITIVE_INFINITY])
    const down = [...this.trial.restarts.map((second): Span => [second, second + DOWN]), ...own]
    if (within(down, at)) return undefined
    return Math.max(0, ...down.map(([, to]) => to).filter((to) => to <= at))
  }

  /** Why it is in use: the list of the issue, as the world itself knows it. */
  useAt(at: number, since: number): string | undefined {
    const { trial } = this
    const start = this.startAt(at)
    if (start === undefined) return undefined
    const stopAfter = Math.max(...trial.sites.map((one) => minutesOf(one.stopAfter))) * 60
    const unused = Math.max(...trial.sites.map((one) => minutesOf(one.unusedAfter))) * 60
    if (trial.hasOther) return 'a site without idle'
    if (this.openAt(at)) return 'a session'
    if (trial.sessions.some(([from, to]) => from < to && to <= at && to > Math.max(start, at - stopAfter)))
      return 'a session that ended'
    if (within(trial.people, at)) return 'people'
    if (trial.computing.some(([from, to]) => from <= since && at <= to)) return 'the processor'
    if (at - start < unused) return 'a young start'
    if (trial.commands.some((second) => second >= start && second <= at && this.second - second < stopAfter))
      return 'a command'
    if (trial.tags.some(([from, to]) => from <= since && this.second < to)) return 'a tag'
    return undefined
  }

  private openAt(at: number): boolean {
    return within(this.trial.sessions, at)
  }

  async listInstances(): Promise<readonly Instance[]> {
    const start = this.startAt(this.second)
    const until = this.trial.tags.filter(([from]) => from <= this.second).map(([, to]) => to)
    const tag = until.length > 0 ? { [AWAKE_UNTIL]: new Date(EPOCH + Math.max(...until) * 1000).toISOString() } : {}
    return [
      anInstance({
        id: ID,
        state: start === undefined ? 'stopped' : 'running',
        launchTime: EPOCH + (start ?? 0) * 1000,
        tags: { Name: 'app', ...tag },
      }),
    ]
  }

  async readSites() {
    return { sites: this.sites, broken: [] }
  }

  async listCommands(_: string, since: number): Promise<readonly SentCommand[]> {
    return this.trial.commands
      .filter((second) => second <= this.second && EPOCH + second * 1000 >= since)
      .map((second) => ({
        ...{ id: String(second), instanceId: ID, comment: '', status: 'Success' },
        requestedAt: EPOCH + second * 1000,
      }))
  }

  async wasLive(): Promise<boolean> {
    const { liveAfter } = this.trial
    const start = this.startAt(this.second)
    return liveAfter !== null && start !== undefined && this.second - start >= liveAfter
  }

  async look(): Promise<UseLook> {
    const said = this.trial.faults[this.looks++] ?? 'none'
    // An answer belongs to its command: two in a row cannot both be of an earlier one.
    const fault = said === 'stale' && this.trial.faults[this.looks - 2] === 'stale' ? 'none' : said
    this.now += 1_000
    const look = this.sample(fault === 'stale' ? this.second - 300 : this.second)
    this.now += fault === 'late' ? 9_000 : 1_000
    if (fault === 'lost' || look === undefined) throw new Error('the host did not answer')
    if (fault === 'other boot') return { ...look, bootId: `00000000-0000-4000-8000-${'9'.repeat(12)}` }
    if (fault === 'wrong clock') return { ...look, clock: '1970-01-01T00:00:00Z' }
    return look
  }

  private sample(at: number): UseLook | undefined {
    const start = this.startAt(at)
    if (start === undefined) return undefined
    const { trial } = this
    const busy = trial.computing.map(([from, to]) => Math.max(0, Math.min(at, to) - Math.max(start, from)))
    const ends = trial.sessions.map(([, to]) => to).filter((to) => to <= at && to > start)
    if (at > this.second - 60) [this.sampledAt, this.startSampled] = [at, start]
    return {
      schema: 1,
      bootId: `00000000-0000-4000-8000-${String(start).padStart(12, '0')}`,
      uptime: at - start,
      clock: new Date(EPOCH + at * 1000).toISOString(),
      nginx: { sessions: this.openAt(at) ? 1 : 0, quiet: at - Math.max(start, ...ends) },
      cpuSeconds: busy.reduce((sum, one) => sum + one, 0) * 0.5,
      networkBytes: 0,
      gpu: null,
      people: within(trial.people, at) ? 1 : 0,
    }
  }

  async stop(): Promise<void> {
    const start = this.startAt(this.second)
    if (start === undefined) return
    if (start !== this.startSampled) this.faults.push(`${this.second}: stopped a start at which nobody had looked`)
    const use = this.useAt(this.sampledAt, this.sampledAt - APART / 1000)
    if (use) this.faults.push(`${this.second}: stopped while used: ${use}`)
    this.stops.push(this.second)
  }

  async readMemory() {
    return new Map(this.memory)
  }

  async writeMemory(id: string, memory: Memory): Promise<void> {
    this.memory.set(id, memory)
  }

  async publish(): Promise<void> {}
}

export type Mutant = (ports: IdlePorts) => IdlePorts

export async function lived(trial: Trial, mutant: Mutant = (ports) => ports): Promise<Story> {
  const world = new IdleWorld(trial)
  const ports = mutant(world)
  while (world.second < HOURS * 3600) {
    const at = world.now
    await convergeIdle(ports, { dryRun: false, deadline: at + 110_000 })
    world.now = Math.max(world.now, at + trial.every * 1000)
  }
  return { stops: world.stops, faults: world.faults, runsAtEnd: world.startAt(world.second) !== undefined }
}
