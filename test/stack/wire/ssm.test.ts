// Systems Manager as the real SDK client sees it.
import {
  CancelCommandCommand,
  DeleteParameterCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  DescribeParametersCommand,
  GetCommandInvocationCommand,
  GetDocumentCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  PutParameterCommand,
  paginateGetParametersByPath,
  SendCommandCommand,
} from '@aws-sdk/client-ssm'
import type { DocumentContent } from '../../../local/world/types.ts'
import { type Cloud, startCloud } from './clients.ts'

let cloud: Cloud
let now: number

beforeEach(async () => {
  now = Date.parse('2026-11-23T08:30:00Z')
  cloud = await startCloud({ now: () => now })
})
afterEach(() => cloud.close())

describe('parameters', () => {
  const put = (Name: string, Value: string, more = {}) =>
    cloud.ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }))

  test('put, overwrite, get, delete', async () => {
    expect(await put('/edge/prod/a', '1')).toMatchObject({ Version: 1, Tier: 'Standard' })
    await expect(put('/edge/prod/a', '2')).rejects.toMatchObject({ name: 'ParameterAlreadyExists' })
    expect(await put('/edge/prod/a', '2', { Overwrite: true })).toMatchObject({ Version: 2 })
    const { Parameter } = await cloud.ssm.send(new GetParameterCommand({ Name: '/edge/prod/a' }))
    expect(Parameter).toEqual({
      Name: '/edge/prod/a',
      Type: 'String',
      Value: '2',
      Version: 2,
      LastModifiedDate: new Date(now),
      ARN: 'arn:aws:ssm:eu-central-1:123456789012:parameter/edge/prod/a',
      DataType: 'text',
    })
    await cloud.ssm.send(new DeleteParameterCommand({ Name: '/edge/prod/a' }))
    const gone = cloud.ssm.send(new GetParameterCommand({ Name: '/edge/prod/a' }))
    await expect(gone).rejects.toMatchObject({ name: 'ParameterNotFound' })
    const message = 'Parameter /edge/prod/a was deleted 0 ms ago, wanted at least 30000 ms before it is created again.'
    await expect(put('/edge/prod/a', '3')).rejects.toMatchObject({ name: 'ValidationException', message })
  })

  test('a SecureString shows its value only when decryption was asked for', async () => {
    await put('/edge/secret', 'hush', { Type: 'SecureString' })
    const get = async (WithDecryption: boolean) =>
      (await cloud.ssm.send(new GetParameterCommand({ Name: '/edge/secret', WithDecryption }))).Parameter?.Value
    expect(await get(false)).not.toContain('hush')
    expect(await get(true)).toBe('hush')
  })

  test('the key of a SecureString: told by its description and its history, and kept by nobody', async () => {
    const Name = '/edge/secret'
    await put(Name, '1', { Type: 'SecureString', KeyId: 'alias/mine' })
    const described = async () => {
      const ParameterFilters = [{ Key: 'Name', Values: [Name] }]
      const { Parameters } = await cloud.ssm.send(new DescribeParametersCommand({ ParameterFilters }))
      return Parameters?.map(({ KeyId }) => KeyId)
    }
    expect(await described()).toEqual(['alias/mine'])
    const { Parameter } = await cloud.ssm.send(new GetParameterCommand({ Name }))
    expect(Parameter).not.toHaveProperty('KeyId')
    await put(Name, '2', { Type: 'SecureString', Overwrite: true })
    expect(await described()).toEqual(['alias/aws/ssm'])
    const { Parameters } = await cloud.ssm.send(new GetParameterHistoryCommand({ Name }))
    expect(Parameters?.map(({ KeyId }) => KeyId)).toEqual(['alias/mine', 'alias/aws/ssm'])
    await put('/edge/other', '1')
    const ParameterFilters = [{ Key: 'Name', Values: ['/edge'] }]
    expect(await cloud.ssm.send(new DescribeParametersCommand({ ParameterFilters }))).toMatchObject({ Parameters: [] })
  })

  test('several by name: the unknown ones are listed, not refused', async () => {
    await put('/edge/a', '1')
    const found = await cloud.ssm.send(new GetParametersCommand({ Names: ['/edge/a', '/edge/b'] }))
    expect(found.Parameters?.map(({ Value }) => Value)).toEqual(['1'])
    expect(found.InvalidParameters).toEqual(['/edge/b'])
  })

  test('by path: ten a page, whole path parts only, below levels only when recursive', async () => {
    for (let i = 0; i < 23; i += 1) await put(`/edge/sites/s${String(i).padStart(2, '0')}`, 'x')
    await put('/edge/sites/deep/one', 'x')
    await put('/edge/sites-other', 'x')
    const pages = []
    for await (const page of paginateGetParametersByPath({ client: cloud.ssm }, { Path: '/edge/sites' })) {
      pages.push(page.Parameters!.map(({ Name }) => Name))
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 3])
    const all = { Path: '/edge/sites/', Recursive: true, MaxResults: 10 }
    const first = await cloud.ssm.send(new GetParametersByPathCommand(all))
    expect(first.Parameters?.[0]?.Name).toBe('/edge/sites/deep/one')
    expect(cloud.asked.at(-1)).toMatchObject({
      resources: ['arn:aws:ssm:eu-central-1:123456789012:parameter/edge/sites'],
      context: { 'ssm:Recursive': 'true' },
    })
  })

  test.each([
    ['more than 10 a page', { Path: '/edge', MaxResults: 11 }, 'ValidationException'],
    ['a path without its slash', { Path: 'edge' }, 'ValidationException'],
  ])('%s', async (_case, input, name) => {
    await expect(cloud.ssm.send(new GetParametersByPathCommand(input))).rejects.toMatchObject({ name })
  })

  test('a denial is AccessDeniedException', async () => {
    cloud.authorize = ({ resources }) => `not ${resources[0]}`
    const get = cloud.ssm.send(new GetParameterCommand({ Name: '/edge/a' }))
    const message = 'not arn:aws:ssm:eu-central-1:123456789012:parameter/edge/a'
    await expect(get).rejects.toMatchObject({ name: 'AccessDeniedException', message })
  })
})

