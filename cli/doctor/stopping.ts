// Can EC2 stop this instance and start it again, and may the function idle do so? Read only for sites with `idle`; nothing is tried.
import {
  DescribeInstanceAttributeCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { type ContextEntry, GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { STAGE_TAG } from '../../functions/lib/aws/ec2/instances.ts'
import { type AccountInstance, whoAmI } from './account.ts'
import { type Read, reading } from './reading.ts'

export interface Stopping {
  /** Nobody stops it by the API. */
  readonly isProtected: Read<boolean>
  /** Of the request of a Spot Instance: `one-time` or `persistent`. */
  readonly spot: Read<string | undefined>
  /** Encrypted ones alone. */
  readonly volumes: Read<readonly EncryptedVolume[]>
  /** Rights that the role of the function has not. */
  readonly lacks: Read<readonly string[]>
}

export interface EncryptedVolume {
  readonly id: string
  /** ARN: a key of the customer, or the one that AWS keeps for EBS. Only KMS knows which. */
  readonly key: string
  /** The policies of whose credentials these are allow kms:CreateGrant. */
  readonly mayGrant: boolean
}

const options = (region: string) => ({ maxAttempts: 2, region })
const abortSignal = () => AbortSignal.timeout(5_000)

export async function readStopping(instance: AccountInstance, stage: string, region: string): Promise<Stopping> {
  const ec2 = new EC2Client(options(region))
  const iam = new IAMClient(options(region))
  const [isProtected, spot, volumes, lacks] = await Promise.all([
    reading(isStopProtected(ec2, instance)),
    reading(spotType(ec2, instance)),
    reading(encryptedVolumes(ec2, iam, instance, region)),
    reading(lackedRights(iam, instance, stage, region)),
  ])
  return { isProtected, spot, volumes, lacks }
}

async function isStopProtected(ec2: EC2Client, { id: InstanceId }: AccountInstance): Promise<boolean> {
  const command = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'disableApiStop' })
  const { DisableApiStop } = await ec2.send(command, { abortSignal: abortSignal() })
  return DisableApiStop?.Value === true
}

async function spotType(ec2: EC2Client, { spotRequest }: AccountInstance): Promise<string | undefined> {
  if (spotRequest === undefined) return undefined
  const command = new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [spotRequest] })
  const { SpotInstanceRequests = [] } = await ec2.send(command, { abortSignal: abortSignal() })
  return SpotInstanceRequests[0]?.Type
}

async function encryptedVolumes(
  ec2: EC2Client,
  iam: IAMClient,
  { volumeIds }: AccountInstance,
  region: string,
): Promise<EncryptedVolume[]> {
  if (volumeIds.length === 0) return []
  const command = new DescribeVolumesCommand({ VolumeIds: [...volumeIds] })
  const { Volumes = [] } = await ec2.send(command, { abortSignal: abortSignal() })
  const encrypted = Volumes.flatMap(({ VolumeId: id, KmsKeyId: key }) => (id && key ? [{ id, key }] : []))
  if (encrypted.length === 0) return []
  const caller = await principalOf(iam, (await whoAmI(region)).arn)
  const keys = [...new Set(encrypted.map(({ key }) => key))]
  const grants = new Map(await Promise.all(keys.map(async (key) => [key, await mayGrant(iam, caller, key)] as const)))
  return encrypted.map((one) => ({ ...one, mayGrant: grants.get(one.key)! }))
}

/** The simulator takes a role and not its session; the root user has every right, and no policies. */
async function principalOf(iam: IAMClient, arn: string): Promise<string | undefined> {
  if (arn.endsWith(':root')) return undefined
  const [, RoleName] = /:assumed-role\/([^/]+)\//.exec(arn) ?? []
  if (!RoleName) return arn
  return (await iam.send(new GetRoleCommand({ RoleName }), { abortSignal: abortSignal() })).Role?.Arn ?? arn
}

const mayGrant = async (iam: IAMClient, caller: string | undefined, key: string): Promise<boolean> =>
  caller === undefined ||
  isAllowed(iam, caller, 'kms:CreateGrant', key, condition('kms:GrantIsForAWSResource', 'boolean', 'true'))

/** Each with the key of its condition. */
const RIGHTS = [
  ['ec2:StopInstances', `ec2:ResourceTag/${STAGE_TAG}`],
  ['ssm:SendCommand', `ssm:resourceTag/${STAGE_TAG}`],
] as const

/** What its own policies, a boundary and the organisation leave to the function's role. */
async function lackedRights(
  iam: IAMClient,
  { id, tags }: AccountInstance,
  stage: string,
  region: string,
): Promise<string[]> {
  const lambda = new LambdaClient(options(region))
  const command = new GetFunctionConfigurationCommand({ FunctionName: `ragstream-edge-${stage}-idle` })
  const { Role = '' } = await lambda.send(command, { abortSignal: abortSignal() })
  const [, partition, , , account] = Role.split(':')
  const resource = `arn:${partition}:ec2:${region}:${account}:instance/${id}`
  const allowed = await Promise.all(
    RIGHTS.map(([action, key]) =>
      isAllowed(iam, Role, action, resource, condition(key, 'string', tags[STAGE_TAG] ?? '')),
    ),
  )
  return RIGHTS.filter((_, at) => !allowed[at]).map(([action]) => action)
}

async function isAllowed(
  iam: IAMClient,
  principal: string,
  action: string,
  resource: string,
  condition: ContextEntry,
): Promise<boolean> {
  const command = new SimulatePrincipalPolicyCommand({
    ...{ PolicySourceArn: principal, ActionNames: [action], ResourceArns: [resource], ContextEntries: [condition] },
  })
  const { EvaluationResults } = await iam.send(command, { abortSignal: abortSignal() })
  return EvaluationResults?.[0]?.EvalDecision === 'allowed'
}

const condition = (ContextKeyName: string, ContextKeyType: 'string' | 'boolean', value: string): ContextEntry => ({
  ...{ ContextKeyName, ContextKeyType },
  ContextKeyValues: [value],
})
