// One role per function, each with exactly the calls that its function makes.
import type { Site } from '../functions/lib/domain/site.ts'
import { arnOf, localArn, type Resource, type Resources, ref } from './cloudformation.ts'
import { hasDoor, hasIdle } from './functions.ts'
import { allow, onlyValues, type Statement } from './statement.ts'
import {
  challenges,
  changeLooks,
  delegationLooks,
  inAccountOf,
  records,
  takingRoles,
  withTls,
  zoneLooks,
} from './zone-rights.ts'

/** Characters of all of a role's inline policies together, without white space (IAM quotas). */
const MOST_CHARACTERS = 10_240

interface Policy {
  readonly PolicyName: string
  readonly PolicyDocument: unknown
}

/** @throws Error when the names of the sites make the policies too long for IAM */
function checkSize({ Properties }: Resource): void {
  const policies = Properties.Policies as readonly Policy[]
  const length = policies.reduce((sum, { PolicyDocument }) => sum + JSON.stringify(PolicyDocument).length, 0)
  if (length > MOST_CHARACTERS)
    throw new Error(
      `role of ${policies[0]!.PolicyName}: found ${length} characters in ${policies.map(({ PolicyName }) => PolicyName).join(' and ')}, wanted at most ${MOST_CHARACTERS} in all policies of a role together: move some sites or aliases to another stage`,
    )
}

const role = (functionName: string, statements: readonly Statement[]): Resource => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [{ PolicyName: functionName, PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
})

const logs = (stage: string, functionName: string): Statement =>
  allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    localArn('logs', `log-group:/aws/lambda/ragstream-edge-${stage}-${functionName}:*`),
  )

/** The first three are Lambda's own, for the mapping. */
const queueOf = (queue: string): Statement =>
  allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
    arnOf(queue),
  )

/** DescribeInstances knows no resources: it is granted for all or not at all. */
const instances = allow(['ec2:DescribeInstances'], '*')

const documentsBelow = (stage: string, kinds: readonly string[]): Statement =>
  allow(
    ['ssm:GetParametersByPath'],
    kinds.flatMap((kind) =>
      ['', '/*'].map((below) => localArn('ssm', `parameter/ragstream-edge/${stage}/${kind}${below}`)),
    ),
  )

const documentsNamed = (stage: string, kinds: readonly string[]): Statement =>
  allow(
    ['ssm:GetParameters'],
    kinds.map((kind) => localArn('ssm', `parameter/ragstream-edge/${stage}/${kind}/*`)),
  )

/**
 * Secrets are written and deleted here, and read by the hosts alone; but for the account's key, which signs each request. A list of what lies there
 * is asked of DescribeParameters, which never answers with a value and knows no resources.
 */
const vault = (stage: string): Statement[] => {
  const below = (path: string) => localArn('ssm', `parameter/ragstream-edge/${stage}/${path}`)
  return [
    allow(['ssm:PutParameter'], [below('tls/*'), below('certificates/*')]),
    allow(['ssm:DeleteParameter'], below('tls/*')),
    allow(['ssm:GetParameter'], [below('tls/account'), below('tls/account-next'), below('tls/*/wait')]),
    allow(['ssm:DescribeParameters'], '*'),
  ]
}

const documentArn = (logicalId: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:',
      ref('AWS::Partition'),
      ':ssm:',
      ref('AWS::Region'),
      ':',
      ref('AWS::AccountId'),
      ':document/',
      ref(logicalId),
    ],
  ],
})

/** Two statements: a document has no tags, so one condition for both would refuse every command. */
const commands = (stage: string, ...documents: readonly string[]): Statement[] => [
  allow(['ssm:SendCommand'], documents.length === 1 ? documentArn(documents[0]!) : documents.map(documentArn)),
  allow(['ssm:SendCommand'], localArn('ec2', 'instance/*'), {
    StringEquals: { 'ssm:resourceTag/ragstream-edge:stage': stage },
  }),
  // ListCommandInvocations knows no resources.
  allow(['ssm:ListCommandInvocations'], '*'),
]

/** Of what was sent and has no end: the host is asked, and the command cancelled. Neither call knows resources. */
const doubts = allow(['ssm:CancelCommand', 'ssm:GetCommandInvocation'], '*')

/** What a diagnosis reads. None of the calls knows resources. */
const looks = allow(
  [
    'ec2:DescribeInstances',
    'ec2:DescribeNetworkAcls',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSecurityGroups',
    'ssm:DescribeInstanceInformation',
    'ssm:GetCommandInvocation',
  ],
  '*',
)

/** What was said of each site: outside the paths whose changes are events. */
const state = (stage: string, actions: readonly string[]): Statement =>
  allow(
    actions,
    ['', '/*'].map((below) => localArn('ssm', `parameter/ragstream-edge/${stage}/state${below}`)),
  )

