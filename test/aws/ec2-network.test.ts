// The EC2 adapter of the diagnosis: exact requests, and the network in the project's own words.
import {
  DescribeInstancesCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { describeNetwork, listPlaced } from '../../functions/lib/aws/ec2/network.ts'
import { UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { serviceError } from '../support/aws.ts'
import { LAUNCH } from '../support/domain.ts'
import { placed } from '../support/observation.ts'

const ec2 = mockClient(EC2Client)
beforeEach(() => void ec2.reset())
const { signal } = new AbortController()

describe('instances of a site', () => {
  const instance = {
    InstanceId: 'i-1',
    State: { Name: 'running' as const },
    LaunchTime: new Date(LAUNCH),
    PublicIpAddress: '203.0.113.1',
    VpcId: 'vpc-1',
    SubnetId: 'subnet-1',
    SecurityGroups: [{ GroupId: 'sg-1' }, { GroupId: 'sg-2' }],
  }

  test('asked by the stage’s tag and the site’s, with wildcards taken by the letter', async () => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [instance] }, {}] })
    const found = await listPlaced('prod', { 'tag:Name': 'app*', 'tag:Role': 'a?b\\c', id: 'i-1' }, signal)
    expect(found).toMatchObject([{ id: 'i-1', vpcId: 'vpc-1', subnetId: 'subnet-1', groupIds: ['sg-1', 'sg-2'] }])
    expect(ec2.commandCalls(DescribeInstancesCommand).map((call) => call.args[0].input)).toEqual([
      {
        Filters: [
          { Name: 'tag:ragstream-edge:stage', Values: ['prod'] },
          { Name: 'tag:Name', Values: ['app\\*'] },
          { Name: 'tag:Role', Values: ['a\\?b\\\\c'] },
          { Name: 'instance-id', Values: ['i-1'] },
        ],
        MaxResults: 1000,
      },
    ])
  })

  test('one without a state is no reply', async () => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{ ...instance, State: {} }] }] })
    await expect(listPlaced('prod', {}, signal)).rejects.toThrow(UnexpectedReply)
  })
})

describe('network', () => {
  const reply = () => {
    ec2.on(DescribeSecurityGroupsCommand).resolves({
      SecurityGroups: [
        {
          GroupId: 'sg-1',
          IpPermissions: [
            {
              IpProtocol: 'tcp',
              FromPort: 80,
              ToPort: 80,
              IpRanges: [{ CidrIp: '0.0.0.0/0' }],
              Ipv6Ranges: [{ CidrIpv6: '::/0' }],
            },
            { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-1' }], PrefixListIds: [{ PrefixListId: 'pl-1' }] },
          ],
        },
      ],
    })
    ec2.on(DescribeNetworkAclsCommand).resolves({
      NetworkAcls: [
        {
          NetworkAclId: 'acl-1',
          Entries: [
            {
              RuleNumber: 90,
              Egress: false,
              RuleAction: 'deny',
              Protocol: '6',
              CidrBlock: '0.0.0.0/0',
              PortRange: { From: 80, To: 80 },
            },
            { RuleNumber: 100, Egress: true, RuleAction: 'allow', Protocol: '-1', CidrBlock: '0.0.0.0/0' },
            { RuleNumber: 101, Egress: true, RuleAction: 'allow', Protocol: '-1', Ipv6CidrBlock: '::/0' },
          ],
        },
      ],
    })
    ec2.on(DescribeRouteTablesCommand).resolves({
      RouteTables: [
        {
          RouteTableId: 'rtb-other',
          Associations: [{ SubnetId: 'subnet-9' }],
          Routes: [{ DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1' }],
        },
        {
          RouteTableId: 'rtb-main',
          Associations: [{ Main: true }],
          Routes: [
            { DestinationCidrBlock: '172.31.0.0/16', GatewayId: 'local', State: 'active' },
            { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', State: 'blackhole' },
            { DestinationIpv6CidrBlock: '::/0', GatewayId: 'igw-1', State: 'active' },
          ],
        },
      ],
    })
  }

  test('three requests with the smallest filters; the subnet without a table of its own has the main one', async () => {
    reply()
    await expect(describeNetwork(placed(), signal)).resolves.toEqual({
      groups: [
        {
          id: 'sg-1',
          inbound: [
            { groupId: 'sg-1', protocol: 'tcp', from: 80, to: 80, sources: ['0.0.0.0/0', '::/0'] },
            { groupId: 'sg-1', protocol: '-1', from: undefined, to: undefined, sources: ['pl-1', 'sg-1'] },
          ],
        },
      ],
      acl: {
        id: 'acl-1',
        entries: [
          { number: 90, egress: false, action: 'deny', protocol: '6', from: 80, to: 80, cidr: '0.0.0.0/0' },
          {
            number: 100,
            egress: true,
            action: 'allow',
            protocol: '-1',
            from: undefined,
            to: undefined,
            cidr: '0.0.0.0/0',
          },
        ],
      },
      routeTable: {
        id: 'rtb-main',
        main: true,
        routes: [
          { destination: '172.31.0.0/16', target: 'local', active: true },
          { destination: '0.0.0.0/0', target: 'igw-1', active: false },
        ],
      },
    })
    expect(ec2.calls().map((call) => call.args[0].input)).toEqual([
      { GroupIds: ['sg-1'] },
      { Filters: [{ Name: 'association.subnet-id', Values: ['subnet-1'] }] },
      { Filters: [{ Name: 'vpc-id', Values: ['vpc-1'] }] },
    ])
  })

  test('a subnet with a table of its own', async () => {
    reply()
    const { routeTable } = await describeNetwork(placed({ subnetId: 'subnet-9' }), signal)
    expect(routeTable).toEqual({
      id: 'rtb-other',
      main: false,
      routes: [{ destination: '0.0.0.0/0', target: 'nat-1', active: true }],
    })
  })

  test('nothing found is said as nothing; an instance without a subnet, and a refusal, as errors', async () => {
    ec2.on(DescribeSecurityGroupsCommand).resolves({})
    ec2.on(DescribeNetworkAclsCommand).resolves({})
    ec2.on(DescribeRouteTablesCommand).resolves({})
    await expect(describeNetwork(placed(), signal)).resolves.toEqual({
      groups: [],
      acl: undefined,
      routeTable: undefined,
    })
    await expect(describeNetwork(placed({ subnetId: undefined }), signal)).rejects.toThrow(
      /i-0+1 without VPC or subnet/,
    )
    ec2.on(DescribeRouteTablesCommand).rejects(serviceError('UnauthorizedOperation'))
    await expect(describeNetwork(placed(), signal)).rejects.toThrow('UnauthorizedOperation')
  })
})
