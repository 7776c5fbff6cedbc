// Security groups, network ACLs and route tables as the real SDK client sees them.
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeInstancesCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { type Cloud, startCloud } from './clients.ts'

let cloud: Cloud
beforeEach(async () => {
  cloud = await startCloud()
})
afterEach(() => cloud.close())

const vpc = () => cloud.world.state.vpc

async function instance() {
  const { id } = cloud.world.dispatch({ type: 'RunInstance', tags: {}, state: 'running' })
  const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations![0]!.Instances![0]!
}

test('an instance says its subnet, VPC and security groups, and so does its interface', async () => {
  const { SubnetId, VpcId, SecurityGroups, NetworkInterfaces } = await instance()
  const [group] = vpc().securityGroups.values()
  const place = { SubnetId: vpc().subnet.id, VpcId: vpc().id }
  expect({ SubnetId, VpcId }).toEqual(place)
  expect(SecurityGroups).toEqual([{ GroupId: group!.id, GroupName: 'web' }])
  expect(NetworkInterfaces).toMatchObject([{ ...place, Groups: SecurityGroups }])
})

test('a security group: 80 from everywhere, all egress; changed rules show', async () => {
  const { SecurityGroups: groups } = await instance()
  const GroupId = groups![0]!.GroupId!
  const ask = async () =>
    (await cloud.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))).SecurityGroups!
  expect(await ask()).toMatchObject([
    {
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    },
  ])
  const rule = { protocol: '-1', ports: null, source: '2001:db8::/32' } as const
  cloud.world.dispatch({ type: 'SetGroupRules', groupId: GroupId, inbound: [rule] })
  const [changed] = await ask()
  expect(changed?.IpPermissions).toEqual([{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] }])
  expect(changed?.IpPermissions?.[0]?.FromPort).toBeUndefined()
})

describe('a rule by hand, as a diagnosis says', () => {
  const group = () => [...vpc().securityGroups.values()][0]!
  const rule = (port: number) => ({
    GroupId: group().id,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  })
  const ports = () => group().inbound.map((one) => one.ports?.from)

  test('opened and closed: the group is so', async () => {
    await cloud.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule(443)))
    expect(ports()).toEqual([80, 443])
    await cloud.ec2.send(new RevokeSecurityGroupIngressCommand(rule(80)))
    expect(ports()).toEqual([443])
    const resources = [`arn:aws:ec2:eu-central-1:123456789012:security-group/${group().id}`]
    expect(cloud.asked.map(({ action, resources }) => [action, resources])).toEqual([
      ['ec2:AuthorizeSecurityGroupIngress', resources],
      ['ec2:RevokeSecurityGroupIngress', resources],
    ])
  })

  test('twice, or one that is not there: refused as EC2 does, and nothing changes', async () => {
    await expect(cloud.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule(80)))).rejects.toMatchObject({
      name: 'InvalidPermission.Duplicate',
    })
    await expect(cloud.ec2.send(new RevokeSecurityGroupIngressCommand(rule(443)))).rejects.toMatchObject({
      name: 'InvalidPermission.NotFound',
    })
    await expect(
      cloud.ec2.send(new AuthorizeSecurityGroupIngressCommand({ ...rule(443), GroupId: 'sg-1' })),
    ).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' })
    await expect(
      cloud.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group().id })),
    ).rejects.toMatchObject({ name: 'MissingParameter' })
    expect(ports()).toEqual([80])
  })
})

test('the network ACL of a subnet: entries of both directions, and the last ones that nobody can remove', async () => {
  const Filters = [{ Name: 'association.subnet-id', Values: [vpc().subnet.id] }]
  const { NetworkAcls } = await cloud.ec2.send(new DescribeNetworkAclsCommand({ Filters }))
  expect(NetworkAcls).toMatchObject([{ IsDefault: true, Associations: [{ SubnetId: vpc().subnet.id }] }])
  expect(NetworkAcls![0]!.Entries).toEqual(
    [
      [100, false, 'allow'],
      [100, true, 'allow'],
      [32_767, false, 'deny'],
      [32_767, true, 'deny'],
    ].map(([RuleNumber, Egress, RuleAction]) => ({
      ...{ RuleNumber, Egress, RuleAction, Protocol: '-1', CidrBlock: '0.0.0.0/0' },
    })),
  )
  const entry = { number: 90, egress: false, action: 'deny', protocol: 'tcp', ports: { from: 80, to: 80 } } as const
  cloud.world.dispatch({ type: 'SetAclEntries', entries: [{ ...entry, cidr: '0.0.0.0/0' }] })
  const changed = await cloud.ec2.send(new DescribeNetworkAclsCommand({ Filters }))
  expect(changed.NetworkAcls![0]!.Entries![0]).toMatchObject({ Protocol: '6', PortRange: { From: 80, To: 80 } })
})

test('the main route table is found by association.main, and not by a subnet that has none of its own', async () => {
  const ask = async (Name: string, value: string) => {
    const Filters = [
      { Name, Values: [value] },
      { Name: 'vpc-id', Values: [vpc().id] },
    ]
    return (await cloud.ec2.send(new DescribeRouteTablesCommand({ Filters }))).RouteTables
  }
  expect(await ask('association.subnet-id', vpc().subnet.id)).toEqual([])
  const [table] = (await ask('association.main', 'true'))!
  expect(table).toMatchObject({
    Associations: [{ Main: true }],
    Routes: [
      { DestinationCidrBlock: '172.31.0.0/16', GatewayId: 'local', State: 'active' },
      { DestinationCidrBlock: '0.0.0.0/0', GatewayId: vpc().internetGateway, State: 'active' },
    ],
  })
})

test('an unknown filter and an unknown group are refused, each in its own words', async () => {
  const Filters = [{ Name: 'colour', Values: ['red'] }]
  await expect(cloud.ec2.send(new DescribeNetworkAclsCommand({ Filters }))).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
  await expect(cloud.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ['sg-1'] }))).rejects.toMatchObject({
    name: 'InvalidGroup.NotFound',
  })
})
