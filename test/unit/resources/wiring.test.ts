// Who may do what, and who may send where: roles hold exactly the sites' names, queues admit exactly their rules.
import { patienceWith } from '../../../functions/lib/domain/problem.ts'
import type { Resource } from '../../../resources/cloudformation.ts'
import { resources } from '../../../resources/index.ts'
import { roles } from '../../../resources/roles.ts'
import { aSite, ZONE } from '../../support/domain.ts'
import { onlyRecords } from '../../support/zone-condition.ts'

const text = (value: unknown): string => JSON.stringify(value)
const all = resources('prod').Resources

interface Statement {
  readonly Action: readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}
const statements = (role: Resource): Statement[] =>
  (role.Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  )
const granting = (role: Resource, action: string) => statements(role).filter(({ Action }) => Action.includes(action))

describe('roles', () => {
  const made = roles('prod', [
    aSite('app.example.com', { aliases: ['www.example.com'], retired: ['old.example.com'] }),
    aSite('b.example.com'),
    aSite('c.example.org', { hostedZoneId: 'Z2ZZZZ', ipv6: true }),
  ])
  const dns = made.DnsSyncRole!
  const host = made.HostConfigRole!
  const diagnose = made.DiagnoseRole!
  const zone = (id: string) => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:route53:::hostedzone/${id}`]],
  })

  test('dns-sync changes exactly the declared names, in lower case without trailing dot, zone by zone', () =>
    expect(granting(dns, 'route53:ChangeResourceRecordSets')).toEqual([
      {
        Effect: 'Allow',
        Action: ['route53:ChangeResourceRecordSets'],
        Resource: zone(ZONE),
        Condition: onlyRecords(['app.example.com', 'www.example.com', 'old.example.com', 'b.example.com'], ['A']),
      },
      {
        Effect: 'Allow',
        Action: ['route53:ChangeResourceRecordSets'],
        Resource: zone('Z2ZZZZ'),
        Condition: onlyRecords(['c.example.org'], ['A', 'AAAA']),
      },
    ]))

  test('all policies of a role count together: the traces may be too much', () => {
    const sites = (count: number) =>
      Array.from({ length: count }, (_, index) => aSite(`s${index}.${'x'.repeat(40)}.example.com`))
    const fits = Array.from({ length: 200 }, (_, index) => index).filter((count) => {
      try {
        return roles('prod', sites(count)) !== undefined
      } catch {
        return false
      }
    })
    const most = sites(fits.at(-1)!)
    expect(() => roles('prod', most, { tracing: true })).toThrow(
      /^role of [a-z-]+: found 10\d{3} characters in [a-z-]+ and tracing, wanted at most 10240 in all policies of a role together: move some sites or aliases to another stage$/,
    )
  })

  const actions = (role: Resource) => [...new Set(statements(role).flatMap(({ Action }) => Action))].sort()
  const QUEUE = [
    'sqs:ChangeMessageVisibility',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
    'sqs:SendMessage',
  ]
  const DIAGNOSIS = [
    'ec2:DescribeInstances',
    'ec2:DescribeNetworkAcls',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSecurityGroups',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'route53:GetHostedZone',
    'route53:ListResourceRecordSets',
    'ssm:DescribeInstanceInformation',
    'ssm:GetCommandInvocation',
    'ssm:GetParametersByPath',
    'ssm:ListCommandInvocations',
    'ssm:SendCommand',
  ]
  test('outcome and resync: the calls of the converge steps and of a diagnosis, and what they say', () => {
    expect(actions(made.OutcomeRole!)).toEqual(
      [
        ...QUEUE,
        ...DIAGNOSIS,
        'events:PutEvents',
        'route53:GetChange',
        'sns:Publish',
        'ssm:DeleteParameter',
        'ssm:PutParameter',
      ].sort(),
    )
    expect(actions(made.ResyncRole!)).toEqual(
      [
        'ec2:DescribeInstances',
        'ec2:DescribeNetworkAcls',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroups',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'route53:ChangeResourceRecordSets',
        'route53:GetHostedZone',
        'route53:ListResourceRecordSets',
        'sqs:SendMessage',
        'ssm:CancelCommand',
        'ssm:DeleteParameter',
        'ssm:DescribeInstanceInformation',
        'ssm:GetCommandInvocation',
        'ssm:GetParametersByPath',
        'ssm:ListCommandInvocations',
        'ssm:SendCommand',
      ].sort(),
    )
  })

  test('outcome may put one kind of event onto the bus, and forge no other', () =>
    expect(granting(made.OutcomeRole!, 'events:PutEvents').map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringEquals': { 'events:source': ['ragstream-edge'], 'events:detail-type': ['Site Live'] },
        Null: { 'events:source': 'false', 'events:detail-type': 'false' },
      },
    ]))

  test('only outcome and certificate write parameters: what is outcome’s memory, and certificates', () => {
    const writing = Object.entries(made).filter(([, role]) => granting(role, 'ssm:PutParameter').length > 0)
    expect(writing.map(([id]) => id)).toEqual(['OutcomeRole', 'CertificateRole'])
    const [statement, ...more] = granting(made.OutcomeRole!, 'ssm:PutParameter')
    expect(more).toEqual([])
    const resources = text(statement!.Resource)
    expect(resources.match(/parameter\/[^"]*/g)).toEqual([
      'parameter/ragstream-edge/prod/state',
      'parameter/ragstream-edge/prod/state/*',
    ])
    expect(text(granting(made.CertificateRole!, 'ssm:PutParameter')).match(/parameter\/[^"]*/g)).toEqual([
      'parameter/ragstream-edge/prod/tls/*',
      'parameter/ragstream-edge/prod/certificates/*',
    ])
  })

  test('resync deletes nothing but marks of what was live', () =>
    expect(text(granting(made.ResyncRole!, 'ssm:DeleteParameter')).match(/parameter\/[^"]*/g)).toEqual([
      'parameter/ragstream-edge/prod/state/*/live/*',
    ]))

  const BOUNDARY = 'arn:aws:iam::123456789012:policy/bound'
  const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'

  test('a boundary: on every role, and on none without', () => {
    const [off, on] = [roles('prod', []), roles('prod', [], { permissionsBoundary: BOUNDARY })]
    for (const [id, { Properties }] of Object.entries(on))
      expect(Properties).toEqual({ ...off[id]!.Properties, PermissionsBoundary: BOUNDARY })
    expect(text(off)).not.toContain('Boundary')
  })

  test('a key of one’s own: certificate alone may use it, and only through Parameter Store', () => {
    const [off, on] = [roles('prod', []), roles('prod', [], { kmsKeyArn: KEY })]
    expect(Object.keys(on).filter((id) => text(on[id]) !== text(off[id]))).toEqual(['CertificateRole'])
    expect(statements(on.CertificateRole!).filter(({ Action }) => text(Action).includes('kms:'))).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: KEY,
        Condition: { StringLike: { 'kms:ViaService': 'ssm.*' } },
      },
    ])
  })

  test.each([
    [
      'permissionsBoundary',
      'bound',
      'custom.permissionsBoundary in serverless.yml: found "bound", wanted an ARN of a policy, or \'\'',
    ],
    [
      'kmsKeyArn',
      'alias/mine',
      'custom.kmsKeyArn in serverless.yml: found "alias/mine", wanted an ARN of a key, or \'\'',
    ],
  ])('%s that is no ARN: refused', (name, value, says) =>
    expect(() => roles('prod', [], { [name]: value })).toThrow(says),
  )

  test('tracing: off; switched on, every role may send traces, and nothing else changes', () => {
    const sites = [aSite('app.example.com')]
    const [off, on] = [roles('prod', sites), roles('prod', sites, { tracing: true })]
    for (const [id, role] of Object.entries(on)) {
      expect(actions(off[id]!).filter((action) => action.startsWith('xray:'))).toEqual([])
      expect(actions(role).filter((action) => !actions(off[id]!).includes(action))).toEqual([
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ])
    }
  })

  test('a diagnosis can read, and send the inspection; it can change nothing', () => {
    const actions = [...new Set(statements(diagnose).flatMap(({ Action }) => Action))]
    expect(actions.filter((action) => !/:(Describe|Get|List)/.test(action)).sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'ssm:SendCommand',
    ])
  })

  test('a diagnosis reads the declared zones alone', () =>
    expect(granting(diagnose, 'route53:GetHostedZone').map(({ Resource }) => Resource)).toEqual([
      zone(ZONE),
      zone('Z2ZZZZ'),
    ]))

  test.each([
    ['host-config, which also asks hosts', host, ['ConfigureHostDocument', 'InspectHostDocument']],
    ['diagnose, which so can change nothing', diagnose, ['InspectHostDocument']],
  ])(
    'a command goes only to instances that bear the stage’s tag, and only by the document of %s',
    (_, role, wanted) => {
      const [documents, instances, ...more] = granting(role, 'ssm:SendCommand')
      expect(more).toEqual([])
      const named = text(documents!.Resource).matchAll(/":document\/",\{"Ref":"(\w+)"\}/g)
      expect([...named].map(([, document]) => document)).toEqual(wanted)
      expect(documents!.Condition).toBeUndefined()
      expect(text(instances!.Resource)).toContain(':instance/*')
      expect(instances!.Condition).toEqual({ StringEquals: { 'ssm:resourceTag/ragstream-edge:stage': 'prod' } })
    },
  )

  test('everything on * is a call that knows no resources', () =>
    expect(
      new Set(
        [dns, host, diagnose]
          .flatMap(statements)
          .filter(({ Resource }) => Resource === '*')
          .flatMap(({ Action }) => Action),
      ),
    ).toEqual(
      new Set([
        'ec2:DescribeInstances',
        'ssm:ListCommandInvocations',
        'ec2:DescribeNetworkAcls',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroups',
        'ssm:DescribeInstanceInformation',
        'ssm:CancelCommand',
        'ssm:GetCommandInvocation',
      ]),
    ))

  test('certificate changes the proofs of sites with TLS, and no other name or type; of secrets it reads the account’s alone', () => {
    const withTls = roles('prod', [
      aSite('app.example.com', { aliases: ['www.example.com'], retired: ['old.example.com'], tls: 'acme' }),
      aSite('b.example.com'),
    ]).CertificateRole!
    const names = ['_acme-challenge.app.example.com', '_acme-challenge.www.example.com']
    expect(granting(withTls, 'route53:ChangeResourceRecordSets')).toEqual([
      {
        Effect: 'Allow',
        Action: ['route53:ChangeResourceRecordSets'],
        Resource: zone(ZONE),
        Condition: onlyRecords(names, ['TXT']),
      },
    ])
    expect(granting(made.CertificateRole!, 'route53:ChangeResourceRecordSets')).toEqual([])
    const secrets = text(granting(withTls, 'ssm:GetParameter')).match(/parameter\/[^"]*/g)
    expect(secrets).toEqual(
      ['account', 'account-next', '*/wait'].map((name) => `parameter/ragstream-edge/prod/tls/${name}`),
    )
    expect(granting(host, 'ssm:GetParameter')).toEqual([])
    // What could answer with values, it may ask of what is no secret.
    expect(text(granting(withTls, 'ssm:GetParametersByPath'))).not.toContain('/tls')
  })

  test('no site, no right to change a record', () =>
    expect(granting(roles('prod', []).DnsSyncRole!, 'route53:ChangeResourceRecordSets')).toEqual([]))
})

describe('queues', () => {
  const ofType = (type: string) => Object.entries(all).filter(([, { Type }]) => Type === type)
  const rules = ofType('AWS::Events::Rule')
  /** The one that calls a function itself. */
  const isLook = ([, rule]: (typeof rules)[number]) => text(rule.Properties.Targets).includes('LambdaFunction')
  const queues = ofType('AWS::SQS::Queue').map(([id]) => id)
  const targeting = (queue: string) =>
    rules.filter(([, rule]) => text(rule.Properties.Targets).includes(`["${queue}","Arn"]`)).map(([id]) => id)

  test('every rule leads to a queue and has dead letters of its own, except the schedule, which comes again', () => {
    const [schedules, others] = [rules.filter(isLook), rules.filter((rule) => !isLook(rule))]
    expect(schedules.map(([, rule]) => text(rule.Properties.Targets))).toEqual([
      text([
        { Id: 'ResyncLambdaFunction', Arn: { 'Fn::GetAtt': ['ResyncLambdaFunction', 'Arn'] }, Input: '{"all":true}' },
      ]),
    ])
    for (const [, rule] of others)
      for (const target of rule.Properties.Targets as { Arn: unknown; DeadLetterConfig: { Arn: unknown } }[]) {
        expect(queues.map((queue) => text({ 'Fn::GetAtt': [queue, 'Arn'] }))).toContain(text(target.Arn))
        expect(text(target.DeadLetterConfig.Arn)).toBe(text(target.Arn).replace('Queue', 'DeadLetters'))
      }
    expect(others.length).toBeGreaterThan(3)
  })

  test.each(queues)('%s takes messages from the rules that target it, and from no others', (queue) => {
    const [, policy] = ofType('AWS::SQS::QueuePolicy').find(
      ([, { Properties }]) => text(Properties.Queues) === text([{ Ref: queue }]),
    )!
    const { Statement } = policy.Properties.PolicyDocument as { Statement: Record<string, unknown>[] }
    expect(Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
        Condition: {
          ArnEquals: { 'aws:SourceArn': targeting(queue).map((rule) => ({ 'Fn::GetAtt': [rule, 'Arn'] })) },
        },
      },
    ])
    expect(targeting(queue).length).toBeGreaterThan(0)
  })

  test('a site is created after every rule, policy and mapping that must hear of it', () => {
    const [[, site]] = ofType('AWS::SSM::Parameter') as [[string, Resource]]
    expect(site.DependsOn).toEqual(
      expect.arrayContaining([...rules.map(([id]) => id), ...ofType('AWS::SQS::QueuePolicy').map(([id]) => id)]),
    )
    expect(site.DependsOn?.filter((id) => id.includes('EventSourceMapping'))).toHaveLength(4)
  })

  test('every kind of dead letters raises an alarm', () =>
    expect(ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => text(Properties.Dimensions))).toEqual(
      expect.arrayContaining([
        expect.stringContaining('["DnsDeadLetters","QueueName"]'),
        expect.stringContaining('["HostDeadLetters","QueueName"]'),
        expect.stringContaining('["OutcomeDeadLetters","QueueName"]'),
      ]),
    ))

  test('what no message waits for raises an alarm, too, under the dimension that the functions report', () =>
    expect(
      ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => [
        Properties.MetricName,
        text(Properties.Dimensions),
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['OpenProblem', '[{"Name":"service","Value":"ragstream-edge-prod-resync"}]'],
        ['StartWithoutSuccess', '[{"Name":"service","Value":"ragstream-edge-prod-resync"}]'],
        ['Reconciled', '[{"Name":"service","Value":"ragstream-edge-prod-resync"}]'],
        ['BrokenSite', '[{"Name":"service","Value":"ragstream-edge-prod-resync"}]'],
        ['InvalidEvent', '[{"Name":"service","Value":"ragstream-edge-prod-dns-sync"}]'],
      ]),
    ))
})

test('an alarm that wants several failures in a row looks at periods in which the schedule comes', () =>
  expect(all.ResyncErrorsAlarm!.Properties).toMatchObject({ Period: 15 * 60, EvaluationPeriods: 3 }))

test.each(['SiteFailedAlarm', 'ResyncErrorsAlarm'])(
  '%s: two looks of the schedule in one period, and none in the next, are two',
  (id) => expect(all[id]!.Properties).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 2 }),
)

test('a queue that nobody reads rings once its messages are older than any patience, throttles by one metric', () => {
  // The longest but that of certificates, whose queue has no such alarm.
  const patience = patienceWith('AgentNotRegistered').givesUpAfter / 1000
  const ofAge = Object.values(all).filter(({ Properties }) => Properties.MetricName === 'ApproximateAgeOfOldestMessage')
  expect(ofAge.map(({ Properties }) => text(Properties.Dimensions))).toEqual(
    ['DnsQueue', 'HostQueue', 'OutcomeQueue'].map((queue) =>
      text([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }]),
    ),
  )
  for (const { Properties } of ofAge) expect(Properties.Threshold).toBeGreaterThan(patience)
  expect(all.ThrottlesAlarm!.Properties).toMatchObject({
    Namespace: 'AWS/Lambda',
    MetricName: 'Throttles',
    Statistic: 'Sum',
  })
  expect(all.ThrottlesAlarm!.Properties).not.toHaveProperty('Dimensions')
})

test('the alarm of certificates goes off for one message that fails again and again: it comes back every half hour', () => {
  const { VisibilityTimeout } = all.CertificateQueue!.Properties as { VisibilityTimeout: number }
  const { Period, EvaluationPeriods } = all.CertificateErrorsAlarm!.Properties as Record<string, number>
  expect(EvaluationPeriods! === 1 || Period! >= VisibilityTimeout).toBe(true)
})

test('the topic takes notices from the alarms of the stack, and from nothing else that is a service', () => {
  const policies = Object.values(all).filter(({ Type }) => Type === 'AWS::SNS::TopicPolicy')
  const rings = Object.entries(all).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
  const sources = rings.map(([id]) => ({ 'Fn::GetAtt': [id, 'Arn'] }))
  expect(sources.length).toBeGreaterThan(0)
  expect(policies.map(({ Properties }) => (Properties.PolicyDocument as { Statement: unknown }).Statement)).toEqual([
    [
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: 'Notices' },
        Condition: { ArnEquals: { 'aws:SourceArn': sources } },
      },
    ],
  ])
})

test('every queue is encrypted by SQS, under no key that EventBridge could not use', () => {
  const queues = Object.values(all).filter(({ Type }) => Type === 'AWS::SQS::Queue')
  expect(queues.length).toBeGreaterThan(0)
  for (const { Properties } of queues) {
    expect(Properties.SqsManagedSseEnabled).toBe(true)
    expect(Properties).not.toHaveProperty('KmsMasterKeyId')
  }
})
