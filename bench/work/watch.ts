// Notes what the functions do on a local cloud whose services take as long to answer as the real ones do.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudOptions, Happening } from '../../local/cloud.ts'
import type { InvocationEnd, InvocationStart } from '../../local/stack/lambda.ts'
import type { Middleware } from '../../local/wire/server.ts'
import { covered, type Span } from '../figures.ts'

/** Milliseconds that a call takes besides what it does: what one sees from a function in the same region (Route 53 answers from one region only). */
export const LATENCY: Readonly<Record<string, number>> = { ec2: 30, route53: 60, ssm: 30, sqs: 10 }

/** For people. */
export const latencies = (): string =>
  Object.entries(LATENCY)
    .map(([service, ms]) => `${service} ${ms} ms`)
    .join(', ')

export interface TracedCall {
  readonly role: string
  /** `service Operation` */
  readonly name: string
  /** What it is about: a path, names, a document, a queue. */
  readonly about: string
}

export interface Work {
  /** Calls of the functions, in order. */
  readonly calls: readonly TracedCall[]
  readonly bytes: number
  /** Milliseconds of the longest run of each function, by its name. */
  readonly longest: Readonly<Record<string, number>>
  /** Milliseconds that the calls took, added up, and in which at least one was under way: their ratio is the overlap. */
  readonly added: number
  readonly busy: number
}

export interface Watch {
  readonly options: Required<Pick<CloudOptions, 'middleware' | 'onHappening' | 'onInvoke'>>
  /** What was done since the last time. */
  take(): Work
}

/** `more` lies inside: what it refuses takes its time too. */
export function watch(more: readonly Middleware[] = []): Watch {
  let calls: TracedCall[] = []
  let spans: Span[] = []
  let bytes = 0
  let longest: Record<string, number> = {}
  const onHappening = (one: Happening) => {
    if (one.kind !== 'call' || one.call.accessKeyId === 'local-admin') return
    const now = performance.now()
    const { accessKeyId: role, service, operation, input } = one.call
    calls.push({ role, name: `${service} ${operation}`, about: aboutOf(input) })
    bytes += one.call.bytes.asked + one.call.bytes.answered
    spans.push({ from: now - one.call.ms, to: now })
  }
  const onInvoke = (report: InvocationStart | InvocationEnd) => {
    if (report.phase === 'end') longest[report.function] = Math.max(report.durationMs, longest[report.function] ?? 0)
  }
  return {
    options: { middleware: [slow, ...more], onHappening, onInvoke },
    take() {
      const added = spans.reduce((sum, { from, to }) => sum + to - from, 0)
      const work = { calls, bytes, longest, added, busy: covered(spans) }
      ;[calls, spans, bytes, longest] = [[], [], 0, {}]
      return work
    },
  }
}

/** Each call waits as long as a real service takes. */
export const slow: Middleware = async (call, next) => {
  if (call.accessKeyId !== 'local-admin') await sleep(LATENCY[call.service] ?? 0)
  return next()
}

const ARGUMENTS = [
  'Path',
  'Names',
  'Name',
  'DocumentName',
  'QueueUrl',
  'GroupId',
  'Filter',
  'InstanceId',
  'Id',
] as const

/** The argument that tells what a call is about, without what stands before every name of a stage. */
function aboutOf(input: unknown): string {
  const given = input as Readonly<Record<string, unknown>>
  const found = ARGUMENTS.map((name) => given[name]).find((value) => value !== undefined)
  const values = [found ?? []].flat().map((value) => (typeof value === 'string' ? value : nameOf(value)))
  return values.map((value) => value.replace(/^.*\/(?=[^/]+Queue$)|^\/?ragstream-edge[-/][^-/]+[-/]/, '')).join(', ')
}

const nameOf = (value: unknown): string => {
  const { Name, Value } = value as { readonly Name?: string; readonly Value?: readonly string[] }
  return Name === undefined ? JSON.stringify(value) : `${Name} = ${(Value ?? []).join(', ')}`
}
