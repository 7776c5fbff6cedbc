import { authorizer } from '../../../../local/stack/access.ts'
import { unknownActions, unknownConditionKeys } from '../../../../local/stack/audit.ts'
import { admits, checkPolicy } from '../../../../local/stack/policy.ts'
import { readTemplate } from '../../../../local/stack/template.ts'
import type { AccessRequest } from '../../../../local/world/types.ts'
import { account, fixtureTemplate, type RawTemplate, region } from './fixture.ts'

const read = (template: RawTemplate) => readTemplate(template, { account, region })
const statements = (template: RawTemplate) =>
  template.Resources.SyncRole.Properties.Policies[0].PolicyDocument.Statement

const changeRecords: AccessRequest = {
  accessKeyId: 'SyncRole',
  action: 'route53:ChangeResourceRecordSets',
  resources: ['arn:aws:route53:::hostedzone/Z1'],
  context: {
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['a.example'],
    'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
    'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
  },
}
const names = 'route53:ChangeResourceRecordSetsNormalizedRecordNames'
const instance = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-1'
const sendCommand = {
  accessKeyId: 'SyncRole',
  action: 'ssm:SendCommand',
  resources: [instance],
  context: { 'aws:ResourceTag/stage': 'dev' },
}

describe('a role may', () => {
  const authorize = authorizer(read(fixtureTemplate()))

  test.each<[string, AccessRequest, boolean]>([
    ['do what a statement allows', changeRecords, true],
    [
      'not change another name',
      { ...changeRecords, context: { ...changeRecords.context, [names]: ['a.example', 'b.example'] } },
      false,
    ],
    ['not touch another zone', { ...changeRecords, resources: ['arn:aws:route53:::hostedzone/Z2'] }, false],
    ['not do another action', { ...changeRecords, action: 'route53:DeleteHostedZone' }, false],
    [
      'do what a wildcard allows',
      { accessKeyId: 'SyncRole', action: 'ec2:DescribeInstances', resources: [], context: {} },
      true,
    ],
    ['command an instance with the tag', sendCommand, true],
    ['not command one with another tag', { ...sendCommand, context: { 'aws:ResourceTag/stage': 'prod' } }, false],
    ['not command one without tags', { ...sendCommand, context: {} }, false],
    [
      'not do it when one of the resources is not allowed',
      { ...sendCommand, resources: [instance, 'arn:aws:ssm:eu-central-1::document/x'] },
      false,
    ],
    // As on AWS: ForAllValues is true of a key that is not there.
    ['change records when the request carries no names', { ...changeRecords, context: {} }, true],
  ])('%s', (_, request, allowed) => {
    expect(authorize(request) === undefined).toBe(allowed)
  })

  test('an explicit deny wins', () => {
    const template = fixtureTemplate()
    statements(template).push({ Effect: 'Deny', Action: 'route53:*', Resource: '*' })
    expect(authorizer(read(template))(changeRecords)).toContain('with an explicit deny in an identity-based policy')
  })

  test('attached policies count', () => {
    const template = fixtureTemplate()
    template.Resources.More = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'more',
        Roles: [{ Ref: 'SyncRole' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'route53:GetChange', Resource: '*' }],
        },
      },
    }
    const request = {
      accessKeyId: 'SyncRole',
      action: 'route53:GetChange',
      resources: ['arn:aws:route53:::change/C1'],
      context: {},
    }
    expect(authorizer(read(template))(request)).toBeUndefined()
    expect(authorize(request)).toBe(
      'User: arn:aws:iam::123456789012:role/local-SyncRole-0A1B2C3D4E5F is not authorized to perform: route53:GetChange on resource: arn:aws:route53:::change/C1 because no identity-based policy allows the route53:GetChange action',
    )
  })

  test('nobody else may do anything, but the person at the keyboard everything', () => {
    expect(authorize({ ...changeRecords, accessKeyId: 'Stranger' })).toContain(
      '"Stranger" belongs to no role of the template',
    )
    expect(authorize({ ...changeRecords, accessKeyId: 'local-admin', action: 'iam:Anything' })).toBeUndefined()
  })
})

