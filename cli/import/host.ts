// Programs of ours on a host before there is a stack: as a text, by the document that every account has, with the maintainer's own rights.
import { setTimeout as pause } from 'node:timers/promises'
import { readInvocation, sendCommand } from '../../functions/lib/aws/ssm/commands.ts'
import type { Invocation } from '../../functions/lib/hosts/command.ts'

export const RUN_SHELL_SCRIPT = 'AWS-RunShellScript'

/** Seconds. */
const DELIVERY = 30
const BETWEEN = 500

/** @returns once it has ended, however it did */
export async function runOn(instance: string, script: string, comment: string): Promise<Invocation> {
  const command = { documentName: RUN_SHELL_SCRIPT, parameters: { commands: script }, comment }
  const id = await sendCommand(instance, command, DELIVERY)
  for (;;) {
    await pause(BETWEEN)
    const seen = await readInvocation(id, instance)
    if (seen && !['Pending', 'InProgress', 'Delayed'].includes(seen.status)) return seen
  }
}
