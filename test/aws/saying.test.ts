// What outcome says and remembers, as exact calls: SNS, EventBridge, and its parameters.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { DeleteParameterCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { putEvent } from '../../functions/lib/aws/eventbridge.ts'
import { publish } from '../../functions/lib/aws/sns.ts'
import { createParameter, deleteParameter, readTree, writeParameter } from '../../functions/lib/aws/ssm/parameters.ts'
import { TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { inTurn, serviceError } from '../support/aws.ts'

const [sns, events, ssm] = [mockClient(SNSClient), mockClient(EventBridgeClient), mockClient(SSMClient)]
beforeEach(() => {
  for (const client of [sns, events, ssm]) client.reset()
})

describe('publish', () => {
  test('subject and text to the topic', async () => {
    sns.on(PublishCommand).resolves({ MessageId: 'm' })
    await publish('arn:topic', { subject: 's', text: 't' })
    expect(sns.commandCalls(PublishCommand).map(({ args }) => args[0].input)).toEqual([
      { TopicArn: 'arn:topic', Subject: 's', Message: 't' },
    ])
  })
  test('no id of the message is no reply', async () => {
    sns.on(PublishCommand).resolves({})
    await expect(publish('arn:topic', { subject: 's', text: 't' })).rejects.toThrow(UnexpectedReply)
  })
})

describe('putEvent', () => {
  test('on the default bus, in our name', async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })
    await putEvent('Site Live', { site: 'a' })
    expect(events.commandCalls(PutEventsCommand).map(({ args }) => args[0].input)).toEqual([
      { Entries: [{ Source: 'ragstream-edge', DetailType: 'Site Live', Detail: '{"site":"a"}' }] },
    ])
  })
  test('the call succeeds and the entry fails: an error with the bus’s words', async () => {
    events
      .on(PutEventsCommand)
      .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'later' }] })
    await expect(putEvent('Site Live', {})).rejects.toThrow('PutEvents: InternalFailure later')
  })
})

describe('the memory', () => {
  const PATH = '/ragstream-edge/prod/state/a.example.com'

  test('read: every page, at any depth, by what follows the path', async () => {
    const { inputs, answer } = inTurn(
      { Parameters: [{ Name: `${PATH}/open/NotLive/-/-`, Value: 'x' }], NextToken: 'more' },
      { Parameters: [{ Name: `${PATH}/live/i-1/1/h`, Value: '' }] },
    )
    ssm.on(GetParametersByPathCommand).callsFake(answer)
    await expect(readTree(PATH)).resolves.toEqual([
      { name: 'open/NotLive/-/-', value: 'x' },
      { name: 'live/i-1/1/h', value: '' },
    ])
    expect(inputs).toEqual([
      { Path: PATH, Recursive: true, MaxResults: 10 },
      { Path: PATH, Recursive: true, MaxResults: 10, NextToken: 'more' },
    ])
  })
  test('half a parameter is no reply', async () => {
    ssm.on(GetParametersByPathCommand).resolves({ Parameters: [{ Name: `${PATH}/x` }] })
    await expect(readTree(PATH)).rejects.toThrow(UnexpectedReply)
  })

  test('create: only where there is none; the second of two hears so', async () => {
    ssm.on(PutParameterCommand).resolvesOnce({ Version: 1 }).rejects(serviceError('ParameterAlreadyExists'))
    await expect(createParameter('/n', 'v')).resolves.toBe(true)
    await expect(createParameter('/n', 'v')).resolves.toBe(false)
    expect(ssm.commandCalls(PutParameterCommand)[0]?.args[0].input).toEqual({
      ...{ Name: '/n', Value: 'v', Type: 'String', Overwrite: false },
    })
  })
  test('overwrite', async () => {
    ssm.on(PutParameterCommand).resolves({ Version: 2 })
    await writeParameter('/n', 'w')
    expect(ssm.commandCalls(PutParameterCommand)[0]?.args[0].input).toMatchObject({ Value: 'w', Overwrite: true })
  })
  test('delete: the second of two hears that it is gone', async () => {
    ssm.on(DeleteParameterCommand).resolvesOnce({}).rejects(serviceError('ParameterNotFound'))
    await expect(deleteParameter('/n')).resolves.toBe(true)
    await expect(deleteParameter('/n')).resolves.toBe(false)
    expect(ssm.commandCalls(DeleteParameterCommand)[0]?.args[0].input).toEqual({ Name: '/n' })
  })

  const calls = [
    () => readTree('/n'),
    () => createParameter('/n', 'v'),
    () => writeParameter('/n', 'v'),
    () => deleteParameter('/n'),
  ]
  test.each(calls)('%#: throttled: later; refused: as it came', async (call) => {
    ssm.rejects(serviceError('ThrottlingException', 'Rate exceeded'))
    await expect(call()).rejects.toThrow(TryLater)
    ssm.rejects(serviceError('AccessDeniedException'))
    await expect(call()).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})