describe('a policy is refused', () => {
  const statement = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }
  test.each([
    [
      { ...statement, Condition: { StringEqualz: { a: 'b' } } },
      'p.Statement[0].Condition.StringEqualz: is no condition operator of IAM',
    ],
    [{ ...statement, Conditions: {} }, 'p.Statement[0].Conditions: is not understood here'],
    [{ ...statement, Effect: 'allow' }, 'p.Statement[0].Effect: found "allow", wanted "Allow" or "Deny"'],
    [{ ...statement, NotAction: 'x' }, 'p.Statement[0].NotAction: is not understood here'],
  ])('%j', (bad, message) => {
    expect(() => checkPolicy({ Version: '2012-10-17', Statement: bad }, 'p')).toThrow(message)
  })

  test('for a managed policy that is not known', () => {
    const template = fixtureTemplate()
    template.Resources.SyncRole.Properties.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess']
    expect(() => authorizer(read(template))).toThrow(
      'SyncRole.ManagedPolicyArns: arn:aws:iam::aws:policy/AdministratorAccess is not known',
    )
  })
})

describe('a queue policy', () => {
  const queue = 'arn:aws:sqs:eu-central-1:123456789012:q'
  const rule = 'arn:aws:events:eu-central-1:123456789012:rule/r'
  const question = { action: 'sqs:SendMessage', resource: queue, context: { 'aws:SourceArn': rule } }
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue,
  }
  test.each<[string, object, boolean]>([
    ['lets the service in', allow, true],
    ['lets the rule in', { ...allow, Condition: { ArnEquals: { 'aws:SourceArn': rule } } }, true],
    ['keeps another rule out', { ...allow, Condition: { ArnEquals: { 'aws:SourceArn': `${rule}2` } } }, false],
    ['keeps another service out', { ...allow, Principal: { Service: 'sns.amazonaws.com' } }, false],
    ['keeps another action out', { ...allow, Action: 'sqs:ReceiveMessage' }, false],
    ['of another queue says nothing', { ...allow, Resource: `${queue}2` }, false],
  ])('%s', (_, statement, expected) => {
    const document = checkPolicy({ Version: '2012-10-17', Statement: [statement] }, 'p')
    expect(admits([document], 'events.amazonaws.com', question)).toBe(expected)
  })

  test('no policy lets nobody in', () => {
    expect(admits([], 'events.amazonaws.com', question)).toBe(false)
  })
})

describe('spelling', () => {
  test('of the fixture is right', async () => {
    const template = read(fixtureTemplate())
    expect(await unknownActions(template)).toEqual([])
    expect(await unknownConditionKeys(template)).toEqual([])
  })

  test('of a condition key', async () => {
    const template = fixtureTemplate()
    statements(template)[1].Condition = {
      'ForAllValues:StringEquals': { 'route53:ChangeResourceRecordSetsRecordNames': ['a'] },
    }
    const problem =
      'SyncRole: route53:ChangeResourceRecordSetsRecordNames is no condition key of route53:ChangeResourceRecordSets'
    expect(await unknownConditionKeys(read(template))).toEqual([problem])
  })

  test('of a tag key on an action that carries no tags', async () => {
    const template = fixtureTemplate()
    statements(template)[3].Action = 'ec2:DescribeInstances'
    statements(template)[3].Condition = { StringEquals: { 'aws:ResourceTag/stage': 'dev', 'aws:SourceIp': '10.0.0.1' } }
    const problem = 'SyncRole: aws:ResourceTag/stage is no condition key of ec2:DescribeInstances'
    expect(await unknownConditionKeys(read(template))).toEqual([problem])
  })

  test.each(['route53:ChangeResourceRecordSet', 'rout53:GetChange', 'sqs:Recieve*'])(
    'of the action %s',
    async (action) => {
      const template = fixtureTemplate()
      statements(template)[0].Action = ['sqs:ReceiveMessage', action]
      expect(await unknownActions(read(template))).toEqual([`SyncRole: ${action} is no action that AWS knows`])
    },
  )
})

