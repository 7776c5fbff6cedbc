// A command on its way: waited for, its steps told, and what it came to.
import { setTimeout as pause } from 'node:timers/promises'
import { listCommands, readInvocation } from '../../functions/lib/aws/ssm/commands.ts'
import type { Invocation } from '../../functions/lib/hosts/command.ts'
import { failedStep, logTail } from '../../functions/lib/hosts/output.ts'
import type { Tell } from '../site-power.ts'

export interface Ended {
  readonly instance: string
  readonly command: string
  /** The service's word in detail, or `Unknown`: it had not ended in time. */
  readonly status: string
  readonly output: string
  readonly errors: string
}

/** By its last digits two are told apart. */
export const short = (id: string): string => `…${id.slice(-6)}`

const BETWEEN = 1_000

const UNDER_WAY = /^(Pending|InProgress|Delayed|Cancelling|Delivery)$/

export interface Watch {
  /** Milliseconds of `performance.now()`. */
  readonly until: number
  readonly tell: Tell
}

/** A command that was not there before, by its comment: the functions sent it. @returns undefined when none came in time */
export async function awaitCommand(
  sent: { readonly document: string; readonly instance: string; readonly comment: string },
  known: ReadonlySet<string>,
  { until }: Watch,
): Promise<string | undefined> {
  for (;;) {
    const commands = await listCommands(sent.document, sent.instance, 0)
    const ours = commands.find(({ id, comment }) => comment === sent.comment && !known.has(id))
    if (ours) return ours.id
    if (performance.now() > until) return undefined
    await pause(BETWEEN)
  }
}

export const knownCommands = async (document: string, instance: string): Promise<ReadonlySet<string>> =>
  new Set((await listCommands(document, instance, 0)).map(({ id }) => id))

/** Tells each line as soon as the service shows it. */
export async function followCommand(command: string, instance: string, { until, tell }: Watch): Promise<Ended> {
  let told = 0
  let seen: Invocation | undefined
  for (;;) {
    seen = (await readInvocation(command, instance)) ?? seen
    const lines = (seen?.output ?? '').split('\n').filter((line) => line.startsWith('step='))
    for (const line of lines.slice(told)) tell(short(instance), spoken(line))
    told = Math.max(told, lines.length)
    if (seen && !UNDER_WAY.test(seen.status)) return { instance, command, ...seen }
    if (performance.now() > until)
      return { instance, command, status: 'Unknown', output: seen?.output ?? '', errors: seen?.errors ?? '' }
    await pause(BETWEEN)
  }
}

/** `step=nginx result=changed file=…` as `nginx: changed, file=…`. */
export function spoken(line: string): string {
  const [, step = line, result = '', rest = ''] = /^step=(\S+) result=(\S+) ?(.*)$/.exec(line) ?? []
  return `${step}: ${result}${rest ? `, ${rest}` : ''}`
}

/** The tail of its log, and why, for the person. */
export function whyFailed(ended: Ended): { readonly reason: string; readonly tail: readonly string[] } {
  const end = { commandId: ended.command, instanceId: ended.instance, details: ended.status }
  const tail = logTail({ ...end, stdout: ended.output, stderr: ended.errors })
  const step = failedStep(ended.output)
  const hint = step?.hint ? `; ${step.hint}` : ''
  return { reason: step ? `${step.step}: ${step.reason}${hint}` : `the command ended as ${ended.status}`, tail }
}
