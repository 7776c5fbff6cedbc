// What Run Command publishes: each invocation's change of status, and the end of the whole command.
import type { EventDraft } from './transition.ts'
import type { Command, Invocation, InvocationStatus, World } from './types.ts'

export function invocationChange(state: World, command: Command, invocation: Invocation, at: number): EventDraft {
  return {
    at,
    source: 'aws.ssm',
    detailType: 'EC2 Command Invocation Status-change Notification',
    resources: [instanceArn(state, invocation.instanceId)],
    detail: {
      'command-id': command.id,
      'document-name': command.documentName,
      'instance-id': invocation.instanceId,
      'requested-date-time': new Date(command.requestedAt).toISOString(),
      status: invocation.status,
    },
  }
}

export function commandEnd(state: World, command: Command, at: number): EventDraft {
  const [first] = command.invocations.keys()
  return {
    at,
    source: 'aws.ssm',
    detailType: 'EC2 Command Status-change Notification',
    resources: [instanceArn(state, first!)],
    detail: {
      'command-id': command.id,
      'document-name': command.documentName,
      'expire-after': new Date(command.expiresAt).toISOString(),
      parameters: command.parameters,
      'requested-date-time': new Date(command.requestedAt).toISOString(),
      status: commandStatus(command),
    },
  }
}

/** The whole command's status: the worst of its ends, `InProgress` while one is still under way. */
export function commandStatus(command: Command): InvocationStatus {
  const all = [...command.invocations.values()].map(({ status }) => status)
  if (all.every((status) => status === 'Pending')) return 'Pending'
  const worst: InvocationStatus[] = ['Pending', 'InProgress', 'Delayed', 'Failed', 'TimedOut', 'Cancelled']
  const found = worst.find((status) => all.includes(status))
  return found === 'Pending' || found === 'Delayed' ? 'InProgress' : (found ?? 'Success')
}

export function instanceArn(state: Pick<World, 'account' | 'region'>, id: string): string {
  return `arn:aws:ec2:${state.region}:${state.account}:instance/${id}`
}
