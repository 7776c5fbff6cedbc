// Run Command over the wire.
import { instanceArn } from '../../world/command-events.ts'
import { commandStatus, listCommands, listInvocations, managedInstances } from '../../world/queries.ts'
import { type Command, type Invocation, ServiceError } from '../../world/types.ts'
import { seconds } from '../json.ts'
import { pageSize, rawPageOf } from '../pages.ts'
import type { Access, Operation } from '../service.ts'
import { invocationResult, shownCommand, shownInvocation } from './command-shapes.ts'
import { documentArn } from './documents.ts'

interface Send {
  readonly DocumentName: string
  readonly InstanceIds?: readonly string[]
  readonly Targets?: readonly unknown[]
  readonly Parameters?: Readonly<Record<string, readonly string[]>>
  readonly Comment?: string
  readonly TimeoutSeconds?: number
}

interface List {
  readonly CommandId?: string
  readonly InstanceId?: string
  readonly Details?: boolean
  readonly Filters?: readonly { readonly key: string; readonly value: string }[]
  readonly MaxResults?: number
  readonly NextToken?: string
}

interface Get {
  readonly CommandId: string
  readonly InstanceId: string
}

interface Describe {
  readonly Filters?: readonly { readonly Key: string; readonly Values: readonly string[] }[]
  readonly MaxResults?: number
  readonly NextToken?: string
}

function anywhere(operation: string): () => Access[] {
  return () => [{ action: `ssm:${operation}`, resources: ['*'] }]
}

const send: Operation<Send> = {
  /** The document bears no tags; each instance is asked for with its own. */
  access({ DocumentName, InstanceIds = [] }, { state }) {
    const document = { action: 'ssm:SendCommand', resources: [documentArn(state, DocumentName)] }
    const instances = InstanceIds.map((id) => {
      const { tags: all = {}, agent = null } = state.instances.get(id) ?? {}
      const tags = state.tempo.tagsFromRegistration && agent === null ? [] : Object.entries(all)
      const context = tags.flatMap(([key, value]) => [
        [`ssm:resourceTag/${key}`, value],
        [`aws:ResourceTag/${key}`, value],
      ])
      return { action: 'ssm:SendCommand', resources: [instanceArn(state, id)], context: Object.fromEntries(context) }
    })
    return [document, ...instances]
  },
  run(input, { world }) {
    if (input.Targets !== undefined && input.Targets.length > 0) {
      throw new ServiceError('NotImplemented', 'The local cloud sends commands by InstanceIds, not by Targets.', 501)
    }
    const command = world.dispatch({
      type: 'SendCommand',
      documentName: input.DocumentName,
      instanceIds: input.InstanceIds ?? [],
      parameters: input.Parameters ?? {},
      ...(input.Comment === undefined ? {} : { comment: input.Comment }),
      ...(input.TimeoutSeconds === undefined ? {} : { timeoutSeconds: input.TimeoutSeconds }),
    })
    return { Command: shownCommand(command) }
  },
}

const list: Operation<List> = {
  access: anywhere('ListCommands'),
  run(input, { state }) {
    const { CommandId, InstanceId } = input
    const commands = listCommands(state)
      .filter(({ id }) => CommandId === undefined || CommandId === id)
      .filter(({ invocations }) => InstanceId === undefined || invocations.has(InstanceId))
    const isWanted = (command: Command) => matches(input, command, commandStatus(command))
    const { items, nextToken } = paged(commands, isWanted, input)
    return { Commands: items.map(shownCommand), NextToken: nextToken }
  },
}

const listAll: Operation<List> = {
  access: anywhere('ListCommandInvocations'),
  run(input, { state }) {
    const { CommandId, InstanceId } = input
    const found = listInvocations(state)
      .filter(({ command }) => CommandId === undefined || CommandId === command.id)
      .filter(({ invocation }) => InstanceId === undefined || InstanceId === invocation.instanceId)
    const isWanted = ({ command, invocation }: (typeof found)[number]) => matches(input, command, invocation.status)
    const { items, nextToken } = paged(found, isWanted, input)
    const shown = items.map(({ command, invocation }) => shownInvocation(command, invocation, input.Details === true))
    return { CommandInvocations: shown, NextToken: nextToken }
  },
}

function matches(input: List, command: Command, status: Invocation['status']): boolean {
  return (input.Filters ?? []).every(({ key, value }) => {
    if (key === 'InvokedAfter') return command.requestedAt > Date.parse(value)
    if (key === 'InvokedBefore') return command.requestedAt < Date.parse(value)
    if (key === 'Status') return status === value
    if (key === 'DocumentName') return command.documentName === value
    throw new ServiceError('InvalidFilterKey', `The filter key ${key} is not valid.`)
  })
}

function paged<T>(
  all: readonly T[],
  isWanted: (item: T) => boolean,
  { MaxResults, NextToken }: Pick<List, 'MaxResults' | 'NextToken'>,
) {
  const size = pageSize(MaxResults, 1, 50, 50, 'ValidationException')
  return rawPageOf(all, isWanted, size, NextToken, 'InvalidNextToken')
}

const cancel: Operation<{ readonly CommandId: string; readonly InstanceIds?: readonly string[] }> = {
  access: anywhere('CancelCommand'),
  run({ CommandId, InstanceIds = [] }, { world }) {
    const some = InstanceIds.length > 0 ? { instanceIds: InstanceIds } : {}
    world.dispatch({ type: 'CancelCommand', commandId: CommandId, ...some })
    return {}
  },
}

const get: Operation<Get> = {
  access: anywhere('GetCommandInvocation'),
  run({ CommandId, InstanceId }, { state, world }) {
    const command = state.commands.get(CommandId)
    const invocation = command?.invocations.get(InstanceId)
    // For about a second after SendCommand the service does not find it yet.
    if (command === undefined || invocation === undefined || world.now() < command.requestedAt + 1000) {
      throw new ServiceError('InvocationDoesNotExist', `No invocation of command ${CommandId} on ${InstanceId}`)
    }
    return invocationResult(command, invocation)
  },
}

const describe: Operation<Describe> = {
  access: anywhere('DescribeInstanceInformation'),
  run(input, { state, world }) {
    const found = managedInstances(state, world.now())
    const isWanted = (instance: (typeof found)[number]) =>
      (input.Filters ?? []).every(({ Key, Values }) => {
        if (Key === 'InstanceIds') return Values.includes(instance.id)
        if (Key === 'PingStatus') return Values.includes(instance.online ? 'Online' : 'ConnectionLost')
        if (Key.startsWith('tag:')) return Values.includes(instance.tags[Key.slice(4)] ?? '')
        throw new ServiceError('InvalidInstanceInformationFilterValue', `The filter key ${Key} is not valid.`)
      })
    const { items, nextToken } = paged(found, isWanted, input)
    return { InstanceInformationList: items.map(managed), NextToken: nextToken }
  },
}

function managed(instance: ReturnType<typeof managedInstances>[number]): object {
  return {
    InstanceId: instance.id,
    PingStatus: instance.online ? 'Online' : 'ConnectionLost',
    LastPingDateTime: seconds(instance.lastPingAt),
    RegistrationDate: seconds(instance.agent!.registeredAt),
    IPAddress: instance.privateIp,
    AgentVersion: '3.3.2299.0',
    PlatformType: 'Linux',
    ResourceType: 'EC2Instance',
  }
}

export const commands = {
  SendCommand: send,
  CancelCommand: cancel,
  ListCommands: list,
  ListCommandInvocations: listAll,
  GetCommandInvocation: get,
  DescribeInstanceInformation: describe,
}
