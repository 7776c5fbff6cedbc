// The exported door as API Gateway calls it: an event in, an answer out, the calls of the SDK, and what it logs and counts.
import { DescribeInstancesCommand, EC2Client, StartInstancesCommand } from '@aws-sdk/client-ec2'
import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  type GetParametersByPathCommandInput,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { noCloud, serviceError } from '../support/aws.ts'
import { LAUNCH, siteDocument } from '../support/domain.ts'
import { apiEvent, HOST } from '../support/fake-door.ts'
import { invoke } from '../support/telemetry.ts'
import { virtualTime } from '../support/virtual-time.ts'

Object.assign(process.env, {
  ...noCloud,
  AWS_LAMBDA_FUNCTION_NAME: 'ragstream-edge-prod-door',
  STAGE: 'prod',
  SITES_PATH: '/ragstream-edge/prod',
  CONFIGURE_HOST_DOCUMENT: 'ConfigureHost-0123abcd',
  SECONDS_BETWEEN_TRIES: '60',
  NAME_SERVERS: '127.0.0.1:9',
})
const { handler } = await import('../../functions/door/handler.ts')

const time = virtualTime()
const [ec2, ssm] = [mockClient(EC2Client), mockClient(SSMClient)]
const entry = (name: string) => ({ Name: `/ragstream-edge/prod/state/door/${HOST}/${name}`, Value: '{}' })

beforeEach(() => {
  // What one test has seen, the next one has not.
  time.pass(120_000)
  for (const client of [ec2, ssm]) client.reset()
  ec2.on(DescribeInstancesCommand).resolves({
    Reservations: [
      {
        Instances: [
          {
            InstanceId: 'i-00000000000000001',
            State: { Name: 'stopped' },
            LaunchTime: new Date(LAUNCH),
            Tags: [{ Key: 'Name', Value: 'app' }],
          },
        ],
      },
    ],
  })
  ec2.on(StartInstancesCommand).resolves({})
  ssm.on(PutParameterCommand).resolves({})
  ssm.on(DeleteParametersCommand).resolves({})
  ssm.on(GetParametersByPathCommand).callsFake(({ Path }: GetParametersByPathCommandInput) => ({
    Parameters:
      Path === '/ragstream-edge/prod/sites'
        ? [{ Name: `${Path}/${HOST}`, Value: JSON.stringify(siteDocument(HOST, { door: {} })) }]
        : [entry('starts/2026-11-01/1')],
  }))
})

interface Reply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
const ask = async (...event: Parameters<typeof apiEvent>) => {
  const { result, ...written } = await invoke(handler as never, apiEvent(...event))
  return { ...(result as Reply), ...written }
}

test('asleep: a page, and nothing written', async () => {
  const { statusCode, body, headers } = await ask(`/${HOST}`)
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(body).toContain('<button>Start it</button>')
  expect(ssm.commandCalls(PutParameterCommand)).toHaveLength(0)
})

test('a start: created without overwriting, started, written down; entries of old days are deleted', async () => {
  const { ticket } = JSON.parse((await ask(`/${HOST}/status`)).body)
  const reply = await ask(`/${HOST}/start`, { method: 'POST', body: `ticket=${ticket}` })
  expect([reply.statusCode, reply.headers.location]).toEqual([303, `/${HOST}?asked=1`])
  const Name = expect.stringMatching(new RegExp(`^/ragstream-edge/prod/state/door/${HOST}/starts/2026-11-23/1$`))
  const [created, told] = ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input)
  expect(created).toMatchObject({ Name, Overwrite: false, Type: 'String' })
  expect(told).toMatchObject({ Name, Overwrite: true, Value: expect.stringContaining('"answer":"started"') })
  expect(ec2.commandCalls(StartInstancesCommand, { InstanceIds: ['i-00000000000000001'] }, true)).toHaveLength(1)
  expect(ssm.commandCalls(DeleteParametersCommand).map(({ args }) => args[0].input.Names)).toEqual([
    [entry('starts/2026-11-01/1').Name],
  ])
  expect(reply.metrics).toEqual([expect.objectContaining({ DoorStarts: 1 })])
})

test('EC2 is throttled: a page that asks again, and the reason in the log alone', async () => {
  ec2.on(DescribeInstancesCommand).rejects(serviceError('RequestLimitExceeded', 'slow down'))
  const { statusCode, body, logs, error } = await ask(`/${HOST}`)
  expect([statusCode, error]).toEqual([200, undefined])
  expect(body).toContain('Nobody can say at this moment')
  expect(body).not.toContain('RequestLimitExceeded')
  expect(logs).toEqual([
    expect.objectContaining({ level: 'WARN', message: expect.stringContaining('RequestLimitExceeded') }),
  ])
})

test('what is no request of a browser: not found, without a call', async () => {
  const { result } = await invoke(handler as never, { source: 'aws.ec2' })
  expect(result).toMatchObject({ statusCode: 404 })
  expect(ec2.calls().length + ssm.calls().length).toBe(0)
})
