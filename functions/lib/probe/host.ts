// The host's own look at itself: sends the inspect-host document, which changes nothing, and reads what it prints.
import type { RunCommand } from '../domain/command.ts'
import { parseInspection } from '../domain/inspection.ts'
import type { HostLook } from '../domain/observation.ts'

export interface HostProbePorts {
  /** @returns the command's id */
  sendCommand(instanceId: string, command: RunCommand): Promise<string>
  /** Undefined while the service does not know the invocation yet. */
  readInvocation(commandId: string, instanceId: string): Promise<{ status: string; output: string } | undefined>
  sleep(ms: number): Promise<void>
}

/** Milliseconds between two looks at the command. */
const EVERY = 200

const NOT_TAKEN = ['Pending', 'Delayed', 'DeliveryTimedOut', 'Undeliverable']
const UNDER_WAY = [...NOT_TAKEN.slice(0, 2), 'InProgress']

/**
 * `not taken` when the agent has not begun with it by the limit.
 * @param limit milliseconds
 * @throws Error when it did not end well, or not in time
 */
export async function inspect(
  ports: HostProbePorts,
  instanceId: string,
  command: RunCommand,
  limit: number,
): Promise<HostLook> {
  const until = performance.now() + limit
  const id = await ports.sendCommand(instanceId, command)
  for (;;) {
    const invocation = await ports.readInvocation(id, instanceId)
    const status = invocation?.status ?? 'Pending'
    if (status === 'Success') return { kind: 'inspected', inspection: parseInspection(invocation!.output) }
    const over = performance.now() + EVERY > until
    if (NOT_TAKEN.includes(status) && (over || !UNDER_WAY.includes(status))) return { kind: 'not taken' }
    if (over || !UNDER_WAY.includes(status))
      throw new Error(`command ${id} is ${status}: ${lastLine(invocation?.output)}`)
    await ports.sleep(EVERY)
  }
}

export const lastLine = (output = ''): string => output.trimEnd().split('\n').at(-1)?.trim() ?? ''
