// docs/deploy-role.json: what the role that deploys a stage may do. One entry for each type of resource that the compiled template has, by the
// names that CloudFormation gives them; a type without an entry is refused, so that the page cannot fall behind the stack.
import type { Resource } from './handler-rights.ts'

interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, unknown>>
}

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** Actions in short: `lambda: CreateFunction …`. Resources are what follows `arn:<partition>:`; `*` where the calls know none. */
type Right = readonly [
  sid: string,
  actions: string,
  resources: readonly string[],
  condition?: Statement['Condition'] | undefined,
]

const HERE = '<region>:<account>'

/** What CloudFormation's handlers ask for: scripts/rights.ts compares it with their schemas. */
function rightsOf(stage: string, boundary: string | undefined): Readonly<Record<string, readonly Right[]>> {
  const name = `ragstream-edge-${stage}`
  const functions = `lambda:${HERE}:function:${name}-*`
  const queues = `sqs:${HERE}:${name}-*`
  const topics = `sns:${HERE}:${name}-*`
  const bucket = `s3:::${name}-*`
  const own: Right[] = [
    [
      'Functions',
      'lambda: CreateFunction DeleteFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration AddPermission RemovePermission GetPolicy GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetFunctionScalingConfig GetRuntimeManagementConfig ListTags TagResource UntagResource',
      [functions],
    ],
  ]
  return {
    'AWS::S3::Bucket': [
      [
        'Packages',
        's3: CreateBucket DeleteBucket ListBucket PutEncryptionConfiguration PutBucketPublicAccessBlock PutBucketTagging TagResource UntagResource ListTagsForResource',
        [bucket],
      ],
      // Read whether the bucket has them or not.
      [
        'PackagesRead',
        's3: GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketCORS GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration',
        [bucket],
      ],
    ],
    'AWS::S3::BucketPolicy': [['PackagesPolicy', 's3: PutBucketPolicy GetBucketPolicy DeleteBucketPolicy', [bucket]]],
    'AWS::Lambda::Function': own,
    'AWS::Lambda::Permission': [],
    'AWS::Lambda::EventSourceMapping': [
      [
        'Mappings',
        'lambda: CreateEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping',
        ['*'],
        { ArnLike: { 'lambda:FunctionArn': `arn:<partition>:${functions}` } },
      ],
      [
        'MappingsRead',
        'lambda: GetEventSourceMapping ListTags TagResource UntagResource',
        [`lambda:${HERE}:event-source-mapping:*`],
      ],
    ],
    'AWS::IAM::Role': [
      [
        'Roles',
        'iam: DeleteRole GetRole UpdateRole UpdateAssumeRolePolicy GetRolePolicy ListRolePolicies ListAttachedRolePolicies ListRoleTags TagRole UntagRole',
        [`iam::<account>:role/${name}-*`],
      ],
      // Where the roles have a boundary: no role without it, and nobody may take it away.
      [
        'RolesWritten',
        `iam: CreateRole PutRolePolicy DeleteRolePolicy${boundary ? ' PutRolePermissionsBoundary' : ''}`,
        [`iam::<account>:role/${name}-*`],
        boundary ? { StringEquals: { 'iam:PermissionsBoundary': boundary } } : undefined,
      ],
      [
        'RolesToLambda',
        'iam: PassRole',
        [`iam::<account>:role/${name}-*`],
        { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
      ],
    ],
    'AWS::SQS::Queue': [
      [
        'Queues',
        'sqs: CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes GetQueueUrl ListQueueTags TagQueue UntagQueue',
        [queues],
      ],
    ],
    'AWS::SQS::QueuePolicy': [],
    'AWS::SNS::Topic': [
      [
        'Topics',
        'sns: CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListSubscriptionsByTopic GetDataProtectionPolicy ListTagsForResource TagResource UntagResource',
        [topics],
      ],
    ],
    'AWS::SNS::TopicPolicy': [],
    'AWS::Events::Rule': [
      [
        'Rules',
        'events: PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule ListTagsForResource TagResource UntagResource',
        [`events:${HERE}:rule/${name}-*`],
      ],
    ],
    'AWS::Logs::LogGroup': [
      [
        'Logs',
        'logs: CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy GetDataProtectionPolicy ListTagsForResource TagResource UntagResource',
        [`logs:${HERE}:log-group:/aws/lambda/${name}-*`],
      ],
      ['LogsRead', 'logs: DescribeLogGroups DescribeIndexPolicies DescribeResourcePolicies', ['*']],
    ],
    'AWS::CloudWatch::Alarm': [
      [
        'Alarms',
        'cloudwatch: PutMetricAlarm DeleteAlarms DescribeAlarms ListTagsForResource TagResource UntagResource',
        [`cloudwatch:${HERE}:alarm:${name}-*`],
      ],
    ],
    'AWS::CloudWatch::Dashboard': [
      [
        'Dashboards',
        'cloudwatch: PutDashboard GetDashboard DeleteDashboards ListTagsForResource TagResource UntagResource',
        [`cloudwatch::<account>:dashboard/${name}`],
      ],
    ],
    'AWS::SSM::Document': [
      [
        'Documents',
        'ssm: CreateDocument DeleteDocument DescribeDocument GetDocument UpdateDocument AddTagsToResource RemoveTagsFromResource ListTagsForResource',
        [`ssm:${HERE}:document/${name}-*`],
      ],
    ],
    'AWS::SSM::Parameter': [
      [
        'Sites',
        'ssm: PutParameter DeleteParameter GetParameters AddTagsToResource RemoveTagsFromResource ListTagsForResource',
        [`ssm:${HERE}:parameter/ragstream-edge/${stage}/sites/*`],
      ],
    ],
  }
}

/** What a stage with a door has besides. API Gateway names its calls by verbs, and its resources by paths without an account. */
const doorRights = (stage: string): Readonly<Record<string, readonly Right[]>> => ({
  'AWS::ApiGatewayV2::Api': [
    ['Door', 'apigateway: POST GET PUT PATCH DELETE', ['apigateway:<region>::/apis', 'apigateway:<region>::/apis/*']],
    ['DoorTags', 'apigateway: POST GET PUT DELETE', ['apigateway:<region>::/tags/*']],
  ],
  'AWS::ApiGatewayV2::Integration': [],
  'AWS::ApiGatewayV2::Route': [],
  'AWS::ApiGatewayV2::Stage': [],
  'AWS::SSM::Parameter': [
    [
      'DoorAddress',
      'ssm: PutParameter DeleteParameter GetParameters AddTagsToResource RemoveTagsFromResource ListTagsForResource',
      [`ssm:${HERE}:parameter/ragstream-edge/${stage}/state/door/address`],
    ],
  ],
})

/** What the role that deploys cannot reach without the rights above: the API, and the parameter with its address. */
export const isOfDoor = (logicalId: string, { Type }: Resource): boolean =>
  Type.startsWith('AWS::ApiGatewayV2::') || logicalId === 'DoorAddress'

/** What the role that deploys needs on top, where a site has a door. */
export const deployRoleForDoor = (stage = 'prod'): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: Object.values(doorRights(stage)).flat().map(statement),
})

