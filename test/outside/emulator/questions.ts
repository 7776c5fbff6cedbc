// What each role of a deployed stage must not be able to do: one call for each, made with the role's own credentials.
import {
  CreateTagsCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePolicyCommand,
  type Role,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  type ChangeAction,
  ChangeResourceRecordSetsCommand,
  DeleteHostedZoneCommand,
  Route53Client,
  type RRType,
} from '@aws-sdk/client-route-53'
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import {
  DeleteQueueCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { assume, makeInstance } from './account.ts'
import type { Emulator } from './emulator.ts'
import type { Credentials } from './project.ts'
import { SITE, type Stage } from './stage.ts'
import { commandsOf } from './watch.ts'

export interface Question {
  /** The function, or `deployer`. */
  readonly role: string
  readonly what: string
  readonly credentials: Credentials
  readonly call: (settings: Emulator['client']) => Promise<unknown>
}

/** `denied`, or what came instead. */
export async function ask({ client }: Emulator, { role, what, credentials, call }: Question) {
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken } = credentials
  const session = SessionToken ? { sessionToken: SessionToken } : {}
  const answer = await call({ ...client, credentials: { accessKeyId, secretAccessKey, ...session } }).then(
    (reply) => JSON.stringify(reply),
    (error: Error) =>
      /^(AccessDenied|UnauthorizedOperation|AuthorizationError)/.test(error.name)
        ? 'denied'
        : `${error.name}: ${error.message}`,
  )
  return { role, what, answer }
}

type Call = Question['call']

const ec2 =
  (command: object): Call =>
  (settings) =>
    new EC2Client(settings).send(command as never)
const ssm =
  (command: object): Call =>
  (settings) =>
    new SSMClient(settings).send(command as never)
const sqs =
  (command: object): Call =>
  (settings) =>
    new SQSClient(settings).send(command as never)
const iam =
  (command: object): Call =>
  (settings) =>
    new IAMClient(settings).send(command as never)
const sns =
  (command: object): Call =>
  (settings) =>
    new SNSClient(settings).send(command as never)
const dns =
  (command: object): Call =>
  (settings) =>
    new Route53Client(settings).send(command as never)
const events =
  (command: object): Call =>
  (settings) =>
    new EventBridgeClient(settings).send(command as never)
const invoke =
  (FunctionName: string): Call =>
  (settings) =>
    new LambdaClient(settings).send(new InvokeCommand({ FunctionName }))

const put = (name: string) =>
  ssm(new PutParameterCommand({ Name: `/ragstream-edge/prod/${name}`, Value: 'x', Type: 'String', Overwrite: true }))
const drop = (name: string) => ssm(new DeleteParameterCommand({ Name: `/ragstream-edge/prod/${name}` }))
const read = (name: string) => ssm(new GetParameterCommand({ Name: `/ragstream-edge/prod/${name}` }))
const list = (Path: string) => ssm(new GetParametersByPathCommand({ Path }))
const send = (DocumentName: string, id: string) =>
  ssm(new SendCommandCommand({ DocumentName, InstanceIds: [id], Parameters: {} }))

