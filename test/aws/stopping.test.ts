// What the doctor asks EC2, Lambda and IAM about an instance that is stopped when nobody uses it: the exact questions.
import {
  DescribeInstanceAttributeCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'
import type { AccountInstance } from '../../cli/doctor/account.ts'
import { readStopping } from '../../cli/doctor/stopping.ts'

const ec2 = mockClient(EC2Client)
const iam = mockClient(IAMClient)
const lambda = mockClient(LambdaClient)
const sts = mockClient(STSClient)

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1'
const ROLE = 'arn:aws:iam::123456789012:role/ragstream-edge-prod-IdleRole-ABC'
const ME = 'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Admin'
const instance: AccountInstance = {
  ...{ id: 'i-1', state: 'running', tags: { 'ragstream-edge:stage': 'prod' }, publicIp: undefined, launchTime: 0 },
  ...{ profile: undefined, vpcId: undefined, subnetId: undefined, groupIds: [], rootDevice: 'ebs' },
  ...{ spotRequest: undefined, volumeIds: ['vol-1', 'vol-2', 'vol-3'] },
}
const read = (fields: Partial<AccountInstance> = {}) => readStopping({ ...instance, ...fields }, 'prod', 'eu-central-1')
const simulated = (EvalDecision: 'allowed' | 'implicitDeny') => ({
  EvaluationResults: [{ EvalActionName: 'any', EvalDecision }],
})

beforeEach(() => {
  for (const mock of [ec2, iam, lambda, sts]) mock.reset()
  ec2.on(DescribeInstanceAttributeCommand).resolves({ DisableApiStop: { Value: false } })
  ec2.on(DescribeVolumesCommand).resolves({
    Volumes: [{ VolumeId: 'vol-1' }, ...['vol-2', 'vol-3'].map((VolumeId) => ({ VolumeId, KmsKeyId: KEY }))],
  })
  sts.on(GetCallerIdentityCommand).resolves({ Arn: 'arn:aws:sts::123456789012:assumed-role/Admin/me' })
  iam.on(GetRoleCommand, { RoleName: 'Admin' }).resolves({
    Role: { Arn: ME, Path: '/', RoleName: 'Admin', RoleId: 'A', CreateDate: new Date(0) },
  })
  lambda.on(GetFunctionConfigurationCommand, { FunctionName: 'ragstream-edge-prod-idle' }).resolves({ Role: ROLE })
  iam.on(SimulatePrincipalPolicyCommand).resolves(simulated('allowed'))
})

const asked = () => iam.commandCalls(SimulatePrincipalPolicyCommand).map(({ args: [{ input }] }) => input)
const condition = (ContextKeyName: string, ContextKeyType: string, value: string) => [
  { ContextKeyName, ContextKeyType, ContextKeyValues: [value] },
]
const INSTANCE = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-1'

test('all may: one question for each key and for each right, with the conditions that the policies name', async () => {
  expect(await read()).toEqual({
    isProtected: { value: false },
    spot: { value: undefined },
    volumes: { value: ['vol-2', 'vol-3'].map((id) => ({ id, key: KEY, mayGrant: true })) },
    lacks: { value: [] },
  })
  expect(asked()).toHaveLength(3)
  expect(asked()).toEqual(
    expect.arrayContaining([
      {
        ...{ PolicySourceArn: ME, ActionNames: ['kms:CreateGrant'], ResourceArns: [KEY] },
        ContextEntries: condition('kms:GrantIsForAWSResource', 'boolean', 'true'),
      },
      {
        ...{ PolicySourceArn: ROLE, ActionNames: ['ec2:StopInstances'], ResourceArns: [INSTANCE] },
        ContextEntries: condition('ec2:ResourceTag/ragstream-edge:stage', 'string', 'prod'),
      },
      {
        ...{ PolicySourceArn: ROLE, ActionNames: ['ssm:SendCommand'], ResourceArns: [INSTANCE] },
        ContextEntries: condition('ssm:resourceTag/ragstream-edge:stage', 'string', 'prod'),
      },
    ]),
  )
  expect(ec2.commandCalls(DescribeInstanceAttributeCommand)[0]?.args[0].input).toEqual({
    ...{ InstanceId: 'i-1', Attribute: 'disableApiStop' },
  })
  expect(ec2.commandCalls(DescribeSpotInstanceRequestsCommand)).toEqual([])
})

test('what is refused is named', async () => {
  iam.on(SimulatePrincipalPolicyCommand, { ActionNames: ['kms:CreateGrant'] }).resolves(simulated('implicitDeny'))
  iam.on(SimulatePrincipalPolicyCommand, { ActionNames: ['ec2:StopInstances'] }).resolves(simulated('implicitDeny'))
  ec2.on(DescribeInstanceAttributeCommand).resolves({ DisableApiStop: { Value: true } })
  expect(await read()).toMatchObject({
    isProtected: { value: true },
    volumes: { value: [{ mayGrant: false }, { mayGrant: false }] },
    lacks: { value: ['ec2:StopInstances'] },
  })
})

test('nothing is encrypted: nobody is asked who starts it', async () => {
  ec2.on(DescribeVolumesCommand).resolves({ Volumes: [{ VolumeId: 'vol-1' }] })
  expect(await read()).toMatchObject({ volumes: { value: [] } })
  expect(sts.commandCalls(GetCallerIdentityCommand)).toEqual([])
})

test('the root user may do everything; a user is asked for as it is', async () => {
  sts.on(GetCallerIdentityCommand).resolves({ Arn: 'arn:aws:iam::123456789012:root' })
  expect(await read()).toMatchObject({ volumes: { value: [{ mayGrant: true }, { mayGrant: true }] } })
  expect(asked().filter(({ ActionNames }) => String(ActionNames) === 'kms:CreateGrant')).toEqual([])
  const user = 'arn:aws:iam::123456789012:user/me'
  sts.on(GetCallerIdentityCommand).resolves({ Arn: user })
  await read()
  expect(asked()).toContainEqual(expect.objectContaining({ PolicySourceArn: user, ActionNames: ['kms:CreateGrant'] }))
})

test('a Spot Instance: its request says whether it is one-time', async () => {
  ec2.on(DescribeSpotInstanceRequestsCommand).resolves({ SpotInstanceRequests: [{ Type: 'one-time' }] })
  expect(await read({ spotRequest: 'sir-1' })).toMatchObject({ spot: { value: 'one-time' } })
})

test('what cannot be read is told, and hides nothing else', async () => {
  lambda.on(GetFunctionConfigurationCommand).rejects(Object.assign(new Error('not deployed'), { name: 'any' }))
  expect(await read()).toMatchObject({ lacks: { error: { message: 'not deployed' } }, isProtected: { value: false } })
})