/** What `sls` itself calls, whatever the stack is made of. */
function always(stage: string): Right[] {
  const stack = `cloudformation:${HERE}:stack/ragstream-edge-${stage}/*`
  return [
    [
      'Stack',
      'cloudformation: CreateStack UpdateStack DeleteStack DescribeStacks DescribeStackEvents DescribeStackResource ListStackResources GetTemplate TagResource UntagResource',
      [stack],
    ],
    ['Packaged', 's3: ListBucketVersions', [`s3:::ragstream-edge-${stage}-*`]],
    ['PackagedFiles', 's3: PutObject GetObject DeleteObject DeleteObjectVersion', [`s3:::ragstream-edge-${stage}-*/*`]],
    [
      'Subscriptions',
      'logs: DescribeSubscriptionFilters',
      [`logs:${HERE}:log-group:/aws/lambda/ragstream-edge-${stage}-*`],
    ],
    ['Template', 'cloudformation: ValidateTemplate', ['*']],
    // `sls remove` asks whether it once made a registry of images; it takes a denial for no, and the trail would show one.
    ['Registry', 'ecr: DescribeRepositories', [`ecr:${HERE}:repository/serverless-ragstream-edge-${stage}`]],
    // After a deploy (resources/package/first-look.cjs).
    ['FirstLook', 'lambda: InvokeFunction', [`lambda:${HERE}:function:ragstream-edge-${stage}-resync`]],
  ]
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
}

export const typesOf = (resources: Template['Resources']): string[] =>
  [...new Set(Object.values(resources).map(({ Type }) => Type))].sort()

/** The policy that bounds the stack's roles (custom.permissionsBoundary). */
const boundaryOf = (resources: Template['Resources']): string | undefined =>
  Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ Properties }) => (Properties as { PermissionsBoundary?: string }).PermissionsBoundary)
    .find(Boolean)

const actionsOf = (rights: readonly Right[]): string[] => rights.map(statement).flatMap(({ Action }) => Action)

/** Actions by type, and those that `sls` needs whatever the types are. */
export interface Held {
  readonly own: Readonly<Record<string, readonly string[]>>
  readonly always: readonly string[]
}

const actionsByType = (rights: Readonly<Record<string, readonly Right[]>>): Held['own'] =>
  Object.fromEntries(Object.entries(rights).map(([type, own]) => [type, actionsOf(own)]))

export const heldBy = (stage: string, resources: Template['Resources']): Held => ({
  own: actionsByType(rightsOf(stage, boundaryOf(resources))),
  always: actionsOf(always(stage)),
})

export const heldForDoor = (stage: string): Held => ({ own: actionsByType(doorRights(stage)), always: [] })

/** @throws Error for a type of resource that nobody has thought of here */
export function deployRole({ Resources }: Template, stage = 'prod'): PolicyDocument {
  const hasDoor = Object.entries(Resources).some(([logicalId, resource]) => isOfDoor(logicalId, resource))
  const [own, ofDoor] = [rightsOf(stage, boundaryOf(Resources)), hasDoor ? doorRights(stage) : {}]
  const types = typesOf(Resources)
  const strange = types.filter((type) => !(type in own) && !(type in ofDoor))
  if (strange.length > 0)
    throw new Error(`scripts/deploy-role.ts: found ${strange.join(', ')} in the stack, wanted its rights there`)
  const rights = [...always(stage), ...[own, ofDoor].flatMap((one) => types.flatMap((type) => one[type] ?? []))]
  return { Version: '2012-10-17', Statement: rights.map(statement) }
}

function statement([Sid, text, resources, Condition]: Right): Statement {
  const [service, names = ''] = text.split(': ')
  const arns = resources.map((resource) => (resource === '*' ? resource : `arn:<partition>:${resource}`))
  return {
    Sid,
    Effect: 'Allow',
    Action: names.split(' ').map((name) => `${service}:${name}`),
    Resource: arns.length === 1 ? arns[0]! : arns,
    ...(Condition ? { Condition } : {}),
  }
}
