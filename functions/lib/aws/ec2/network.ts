// EC2: where an instance stands in the network, and the rules around it. Read only; only the diagnosis asks for it.
import {
  EC2Client,
  type Route as Ec2Route,
  type NetworkAcl,
  paginateDescribeInstances,
  paginateDescribeNetworkAcls,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  type RouteTable,
  type SecurityGroup,
} from '@aws-sdk/client-ec2'
import type { AclEntry, GroupRule, Network, Route } from '../../diagnosis/network.ts'
import type { PlacedInstance } from '../../diagnosis/observation.ts'
import { UnexpectedReply } from '../../domain/errors.ts'
import type { Selector } from '../../domain/instance.ts'
import { wholeList } from '../pages.ts'
import { described, toPlaced } from './described-instance.ts'

let client: EC2Client | undefined
const ec2 = (): EC2Client => {
  // A person waits, and each probe has its limit: no long series of attempts.
  client ??= new EC2Client({ maxAttempts: 2 })
  return client
}

/** The instances of the stage that a site selects. */
export async function listPlaced(
  stage: string,
  selector: Selector,
  abortSignal: AbortSignal,
): Promise<PlacedInstance[]> {
  const traits = { 'tag:ragstream-edge:stage': stage, ...selector }
  const Filters = Object.entries(traits).map(([key, value]) => ({
    Name: key === 'id' ? 'instance-id' : key,
    Values: [literal(value)],
  }))
  const pages = paginateDescribeInstances({ client: ec2(), pageSize: 1000 }, { Filters }, { abortSignal })
  return (await wholeList({ pages, ...described }, 'DescribeInstances')).map(toPlaced)
}

/** In a filter `*` and `?` stand for other characters, unless they are escaped (EC2 user guide, "Filtering"). */
const literal = (value: string): string => value.replace(/[\\*?]/g, '\\$&')

/** Groups, network ACL and route table around an instance: three requests side by side. */
export async function describeNetwork(instance: PlacedInstance, abortSignal: AbortSignal): Promise<Network> {
  const { groupIds, vpcId, subnetId } = instance
  if (!vpcId || !subnetId) throw new UnexpectedReply(`DescribeInstances: ${instance.id} without VPC or subnet`)
  const way = [{ client: ec2() }, { abortSignal }] as const
  // All tables of the VPC: a subnet without one of its own uses the main one.
  const [groups, [acl], tables] = await Promise.all([
    listGroups(way, groupIds),
    listAcls(way, subnetId),
    listTables(way, vpcId),
  ])
  return { groups: groups.map(toGroup), acl: acl && toAcl(acl), routeTable: toTable(tables, subnetId) }
}

type Way = readonly [config: { readonly client: EC2Client }, options: { readonly abortSignal: AbortSignal }]

/** EC2 takes no page size together with ids. */
const listGroups = ([config, options]: Way, groupIds: readonly string[]): Promise<SecurityGroup[]> =>
  wholeList(
    {
      pages: paginateDescribeSecurityGroups(config, { GroupIds: [...groupIds] }, options),
      itemsOf: ({ SecurityGroups }) => SecurityGroups,
      keyOf: ({ GroupId }) => GroupId,
    },
    'DescribeSecurityGroups',
  )

const listAcls = ([config, options]: Way, subnetId: string): Promise<NetworkAcl[]> =>
  wholeList(
    {
      pages: paginateDescribeNetworkAcls(
        config,
        { Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] },
        options,
      ),
      itemsOf: ({ NetworkAcls }) => NetworkAcls,
      keyOf: ({ NetworkAclId }) => NetworkAclId,
    },
    'DescribeNetworkAcls',
  )

const listTables = ([config, options]: Way, vpcId: string): Promise<RouteTable[]> =>
  wholeList(
    {
      pages: paginateDescribeRouteTables(config, { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }, options),
      itemsOf: ({ RouteTables }) => RouteTables,
      keyOf: ({ RouteTableId }) => RouteTableId,
    },
    'DescribeRouteTables',
  )

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