test('a host may what the role of its instance profile may, and no more', () => {
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'route53:*', Resource: '*' }] }
  const hostRoles = new Map([
    ['web-host', { arn: 'arn:aws:iam::1:role/web', policies: [{ name: 'dns', document: policy }] }],
  ])
  const authorize = authorizer(read(fixtureTemplate()), () => ({ roles: new Map(), sessions: new Map(), hostRoles }))
  const ask = (action: string) => authorize({ accessKeyId: 'web-host', action, resources: ['*'], context: {} })
  expect(ask('route53:ChangeResourceRecordSets')).toBeUndefined()
  expect(ask('ssm:SendCommand')).toMatch(/User: arn:aws:iam::1:role\/web is not authorized to perform: ssm:SendCommand/)
})

describe('a role of another account', () => {
  const ROLE = 'arn:aws:iam::210987654321:role/dns'
  const SYNC = 'arn:aws:iam::123456789012:role/local-SyncRole-*'
  const take: AccessRequest = { accessKeyId: 'SyncRole', action: 'sts:AssumeRole', resources: [ROLE], context: {} }
  const trusting = (Principal: unknown, Condition?: unknown) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(Condition ? { Condition } : {}) }],
  })
  const HOME = { AWS: 'arn:aws:iam::123456789012:root' }
  const named = (arn: string) => ({ ArnLike: { 'aws:PrincipalArn': [arn] } })
  const permissions = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['route53:GetHostedZone'], Resource: 'arn:aws:route53:::hostedzone/Z1' }],
  }
  const session = { accessKeyId: 'ASIA1', roleArn: ROLE, sessionName: 'sync', expiresAt: 1 }

  /** `may`: whether the caller's own policy lets him take it. */
  function asked(request: AccessRequest, trust: unknown, may = true) {
    const template = fixtureTemplate()
    if (may) statements(template).push({ Effect: 'Allow', Action: ['sts:AssumeRole'], Resource: [ROLE] })
    const world = {
      roles: new Map([[ROLE, { arn: ROLE, trust, permissions }]]),
      sessions: new Map([['ASIA1', session]]),
      hostRoles: new Map(),
    }
    return authorizer(read(template), () => world)(request)
  }

  test.each<[string, boolean, unknown, AccessRequest?]>([
    ['taken where both accounts agree', true, trusting(HOME)],
    ['taken where its trust names the caller’s role', true, trusting(HOME, named(SYNC))],
    ['taken by the ARN of the caller', true, trusting({ AWS: SYNC.replace('*', '0A1B2C3D4E5F') })],
    ['not taken where its trust names another role', false, trusting(HOME, named(SYNC.replace('Sync', 'Other')))],
    ['not taken where its trust names another account', false, trusting({ AWS: 'arn:aws:iam::999999999999:root' })],
    ['not taken where it trusts a service', false, trusting({ Service: 'lambda.amazonaws.com' })],
    ['not taken when it is not there', false, trusting(HOME), { ...take, resources: [`${ROLE}2`] }],
    ['taken by the person at the keyboard, if trusted', true, trusting(HOME), { ...take, accessKeyId: 'local-admin' }],
    ['not taken by him, if not', false, trusting(HOME, named(SYNC)), { ...take, accessKeyId: 'local-admin' }],
  ])('%s', (_, allowed, trust, request = take) => {
    const answer = asked(request, trust)
    if (allowed) expect(answer).toBeUndefined()
    else expect(answer).toMatch(/^User: \S+ is not authorized to perform: sts:AssumeRole on resource: \S+$/)
  })

  test('not taken where only its trust agrees', () =>
    expect(asked(take, trusting(HOME), false)).toContain('sts:AssumeRole'))

  test('whoever has taken it may what it may, and nothing else', () => {
    const ask = (action: string) =>
      asked(
        { accessKeyId: 'ASIA1', action, resources: ['arn:aws:route53:::hostedzone/Z1'], context: {} },
        trusting(HOME),
      )
    expect(ask('route53:GetHostedZone')).toBeUndefined()
    expect(ask('route53:ChangeResourceRecordSets')).toContain(
      'User: arn:aws:sts::210987654321:assumed-role/dns/sync is not authorized to perform: route53:ChangeResourceRecordSets',
    )
  })
})
