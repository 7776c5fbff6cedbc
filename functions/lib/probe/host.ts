// Inspects a host: sends the inspect-host document, which changes nothing, and reads its output.

import type { InspectionResult } from '../diagnosis/observation.ts'
import { TryLater } from '../domain/errors.ts'
import { plainText } from '../domain/plain-text.ts'
import type { RunCommand } from '../hosts/command.ts'
import { parseInspection } from '../hosts/inspection.ts'

export interface HostProbePorts {
  /** @returns the command's id */
  sendCommand(instanceId: string, command: RunCommand): Promise<string>
  /** Undefined while the service does not know the invocation yet. */
  readInvocation(
    commandId: string,
    instanceId: string,
  ): Promise<{ status: string; output: string; errors?: string } | undefined>
  sleep(ms: number): Promise<void>
}

/** Milliseconds between two looks at the command, and after which a host that nobody needs to ask any more is not waited for. */
const EVERY = 200
const PATIENCE = 1_000

const NOT_TAKEN = ['Pending', 'Delayed', 'DeliveryTimedOut', 'Undeliverable']
const UNDER_WAY = ['Pending', 'Delayed', 'InProgress']

export interface Look {
  readonly instanceId: string
  readonly command: RunCommand
  /** An inspection of the same host and site, a moment ago: its output is read, and no other is sent. */
  readonly known?: string | undefined
  /** Milliseconds. */
  readonly limit: number
  /** All is known to be well by now: the host's own view adds nothing. */
  readonly isNeedless: () => boolean
}

/**
 * `not taken` when the agent has not begun with it by the limit.
 * @throws Error when it did not end well, or not in time; TryLater where nobody can tell
 */
export async function inspect(ports: HostProbePorts, look: Look): Promise<InspectionResult> {
  const end = await run(ports, look)
  return end.kind === 'done' ? inspected(end.command, end.output) : end
}

type End =
  | { readonly kind: 'done'; readonly command: string; readonly output: string }
  | Exclude<InspectionResult, { kind: 'inspected' }>

/** Runs a command that changes nothing, and waits for its output. */
export async function run(ports: HostProbePorts, look: Look): Promise<End> {
  const { instanceId, command, limit, isNeedless } = look
  const began = performance.now()
  const known = look.known && (await ports.readInvocation(look.known, instanceId).catch(unlessLater))
  if (known && !(known instanceof TryLater) && known.status === 'Success')
    return { kind: 'done', command: look.known!, output: known.output }
  const id = await ports.sendCommand(instanceId, command)
  for (;;) {
    const asked = performance.now()
    const read = await ports.readInvocation(id, instanceId).catch(unlessLater)
    const invocation = read instanceof TryLater ? undefined : read
    const status = invocation?.status ?? 'Pending'
    if (status === 'Success') return { kind: 'done', command: id, output: invocation!.output }
    const now = performance.now()
    const waited = now - began
    if (status === 'InProgress' && waited > PATIENCE && isNeedless()) return { kind: 'taken' }
    // The next read takes about as long as this one, and is to be over by the limit.
    const over = waited + EVERY + (now - asked) > limit || !UNDER_WAY.includes(status)
    if (over && read instanceof TryLater) throw read
    if (over && NOT_TAKEN.includes(status)) return { kind: 'not taken' }
    if (over) throw new Error(`command ${id} is ${status}: ${lastLine(invocation?.errors || invocation?.output)}`)
    await ports.sleep(EVERY)
  }
}

const inspected = (command: string, output: string): InspectionResult => ({
  ...{ kind: 'inspected', command, inspection: parseInspection(output) },
})

const unlessLater = (error: unknown): TryLater => {
  if (error instanceof TryLater) return error
  throw error
}

export const lastLine = (output = ''): string => plainText(output.trimEnd().split('\n').at(-1)?.trim() ?? '')
