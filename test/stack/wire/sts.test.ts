// Other accounts behind the wire: roles taken on, until they expire, and zones that only their own account reaches.
import {
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  Route53Client,
} from '@aws-sdk/client-route-53'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { type Cloud, startCloud } from './clients.ts'

const ROLE = 'arn:aws:iam::210987654321:role/dns'
const ABROAD = 'Z0ABROAD'

let cloud: Cloud
let sts: STSClient
let now: number
beforeEach(async () => {
  now = Date.now()
  cloud = await startCloud({ now: () => now, tempo: { route53PerSecond: 2 } })
  sts = new STSClient({ endpoint: cloud.url, region: 'eu-central-1', credentials: cloud.credentialsOf('local-admin') })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: 'Z0HOME', name: 'example.com' })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ABROAD, name: 'example.org', account: '210987654321' })
})
afterEach(async () => {
  sts.destroy()
  await cloud.close()
})

const take = (fields = {}) => sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'test', ...fields }))

async function route53As(credentials: 'home' | 'abroad') {
  const config = { endpoint: cloud.url, region: 'eu-central-1', maxAttempts: 1 }
  if (credentials === 'home') return new Route53Client({ ...config, credentials: cloud.credentialsOf('local-admin') })
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = (await take()).Credentials ?? {}
  const taken = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  return new Route53Client({ ...config, credentials: taken })
}

test('a role taken on: credentials for an hour, and IAM is asked about the role', async () => {
  const { Credentials, AssumedRoleUser } = await take()
  expect(Credentials?.Expiration).toEqual(new Date(Math.floor(now) + 3_600_000))
  expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::210987654321:assumed-role/dns/test')
  expect(cloud.asked).toEqual([
    { accessKeyId: 'local-admin', action: 'sts:AssumeRole', resources: [ROLE], context: {} },
  ])
})

test('a denial is AccessDenied', async () => {
  cloud.authorize = () => 'no'
  await expect(take()).rejects.toMatchObject({ name: 'AccessDenied', message: 'no' })
})

test.each([
  ['a session name with a slash', { RoleSessionName: 'a/b' }],
  ['more than an hour', { DurationSeconds: 3601 }],
  ['less than 15 minutes', { DurationSeconds: 899 }],
])('%s is invalid', async (_, fields) => {
  await expect(take(fields)).rejects.toMatchObject({ name: 'ValidationError' })
})

test('who the caller is', async () => {
  await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/local-admin',
  })
})

test('a zone is reached by its own account alone, and found by name in that one alone', async () => {
  const [home, abroad] = [await route53As('home'), await route53As('abroad')]
  const zone = (Id: string) => new GetHostedZoneCommand({ Id })
  await expect(home.send(zone(ABROAD))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: 'User: local-admin is not authorized to access this resource',
  })
  await expect(abroad.send(zone('Z0HOME'))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: 'User: arn:aws:sts::210987654321:assumed-role/dns/test is not authorized to access this resource',
  })
  await expect(abroad.send(zone(ABROAD))).resolves.toMatchObject({ HostedZone: { Name: 'example.org.' } })
  now += 1001
  const { HostedZones } = await home.send(new ListHostedZonesByNameCommand({}))
  expect(HostedZones?.map(({ Name }) => Name)).toEqual(['example.com.'])
})

test('a change is known in the account of its zone alone', async () => {
  const record = { name: 'a.example.org.', type: 'A', ttl: 60, values: ['192.0.2.1'] }
  const changes = [{ action: 'CREATE', record }] as const
  const { id } = cloud.world.dispatch<'ChangeResourceRecordSets'>({
    ...{ type: 'ChangeResourceRecordSets', zoneId: ABROAD, changes },
  })
  const ask = new GetChangeCommand({ Id: id })
  await expect((await route53As('home')).send(ask)).rejects.toMatchObject({ name: 'NoSuchChange' })
  await expect((await route53As('abroad')).send(ask)).resolves.toMatchObject({ ChangeInfo: { Status: 'PENDING' } })
})

test('the limit of requests is each account’s own', async () => {
  const [home, abroad] = [await route53As('home'), await route53As('abroad')]
  const names = new ListHostedZonesByNameCommand({})
  for (const client of [home, abroad, home, abroad]) await client.send(names)
  await expect(home.send(names)).rejects.toMatchObject({ name: 'Throttling' })
  await expect(abroad.send(names)).rejects.toMatchObject({ name: 'Throttling' })
})

test('what was taken for an hour is refused after it', async () => {
  const abroad = await route53As('abroad')
  now += 3_600_000
  await expect(abroad.send(new GetHostedZoneCommand({ Id: ABROAD }))).rejects.toMatchObject({
    name: 'ExpiredToken',
    $metadata: { httpStatusCode: 403 },
  })
})
