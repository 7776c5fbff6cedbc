// Systems Manager: Run Command, and the state of a host's agent.
import {
  CancelCommandCommand,
  type CommandFilter,
  type CommandInvocation,
  type CommandPlugin,
  type DescribeInstanceInformationCommandOutput,
  GetCommandInvocationCommand,
  type InstanceInformation,
  type ListCommandInvocationsCommandOutput,
  paginateDescribeInstanceInformation,
  paginateListCommandInvocations,
  SendCommandCommand,
} from '@aws-sdk/client-ssm'
import type { Agent } from '../../diagnosis/observation.ts'
import { AgentNotRegistered, UnexpectedReply } from '../../domain/errors.ts'
import type { Invocation, RunCommand, SentCommand } from '../../hosts/command.ts'
import { firstPages, wholeList } from '../pages.ts'
import { ssm, translated } from './client.ts'

/** A command that has not started within this time is dropped: seconds. By then it would be doubtful (hosts/plan.ts, DOUBT). */
const DELIVERY_TIMEOUT = 300

/**
 * @returns the command's id
 * @throws AgentNotRegistered when Systems Manager does not know the instance (yet), TryLater
 */
export async function sendCommand(
  instanceId: string,
  command: RunCommand,
  deliveryTimeout = DELIVERY_TIMEOUT,
): Promise<string> {
  try {
    const reply = await ssm().send(
      new SendCommandCommand({
        DocumentName: command.documentName,
        InstanceIds: [instanceId],
        Parameters: Object.fromEntries(Object.entries(command.parameters).map(([name, value]) => [name, [value]])),
        Comment: command.comment,
        TimeoutSeconds: deliveryTimeout,
      }),
    )
    if (!reply.Command?.CommandId) throw new UnexpectedReply('SendCommand: no id of the command')
    return reply.Command.CommandId
  } catch (error) {
    throw commandError(error)
  }
}

/**
 * Ends the command for the service. A run that the agent has begun may go on.
 * @throws TryLater
 */
export async function cancelCommand(commandId: string, instanceId: string): Promise<void> {
  try {
    await ssm().send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [instanceId] }))
  } catch (error) {
    // The service has forgotten it.
    if (!(error instanceof Error && error.name === 'InvalidCommandId')) throw commandError(error)
  }
}

function commandError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'InvalidInstanceId') return translated(error)
  return new AgentNotRegistered('its SSM agent is not registered with Systems Manager', {
    hint: 'Is the agent installed and running, does the instance profile hold AmazonSSMManagedInstanceCore, and may the caller send to the instance? InvalidInstanceId and AccessDenied can mean either.',
    cause: error,
  })
}

/**
 * Pages of 50 commands each. The service cuts the pages before it filters by document, so our own inspections fill them. With eight an hour the pages
 * reach back two and a half days.
 */
const MOST_PAGES = 10

/**
 * The commands of a document to an instance since a time (milliseconds since the epoch). In no order; the service may leave
 * some out.
 * @throws TryLater
 */
export async function listCommands(documentName: string, instanceId: string, since: number): Promise<SentCommand[]> {
  const Filters: CommandFilter[] = [
    { key: 'InvokedAfter', value: toSeconds(since) },
    { key: 'DocumentName', value: documentName },
  ]
  // Only the plugins of a command have the time of its end.
  const request = { InstanceId: instanceId, Details: true, Filters }
  const list = {
    pages: paginateListCommandInvocations({ client: ssm(), pageSize: 50 }, request),
    itemsOf: ({ CommandInvocations }: ListCommandInvocationsCommandOutput) => CommandInvocations,
    keyOf: ({ CommandId }: CommandInvocation) => CommandId,
  }
  const { items } = await firstPages(list, MOST_PAGES).catch((error) => Promise.reject(commandError(error)))
  return items.map(toSentCommand)
}

function toSentCommand(invocation: CommandInvocation): SentCommand {
  const { CommandId, InstanceId, Status, RequestedDateTime, Comment = '', CommandPlugins = [] } = invocation
  if (!CommandId || !InstanceId || !Status || !RequestedDateTime)
    throw new UnexpectedReply('ListCommandInvocations: an invocation without command, instance, status or time')
  return {
    id: CommandId,
    instanceId: InstanceId,
    comment: Comment,
    status: Status,
    requestedAt: RequestedDateTime.getTime(),
    ...endOf(RequestedDateTime.getTime(), CommandPlugins),
  }
}

/** The plugins' times come from the clock of the host, which may be wrong. So only the time between them is used. */
function endOf(requestedAt: number, plugins: readonly CommandPlugin[]): { readonly endedAt?: number } {
  const times = (of: 'ResponseStartDateTime' | 'ResponseFinishDateTime') =>
    plugins.flatMap((one) => one[of]?.getTime() ?? [])
  const took = Math.max(...times('ResponseFinishDateTime')) - Math.min(...times('ResponseStartDateTime'))
  return Number.isFinite(took) ? { endedAt: requestedAt + took } : {}
}

/** InvokedAfter takes ISO 8601 without fractions of a second. */
const toSeconds = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z')

/**
 * Undefined for about a second after SendCommand: the service does not know the invocation yet.
 * @throws TryLater
 */
export async function readInvocation(commandId: string, instanceId: string): Promise<Invocation | undefined> {
  try {
    const reply = await ssm().send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }))
    if (!reply.Status) throw new UnexpectedReply('GetCommandInvocation: no status')
    const { StandardOutputContent: output = '', StandardErrorContent: errors = '' } = reply
    return { status: reply.StatusDetails || reply.Status, output, errors }
  } catch (error) {
    if (error instanceof Error && error.name === 'InvocationDoesNotExist') return undefined
    throw commandError(error)
  }
}

/**
 * The agent of a host, as Systems Manager knows it; undefined if it knows none.
 * @throws TryLater
 */
export async function describeAgent(instanceId: string): Promise<Agent | undefined> {
  const Filters = [{ Key: 'InstanceIds', Values: [instanceId] }]
  const list = {
    pages: paginateDescribeInstanceInformation({ client: ssm(), pageSize: 50 }, { Filters }),
    itemsOf: ({ InstanceInformationList }: DescribeInstanceInformationCommandOutput) => InstanceInformationList,
    keyOf: ({ InstanceId }: InstanceInformation) => InstanceId,
  }
  const known = await wholeList(list, 'DescribeInstanceInformation').catch((error) =>
    Promise.reject(commandError(error)),
  )
  const found = known.find(({ InstanceId }) => InstanceId === instanceId)
  return found && { pingStatus: found.PingStatus ?? 'unknown', lastPing: found.LastPingDateTime?.getTime() }
}