/** Every role is opened to the administrator first, who then asks as that role; what it may do stays as it is. */
export async function questions({ emulator, deployer, zone, host }: Stage): Promise<Question[]> {
  const { Roles = [] } = await new IAMClient(emulator.client).send(new ListRolesCommand())
  const roleNamed = (part: string) => Roles.find(({ RoleName }) => RoleName?.includes(part))!
  const { QueueUrls = [] } = await new SQSClient(emulator.client).send(new ListQueuesCommand())
  const queue = (part: string) => QueueUrls.find((url) => url.includes(part))!
  const [{ DocumentName: configure = '' } = {}] = await commandsOf(emulator, host)
  const stranger = await makeInstance(emulator, { 'ragstream-edge:stage': 'dev' }, 'ragstream-host')
  const change = (Action: ChangeAction, Name: string, Type: RRType) => {
    const Value = Type === 'TXT' ? '"x"' : '203.0.113.99'
    const Changes = [{ Action, ResourceRecordSet: { Name, Type, TTL: 60, ResourceRecords: [{ Value }] } }]
    return dns(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } }))
  }
  const message = (part: string) => sqs(new SendMessageCommand({ QueueUrl: queue(part), MessageBody: '{}' }))
  const event = (Source: string, DetailType: string) =>
    events(new PutEventsCommand({ Entries: [{ Source, DetailType, Detail: '{}' }] }))
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [] })
  const table: Record<string, Record<string, Call>> = {
    DnsSyncRole: {
      'a name that is no site': change('CREATE', 'other.example.com', 'A'),
      'the zone itself': change('CREATE', 'example.com', 'A'),
      'a name below the site': change('CREATE', `x.${SITE}`, 'A'),
      'another type of the right name': change('CREATE', SITE, 'TXT'),
      'to overwrite what is not compared': change('UPSERT', SITE, 'A'),
      'to delete the zone': dns(new DeleteHostedZoneCommand({ Id: zone })),
      'a command': send(configure, host),
      'to declare a site': put(`sites/${SITE}`),
      'images, which it needs not': list('/ragstream-edge/prod/images'),
      'every parameter': list('/'),
      "messages of another function's queue": sqs(new ReceiveMessageCommand({ QueueUrl: queue('-HostQueue-') })),
      'to stop the instance': ec2(new StopInstancesCommand({ InstanceIds: [host] })),
    },
    HostConfigRole: {
      "a command to another stage's host": send(configure, stranger),
      'any script at all': send('AWS-RunShellScript', host),
      'a record': change('CREATE', SITE, 'A'),
      'to choose an image': put(`images/${SITE}`),
      'to send itself to the records': message('-DnsQueue-'),
      'to tag an instance into its reach': ec2(
        new CreateTagsCommand({ Resources: [stranger], Tags: [{ Key: 'ragstream-edge:stage', Value: 'prod' }] }),
      ),
    },
    DiagnoseRole: {
      'to configure a host': send(configure, host),
      'a record': change('CREATE', SITE, 'A'),
      'to write what was told': put(`state/${SITE}/x`),
      'to start the instance': ec2(new StartInstancesCommand({ InstanceIds: [host] })),
    },
    OutcomeRole: {
      'to configure a host': send(configure, host),
      'to declare a site': put(`sites/${SITE}`),
      'to forget an image': drop(`images/${SITE}`),
      'an event of somebody else': event('billing', 'Paid'),
      'an event of its own name that means something else': event('ragstream-edge', 'Site Removed'),
      'another topic': sns(
        new PublishCommand({ TopicArn: 'arn:aws:sns:eu-central-1:000000000000:other', Message: 'x' }),
      ),
    },
    ResyncRole: {
      'to remove a site': drop(`sites/${SITE}`),
      'to forget what was told': drop(`state/${SITE}/told`),
      'to empty a queue': sqs(new PurgeQueueCommand({ QueueUrl: queue('-DnsQueue-') })),
      "a command to another stage's host": send(configure, stranger),
    },
    CertificateRole: {
      'an address': change('CREATE', SITE, 'A'),
      'a proof for a site without tls': change('CREATE', `_acme-challenge.${SITE}`, 'TXT'),
      'a key that it wrote': read(`certificates/${SITE}`),
      'a command': send(configure, host),
    },
    deployer: {
      'a role of another name': iam(new CreateRoleCommand({ RoleName: 'mine', AssumeRolePolicyDocument: trust })),
      'rights for itself': iam(
        new PutRolePolicyCommand({ RoleName: 'deployer', PolicyName: 'all', PolicyDocument: trust }),
      ),
      'whom it trusts': iam(new UpdateAssumeRolePolicyCommand({ RoleName: 'deployer', PolicyDocument: trust })),
      'a user': iam(new CreateUserCommand({ UserName: 'mine' })),
      'a topic of another name': sns(new CreateTopicCommand({ Name: 'other' })),
      'a queue of somebody else': sqs(new DeleteQueueCommand({ QueueUrl: queue('mailbox') })),
      'to choose an image': put(`images/${SITE}`),
      'to run more of what it deployed than the first look': invoke('ragstream-edge-prod-certificate'),
      'a record': change('CREATE', SITE, 'A'),
      'to end the instance': ec2(new TerminateInstancesCommand({ InstanceIds: [host] })),
    },
  }
  const asked: Question[] = []
  for (const [role, calls] of Object.entries(table)) {
    const credentials = role === 'deployer' ? deployer : await opened(emulator, roleNamed(role))
    for (const [what, call] of Object.entries(calls)) asked.push({ role, what, credentials, call })
  }
  return asked
}

async function opened(emulator: Emulator, { RoleName, Arn }: Role): Promise<Credentials> {
  const root = { AWS: 'arn:aws:iam::000000000000:root' }
  const Statement = [{ Effect: 'Allow', Principal: root, Action: 'sts:AssumeRole' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await new IAMClient(emulator.client).send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
  return assume(emulator, Arn!)
}
