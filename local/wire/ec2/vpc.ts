// What EC2 tells of security groups, network ACLs and route tables.
import { ServiceError, type World } from '../../world/types.ts'
import type { AclEntry, GroupRule, PortRange, Protocol, Vpc } from '../../world/vpc-types.ts'
import type { Operation } from '../service.ts'

interface Asked {
  readonly Filter?: readonly { readonly Name: string; readonly Value?: readonly string[] }[]
  readonly GroupId?: readonly string[]
}

/** Values that a resource has under the names of its filters. */
type Facts = Readonly<Record<string, readonly string[]>>

interface Shown {
  readonly facts: Facts
  readonly item: object
}

/** Every filter must match with one of its values; one that is not known here is refused, never ignored. */
function describe(operation: string, set: string, list: (state: World) => readonly Shown[]): Operation<Asked> {
  return {
    access: () => [{ action: `ec2:${operation}`, resources: ['*'] }],
    run({ Filter = [], GroupId = [] }, { state }) {
      const missing = GroupId.find((id) => !state.vpc.securityGroups.has(id))
      if (missing !== undefined)
        throw new ServiceError('InvalidGroup.NotFound', `The security group '${missing}' does not exist`)
      const named = GroupId.length > 0 ? [...Filter, { Name: 'group-id', Value: GroupId }] : Filter
      const found = list(state).filter(({ facts }) =>
        named.every(({ Name, Value = [] }) => valuesOf(facts, Name).some((value) => Value.includes(value))),
      )
      return { [set]: { item: found.map(({ item }) => item) } }
    },
  }
}

function valuesOf(facts: Facts, filter: string): readonly string[] {
  const values = facts[filter]
  if (values === undefined) throw new ServiceError('InvalidParameterValue', `The filter '${filter}' is invalid`)
  return values
}

const groups = describe('DescribeSecurityGroups', 'securityGroupInfo', ({ account, vpc }) =>
  [...vpc.securityGroups.values()].map(({ id, name, inbound }) => ({
    facts: { 'group-id': [id], 'group-name': [name], 'vpc-id': [vpc.id] },
    item: {
      ...{ ownerId: account, groupId: id, groupName: name, groupDescription: name, vpcId: vpc.id },
      ipPermissions: { item: inbound.map(permission) },
      ipPermissionsEgress: { item: [permission({ protocol: '-1', ports: null, source: '0.0.0.0/0' })] },
    },
  })),
)

function permission({ protocol, ports, source }: GroupRule): object {
  const range = ports === null ? {} : { fromPort: ports.from, toPort: ports.to }
  const from = source.includes(':')
    ? { ipv6Ranges: { item: [{ cidrIpv6: source }] } }
    : { ipRanges: { item: [{ cidrIp: source }] } }
  return { ipProtocol: protocol, ...range, ...from }
}

const acls = describe('DescribeNetworkAcls', 'networkAclSet', ({ account, vpc }) => [
  {
    facts: {
      'network-acl-id': [vpc.networkAcl.id],
      'association.subnet-id': [vpc.subnet.id],
      'vpc-id': [vpc.id],
      default: ['true'],
    },
    item: {
      ...{ ownerId: account, networkAclId: vpc.networkAcl.id, vpcId: vpc.id, default: 'true' },
      entrySet: { item: [...vpc.networkAcl.entries, ...LAST].map(entry) },
      associationSet: { item: [association(vpc)] },
    },
  },
])

/** The `*` entries that every ACL ends with and nobody can remove. */
const LAST: readonly AclEntry[] = [false, true].map((egress) => {
  return { number: 32_767, egress, action: 'deny', protocol: '-1', ports: null, cidr: '0.0.0.0/0' } as const
})

/** An ACL names protocols by number (IANA). */
const numbers: Readonly<Record<Protocol, string>> = { '-1': '-1', icmp: '1', tcp: '6', udp: '17' }

function entry({ number, egress, action, protocol, ports, cidr }: AclEntry): object {
  return {
    ...{ ruleNumber: number, protocol: numbers[protocol], ruleAction: action, egress: String(egress), cidrBlock: cidr },
    ...(ports === null ? {} : { portRange: range(ports) }),
  }
}

const range = ({ from, to }: PortRange): object => ({ from, to })

const association = ({ networkAcl, subnet }: Vpc): object => ({
  networkAclAssociationId: networkAcl.id.replace('acl', 'aclassoc'),
  networkAclId: networkAcl.id,
  subnetId: subnet.id,
})

/** The main table stands for every subnet without one of its own, and is not listed under `association.subnet-id`. */
const routeTables = describe('DescribeRouteTables', 'routeTableSet', ({ account, vpc }) => [
  {
    facts: {
      'route-table-id': [vpc.routeTable.id],
      'association.main': ['true'],
      'association.subnet-id': [],
      'vpc-id': [vpc.id],
    },
    item: {
      ...{ ownerId: account, routeTableId: vpc.routeTable.id, vpcId: vpc.id },
      routeSet: {
        item: vpc.routeTable.routes.map(({ destination, target }) => {
          const origin = target === 'local' ? 'CreateRouteTable' : 'CreateRoute'
          return { destinationCidrBlock: destination, gatewayId: target, state: 'active', origin }
        }),
      },
      associationSet: {
        item: [
          {
            routeTableAssociationId: vpc.routeTable.id.replace('rtb', 'rtbassoc'),
            routeTableId: vpc.routeTable.id,
            main: 'true',
            associationState: { state: 'associated' },
          },
        ],
      },
    },
  },
])

export const vpcOperations = {
  DescribeSecurityGroups: groups,
  DescribeNetworkAcls: acls,
  DescribeRouteTables: routeTables,
}
