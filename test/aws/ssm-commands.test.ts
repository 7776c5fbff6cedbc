// The Systems Manager adapter: documents below a path, one command to one host, what was sent before.
import {
  GetParametersByPathCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { listCommands, sendCommand } from '../../functions/lib/aws/ssm/commands.ts'
import { readChildren } from '../../functions/lib/aws/ssm/parameters.ts'
import { AgentNotRegistered, TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { configureHost } from '../../functions/lib/hosts/command.ts'
import { inTurn, serviceError } from '../support/aws.ts'
import { aSite, LAUNCH } from '../support/domain.ts'

const ssm = mockClient(SSMClient)
beforeEach(() => void ssm.reset())

const SITES = '/ragstream-edge/prod/sites'
const command = configureHost(aSite(), 'ConfigureHost-0123abcd')

describe('readChildren', () => {
  test('every page, ten a page, by what follows the path', async () => {
    const { inputs, answer } = inTurn(
      { Parameters: [{ Name: `${SITES}/a.example.com`, Value: '{}' }], NextToken: 'more' },
      { Parameters: [{ Name: `${SITES}/b.example.com`, Value: '' }] },
    )
    ssm.on(GetParametersByPathCommand).callsFake(answer)
    await expect(readChildren(SITES)).resolves.toEqual([
      { name: 'a.example.com', value: '{}' },
      { name: 'b.example.com', value: '' },
    ])
    expect(inputs).toEqual([
      { Path: SITES, Recursive: false, MaxResults: 10 },
      { Path: SITES, Recursive: false, MaxResults: 10, NextToken: 'more' },
    ])
  })
  test('none', async () => {
    ssm.on(GetParametersByPathCommand).resolves({})
    await expect(readChildren(SITES)).resolves.toEqual([])
  })
  test.each([{ Name: `${SITES}/a` }, { Value: 'x' }])('half a parameter is no reply: %j', async (parameter) => {
    ssm.on(GetParametersByPathCommand).resolves({ Parameters: [parameter] })
    await expect(readChildren(SITES)).rejects.toThrow(UnexpectedReply)
  })
  test('throttled: later', async () => {
    ssm.on(GetParametersByPathCommand).rejects(serviceError('ThrottlingException'))
    await expect(readChildren(SITES)).rejects.toThrow(TryLater)
  })
})

describe('sendCommand', () => {
  test('one host, every value a list of one, a comment, a time to start in', async () => {
    ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } })
    await expect(sendCommand('i-1', command)).resolves.toBe('c-1')
    expect(ssm.commandCalls(SendCommandCommand).map((call) => call.args[0].input)).toEqual([
      {
        DocumentName: 'ConfigureHost-0123abcd',
        InstanceIds: ['i-1'],
        Parameters: {
          Hostname: ['app.example.com'],
          Aliases: [''],
          Image: ['ragstream:1.4.0'],
          ContainerPort: ['8501'],
          HostPort: ['8501'],
          HealthPath: ['/_stcore/health'],
          HealthBody: ['b2s='],
          ClientMaxBodySize: ['201m'],
          ConnectionsPerAddress: ['256'],
          Connections: [''],
          Uploads: ['10'],
          Use: ['off'],
          ReadTimeout: ['1h'],
          StartTimeout: ['60'],
          Memory: [''],
          ReadOnlyRoot: ['false'],
          Metadata: ['false'],
          Rollout: ['overlap'],
          Adopt: ['false'],
          SecretsPath: [''],
          TlsPath: [''],
          Hsts: ['false'],
          Networks: [''],
          PasswordsPath: [''],
          Guesses: ['5'],
          Env: [''],
          Volumes: [''],
          SiteHash: [command.parameters.SiteHash],
          SentAt: ['0'],
          HostPorts: [''],
          Pids: ['4096'],
          TmpSize: ['1g'],
          Pull: ['auto'],
        },
        Comment: command.comment,
        TimeoutSeconds: 300,
      },
    ])
  })
  test.each([{}, { Command: {} }])('no id of the command is no reply: %j', async (reply) => {
    ssm.on(SendCommandCommand).resolves(reply)
    await expect(sendCommand('i-1', command)).rejects.toThrow(UnexpectedReply)
  })
  test('InvalidInstanceId: the agent is not there, with what to look at', async () => {
    ssm.on(SendCommandCommand).rejects(serviceError('InvalidInstanceId'))
    const error: unknown = await sendCommand('i-1', command).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(AgentNotRegistered)
    expect(error).toMatchObject({
      hint: expect.stringContaining('AmazonSSMManagedInstanceCore'),
      cause: { name: 'InvalidInstanceId' },
    })
  })
  test.each(['ThrottlingException', 'InternalServerError'])('%s: later', async (name) => {
    ssm.on(SendCommandCommand).rejects(serviceError(name, 'Rate exceeded'))
    await expect(sendCommand('i-1', command)).rejects.toMatchObject({
      name: 'TryLater',
      message: `Systems Manager: ${name}: Rate exceeded`,
    })
  })
  test.each(['InvalidDocument', 'AccessDeniedException'])('%s: as it came', async (name) => {
    ssm.on(SendCommandCommand).rejects(serviceError(name))
    await expect(sendCommand('i-1', command)).rejects.toMatchObject({ name })
  })
})

