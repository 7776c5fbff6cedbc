// What only a diagnosis asks of Systems Manager and Route 53: the agent, one invocation, a short-lived command, name servers.
import { GetHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53'
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { nameServersOf } from '../../functions/lib/aws/route53.ts'
import { describeAgent, readInvocation, sendCommand } from '../../functions/lib/aws/ssm/commands.ts'
import { TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { inspectHost } from '../../functions/lib/hosts/command.ts'
import { route53Error, serviceError } from '../support/aws.ts'
import { aSite, LAUNCH, ZONE } from '../support/domain.ts'

const [ssm, route53] = [mockClient(SSMClient), mockClient(Route53Client)]
beforeEach(() => {
  ssm.reset()
  route53.reset()
})

describe('the agent', () => {
  test('found behind an empty page', async () => {
    const found = { InstanceId: 'i-1', PingStatus: 'Online' as const, LastPingDateTime: new Date(LAUNCH) }
    ssm
      .on(DescribeInstanceInformationCommand)
      .resolvesOnce({ InstanceInformationList: [], NextToken: 'more' })
      .resolvesOnce({ InstanceInformationList: [found] })
    await expect(describeAgent('i-1')).resolves.toEqual({ pingStatus: 'Online', lastPing: LAUNCH })
  })

  test('asked by the instance’s id; what is heard of another is not taken for it', async () => {
    const LastPingDateTime = new Date(LAUNCH)
    ssm.on(DescribeInstanceInformationCommand).resolves({
      InstanceInformationList: [
        { InstanceId: 'i-9', PingStatus: 'Inactive' },
        { InstanceId: 'i-1', PingStatus: 'Online', LastPingDateTime },
      ],
    })
    await expect(describeAgent('i-1')).resolves.toEqual({ pingStatus: 'Online', lastPing: LAUNCH })
    await expect(describeAgent('i-2')).resolves.toBeUndefined()
    expect(ssm.commandCalls(DescribeInstanceInformationCommand)[0]?.args[0].input).toEqual({
      Filters: [{ Key: 'InstanceIds', Values: ['i-1'] }],
      MaxResults: 50,
    })
  })

  test('throttled: later', async () => {
    ssm.on(DescribeInstanceInformationCommand).rejects(serviceError('ThrottlingException'))
    await expect(describeAgent('i-1')).rejects.toThrow(TryLater)
  })
})

describe('one invocation', () => {
  test('its status in detail, and what it printed', async () => {
    ssm.on(GetCommandInvocationCommand).resolves({
      Status: 'Failed',
      StatusDetails: 'Execution Timed Out',
      StandardOutputContent: 'step=lock result=ok\n',
      StandardErrorContent: 'a word\n',
    })
    await expect(readInvocation('c-1', 'i-1')).resolves.toEqual({
      status: 'Execution Timed Out',
      output: 'step=lock result=ok\n',
      errors: 'a word\n',
    })
    expect(ssm.commandCalls(GetCommandInvocationCommand)[0]?.args[0].input).toEqual({
      CommandId: 'c-1',
      InstanceId: 'i-1',
    })
  })

  test('not known yet, for a second after it was sent', async () => {
    ssm.on(GetCommandInvocationCommand).rejects(serviceError('InvocationDoesNotExist'))
    await expect(readInvocation('c-1', 'i-1')).resolves.toBeUndefined()
  })

  test('without a status it is no reply; refused, it is refused', async () => {
    ssm.on(GetCommandInvocationCommand).resolves({})
    await expect(readInvocation('c-1', 'i-1')).rejects.toThrow(UnexpectedReply)
    ssm.on(GetCommandInvocationCommand).rejects(serviceError('AccessDeniedException'))
    await expect(readInvocation('c-1', 'i-1')).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})

test('a command that is dropped after the time that it was given', async () => {
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } })
  await sendCommand('i-1', inspectHost(aSite(), 'InspectHost-0123abcd'), 30)
  expect(ssm.commandCalls(SendCommandCommand)[0]?.args[0].input).toEqual({
    DocumentName: 'InspectHost-0123abcd',
    InstanceIds: ['i-1'],
    Parameters: {
      Hostname: ['app.example.com'],
      HostPort: ['8501'],
      ContainerPort: ['8501'],
      HealthPath: ['/_stcore/health'],
      Websocket: ['/_stcore/stream'],
    },
    Comment: 'a look by diagnose',
    TimeoutSeconds: 30,
  })
})

describe('name servers', () => {
  test('of the delegation set', async () => {
    const NameServers = ['ns-1.awsdns-01.com', 'ns-2.awsdns-02.net']
    route53.on(GetHostedZoneCommand).resolves({ DelegationSet: { NameServers } })
    await expect(nameServersOf(ZONE)).resolves.toEqual(NameServers)
    expect(route53.commandCalls(GetHostedZoneCommand)[0]?.args[0].input).toEqual({ Id: ZONE })
  })

  test('a private zone has none; throttled: later', async () => {
    route53.on(GetHostedZoneCommand).resolves({})
    await expect(nameServersOf(ZONE)).rejects.toThrow(/no name servers: is it a private zone/)
    route53.on(GetHostedZoneCommand).rejects(route53Error('Throttling'))
    await expect(nameServersOf(ZONE)).rejects.toThrow(TryLater)
  })
})
