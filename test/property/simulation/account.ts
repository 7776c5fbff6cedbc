// The emulated account on virtual time, with its past: what a stale answer shows, and what may have been read when.
import { describeInstances, parametersByPath, type SeenInstance } from '../../../local/world/queries.ts'
import { step } from '../../../local/world/step.ts'
import type { Action, BusEvent, HostedZone, RecordChange, ReplyOf, World } from '../../../local/world/types.ts'
import type { Documents } from './documents.ts'
import type { Timeline } from './timeline.ts'

export const STAGE = 'test'
export const STAGE_TAG = 'ragstream-edge:stage'
export const PATH = `/ragstream-edge/${STAGE}`

interface At<T> {
  readonly at: number
  readonly value: T
}

export class Account {
  state: World
  /** Every set of instances as the API showed it, and every set of documents, oldest first. */
  readonly instances: At<readonly SeenInstance[]>[] = []
  readonly documents: At<Documents>[] = []
  readonly #states: At<World>[] = []
  readonly #timeline: Timeline
  readonly #listeners: ((event: BusEvent) => void)[] = []
  readonly #watchers: ((before: World, zoneId: string, changes: readonly RecordChange[]) => void)[] = []

  constructor(state: World, documents: Documents, timeline: Timeline) {
    this.#timeline = timeline
    this.state = state
    this.declare(documents)
    this.#remember(undefined)
  }

  /** Throws ServiceError as the service would. */
  dispatch<T extends Action['type']>(action: Extract<Action, { type: T }>): ReplyOf<T> {
    const before = this.state
    const outcome = step<T>(before, action, this.#timeline.now)
    this.state = outcome.state
    this.#remember(before)
    for (const event of outcome.events) for (const listener of this.#listeners) listener(event)
    const done: Action = action
    if (done.type === 'ChangeResourceRecordSets')
      for (const watcher of this.#watchers) watcher(before, done.zoneId, done.changes)
    return outcome.reply
  }

  /** What no action of the emulated account does, such as a record edited by hand: nothing is published. */
  alter(change: (state: World) => World): void {
    const before = this.state
    this.state = change(before)
    this.#remember(before)
  }

  /** Notes what the documents in Parameter Store now mean, in the words of the oracle. */
  declare(documents: Documents): void {
    this.documents.push({ at: this.#timeline.now, value: documents })
  }

  onEvent(listener: (event: BusEvent) => void): void {
    this.#listeners.push(listener)
  }

  /** Called after each batch that Route 53 accepted. */
  onBatch(watcher: (before: World, zoneId: string, changes: readonly RecordChange[]) => void): void {
    this.#watchers.push(watcher)
  }

  /** DescribeInstances by the stage's tag, as it would have answered `age` milliseconds ago. */
  seenInstances(age = 0): SeenInstance[] {
    const time = this.#timeline.now - age
    return describeInstances(this.#asOf(time), [{ name: `tag:${STAGE_TAG}`, values: [STAGE] }], time)
  }

  storedDocuments(kind: 'sites' | 'images', age = 0): { name: string; value: string }[] {
    const path = `${PATH}/${kind}`
    const found = parametersByPath(this.#asOf(this.#timeline.now - age), path, false)
    return found.map(({ name, value }) => ({ name: name.slice(path.length + 1), value }))
  }

  zone(id: string): HostedZone | undefined {
    return this.state.zones.get(id)
  }

  #asOf(time: number): World {
    return (this.#states.findLast(({ at }) => at <= time) ?? this.#states[0]!).value
  }

  #remember(before: World | undefined): void {
    const { now } = this.#timeline
    if (before && before.instances === this.state.instances && before.parameters === this.state.parameters) return
    this.#states.push({ at: now, value: this.state })
    if (before?.instances === this.state.instances) return
    this.#lookAtInstances()
    // An address may be shown later than it is given.
    for (const { publicIpVisibleAt } of this.state.instances.values())
      if (publicIpVisibleAt > now) this.#timeline.at(publicIpVisibleAt, () => this.#lookAtInstances())
  }

  #lookAtInstances(): void {
    this.instances.push({ at: this.#timeline.now, value: this.seenInstances() })
  }
}

/** What was so at some moment from `from` on, until now. */
export function during<T>(past: readonly At<T>[], from: number): T[] {
  const first = past.findLastIndex(({ at }) => at <= from)
  return past.slice(Math.max(first, 0)).map(({ value }) => value)
}

/** What was so at some moment up to `until`. */
export const until = <T>(past: readonly At<T>[], time: number): T[] =>
  past.filter(({ at }, index) => index === 0 || at <= time).map(({ value }) => value)
