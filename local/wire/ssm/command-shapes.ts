// Commands and invocations as Systems Manager shows them.
import { commandStatus, ended, expiresAfter } from '../../world/queries.ts'
import type { Command, Invocation } from '../../world/types.ts'
import { seconds } from '../json.ts'

/** GetCommandInvocation keeps the first 24,000 characters of stdout and 8,000 of stderr. */
const stdoutLimit = 24_000
const stderrLimit = 8_000
/** ListCommandInvocations with Details keeps the first 2,500 of both together. */
const listedLimit = 2_500

export function shownCommand(command: Command): object {
  const all = [...command.invocations.values()]
  const status = commandStatus(command)
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment,
    ExpiresAfter: seconds(expiresAfter(command)),
    Parameters: command.parameters,
    InstanceIds: [...command.invocations.keys()],
    Targets: [],
    RequestedDateTime: seconds(command.requestedAt),
    Status: status,
    StatusDetails: all.length === 1 ? all[0]!.statusDetails : status,
    MaxConcurrency: '50',
    MaxErrors: '0',
    TargetCount: all.length,
    CompletedCount: all.filter(ended).length,
    ErrorCount: all.filter((one) => one.status === 'Failed' || one.status === 'TimedOut').length,
    DeliveryTimedOutCount: all.filter((one) => one.statusDetails === 'DeliveryTimedOut').length,
  }
}

export function shownInvocation(command: Command, invocation: Invocation, details: boolean): object {
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: seconds(command.requestedAt),
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: details ? [plugin(command, invocation)] : [],
  }
}

function plugin(command: Command, invocation: Invocation): object {
  const errors = invocation.stderr === '' ? '' : `\n----------ERROR-------\n${invocation.stderr}`
  return {
    Name: command.content.mainSteps[0]?.name ?? 'aws:runShellScript',
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    ResponseCode: invocation.responseCode,
    ...times(invocation),
    Output: `${invocation.stdout}${errors}`.slice(0, listedLimit),
  }
}

function times({ startedAt, endedAt }: Invocation): object {
  return {
    ...(startedAt === null ? {} : { ResponseStartDateTime: seconds(startedAt) }),
    ...(endedAt === null ? {} : { ResponseFinishDateTime: seconds(endedAt) }),
  }
}

export function invocationResult(command: Command, invocation: Invocation): object {
  const { startedAt, endedAt } = invocation
  const iso = (at: number | null) => (at === null ? '' : new Date(at).toISOString())
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    PluginName: command.content.mainSteps[0]?.name ?? '',
    ResponseCode: invocation.responseCode,
    ExecutionStartDateTime: iso(startedAt),
    ExecutionEndDateTime: iso(endedAt),
    ExecutionElapsedTime: startedAt === null || endedAt === null ? '' : `PT${(endedAt - startedAt) / 1000}S`,
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputContent: invocation.stdout.slice(0, stdoutLimit),
    StandardOutputUrl: '',
    StandardErrorContent: invocation.stderr.slice(0, stderrLimit),
    StandardErrorUrl: '',
  }
}
