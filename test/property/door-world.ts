// A door on virtual time: several processes, visitors who come and press, an owner, and EC2 in all its moods. Every call takes a while, may fail, and
// may show entries as they were a second ago.
import { AsyncLocalStorage } from 'node:async_hooks'
import { TryLater } from '../../functions/lib/domain/errors.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import { createDoor, type DoorFunction } from '../../functions/lib/door/door.ts'
import type { DoorPorts } from '../../functions/lib/door/ports.ts'
import { readRequest } from '../../functions/lib/door/request.ts'
import type { StateEntry } from '../../functions/lib/outcome/state.ts'
import type { Clock } from '../../functions/lib/steps/clock.ts'
import type { Telemetry } from '../../functions/lib/steps/telemetry.ts'
import { apiEvent, asleep, doorSite, HOST, MINUTE } from '../support/fake-door.ts'

export type Mood = 'free' | 'none' | 'lost' | 'later'

export interface Act {
  /** Seconds from the beginning. */
  readonly at: number
  readonly kind: 'visit' | 'press' | 'page' | 'replay' | 'forge' | 'stop' | 'start' | Mood
  readonly process: number
}

export interface Trial {
  readonly perDay: number
  readonly perHour: number
  /** Minutes of the day at which it begins. */
  readonly begins: number
  readonly acts: readonly Act[]
  /** Seconds after each start at which the site is live; null: never. */
  readonly liveAfter: number | null
  /** Of the n-th call of a door, over and over. */
  readonly faults: readonly ('none' | 'fails' | 'lost')[]
  /** Milliseconds of the n-th call, over and over. */
  readonly takes: readonly number[]
  /** Entries are shown as they were so many milliseconds ago. */
  readonly behind: number
}

/** A change of the code that the property has to find. */
export type Mutant = (ports: DoorPorts) => DoorPorts

const MIDNIGHT = Date.UTC(2026, 10, 23)
const HOUR = 60 * MINUTE
/** Seconds after which nobody does anything any more, and until it is looked at. */
export const CALM = 4 * 3600
const REST = 1500

export interface Story {
  /** When each start through the door began, milliseconds. */
  readonly starts: readonly number[]
  readonly faults: readonly string[]
  /** What a fresh process says in the end. */
  readonly ends: string
}

const nothing = () => {}
const telemetry: Telemetry = { info: nothing, warn: nothing, error: nothing, count: nothing, measure: nothing }

/** Time that passes when everybody waits. */
class Hours implements Clock {
  private at: number
  private readonly waiting: { readonly until: number; readonly go: () => void }[] = []
  constructor(at: number) {
    this.at = at
  }
  now = () => this.at
  random = () => 0.5
  sleep = (ms: number) => new Promise<void>((go) => void this.waiting.push({ until: this.at + ms, go }))
  /** Lets all who wait go on, one after the other, until a time. */
  async run(until: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.waiting.reduce((first, one) => (one.until < first.until ? one : first), {
        until: Infinity,
        go() {},
      })
      if (next.until > until) break
      this.waiting.splice(this.waiting.indexOf(next as (typeof this.waiting)[number]), 1)
      this.at = Math.max(this.at, next.until)
      next.go()
    }
    this.at = until
  }
}

