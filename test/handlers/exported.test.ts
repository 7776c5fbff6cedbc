// The exported handlers as Lambda calls them: environment in, SDK calls, log lines and embedded metrics out. Without
// the wrapper there would be no request id in the log and no metric; without the report no message would be tried again.
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { ChangeResourceRecordSetsCommand, ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53'
import { ChangeMessageVisibilityBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import {
  GetParametersByPathCommand,
  GetParametersCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { parseNews } from '../../functions/lib/domain/news.ts'
import { noCloud, serviceError } from '../support/aws.ts'
import { LAUNCH, siteDocument, ZONE } from '../support/domain.ts'
import { eventFixture, sqsEvent, sqsRecord } from '../support/events.ts'
import { invoke } from '../support/telemetry.ts'
import { virtualTime } from '../support/virtual-time.ts'

const environment = {
  ...noCloud,
  AWS_LAMBDA_FUNCTION_NAME: 'ragstream-edge-test',
  STAGE: 'prod',
  SITES_PATH: '/ragstream-edge/prod',
  QUEUE_URL: 'https://sqs.example/queue',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.example/dead',
  OUTCOME_QUEUE_URL: 'https://sqs.example/outcome',
  CONFIGURE_HOST_DOCUMENT: 'ConfigureHost-0123abcd',
  INSPECT_HOST_DOCUMENT: 'InspectHost-0123abcd',
}
Object.assign(process.env, environment)
const { handler: dnsSync } = await import('../../functions/dns-sync/handler.ts')
const { handler: hostConfig } = await import('../../functions/host-config/handler.ts')
const { handler: diagnose } = await import('../../functions/diagnose/handler.ts')

const time = virtualTime()
const [ec2, route53, ssm, sqs] = [
  mockClient(EC2Client),
  mockClient(Route53Client),
  mockClient(SSMClient),
  mockClient(SQSClient),
]

const SITE = 'ragstream.rusbehabtahi.com'
const ID = 'i-1234567890abcdef0'
const RUNNING = eventFixture('ec2-state-change-running')
const now = () => sqsEvent(sqsRecord(RUNNING, { sentAt: Date.now() }))
const done = { batchItemFailures: [] }
const again = { batchItemFailures: [{ itemIdentifier: 'm1' }] }

const instance = (fields: object = {}) => ({
  InstanceId: ID,
  State: { Name: 'running' as const },
  LaunchTime: new Date(LAUNCH),
  Tags: [{ Key: 'Name', Value: 'ragstream' }],
  PublicIpAddress: '203.0.113.1',
  ...fields,
})

beforeEach(() => {
  Object.assign(process.env, environment)
  // Longer than records are remembered between two events.
  time.pass(3_600_000)
  for (const client of [ec2, route53, ssm, sqs]) client.reset()
  for (const kind of ['images', 'certificates'])
    ssm.on(GetParametersByPathCommand, { Path: `/ragstream-edge/prod/${kind}` }).resolves({})
  const document = { Name: `/ragstream-edge/prod/sites/${SITE}`, Value: JSON.stringify(siteDocument(SITE)) }
  ssm.on(GetParametersByPathCommand, { Path: '/ragstream-edge/prod/sites' }).resolves({ Parameters: [document] })
  ssm.on(GetParametersCommand).resolves({ Parameters: [document] })
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [instance()] }] })
  route53.on(ListResourceRecordSetsCommand).resolves({})
  route53
    .on(ChangeResourceRecordSetsCommand)
    .resolves({ ChangeInfo: { Id: 'C1', Status: 'PENDING', SubmittedAt: new Date(0) } })
  ssm.on(ListCommandInvocationsCommand).resolves({})
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } })
  sqs.on(ChangeMessageVisibilityBatchCommand).resolves({})
  sqs.on(SendMessageCommand).resolves({ MessageId: 'm' })
})

