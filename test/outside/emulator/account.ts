// What an account has before the first deploy: a zone, an instance with its tags and an open port 80, and the role that deploys.
import { readFileSync } from 'node:fs'
import {
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import type { Emulator } from './emulator.ts'
import type { Credentials } from './project.ts'

const ACCOUNT = '000000000000'

/** @returns the id of the zone */
export async function makeZone({ client }: Emulator, name: string): Promise<string> {
  const { HostedZone } = await new Route53Client(client).send(
    new CreateHostedZoneCommand({ Name: name, CallerReference: name }),
  )
  return HostedZone!.Id!.replace('/hostedzone/', '')
}

/** The default VPC, as every account has one: with a way out, and here with port 80 open. */
export async function openNetwork({ client }: Emulator): Promise<void> {
  const ec2 = new EC2Client(client)
  const { SecurityGroups: [group] = [] } = await ec2.send(
    new DescribeSecurityGroupsCommand({ GroupNames: ['default'] }),
  )
  const open = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group!.GroupId, IpPermissions: [open] }))
  const { RouteTables: [table] = [] } = await ec2.send(new DescribeRouteTablesCommand())
  const { InternetGateway: gateway } = await ec2.send(new CreateInternetGatewayCommand())
  const GatewayId = gateway!.InternetGatewayId
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: table!.VpcId, InternetGatewayId: GatewayId }))
  const everywhere = { RouteTableId: table!.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }
  await ec2.send(new CreateRouteCommand({ ...everywhere, GatewayId }))
}

/** The profile of a host, whose agent may speak to Systems Manager. @returns its name */
export async function makeProfile({ client }: Emulator): Promise<string> {
  const iam = new IAMClient(client)
  const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  const [RoleName, InstanceProfileName] = ['ragstream-host', 'ragstream-host']
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
  await iam.send(new AddRoleToInstanceProfileCommand({ RoleName, InstanceProfileName }))
  return InstanceProfileName
}

/** An instance that runs, in the default VPC. @returns its id */
export async function makeInstance(
  { client }: Emulator,
  tags: Readonly<Record<string, string>>,
  profile: string,
): Promise<string> {
  const ec2 = new EC2Client(client)
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: 'ami-00000000', InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 },
      IamInstanceProfile: { Name: profile },
    }),
  )
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  await ec2.send(new CreateTagsCommand({ Resources: [instance!.InstanceId!], Tags }))
  return instance!.InstanceId!
}

/** The public address of an instance; undefined where it has none. */
export async function addressOf({ client }: Emulator, id: string): Promise<string | undefined> {
  const { Reservations = [] } = await new EC2Client(client).send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations[0]?.Instances?.[0]?.PublicIpAddress
}

/** A role with docs/deploy-role.json and nothing else, assumed. */
export async function deployerOf({ client }: Emulator): Promise<Credentials> {
  const iam = new IAMClient(client)
  const filled = { '<partition>': 'aws', '<region>': 'eu-central-1', '<account>': ACCOUNT }
  const document = Object.entries(filled).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    readFileSync('docs/deploy-role.json', 'utf8'),
  )
  const trust = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'deployer', AssumeRolePolicyDocument }))
  const policy = { PolicyName: 'deploy', PolicyDocument: document }
  await iam.send(new PutRolePolicyCommand({ RoleName: 'deployer', ...policy }))
  return assume({ client }, Role!.Arn!)
}

export async function assume({ client }: Pick<Emulator, 'client'>, RoleArn: string): Promise<Credentials> {
  const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' })
  const { Credentials = {} } = await new STSClient(client).send(command)
  return Credentials
}
