// What CloudFormation's handlers ask for, by the schemas of its registry (they ship with cfn-lint), compared with scripts/deploy-role.ts. Pure.

/** Of a type's schema, what counts here. */
export interface Schema {
  readonly properties: Readonly<Record<string, unknown>>
  readonly handlers: Readonly<Record<string, { readonly permissions: readonly string[] }>>
  readonly tagging?: { readonly permissions?: readonly string[] }
}

/** Type -> property -> the rights that its handlers need for this property alone. A schema says only what they need in all. */
type ForProperty = Readonly<Record<string, Readonly<Record<string, string>>>>

const FOR_PROPERTY: ForProperty = {
  'AWS::ApiGatewayV2::Api': { BodyS3Location: 's3:getObject' },
  'AWS::ApiGatewayV2::Integration': { CredentialsArn: 'iam:PassRole' },
  'AWS::Events::Rule': { RoleArn: 'iam:PassRole' },
  'AWS::IAM::Role': {
    Description: 'iam:UpdateRoleDescription',
    ManagedPolicyArns: 'iam:AttachRolePolicy iam:DetachRolePolicy',
    PermissionsBoundary: 'iam:PutRolePermissionsBoundary',
  },
  'AWS::Lambda::EventSourceMapping': { KmsKeyArn: 'kms:Decrypt kms:DescribeKey kms:GenerateDataKey' },
  'AWS::Lambda::Function': {
    CapacityProviderConfig: 'lambda:PassCapacityProvider',
    CodeSigningConfigArn:
      'lambda:GetCodeSigningConfig lambda:PutFunctionCodeSigningConfig lambda:DeleteFunctionCodeSigningConfig',
    FileSystemConfigs: 'elasticfilesystem:DescribeMountTargets s3files:ListMountTargets',
    FunctionScalingConfig: 'lambda:PutFunctionScalingConfig',
    KmsKeyArn: 'kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey',
    Layers: 'lambda:GetLayerVersion',
    PublishToLatestPublished: 'lambda:PublishVersion',
    RecursiveLoop: 'lambda:PutFunctionRecursionConfig',
    ReservedConcurrentExecutions: 'lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency',
    RuntimeManagementConfig: 'lambda:PutRuntimeManagementConfig lambda:AssociateRuntimeAlias',
    S3ObjectVersion: 's3:GetObjectVersion',
    VpcConfig: 'ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeNetworkInterfaces',
  },
  'AWS::Logs::LogGroup': {
    BearerTokenAuthenticationEnabled: 'logs:PutBearerTokenAuthentication',
    DataProtectionPolicy:
      'logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy logs:CreateLogDelivery firehose:TagDeliveryStream',
    DeletionProtectionEnabled: 'logs:PutLogGroupDeletionProtection',
    FieldIndexPolicies: 'logs:PutIndexPolicy logs:DeleteIndexPolicy',
    KmsKeyId: 'logs:AssociateKmsKey logs:DisassociateKmsKey',
    ResourcePolicyDocument: 'logs:PutResourcePolicy logs:DeleteResourcePolicy',
  },
  'AWS::S3::Bucket': {
    AbacStatus: 's3:PutBucketAbac',
    AccelerateConfiguration: 's3:PutAccelerateConfiguration',
    AccessControl: 's3:PutBucketAcl s3:GetBucketAcl s3:PutObjectAcl',
    AnalyticsConfigurations: 's3:PutAnalyticsConfiguration',
    CorsConfiguration: 's3:PutBucketCORS',
    IntelligentTieringConfigurations: 's3:PutIntelligentTieringConfiguration',
    InventoryConfigurations: 's3:PutInventoryConfiguration',
    LifecycleConfiguration: 's3:PutLifecycleConfiguration',
    LoggingConfiguration: 's3:PutBucketLogging',
    MetadataTableConfiguration:
      's3:CreateBucketMetadataTableConfiguration s3:DeleteBucketMetadataTableConfiguration s3:UpdateBucketMetadataJournalTableConfiguration s3:UpdateBucketMetadataInventoryTableConfiguration s3:UpdateBucketMetadataAnnotationTableConfiguration s3tables:CreateNamespace s3tables:CreateTable s3tables:CreateTableBucket s3tables:GetTable s3tables:PutTableBucketPolicy s3tables:PutTableEncryption s3tables:PutTablePolicy s3tables:GetTableMetadataLocation s3tables:UpdateTableMetadataLocation',
    MetricsConfigurations: 's3:PutMetricsConfiguration',
    NotificationConfiguration: 's3:PutBucketNotification',
    ObjectLockConfiguration: 's3:PutBucketObjectLockConfiguration',
    OwnershipControls: 's3:PutBucketOwnershipControls',
    ReplicationConfiguration: 's3:PutBucketReplication s3:PutReplicationConfiguration s3:DeleteObject iam:PassRole',
    VersioningConfiguration: 's3:PutBucketVersioning',
    WebsiteConfiguration: 's3:PutBucketWebsite s3:DeleteBucketWebsite',
  },
  'AWS::SNS::Topic': {
    DataProtectionPolicy: 'sns:PutDataProtectionPolicy',
    DeliveryStatusLogging: 'iam:GetRole iam:PassRole',
    Subscription: 'sns:Subscribe sns:Unsubscribe',
  },
  'AWS::SSM::Document': {
    Attachments: 's3:GetObject iam:PassRole',
    UpdateMethod: 'ssm:UpdateDocumentDefaultVersion',
  },
}

const listed = (words: string): string[] => words.split(' ')

/** Every name of a property, at any depth. */
const namesIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)])
    : []

export interface Resource {
  readonly Type: string
  readonly Properties?: unknown
}

/** What the handlers of a type may ask for, but to list: CloudFormation does not, for a stack. The stack has tags, so that each thing gets them. */
export const askedFor = ({ handlers, tagging }: Schema): Set<string> =>
  new Set([
    ...Object.entries(handlers).flatMap(([name, { permissions }]) => (name === 'list' ? [] : permissions)),
    ...(tagging?.permissions ?? []),
  ])

/** Whoever may take the bound away is not bound. */
const NEVER = ['iam:DeleteRolePermissionsBoundary']

/** Without what only properties need that no resource of the type has. */
export function wantedRights(type: string, schema: Schema, resources: readonly Resource[]): string[] {
  const used = new Set(resources.filter(({ Type }) => Type === type).flatMap(({ Properties }) => namesIn(Properties)))
  const entries = Object.entries(FOR_PROPERTY[type] ?? {})
  const needed = new Set(entries.flatMap(([property, rights]) => (used.has(property) ? listed(rights) : [])))
  const bound = entries.flatMap(([, rights]) => listed(rights)).filter((right) => !needed.has(right))
  return [...askedFor(schema)].filter((right) => ![...bound, ...NEVER].includes(right)).sort()
}

/** Entries of the table above that no longer agree with a type's schema. */
export function staleEntries(type: string, schema: Schema): string[] {
  const asked = askedFor(schema)
  const text = JSON.stringify(schema)
  return Object.entries(FOR_PROPERTY[type] ?? {}).flatMap(([property, rights]) => [
    ...(text.includes(`"${property}"`) ? [] : [`${type} ${property}: found no such property in the schema`]),
    ...listed(rights)
      .filter((right) => !asked.has(right))
      .map((right) => `${type} ${property}: found no handler that asks for ${right}`),
  ])
}
