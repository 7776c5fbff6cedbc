// One adapter call on virtual time: how long it takes, which fault strikes it, and the moment at which it takes effect.
import { TryLater } from '../../../functions/lib/domain/errors.ts'
import type { SeenInstance } from '../../../local/world/queries.ts'
import type { FAULTS, Scenario } from './scenario.ts'
import type { Timeline } from './timeline.ts'

/** One invocation of the function. */
export interface Run {
  readonly id: number
  /** Killed: nothing that it waits for ever comes. */
  dead: boolean
  /** Has answered: it may not call anybody any more. */
  ended: boolean
  /** Has a look at everything among its messages. */
  readonly looks: boolean
  /** Has a message that another run had before. */
  readonly again: boolean
  /** What DescribeInstances answered it last. */
  seen: readonly SeenInstance[]
}

export class Injected extends Error {}

/** `effect` gets the age, in milliseconds, of what a read shows. */
export type Calls = <T>(run: Run, name: string, effect: (age: number) => T) => Promise<T>

export interface CallEnvironment {
  readonly timeline: Timeline
  readonly scenario: Scenario
  readonly kill: (run: Run, why: string) => void
  readonly tell: (line: string) => void
  readonly fault: (sentence: string) => void
}

/** The request arrives after half of its time, and is carried out even if its sender has died by then. */
export function callsOf({ timeline, scenario, kill, tell, fault }: CallEnvironment): Calls {
  const faults = new Map(scenario.faults.map(({ call, kind }) => [call, kind]))
  const slow = new Map(scenario.slow.map(({ call, ms }) => [call, ms]))
  let count = 0

  return <T>(run: Run, name: string, effect: (age: number) => T): Promise<T> => {
    if (run.ended) fault(`${name} was called after run ${run.id} had answered`)
    if (run.dead || run.ended) return new Promise<T>(() => {})
    const number = count++
    const extra = name.endsWith('Records') ? scenario.route53Ms : 0
    const half = (slow.get(number) ?? inTurn(scenario.latencies, number) + extra) / 2
    const age = Math.min(scenario.staleness, inTurn(scenario.ages, number))
    const kind = allowed(faults.get(number), run)
    if (kind) tell(`run ${run.id}: call ${number}, ${name}: ${kind}`)
    if (kind === 'crash before') kill(run, `before ${name}`)
    return new Promise<T>((resolve, reject) => {
      if (kind === 'crash before') return
      timeline.after(half, () => {
        const answer = attempt(() => arrive(kind, () => effect(age)))
        if (kind === 'crash after') kill(run, `after ${name}`)
        timeline.after(half, () => {
          if (run.ended) fault(`${name} was still under way when run ${run.id} had answered`)
          if (run.dead) return
          if ('error' in answer) reject(answer.error)
          else resolve(answer.value)
        })
      })
    })
  }
}

type Kind = (typeof FAULTS)[number] | undefined

/**
 * An unknown error of a zone is no reason to repeat a look at everything. And a message that met trouble before may be
 * out of patience when it meets one.
 */
const allowed = (kind: Kind, run: Run): Kind => (kind === 'error' && (run.looks || run.again) ? undefined : kind)

function arrive<T>(kind: Kind, effect: () => T): T {
  if (kind === 'throttled') throw new TryLater('Throttling: Rate exceeded')
  if (kind === 'error') throw new Injected('an error that nobody knows')
  const value = effect()
  if (kind === 'reply lost') throw new TryLater('the connection broke')
  return value
}

function attempt<T>(act: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: act() }
  } catch (error) {
    return { error }
  }
}

export const inTurn = <T>(list: readonly T[], index: number): T => list[index % list.length]!
