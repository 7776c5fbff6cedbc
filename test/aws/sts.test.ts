// The STS adapter: what is asked, what it gives, how long that is kept, and what a refusal becomes.
import { Readable } from 'node:stream'
import { ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { jest } from '@jest/globals'
import { mockClient } from 'aws-sdk-client-mock'
import { credentialsOf } from '../../functions/lib/aws/sts.ts'
import { RoleRefused, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { serviceError } from '../support/aws.ts'
import { ZONE } from '../support/domain.ts'

const sts = mockClient(STSClient)
const asked = () => sts.commandCalls(AssumeRoleCommand).map((call) => call.args[0].input)
const HOUR = 3_600_000
let roles = 0
/** One that no test before has taken. */
const aRole = (): string => `arn:aws:iam::210987654321:role/dns-${roles++}`

const name = process.env.AWS_LAMBDA_FUNCTION_NAME
beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse('2026-11-23T12:00:00Z'), doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] })
  process.env.AWS_LAMBDA_FUNCTION_NAME = 'ragstream-edge-prod-dns-sync'
  sts.reset()
  letIn()
})

function letIn(): void {
  sts.on(AssumeRoleCommand).callsFake(() => ({
    Credentials: {
      AccessKeyId: `ASIA${asked().length}`,
      SecretAccessKey: 'secret',
      SessionToken: 'token',
      Expiration: new Date(Date.now() + HOUR),
    },
  }))
}
afterEach(() => {
  jest.useRealTimers()
  if (name === undefined) delete process.env.AWS_LAMBDA_FUNCTION_NAME
  else process.env.AWS_LAMBDA_FUNCTION_NAME = name
})

test('no role: no credentials, and nobody is asked', () => {
  expect(credentialsOf(null)).toBeUndefined()
  expect(asked()).toEqual([])
})

test('the role is taken under the function’s own name, which the other account’s trail then shows', async () => {
  const role = aRole()
  await expect(credentialsOf(role)!()).resolves.toEqual({
    accessKeyId: 'ASIA1',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiration: new Date(Date.now() + HOUR),
  })
  expect(asked()).toEqual([{ RoleArn: role, RoleSessionName: 'ragstream-edge-prod-dns-sync' }])
})

test('a name too long for a session is cut', async () => {
  process.env.AWS_LAMBDA_FUNCTION_NAME = `ragstream-edge-${'s'.repeat(60)}`
  await credentialsOf(aRole())!()
  expect(asked()[0]?.RoleSessionName).toHaveLength(64)
})

describe('a client with them', () => {
  /** Which access keys signed its requests. */
  function client(role: string) {
    const signed: string[] = []
    const answer = async ({ headers }: { headers: Record<string, string> }) => {
      signed.push(/Credential=([^/]+)/.exec(headers.authorization ?? '')![1]!)
      const body =
        '<ListResourceRecordSetsResponse><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>'
      return { response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(body)]) } }
    }
    const route53 = new Route53Client({
      region: 'eu-central-1',
      credentials: credentialsOf(role)!,
      requestHandler: { handle: answer as never },
    })
    return { signed, list: () => route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: ZONE })) }
  }

  test('keeps them, and has new ones before they expire', async () => {
    const { signed, list } = client(aRole())
    await list()
    jest.setSystemTime(Date.now() + HOUR - 6 * 60_000)
    await list()
    jest.setSystemTime(Date.now() + 2 * 60_000)
    await list()
    await list()
    expect(signed).toEqual(['ASIA1', 'ASIA1', 'ASIA2', 'ASIA2'])
  })

  test('requests at once wait for the same', async () => {
    const { signed, list } = client(aRole())
    await Promise.all([list(), list(), list()])
    expect(signed).toEqual(['ASIA1', 'ASIA1', 'ASIA1'])
  })

  test('a refusal reaches whoever asked Route 53, and is not kept', async () => {
    const role = aRole()
    const { signed, list } = client(role)
    sts.on(AssumeRoleCommand).rejects(serviceError('AccessDenied', 'no'))
    await expect(list()).rejects.toThrow(RoleRefused)
    letIn()
    await list()
    expect(signed).toEqual(['ASIA2'])
  })
})

test('the same role has the same provider, by which its client is found again', () => {
  const [one, other] = [aRole(), aRole()]
  expect(credentialsOf(one)).toBe(credentialsOf(one))
  expect(credentialsOf(one)).not.toBe(credentialsOf(other))
})

test('a refusal says who may not take which role, and what to do', async () => {
  const role = aRole()
  const said = 'User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: sts:AssumeRole'
  sts.on(AssumeRoleCommand).rejects(serviceError('AccessDenied', said))
  const error = await credentialsOf(role)!().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(RoleRefused)
  expect(error.message).toContain(`ragstream-edge-prod-dns-sync may not take the role ${role} (dnsRoleArn)`)
  expect(error.message).toMatch(/its trust policy must admit this function, .* allow sts:AssumeRole on it/)
  expect(error.message).toContain('the doctor prints the policies')
  expect(error.message).toContain(said)
})

test.each(['Throttling', 'ServiceUnavailable', 'TimeoutError'])('%s is no refusal', async (kind) => {
  sts.on(AssumeRoleCommand).rejects(serviceError(kind))
  await expect(credentialsOf(aRole())!()).rejects.toMatchObject({ name: kind })
})

test.each(['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'])('an answer without %s', async (field) => {
  const full = { AccessKeyId: 'A', SecretAccessKey: 's', SessionToken: 't', Expiration: new Date() }
  sts.on(AssumeRoleCommand).resolves({ Credentials: { ...full, [field]: undefined } })
  await expect(credentialsOf(aRole())!()).rejects.toThrow(UnexpectedReply)
})