// First, since the ports are kept from the first good event on.
test.each([
  ['dns-sync', dnsSync, 'STAGE'],
  ['dns-sync', dnsSync, 'SITES_PATH'],
  ['dns-sync', dnsSync, 'QUEUE_URL'],
  ['dns-sync', dnsSync, 'DEAD_LETTER_QUEUE_URL'],
  ['dns-sync', dnsSync, 'OUTCOME_QUEUE_URL'],
  ['host-config', hostConfig, 'STAGE'],
  ['host-config', hostConfig, 'SITES_PATH'],
  ['host-config', hostConfig, 'CONFIGURE_HOST_DOCUMENT'],
  ['host-config', hostConfig, 'QUEUE_URL'],
  ['host-config', hostConfig, 'DEAD_LETTER_QUEUE_URL'],
  ['host-config', hostConfig, 'OUTCOME_QUEUE_URL'],
  ['diagnose', diagnose, 'STAGE'],
  ['diagnose', diagnose, 'SITES_PATH'],
  ['diagnose', diagnose, 'CONFIGURE_HOST_DOCUMENT'],
  ['diagnose', diagnose, 'INSPECT_HOST_DOCUMENT'],
] as const)('%s %#: named, before anything is asked of AWS', async (_, handler, name) => {
  delete process.env[name]
  const { error } = await invoke(handler, now())
  expect(error).toMatchObject({
    name: 'InvalidConfiguration',
    message: `environment variable ${name}: found nothing, wanted what serverless.yml sets`,
  })
  expect([...ec2.calls(), ...ssm.calls()]).toEqual([])
})

describe('dns-sync', () => {
  test('an instance runs: one change batch, log lines with the request’s id, one metric', async () => {
    const { result, logs, metrics } = await invoke(dnsSync, now())
    expect(result).toEqual(done)
    expect(route53.commandCalls(ChangeResourceRecordSetsCommand).map((call) => call.args[0].input)).toEqual([
      {
        HostedZoneId: ZONE,
        ChangeBatch: {
          Comment: 'ragstream-edge: 1 change',
          Changes: [
            {
              Action: 'CREATE',
              ResourceRecordSet: {
                Name: `${SITE}.`,
                Type: 'A',
                TTL: 60,
                ResourceRecords: [{ Value: '203.0.113.1' }],
              },
            },
          ],
        },
      },
    ])
    expect(logs).toMatchObject([
      {
        level: 'INFO',
        message: `create A ${SITE} = 203.0.113.1 (TTL 60): ${ID} runs there`,
        site: SITE,
        service: 'ragstream-edge-test',
        function_request_id: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      },
      { level: 'INFO', message: '1 triggers, 1 records looked at, 1 changed' },
    ])
    expect(metrics).toMatchObject([
      {
        RecordsChanged: 1,
        service: 'ragstream-edge-test',
        _aws: {
          CloudWatchMetrics: [{ Namespace: 'ragstream-edge', Metrics: [{ Name: 'RecordsChanged', Unit: 'Count' }] }],
        },
      },
    ])
  })

  test('no public address yet: this message comes again after 3 s', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [instance({ PublicIpAddress: undefined })] }] })
    expect((await invoke(dnsSync, now())).result).toEqual(again)
    expect(sqs.commandCalls(ChangeMessageVisibilityBatchCommand).map((call) => call.args[0].input)).toEqual([
      {
        QueueUrl: 'https://sqs.example/queue',
        Entries: [{ Id: '0', ReceiptHandle: 'handle-of-m1', VisibilityTimeout: 3 }],
      },
    ])
  })

  test('patience ended: into the dead letters with the reason, counted', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [instance({ PublicIpAddress: undefined })] }] })
    const { result, metrics } = await invoke(
      dnsSync,
      sqsEvent(sqsRecord(RUNNING, { receives: 3, sentAt: Date.now() - 120_001 })),
    )
    expect(result).toEqual(done)
    const [news, ...letters] = sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input)
    expect(news?.QueueUrl).toBe('https://sqs.example/outcome')
    expect(parseNews(news?.MessageBody ?? '')).toMatchObject({
      kind: 'findings',
      sites: [SITE],
      findings: [{ name: 'NoPublicAddress', instances: [ID], final: true }],
    })
    expect(letters).toEqual([
      {
        QueueUrl: 'https://sqs.example/dead',
        MessageBody: JSON.stringify(RUNNING),
        MessageAttributes: {
          reason: {
            DataType: 'String',
            StringValue: `NoPublicAddress: ${ID} of ${SITE} runs but has no public IPv4 address: is its subnet public, with auto-assign on?`,
          },
        },
      },
    ])
    expect(metrics).toMatchObject([{ GaveUp: 1 }])
  })

  test('nobody matches: a look in a minute, by our own queue', async () => {
    ec2.on(DescribeInstancesCommand).resolves({})
    await invoke(dnsSync, now())
    expect(sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input)).toEqual([
      {
        QueueUrl: 'https://sqs.example/queue',
        MessageBody: JSON.stringify({ source: 'ragstream-edge', 'detail-type': 'Look', detail: { unmatched: [SITE] } }),
        DelaySeconds: 60,
      },
    ])
  })

  test('an error nobody expects: logged, and thrown for the platform to try again', async () => {
    ec2.on(DescribeInstancesCommand).rejects(serviceError('UnauthorizedOperation', 'not authorized'))
    const { error, logs } = await invoke(dnsSync, now())
    expect(error).toMatchObject({ name: 'UnauthorizedOperation' })
    expect(logs).toMatchObject([
      { level: 'ERROR', message: 'failed; the platform tries again', error: { name: 'UnauthorizedOperation' } },
    ])
  })

  test('an event that does not parse: one metric, no call at all', async () => {
    const { result, metrics } = await invoke(dnsSync, sqsEvent(sqsRecord('hello')))
    expect(result).toEqual(done)
    expect(metrics).toMatchObject([{ InvalidEvent: 1 }])
    expect(ec2.calls()).toHaveLength(0)
  })
})

