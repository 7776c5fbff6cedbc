// What the doctor reads of the account and of the DNS. It changes nothing.
import type { CaaRecord } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { EC2Client, type Instance as Ec2Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  GetHostedZoneCommand,
  type HostedZone,
  ListHostedZonesByNameCommand,
  Route53Client,
} from '@aws-sdk/client-route-53'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { described } from '../../functions/lib/aws/ec2/described-instance.ts'
import { wholeList } from '../../functions/lib/aws/pages.ts'
import type { Credentials } from '../../functions/lib/aws/route53.ts'
import { INSTANCE_STATES, type InstanceState } from '../../functions/lib/domain/instance.ts'

export interface Zone {
  readonly id: string
  /** Without trailing dot. */
  readonly name: string
  readonly isPrivate: boolean
  /** Without trailing dots, sorted; none of a private zone. */
  readonly nameServers: readonly string[]
}

export interface AccountInstance {
  readonly id: string
  readonly state: InstanceState
  readonly tags: Readonly<Record<string, string>>
  readonly publicIp: string | undefined
  readonly launchTime: number
  /** ARN of the instance profile. */
  readonly profile: string | undefined
  readonly vpcId: string | undefined
  readonly subnetId: string | undefined
  readonly groupIds: readonly string[]
  /** `ebs`, or `instance-store`: what is lost with a stop, so that there is none. */
  readonly rootDevice: string | undefined
  /** Id of the request of a Spot Instance. */
  readonly spotRequest: string | undefined
  readonly volumeIds: readonly string[]
}

const PATIENCE = { maxAttempts: 2 } as const
const abortSignal = () => AbortSignal.timeout(5_000)
const bare = (name = ''): string => name.replace(/\.$/, '').toLowerCase()

/** Every instance of the region that is not gone. */
export async function allInstances(region: string): Promise<AccountInstance[]> {
  const ec2 = new EC2Client({ ...PATIENCE, region })
  const states = INSTANCE_STATES.filter((state) => state !== 'terminated' && state !== 'shutting-down')
  const Filters = [{ Name: 'instance-state-name', Values: [...states] }]
  const pages = paginateDescribeInstances({ client: ec2, pageSize: 1000 }, { Filters }, { abortSignal: abortSignal() })
  return (await wholeList({ pages, ...described }, 'DescribeInstances')).map(toInstance)
}

const toInstance = (instance: Ec2Instance): AccountInstance => ({
  id: instance.InstanceId ?? '',
  state: INSTANCE_STATES.find((state) => state === instance.State?.Name) ?? 'pending',
  tags: Object.fromEntries((instance.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  publicIp: instance.PublicIpAddress,
  launchTime: instance.LaunchTime?.getTime() ?? 0,
  profile: instance.IamInstanceProfile?.Arn,
  vpcId: instance.VpcId,
  subnetId: instance.SubnetId,
  groupIds: (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  rootDevice: instance.RootDeviceType,
  spotRequest: instance.SpotInstanceRequestId,
  volumeIds: (instance.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []),
})

export interface Concurrency {
  readonly limit: number
  /** Of the limit, what no function has reserved for itself. */
  readonly unreserved: number
}

/** Lambda's of the region: one for all functions of the account. */
export async function concurrency(region: string): Promise<Concurrency> {
  const lambda = new LambdaClient({ ...PATIENCE, region })
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}), { abortSignal: abortSignal() })
  return {
    limit: AccountLimit?.ConcurrentExecutions ?? 0,
    unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
  }
}

/** Whose credentials these are. Nobody needs a right to ask. */
export async function whoAmI(region: string): Promise<{ account: string; arn: string }> {
  const sts = new STSClient({ ...PATIENCE, region })
  const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: abortSignal() })
  return { account: Account, arn: Arn }
}

export async function readZone(id: string, region: string, credentials: Credentials): Promise<Zone> {
  const route53 = new Route53Client({ ...PATIENCE, region, ...(credentials ? { credentials } : {}) })
  const { HostedZone: zone, DelegationSet } = await route53.send(new GetHostedZoneCommand({ Id: id }), {
    abortSignal: abortSignal(),
  })
  return { ...toZone(zone), nameServers: (DelegationSet?.NameServers ?? []).map(bare).sort() }
}

/** Public and private zones of exactly this name: they stand first, and nobody has a hundred of one name. */
export async function zonesNamed(name: string, region: string): Promise<Zone[]> {
  const route53 = new Route53Client({ ...PATIENCE, region })
  const reply = await route53.send(new ListHostedZonesByNameCommand({ DNSName: name, MaxItems: 100 }), {
    abortSignal: abortSignal(),
  })
  return (reply.HostedZones ?? []).map(toZone).filter((zone) => zone.name === name)
}

const toZone = (zone: HostedZone | undefined): Zone => ({
  id: (zone?.Id ?? '').replace(/^\/hostedzone\//, ''),
  name: bare(zone?.Name),
  isPrivate: zone?.Config?.PrivateZone === true,
  nameServers: [],
})

/** As this machine's resolver hears it; `RESOLVERS` names others. */
function visitor(): Resolver {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 })
  if (process.env.RESOLVERS) resolver.setServers(process.env.RESOLVERS.split(','))
  return resolver
}

/** Where the domain's parent says that it lives, sorted. */
export async function delegationOf(domain: string): Promise<string[]> {
  return (await visitor().resolveNs(domain)).map(bare).sort()
}

export interface CaaSet {
  /** The name that has them: this one or the nearest above it. */
  readonly at: string
  /** None: no name on the way up has any. */
  readonly records: readonly CaaRecord[]
}

/** Who may issue a certificate for a name (RFC 8659, 3): what is asked of one name after the other, at once. */
export async function caaOf(hostname: string): Promise<CaaSet> {
  const labels = hostname.split('.')
  const names = labels.slice(0, -1).map((_, first) => labels.slice(first).join('.'))
  const sets = await Promise.all(names.map(async (at) => ({ at, records: await caaAt(at) })))
  return sets.find(({ records }) => records.length > 0) ?? { at: hostname, records: [] }
}

const caaAt = (name: string): Promise<CaaRecord[]> =>
  visitor()
    .resolveCaa(name)
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENODATA' || error.code === 'ENOTFOUND') return []
      throw error
    })