export async function lived(trial: Trial, mutant: Mutant = (ports) => ports): Promise<Story> {
  const clock = new Hours(MIDNIGHT + trial.begins * MINUTE)
  const began = clock.now()
  const site = doorSite({ perDay: trial.perDay, perHour: trial.perHour })
  const method = new AsyncLocalStorage<string>()
  const [starts, faults] = [[] as number[], [] as string[]]
  const entries = new Map<string, string>()
  const history: { readonly at: number; readonly entries: ReadonlyMap<string, string> }[] = []
  let mood: Mood = 'free'
  let calls = 0
  let isCalm = false
  let one: Instance & { readonly since: number; readonly falls?: boolean } = {
    ...asleep({ launchTime: began - HOUR }),
    since: 0,
  }

  const put = (name: string, value: string) => {
    entries.set(name, value)
    history.push({ at: clock.now(), entries: new Map(entries) })
  }
  /** As it is now. */
  const instance = (): Instance => {
    const age = clock.now() - one.since
    if (one.state === 'stopping' && age >= 30_000) one = { ...one, state: 'stopped', since: clock.now() }
    if (one.state === 'pending' && age >= 20_000)
      one = one.falls
        ? { ...one, state: 'stopped', publicIp: undefined, since: clock.now() }
        : { ...one, state: 'running', publicIp: '203.0.113.1', since: clock.now() }
    return one
  }
  const launch = (falls = false) => {
    one = { ...one, state: 'pending', launchTime: clock.now(), since: clock.now(), falls }
  }
  const marks = (): StateEntry[] => {
    const { id, launchTime, state } = instance()
    const live = launchTime + (trial.liveAfter ?? Infinity) * 1000
    if (state !== 'running' || clock.now() < live) return []
    return [{ name: `live/${id}/${launchTime}/1/0123456789ab`, value: new Date(live).toISOString() }]
  }

  async function call<T>(work: () => T): Promise<T> {
    const n = calls++
    const fault = (isCalm ? undefined : trial.faults[n % trial.faults.length]) ?? 'none'
    await clock.sleep(trial.takes[n % trial.takes.length] ?? 20)
    if (fault === 'fails') throw new TryLater('not now')
    const done = work()
    if (fault === 'lost') throw new TryLater('the answer is lost')
    return done
  }

  const ports = (): DoorPorts => ({
    readSites: async () => ({ sites: [site], broken: [] }),
    listInstances: () => call(() => [instance()]),
    readState: () => call(marks),
    isConfigured: () => call(() => false),
    namedAddresses: () => call(() => (instance().state === 'running' ? [['203.0.113.1']] : [['192.0.2.1']])),
    readEntries: () =>
      call(() => {
        const seen =
          history.findLast(({ at }) => at <= clock.now() - trial.behind)?.entries ?? new Map<string, string>()
        return [...seen].map(([name, value]) => ({ name, value }))
      }),
    createEntry: (_, name, value) =>
      call(() => {
        if (entries.has(name)) return false
        put(name, value)
        return true
      }),
    overwriteEntry: (_, name, value) => call(() => put(name, value)),
    deleteEntries: (_, names) =>
      call(() => {
        for (const name of names) entries.delete(name)
      }),
    readPassword: async () => undefined,
    start: () =>
      call(() => {
        if (method.getStore() !== 'POST') faults.push(`a start by ${method.getStore()}`)
        if (mood === 'later') throw new TryLater('RequestLimitExceeded')
        const { state } = instance()
        if (state === 'stopping') return 'stopping'
        if (state !== 'stopped') return 'started'
        if (mood === 'none') return 'no capacity'
        launch(mood === 'lost')
        starts.push(clock.now())
        return 'started'
      }),
    clock,
    again: MINUTE,
  })

  const processes: DoorFunction[] = Array.from({ length: 3 }, () => createDoor(mutant(ports())))
  const tickets: string[] = []
  type Shown = {
    readonly state: string
    readonly ticket?: string
    readonly button: boolean
    readonly again?: number
    readonly leads?: string
  }
  const ask = (process: number, event: ReturnType<typeof apiEvent>) =>
    method.run(event.requestContext.http.method, () =>
      processes[process % processes.length]!(readRequest(event), telemetry),
    )
  const status = async (process: number): Promise<Shown> =>
    JSON.parse((await ask(process, apiEvent(`/${HOST}/status`))).body)
  const post = async (process: number, ticket: string): Promise<Shown> => {
    const body = new URLSearchParams({ ticket }).toString()
    const answer = await ask(
      process,
      apiEvent(`/${HOST}/start`, { method: 'POST', headers: { accept: 'application/json' }, body }),
    )
    return JSON.parse(answer.body)
  }
  async function press(process: number, stays: boolean): Promise<void> {
    const first = await status(process)
    if (!first.ticket) return
    tickets.push(first.ticket)
    await clock.sleep(1_500)
    let seen = await post(process, first.ticket)
    // An open page asks, and posts again for ten minutes.
    for (let n = 0; stays && n < 20 && !seen.leads; n++) {
      await clock.sleep(30_000)
      seen = seen.again && n % 2 ? await post(process + n, seen.ticket ?? '') : await status(process + n)
    }
  }
  const become = ({ kind }: Act) => {
    mood = kind as Mood
  }
  const acts: Readonly<Record<Act['kind'], (act: Act) => unknown>> = {
    visit: ({ process }) => ask(process, apiEvent(`/${HOST}`)),
    press: ({ process }) => press(process, false),
    page: ({ process }) => press(process, true),
    replay: ({ process, at }) => tickets.length > 0 && post(process, tickets[at % tickets.length]!),
    forge: ({ process, at }) => post(process, String(at).padEnd(22, 'A')),
    stop: () => {
      if (instance().state === 'running') one = { ...one, state: 'stopping', publicIp: undefined, since: clock.now() }
    },
    start: () => instance().state === 'stopped' && launch(),
    ...{ free: become, none: become, lost: become, later: become },
  }
  for (const act of trial.acts.toSorted((a, b) => a.at - b.at)) {
    await clock.run(began + act.at * 1000)
    // Whoever is not heard is no fault: the page asks again.
    void Promise.try(() => acts[act.kind](act)).catch(() => {})
  }
  mood = 'free'
  isCalm = true
  await clock.run(began + (CALM + REST) * 1000)
  const last = createDoor({
    ...ports(),
    readEntries: async () => [...entries].map(([name, value]) => ({ name, value })),
  })
  const ending = retried(last)
  await clock.run(clock.now() + 5 * MINUTE)
  return { starts, faults, ends: await ending }

  async function retried(door: DoorFunction): Promise<string> {
    for (let n = 0; n < 20; n++) {
      const { state } = JSON.parse((await door(readRequest(apiEvent(`/${HOST}/status`)), telemetry)).body)
      if (state !== 'unknown') return state
      await clock.sleep(3_000)
    }
    return 'unknown'
  }
}
