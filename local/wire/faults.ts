// Faults on the wire, as middleware: what a service, or the network before it, can do to a call. Each is undone by
// the function that it returns.
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '../world/types.ts'
import { DroppedConnection, type Middleware } from './perform.ts'
import type { Call } from './service.ts'

/** Which calls: a service and one of its operations, or `*` for all of them. */
export interface FaultTarget {
  readonly service: string
  readonly operation: string
}

export interface Faults {
  /** To be given to `startWire`. */
  readonly middleware: Middleware
  /** The next `times` calls are throttled, as the service names it. */
  throttle(target: FaultTarget, times?: number): () => void
  /** The next `times` calls are answered with this error, and not carried out. */
  fail(target: FaultTarget, error: ServiceError, times?: number): () => void
  /** Calls wait before they are carried out. */
  delay(target: FaultTarget, ms: number, times?: number): () => void
  /** The connection ends before the call is carried out. */
  dropRequest(target: FaultTarget, times?: number): () => void
  /** The call is carried out and its answer is lost. */
  dropReply(target: FaultTarget, times?: number): () => void
  /** Undoes all. */
  clear(): void
}

interface Fault {
  readonly target: FaultTarget
  readonly layer: Middleware
  left: number
}

export function createFaults(): Faults {
  const active = new Set<Fault>()
  const add = (target: FaultTarget, times: number, layer: Middleware): (() => void) => {
    const fault: Fault = { target, layer, left: times }
    active.add(fault)
    return () => active.delete(fault)
  }
  return {
    middleware(call, next, service) {
      const hit = [...active].filter((fault) => concerns(fault.target, call))
      for (const fault of hit) if (--fault.left <= 0) active.delete(fault)
      return hit.reduceRight<typeof next>(
        (inner, { layer }) =>
          () =>
            layer(call, inner, service),
        next,
      )()
    },
    throttle: (target, times = 1) =>
      add(target, times, (_call, _next, { throttled }) => {
        throw new ServiceError(throttled.code, 'Rate exceeded', throttled.status)
      }),
    fail: (target, error, times = 1) =>
      add(target, times, () => {
        throw error
      }),
    delay: (target, ms, times = Number.POSITIVE_INFINITY) =>
      add(target, times, async (_call, next) => {
        await sleep(ms)
        return next()
      }),
    dropRequest: (target, times = 1) =>
      add(target, times, () => {
        throw new DroppedConnection()
      }),
    dropReply: (target, times = 1) =>
      add(target, times, async (_call, next) => {
        await next()
        throw new DroppedConnection()
      }),
    clear: () => active.clear(),
  }
}

function concerns(target: FaultTarget, call: Call): boolean {
  const service = target.service === '*' || target.service === call.service
  return service && (target.operation === '*' || target.operation === call.operation)
}
