// What the file of each subject returns to `step`: the state after the action and what it published.
import type { Action, BusEvent, ReplyOf, World } from './types.ts'

/** An event before `step` stamps it with id, account, region and time. */
export interface EventDraft {
  readonly at: number
  readonly source: string
  readonly detailType: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Transition<R = undefined> {
  readonly state: World
  readonly events: readonly EventDraft[]
  readonly reply: R
}

export type Handler<T extends Action['type']> = (
  state: World,
  action: Extract<Action, { type: T }>,
  now: number,
) => Transition<ReplyOf<T>>

export function quiet(state: World): Transition
export function quiet<R>(state: World, reply: R): Transition<R>
export function quiet(state: World, reply?: unknown): Transition<unknown> {
  return { state, events: [], reply }
}

/** The state, to be woken at this time at the latest. */
export function wakeBy(state: World, at: number): World {
  return state.wakeAt !== null && state.wakeAt <= at ? state : { ...state, wakeAt: at }
}

export function busEvent(state: World, draft: EventDraft, serial: number): BusEvent {
  return {
    version: '0',
    id: uuid(serial),
    'detail-type': draft.detailType,
    source: draft.source,
    account: state.account,
    time: isoSeconds(draft.at),
    region: state.region,
    resources: draft.resources,
    detail: draft.detail,
  }
}

/** EventBridge's `time` has no milliseconds. */
function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** An id in the form of a version 4 UUID, made from the world's serial number. */
export function uuid(serial: number): string {
  return `00000000-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`
}
