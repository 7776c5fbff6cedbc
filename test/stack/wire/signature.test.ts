// Nobody is believed on the strength of an access key id: a request counts when it was signed with that key's secret.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm'
import { freshSecrets } from '../../../local/wire/signature.ts'
import { type Cloud, startCloud } from './clients.ts'

let cloud: Cloud
beforeEach(async () => {
  cloud = await startCloud()
  cloud.world.dispatch({ type: 'CreateHostedZone', id: 'Z0HOME', name: 'example.com' })
})
afterEach(() => cloud.close())

const MISMATCH = { name: 'SignatureDoesNotMatch', $metadata: expect.objectContaining({ httpStatusCode: 403 }) }

/** A call of each protocol: query, REST with XML, JSON, REST with JSON; with characters that are coded in a path or a query. */
const CALLS: readonly (readonly [string, (config: object) => Promise<unknown>])[] = [
  [
    'EC2',
    (config) =>
      new EC2Client(config).send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:a b', Values: ['ü+*~'] }] })),
  ],
  [
    'Route 53',
    (config) =>
      new Route53Client(config).send(
        new ListResourceRecordSetsCommand({
          HostedZoneId: 'Z0HOME',
          StartRecordName: '*.a+b é.example.com',
          StartRecordType: 'A',
        }),
      ),
  ],
  ['Systems Manager', (config) => new SSMClient(config).send(new GetParametersByPathCommand({ Path: '/größe' }))],
]

describe.each(CALLS)('%s', (_, call) => {
  const config = (secretAccessKey: string, accessKeyId = 'local-admin') => ({
    ...{ endpoint: cloud.url, region: 'eu-central-1', maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } },
  })
  test('the secret of the run: believed', async () => {
    await call(config(cloud.credentialsOf('local-admin').secretAccessKey))
  })
  test('a known access key with a wrong secret: SignatureDoesNotMatch, and IAM is not asked', async () => {
    await expect(call(config('local'))).rejects.toMatchObject(MISMATCH)
    expect(cloud.calls.at(-1)).toMatchObject({ status: 403, errorCode: 'SignatureDoesNotMatch' })
    expect(cloud.asked).toEqual([])
  })
  test('one role cannot sign as another', async () => {
    const { secretAccessKey } = cloud.credentialsOf('DnsSyncRole')
    await expect(call(config(secretAccessKey, 'HostConfigRole'))).rejects.toMatchObject(MISMATCH)
  })
})

test.each([
  [
    'SQS',
    (config: object) =>
      new SQSClient(config).send(new ReceiveMessageCommand({ QueueUrl: `${cloud.url}/123456789012/q` })),
  ],
  [
    'Lambda',
    (config: object) =>
      new LambdaClient(config).send(
        new InvokeCommand({ FunctionName: 'arn:aws:lambda:eu-central-1:123456789012:function:f' }),
      ),
  ],
])('%s with a wrong secret', async (_, call) => {
  const credentials = { accessKeyId: 'local-admin', secretAccessKey: 'x' }
  await expect(
    call({ endpoint: cloud.url, region: 'eu-central-1', maxAttempts: 1, credentials }),
  ).rejects.toMatchObject(MISMATCH)
})

/** What a good client signed, sent with `change`. */
async function resent(change: { path?: string; body?: string; headers?: Record<string, string> }): Promise<string> {
  const client = new SSMClient({
    endpoint: cloud.url,
    region: 'eu-central-1',
    credentials: cloud.credentialsOf('local-admin'),
  })
  let signed: { path: string; headers: Record<string, string>; body: string } | undefined
  const seen = (next: (args: object) => unknown) => (args: { request: typeof signed }) => {
    signed = args.request
    return next(args)
  }
  client.middlewareStack.addRelativeTo(seen as never, { relation: 'after', toMiddleware: 'httpSigningMiddleware' })
  await client.send(new GetParametersByPathCommand({ Path: '/a' }))
  const { host: _, 'content-length': __, ...headers } = { ...signed!.headers, ...change.headers }
  const answer = await fetch(`${cloud.url}${change.path ?? signed!.path}`, {
    method: 'POST',
    headers,
    body: change.body ?? signed!.body,
  })
  client.destroy()
  return `${answer.status} ${await answer.text()}`
}

test('what was signed counts, and nothing else', async () => {
  expect(await resent({})).toMatch(/^200 /)
  const body = JSON.stringify({ Path: '/b' })
  for (const change of [
    { body },
    { body, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    { path: '/?x=1' },
    { headers: { 'x-amz-target': 'AmazonSSM.DeleteParameter' } },
    { headers: { 'x-amz-date': '20260101T000000Z' } },
    { headers: { 'x-amz-date': 'now' } },
  ])
    expect(await resent(change)).toMatch(/^403 .*SignatureDoesNotMatch/s)
})

test.each([
  ['its secret', true, '200'],
  ['another', false, '403'],
])('curl with %s, as a host signs', async (_, good, status) => {
  const { secretAccessKey } = cloud.credentialsOf('local-admin')
  const words =
    '--silent --output /dev/null --write-out %{http_code} --aws-sigv4 aws:amz:eu-central-1:ssm --config - -d {"Path":"/a"}'
  const headers = [
    '-H',
    'X-Amz-Target: AmazonSSM.GetParametersByPath',
    '-H',
    'Content-Type: application/x-amz-json-1.1',
  ]
  const curl = spawn('curl', [...words.split(' '), ...headers, cloud.url], { stdio: ['pipe', 'pipe', 'inherit'] })
  curl.stdin.end(`user = "local-admin:${good ? secretAccessKey : 'local'}"\n`)
  expect(await text(curl.stdout)).toBe(status)
})

test('each run and each key has its own', () => {
  const [one, other] = [freshSecrets(), freshSecrets()]
  expect(new Set([one('a'), one('b'), other('a'), other('b')]).size).toBe(4)
  expect(one('a')).toBe(one('a'))
})