/** A call takes several events, so both keys have several values. Others listen to this bus: no event of theirs is to be forged. */
const SITE_LIVE = onlyValues({ 'events:source': ['ragstream-edge'], 'events:detail-type': ['Site Live'] })

/** Of custom in serverless.yml; empty: none. */
export interface RoleOptions {
  /** The roles may send traces to X-Ray, as the functions then do. */
  readonly tracing?: boolean
  /** ARN of the policy that bounds every role. */
  readonly permissionsBoundary?: string
  /** ARN of the key of one's own under which secrets are written. */
  readonly kmsKeyArn?: string
}

const ARN = {
  permissionsBoundary: /^arn:[a-z-]+:iam::(\d{12}|aws):policy\/\S+$/,
  kmsKeyArn: /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/\S+$/,
} as const

/** @throws Error that names the option: CloudFormation would refuse it in the middle of a deploy, or KMS the first certificate */
function checkOptions(options: RoleOptions): void {
  for (const name of ['permissionsBoundary', 'kmsKeyArn'] as const)
    if (options[name] && !ARN[name].test(options[name]))
      throw new Error(
        `custom.${name} in serverless.yml: found ${JSON.stringify(options[name])}, wanted an ARN of ${name === 'kmsKeyArn' ? 'a key' : 'a policy'}, or ''`,
      )
}

/** A standard parameter is encrypted by the key itself, one of more than 4 KB by a data key (Parameter Store, "AWS KMS encryption"). */
const sealing = (kmsKeyArn: string): Statement =>
  allow(['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'], kmsKeyArn, { StringLike: { 'kms:ViaService': 'ssm.*' } })

/** Only where tracing is on (serverless.yml, custom.tracing). */
const traces = allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*')

export function roles(stage: string, sites: readonly Site[], options: RoleOptions = {}): Resources {
  checkOptions(options)
  const { tracing = false, permissionsBoundary = '', kmsKeyArn = '' } = options
  const own = {
    ...rolesOf(stage, sites, kmsKeyArn),
    ...(hasIdle(sites) ? idleRole(stage) : {}),
    ...(hasDoor(sites) ? doorRole(stage, sites, kmsKeyArn) : {}),
  }
  const all = bounded(tracing ? traced(own) : own, permissionsBoundary)
  for (const one of Object.values(all)) checkSize(one)
  return all
}

const bounded = (all: Resources, PermissionsBoundary: string): Resources =>
  PermissionsBoundary === ''
    ? all
    : Object.fromEntries(
        Object.entries(all).map(([id, { Properties, ...rest }]) => [
          id,
          { ...rest, Properties: { ...Properties, PermissionsBoundary } },
        ]),
      )

function traced(all: Resources): Resources {
  return Object.fromEntries(
    Object.entries(all).map(([id, { Properties, ...rest }]) => {
      const policy = { PolicyName: 'tracing', PolicyDocument: { Version: '2012-10-17', Statement: [traces] } }
      const Policies = [...(Properties.Policies as readonly unknown[]), policy]
      return [id, { ...rest, Properties: { ...Properties, Policies } }]
    }),
  )
}

/** It stops instances of the stage, and no other. */
const idleRole = (stage: string): Resources => ({
  IdleRole: role('idle', [
    logs(stage, 'idle'),
    instances,
    documentsBelow(stage, ['sites']),
    state(stage, ['ssm:GetParametersByPath']),
    allow(['ssm:PutParameter'], localArn('ssm', `parameter/ragstream-edge/${stage}/state/idle/*`)),
    ...commands(stage, 'LookUseDocument'),
    allow(['ssm:GetCommandInvocation'], '*'),
    allow(['ec2:StopInstances'], localArn('ec2', 'instance/*'), {
      StringEquals: { 'ec2:ResourceTag/ragstream-edge:stage': stage },
    }),
    allow(['sqs:SendMessage'], arnOf('OutcomeQueue')),
    allow(['sns:Publish'], ref('Notices')),
  ]),
})

/** It reads, and starts the instances of the sites that have a door. It stops nothing, writes no record and sends no command. */
function doorRole(stage: string, sites: readonly Site[], kmsKeyArn: string): Resources {
  const doors = sites.filter((site) => site.door !== null)
  const own = (name: string) => localArn('ssm', `parameter/ragstream-edge/${stage}/state/door/${name}`)
  const passwords = [...new Set(doors.flatMap(({ door }) => door?.passwordPath ?? []))]
  return {
    DoorRole: role('door', [
      logs(stage, 'door'),
      instances,
      documentsBelow(stage, ['sites']),
      state(stage, ['ssm:GetParametersByPath']),
      allow(
        ['ssm:PutParameter', 'ssm:DeleteParameters'],
        doors.map(({ hostname }) => own(`${hostname}/*`)),
      ),
      ...(passwords.length === 0
        ? []
        : [
            allow(
              ['ssm:GetParameter'],
              passwords.map((path) => localArn('ssm', `parameter${path}`)),
            ),
            ...(kmsKeyArn === '' ? [] : [opening(kmsKeyArn)]),
          ]),
      // It knows no resources.
      allow(['ssm:ListCommandInvocations'], '*'),
      ...startings(stage, doors),
    ]),
  }
}

