// EC2: where an instance stands in the network, and the rules around it. Read only; only the diagnosis asks for it.
import {
  DescribeInstancesCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type Instance as Ec2Instance,
  type Route as Ec2Route,
  type NetworkAcl,
  type RouteTable,
  type SecurityGroup,
} from '@aws-sdk/client-ec2'
import type { AclEntry, GroupRule, Network, Route } from '../../diagnosis/network.ts'
import type { PlacedInstance } from '../../diagnosis/observation.ts'
import { UnexpectedReply } from '../../domain/errors.ts'
import type { Selector } from '../../domain/instance.ts'
import { toInstance } from './described-instance.ts'

let client: EC2Client | undefined
const ec2 = (): EC2Client => {
  // A person waits, and each probe has its limit: no long series of attempts.
  client ??= new EC2Client({ maxAttempts: 2 })
  return client
}

/** The instances of the stage that bear a site's tags. One page: it would take 1,000 instances of one site to need another. */
export async function listPlaced(
  stage: string,
  selector: Selector,
  abortSignal: AbortSignal,
): Promise<PlacedInstance[]> {
  const tags = { 'tag:ragstream-edge:stage': stage, ...selector }
  const reply = await ec2().send(
    new DescribeInstancesCommand({
      Filters: Object.entries(tags).map(([Name, value]) => ({ Name, Values: [literal(value)] })),
      MaxResults: 1000,
    }),
    { abortSignal },
  )
  return (reply.Reservations ?? []).flatMap(({ Instances = [] }) => Instances.map(toPlaced))
}

/** In a filter `*` and `?` stand for other characters, unless they are escaped (EC2 user guide, "Filtering"). */
const literal = (value: string): string => value.replace(/[\\*?]/g, '\\$&')

const toPlaced = (instance: Ec2Instance): PlacedInstance => ({
  ...toInstance(instance),
  vpcId: instance.VpcId,
  subnetId: instance.SubnetId,
  groupIds: (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
})

/** Groups, network ACL and route table around an instance: three requests side by side. */
export async function describeNetwork(instance: PlacedInstance, abortSignal: AbortSignal): Promise<Network> {
  const { groupIds, vpcId, subnetId } = instance
  if (!vpcId || !subnetId) throw new UnexpectedReply(`DescribeInstances: ${instance.id} without VPC or subnet`)
  const [groups, acls, tables] = await Promise.all([
    ec2().send(new DescribeSecurityGroupsCommand({ GroupIds: [...groupIds] }), { abortSignal }),
    ec2().send(new DescribeNetworkAclsCommand({ Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] }), {
      abortSignal,
    }),
    // All tables of the VPC: a subnet without one of its own uses the main one.
    ec2().send(new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }), { abortSignal }),
  ])
  return {
    groups: (groups.SecurityGroups ?? []).map(toGroup),
    acl: acls.NetworkAcls?.[0] && toAcl(acls.NetworkAcls[0]),
    routeTable: toTable(tables.RouteTables ?? [], subnetId),
  }
}

function toGroup({ GroupId, IpPermissions = [] }: SecurityGroup): Network['groups'][number] {
  if (!GroupId) throw new UnexpectedReply('DescribeSecurityGroups: a group without id')
  const inbound = IpPermissions.map(
    (rule): GroupRule => ({
      groupId: GroupId,
      protocol: rule.IpProtocol ?? '',
      from: rule.FromPort,
      to: rule.ToPort,
      sources: [
        ...(rule.IpRanges ?? []).map(({ CidrIp = '' }) => CidrIp),
        ...(rule.Ipv6Ranges ?? []).map(({ CidrIpv6 = '' }) => CidrIpv6),
        ...(rule.PrefixListIds ?? []).map(({ PrefixListId = '' }) => PrefixListId),
        ...(rule.UserIdGroupPairs ?? []).map((pair) => pair.GroupId ?? ''),
      ],
    }),
  )
  return { id: GroupId, inbound }
}

function toAcl({ NetworkAclId, Entries = [] }: NetworkAcl): Network['acl'] {
  if (!NetworkAclId) throw new UnexpectedReply('DescribeNetworkAcls: an ACL without id')
  const entries = Entries.flatMap((entry): AclEntry[] => {
    // An entry for IPv6 has no block of IPv4.
    if (entry.CidrBlock === undefined) return []
    return [
      {
        number: entry.RuleNumber ?? 0,
        egress: entry.Egress === true,
        action: entry.RuleAction === 'allow' ? 'allow' : 'deny',
        protocol: entry.Protocol ?? '',
        from: entry.PortRange?.From,
        to: entry.PortRange?.To,
        cidr: entry.CidrBlock,
      },
    ]
  })
  return { id: NetworkAclId, entries }
}

function toTable(tables: readonly RouteTable[], subnetId: string): Network['routeTable'] {
  const own = tables.find(({ Associations = [] }) => Associations.some((one) => one.SubnetId === subnetId))
  const table = own ?? tables.find(({ Associations = [] }) => Associations.some((one) => one.Main))
  if (!table?.RouteTableId) return undefined
  return { id: table.RouteTableId, main: table !== own, routes: (table.Routes ?? []).flatMap(toRoute) }
}

function toRoute(route: Ec2Route): Route[] {
  const destination = route.DestinationCidrBlock ?? route.DestinationPrefixListId
  if (destination === undefined) return []
  const target =
    route.GatewayId ??
    route.NatGatewayId ??
    route.TransitGatewayId ??
    route.VpcPeeringConnectionId ??
    route.NetworkInterfaceId ??
    'another target'
  return [{ destination, target, active: route.State !== 'blackhole' }]
}