describe('host-config', () => {
  test('an instance runs: one command, a log line with its id, one metric, and a look in 5 minutes', async () => {
    const young = instance({ LaunchTime: new Date(Date.now() - 60_000) })
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [young] }] })
    const { result, logs, metrics } = await invoke(hostConfig, now())
    expect(result).toEqual(done)
    expect(ssm.commandCalls(SendCommandCommand).map((call) => call.args[0].input)).toMatchObject([
      {
        DocumentName: 'ConfigureHost-0123abcd',
        InstanceIds: [ID],
        Parameters: { Hostname: [SITE], Image: ['ragstream:1.4.0'] },
      },
    ])
    expect(logs[0]).toMatchObject({
      level: 'INFO',
      site: SITE,
      commandId: 'c-1',
      function_request_id: expect.any(String),
    })
    expect(metrics).toMatchObject([{ CommandsSent: 1 }])
    const later = sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input)
    expect(later).toMatchObject([{ QueueUrl: 'https://sqs.example/queue', DelaySeconds: 305 }])
  })

  test('the agent is not registered yet: this message comes again after 2 s', async () => {
    ssm.on(SendCommandCommand).rejects(serviceError('InvalidInstanceId'))
    expect((await invoke(hostConfig, now())).result).toEqual(again)
    expect(sqs.commandCalls(ChangeMessageVisibilityBatchCommand)[0]?.args[0].input.Entries).toEqual([
      { Id: '0', ReceiptHandle: 'handle-of-m1', VisibilityTimeout: 2 },
    ])
  })
})

describe('diagnose', () => {
  test('a name that nobody declares: the diagnosis as JSON, and one line in the log', async () => {
    const { result, logs } = await invoke(diagnose, { site: 'x.example.com' })
    expect(result).toMatchObject({ site: 'x.example.com', verdict: 'broken', causes: [{ name: 'site-unknown' }] })
    expect(logs).toMatchObject([
      { level: 'INFO', site: 'x.example.com', verdict: 'broken', function_request_id: expect.any(String) },
    ])
  })

  test('a wrong call fails with what is wanted', async () => {
    const { error } = await invoke(diagnose, { host: SITE })
    expect(error).toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('such as app.example.com'),
    })
  })
})