describe('commands', () => {
  const content: DocumentContent = {
    schemaVersion: '2.2',
    description: 'says a name',
    parameters: { Hostname: { type: 'String', allowedPattern: '^[a-z.]+$' }, Count: { type: 'String', default: '1' } },
    mainSteps: [{ action: 'aws:runShellScript', name: 'say', inputs: { runCommand: ['echo {{ Hostname }}'] } }],
  }
  let id: string

  beforeEach(() => {
    cloud.world.dispatch({ type: 'CreateDocument', name: 'Say-1', content })
    id = cloud.world.dispatch({ type: 'RunInstance', tags: { stage: 'prod' }, state: 'running' }).id
    cloud.world.dispatch({ type: 'RegisterAgent', instanceId: id })
  })

  const Parameters = { Hostname: ['a.example.com'] }
  const send = (input = {}) =>
    cloud.ssm.send(new SendCommandCommand({ DocumentName: 'Say-1', InstanceIds: [id], Parameters, ...input }))
  const get = (CommandId: string) => cloud.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: id }))
  const finish = (commandId: string, status: 'Success' | 'Failed', stdout = '', stderr = '') => {
    const responseCode = status === 'Success' ? 0 : 1
    cloud.world.dispatch({ type: 'StartInvocation', commandId, instanceId: id })
    now += 2000
    cloud.world.dispatch({ type: 'EndInvocation', commandId, instanceId: id, status, responseCode, stdout, stderr })
  }

  test('from Pending to Success, with output cut at 24,000 and 8,000 characters', async () => {
    const { Command } = await send({ Comment: 'hello', TimeoutSeconds: 60 })
    expect(Command).toMatchObject({
      Status: 'Pending',
      TargetCount: 1,
      Comment: 'hello',
      ExpiresAfter: new Date(now + 60_000 + 3_600_000),
    })
    expect(Command?.Parameters).toEqual({ Hostname: ['a.example.com'], Count: ['1'] })
    const commandId = Command!.CommandId!
    await expect(get(commandId)).rejects.toMatchObject({ name: 'InvocationDoesNotExist' })
    now += 1000
    expect(await get(commandId)).toMatchObject({ Status: 'Pending', ResponseCode: -1 })
    finish(commandId, 'Success', 'o'.repeat(30_000), 'e'.repeat(10_000))
    const done = await get(commandId)
    expect(done).toMatchObject({ Status: 'Success', ResponseCode: 0, PluginName: 'say', ExecutionElapsedTime: 'PT2S' })
    expect(done.StandardOutputContent).toHaveLength(24_000)
    expect(done.StandardErrorContent).toHaveLength(8000)
  })

  test('lists of commands and invocations, newest first, with their filters', async () => {
    const first = (await send()).Command!.CommandId!
    finish(first, 'Failed', '', 'broken')
    const between = new Date(now).toISOString()
    now += 1000
    const second = (await send()).Command!.CommandId!
    const invocations = async (input = {}) =>
      (await cloud.ssm.send(new ListCommandInvocationsCommand(input))).CommandInvocations!
    const ids = async (input: object) => (await invocations(input)).map(({ CommandId }) => CommandId)
    expect(await ids({})).toEqual([second, first])
    expect(await ids({ CommandId: first })).toEqual([first])
    expect(await ids({ InstanceId: 'i-other' })).toEqual([])
    expect(await ids({ Filters: [{ key: 'Status', value: 'Failed' }] })).toEqual([first])
    expect(await ids({ Filters: [{ key: 'InvokedAfter', value: between }] })).toEqual([second])
    expect(await ids({ Filters: [{ key: 'InvokedBefore', value: between }] })).toEqual([first])
    expect(await ids({ Filters: [{ key: 'DocumentName', value: 'Other' }] })).toEqual([])
    const [detailed] = await invocations({ CommandId: first, Details: true })
    expect(detailed?.CommandPlugins).toMatchObject([{ Name: 'say', Status: 'Failed', ResponseCode: 1 }])
    expect(detailed?.CommandPlugins?.[0]?.Output).toContain('broken')
    const { Commands } = await cloud.ssm.send(
      new ListCommandsCommand({ Filters: [{ key: 'Status', value: 'Failed' }] }),
    )
    expect(Commands?.map(({ CommandId, ErrorCount }) => [CommandId, ErrorCount])).toEqual([[first, 1]])
  })

  test('fifty invocations a page', async () => {
    for (let i = 0; i < 55; i += 1) {
      const action = { type: 'SendCommand', documentName: 'Say-1', instanceIds: [id], parameters: Parameters } as const
      cloud.world.dispatch(action)
    }
    const first = await cloud.ssm.send(new ListCommandInvocationsCommand({}))
    expect(first.CommandInvocations).toHaveLength(50)
    const rest = await cloud.ssm.send(new ListCommandInvocationsCommand({ NextToken: first.NextToken }))
    expect(rest.CommandInvocations).toHaveLength(6)
    expect(rest.CommandInvocations?.[0]).toEqual(first.CommandInvocations?.at(-1))
    expect(rest.NextToken).toBeUndefined()
  })

  test('a list is cut into pages before it is filtered: an empty page with a successor, what is in progress first', async () => {
    const [done, open] = [(await send()).Command!.CommandId!, (await send()).Command!.CommandId!]
    finish(done, 'Success')
    for (let i = 0; i < 60; i += 1) finish((await send({ Comment: 'other' })).Command!.CommandId!, 'Failed')
    const list = (input: object) => cloud.ssm.send(new ListCommandInvocationsCommand({ InstanceId: id, ...input }))
    const Filters = [{ key: 'Status' as const, value: 'Success' }]
    const first = await list({ Filters })
    expect(first).toMatchObject({ CommandInvocations: [], NextToken: expect.any(String) })
    const second = await list({ Filters, NextToken: first.NextToken })
    expect(second.CommandInvocations?.map(({ CommandId }) => CommandId)).toEqual([done])
    expect((await list({})).CommandInvocations?.[0]?.CommandId).toBe(open)
    const commands = await cloud.ssm.send(new ListCommandsCommand({ MaxResults: 1 }))
    expect(commands.Commands?.map(({ CommandId }) => CommandId)).toEqual([open])
  })

  test('what Systems Manager knows of instances comes in such pages, too', async () => {
    for (let i = 0; i < 60; i += 1) {
      const other = cloud.world.dispatch({ type: 'RunInstance', tags: {}, state: 'running' }).id
      cloud.world.dispatch({ type: 'RegisterAgent', instanceId: other })
    }
    const last = [...cloud.world.state.instances.keys()].at(-1)!
    const Filters = [{ Key: 'InstanceIds', Values: [last] }]
    const first = await cloud.ssm.send(new DescribeInstanceInformationCommand({ Filters }))
    expect(first).toMatchObject({ InstanceInformationList: [], NextToken: expect.any(String) })
    const { NextToken } = first
    const second = await cloud.ssm.send(new DescribeInstanceInformationCommand({ Filters, NextToken }))
    expect(second.InstanceInformationList).toMatchObject([{ InstanceId: last }])
  })

  test('a command is cancelled, by a right that knows no resources', async () => {
    const CommandId = (await send()).Command!.CommandId!
    await cloud.ssm.send(new CancelCommandCommand({ CommandId, InstanceIds: [id] }))
    expect(cloud.asked.at(-1)).toMatchObject({ action: 'ssm:CancelCommand', resources: ['*'] })
    now += 1000
    expect(await get(CommandId)).toMatchObject({ Status: 'Cancelled', StatusDetails: 'Cancelled' })
    const unknown = cloud.ssm.send(new CancelCommandCommand({ CommandId: '00000000-0000-4000-8000-0000000000ff' }))
    await expect(unknown).rejects.toMatchObject({ name: 'InvalidCommandId' })
  })

  test('where it is set so, an instance that never registered has no tags for SendCommand', async () => {
    cloud.world.dispatch({ type: 'SetTempo', tempo: { tagsFromRegistration: true } })
    const young = cloud.world.dispatch({ type: 'RunInstance', tags: { stage: 'prod' }, state: 'running' }).id
    await send({ InstanceIds: [young] }).catch(() => undefined)
    expect(cloud.asked.at(-1)?.context).toEqual({})
    cloud.world.dispatch({ type: 'RegisterAgent', instanceId: young })
    await send({ InstanceIds: [young] })
    expect(cloud.asked.at(-1)?.context).toMatchObject({ 'ssm:resourceTag/stage': 'prod' })
  })

  test.each([
    ['unknown document', { DocumentName: 'Nope' }, 'InvalidDocument', 'Document with name Nope does not exist.'],
    [
      'unknown parameter',
      { Parameters: { ...Parameters, Colour: ['red'] } },
      'InvalidParameters',
      'Colour is not defined',
    ],
    ['missing parameter', { Parameters: {} }, 'InvalidParameters', 'Hostname is required'],
    ['outside the pattern', { Parameters: { Hostname: ["a'; rm"] } }, 'InvalidParameters', 'does not match ^[a-z.]+$'],
    ['unknown instance', { InstanceIds: ['i-404'] }, 'InvalidInstanceId', 'i-404'],
    ['51 instances', { InstanceIds: Array.from({ length: 51 }, (_, i) => `i-${i}`) }, 'ValidationException', '51'],
    ['too large', { Parameters: { Hostname: ['a'.repeat(65_536)] } }, 'MaxDocumentSizeExceeded', '65536'],
    ['timeout below 30 s', { TimeoutSeconds: 29 }, 'ValidationException', 'timeoutSeconds'],
  ])('%s', async (_case, input, name, words) => {
    await expect(send(input)).rejects.toMatchObject({ name, message: expect.stringContaining(words) })
  })

  test('an agent that has not registered since the launch is not reached', async () => {
    cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
    now += 60_000
    cloud.world.dispatch({ type: 'StartInstances', ids: [id] })
    now += 60_000
    await expect(send()).rejects.toMatchObject({ name: 'InvalidInstanceId' })
    const { InstanceInformationList } = await cloud.ssm.send(new DescribeInstanceInformationCommand({}))
    // The record of the last run is still there, and says Online: only its ping is older than the launch.
    expect(InstanceInformationList).toMatchObject([{ InstanceId: id, PingStatus: 'Online' }])
    const { launchTime } = cloud.world.state.instances.get(id)!
    expect(InstanceInformationList?.[0]?.LastPingDateTime?.getTime()).toBeLessThan(launchTime)
    cloud.world.dispatch({ type: 'RegisterAgent', instanceId: id })
    await expect(send()).resolves.toBeDefined()
  })

  test('SendCommand asks IAM for the document without tags, then for each instance with its own', async () => {
    await send()
    expect(cloud.asked).toEqual([
      {
        accessKeyId: 'local-admin',
        action: 'ssm:SendCommand',
        resources: ['arn:aws:ssm:eu-central-1:123456789012:document/Say-1'],
        context: {},
      },
      {
        accessKeyId: 'local-admin',
        action: 'ssm:SendCommand',
        resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${id}`],
        context: { 'ssm:resourceTag/stage': 'prod', 'aws:ResourceTag/stage': 'prod' },
      },
    ])
  })

  test('a denied instance is not sent to', async () => {
    cloud.authorize = ({ resources }) => (resources[0]?.includes(':instance/') ? 'no such tag' : undefined)
    await expect(send()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(cloud.world.state.commands.size).toBe(0)
  })

  test('documents: content and description', async () => {
    const { Content } = await cloud.ssm.send(new GetDocumentCommand({ Name: 'Say-1' }))
    expect(JSON.parse(Content!)).toEqual(content)
    const { Document } = await cloud.ssm.send(new DescribeDocumentCommand({ Name: 'Say-1' }))
    expect(Document).toMatchObject({ Name: 'Say-1', SchemaVersion: '2.2', DocumentType: 'Command' })
    expect(Document?.Parameters?.map(({ Name, DefaultValue }) => [Name, DefaultValue])).toEqual([
      ['Hostname', undefined],
      ['Count', '1'],
    ])
    const other = cloud.ssm.send(new GetDocumentCommand({ Name: 'Say-2' }))
    await expect(other).rejects.toMatchObject({ name: 'InvalidDocument' })
  })
})