/** A statement for each choice of instances: those of the stage that bear all tags of the site, or the one that it names. */
function startings(stage: string, doors: readonly Site[]): Statement[] {
  const choices = new Map(doors.map(({ instances }) => [JSON.stringify(instances), instances]))
  return [...choices.values()].map(({ id, ...tags }) => {
    const chosen = Object.entries(tags).map(([key, value]) => [`ec2:ResourceTag/${key.slice('tag:'.length)}`, value])
    const StringEquals = { 'ec2:ResourceTag/ragstream-edge:stage': stage, ...Object.fromEntries(chosen) }
    return allow(['ec2:StartInstances'], localArn('ec2', `instance/${id ?? '*'}`), { StringEquals })
  })
}

const opening = (kmsKeyArn: string): Statement =>
  allow(['kms:Decrypt'], kmsKeyArn, { StringLike: { 'kms:ViaService': 'ssm.*' } })

const rolesOf = (stage: string, sites: readonly Site[], kmsKeyArn: string): Resources => ({
  DnsSyncRole: role('dns-sync', [
    logs(stage, 'dns-sync'),
    queueOf('DnsQueue'),
    allow(['sqs:SendMessage'], [arnOf('DnsQueue'), arnOf('DnsDeadLetters'), arnOf('OutcomeQueue')]),
    instances,
    documentsBelow(stage, ['sites']),
    ...records(inAccountOf(null, sites)),
    ...takingRoles(sites),
  ]),
  HostConfigRole: role('host-config', [
    logs(stage, 'host-config'),
    queueOf('HostQueue'),
    allow(['sqs:SendMessage'], [arnOf('HostQueue'), arnOf('HostDeadLetters'), arnOf('OutcomeQueue')]),
    instances,
    documentsBelow(stage, ['sites', 'images', 'certificates']),
    documentsNamed(stage, ['sites', 'images', 'certificates']),
    ...commands(stage, 'ConfigureHostDocument', 'InspectHostDocument'),
    doubts,
  ]),
  DiagnoseRole: role('diagnose', [
    logs(stage, 'diagnose'),
    documentsBelow(stage, ['sites', 'images', 'certificates']),
    looks,
    ...zoneLooks(inAccountOf(null, sites)),
    ...takingRoles(sites),
    ...commands(stage, 'InspectHostDocument'),
  ]),
  OutcomeRole: role('outcome', [
    logs(stage, 'outcome'),
    queueOf('OutcomeQueue'),
    allow(['sqs:SendMessage'], arnOf('HostQueue')),
    documentsBelow(stage, ['sites', 'images', 'certificates']),
    state(stage, ['ssm:GetParametersByPath', 'ssm:PutParameter', 'ssm:DeleteParameter']),
    looks,
    ...zoneLooks(inAccountOf(null, sites)),
    ...takingRoles(sites),
    ...commands(stage, 'InspectHostDocument'),
    changeLooks(),
    allow(['sns:Publish'], ref('Notices')),
    allow(['events:PutEvents'], localArn('events', 'event-bus/default'), SITE_LIVE),
  ]),
  ResyncRole: role('resync', [
    logs(stage, 'resync'),
    allow(['sqs:SendMessage'], [arnOf('DnsQueue'), arnOf('HostQueue'), arnOf('OutcomeQueue')]),
    documentsBelow(stage, ['sites', 'images', 'certificates']),
    state(stage, ['ssm:GetParametersByPath']),
    // Marks of instances and sites that are gone.
    allow(['ssm:DeleteParameter'], localArn('ssm', `parameter/ragstream-edge/${stage}/state/*/live/*`)),
    ...records(inAccountOf(null, sites)),
    // Whether a site is still live.
    looks,
    ...delegationLooks(inAccountOf(null, sites)),
    ...takingRoles(sites),
    ...commands(stage, 'ConfigureHostDocument', 'InspectHostDocument'),
    doubts,
  ]),
  CertificateRole: role('certificate', [
    logs(stage, 'certificate'),
    queueOf('CertificateQueue'),
    allow(['sqs:SendMessage'], [arnOf('CertificateQueue'), arnOf('CertificateDeadLetters'), arnOf('OutcomeQueue')]),
    documentsBelow(stage, ['sites', 'certificates']),
    ...vault(stage),
    ...(kmsKeyArn === '' ? [] : [sealing(kmsKeyArn)]),
    ...challenges(inAccountOf(null, sites)),
    ...takingRoles(withTls(sites)),
    changeLooks(),
  ]),
})