describe('listCommands', () => {
  const invocation = {
    CommandId: 'c-1',
    InstanceId: 'i-1',
    Status: 'Success' as const,
    RequestedDateTime: new Date(LAUNCH + 1500),
    Comment: 'app.example.com 0123456789ab',
  }

  test('this document’s commands to this instance since its start, to the second', async () => {
    ssm
      .on(ListCommandInvocationsCommand)
      .resolves({ CommandInvocations: [invocation, { ...invocation, CommandId: 'c-2', Comment: undefined }] })
    const sent = { id: 'c-1', instanceId: 'i-1', status: 'Success', requestedAt: LAUNCH + 1500 }
    await expect(listCommands('ConfigureHost-0123abcd', 'i-1', LAUNCH + 999)).resolves.toEqual([
      { ...sent, comment: 'app.example.com 0123456789ab' },
      { ...sent, id: 'c-2', comment: '' },
    ])
    expect(ssm.commandCalls(ListCommandInvocationsCommand).map((call) => call.args[0].input)).toEqual([
      {
        InstanceId: 'i-1',
        MaxResults: 50,
        Details: true,
        Filters: [
          { key: 'InvokedAfter', value: '2026-11-23T08:00:00Z' },
          { key: 'DocumentName', value: 'ConfigureHost-0123abcd' },
        ],
      },
    ])
  })
  test('behind an empty page, and once where pages repeat it; not asked for beyond ten', async () => {
    const page = (ids: readonly string[], NextToken?: string) => ({
      CommandInvocations: ids.map((CommandId) => ({ ...invocation, CommandId })),
      ...(NextToken && { NextToken }),
    })
    ssm
      .on(ListCommandInvocationsCommand)
      .resolvesOnce(page([], 'a'))
      .resolvesOnce(page(['c-2', 'c-1'], 'b'))
      .resolvesOnce(page(['c-1']))
    expect((await listCommands('d', 'i-1', LAUNCH)).map(({ id }) => id)).toEqual(['c-2', 'c-1'])
    expect(ssm.commandCalls(ListCommandInvocationsCommand)).toHaveLength(3)
    ssm.reset()
    ssm.on(ListCommandInvocationsCommand).resolves(page([], 'again'))
    await expect(listCommands('d', 'i-1', LAUNCH)).resolves.toEqual([])
    expect(ssm.commandCalls(ListCommandInvocationsCommand)).toHaveLength(10)
  })

  test('when it ended: with the last of its steps, however wrong the clock of its host is; one that never began has no end', async () => {
    const DAY = 86_400_000
    const plugins = [1000, 4000].map((began) => ({
      ResponseStartDateTime: new Date(LAUNCH + DAY + began),
      ResponseFinishDateTime: new Date(LAUNCH + DAY + began + 2000),
    }))
    const ended = { ...invocation, CommandId: 'c-2', Status: 'Failed' as const, CommandPlugins: plugins }
    const dropped = { ...invocation, CommandId: 'c-3', Status: 'TimedOut' as const, CommandPlugins: [{ Name: 'x' }] }
    ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [ended, dropped] })
    const [first, second] = await listCommands('d', 'i-1', LAUNCH)
    expect(first).toMatchObject({ status: 'Failed', endedAt: invocation.RequestedDateTime.getTime() + 5000 })
    expect(second).not.toHaveProperty('endedAt')
  })
  test('none', async () => {
    ssm.on(ListCommandInvocationsCommand).resolves({})
    await expect(listCommands('d', 'i-1', 0)).resolves.toEqual([])
  })
  test.each(['CommandId', 'InstanceId', 'Status', 'RequestedDateTime'])(
    'an invocation without %s is no reply',
    async (field) => {
      ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [{ ...invocation, [field]: undefined }] })
      await expect(listCommands('d', 'i-1', 0)).rejects.toThrow(UnexpectedReply)
    },
  )
  test('throttled: later', async () => {
    ssm.on(ListCommandInvocationsCommand).rejects(serviceError('ThrottlingException'))
    await expect(listCommands('d', 'i-1', 0)).rejects.toThrow(TryLater)
  })
})
