// The evaluator of policies against the rules and examples of the IAM User Guide; groups bear its headings.
import type { Conditions, RequestContext } from '../../../../local/stack/condition.ts'
import { type Decision, decide, decideFor } from '../../../../local/stack/decide.ts'
import { checkStatement, type PolicyKind, type Statement } from '../../../../local/stack/statement.ts'

const queue = 'arn:aws:sqs:us-east-2:123456789012:queue1'
const allow: Statement = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queue }
const deny: Statement = { ...allow, Effect: 'Deny' }
const ask = { action: 'sqs:SendMessage', resource: queue, context: {} }

/** As a policy is used: checked, then asked. */
function verdict(statements: readonly object[], question = ask): Decision {
  statements.forEach((statement, i) => {
    checkStatement(statement as Statement, `p[${i}]`, 'identity')
  })
  return decide(statements as Statement[], question)
}

function holds(conditions: Conditions, context: RequestContext): boolean {
  return verdict([{ ...allow, Condition: conditions }], { ...ask, context }) === 'Allowed'
}

type ConditionCase = [name: string, conditions: Conditions, context: RequestContext, expected: boolean]

describe('Policy evaluation logic: within one account', () => {
  test.each<[string, readonly object[], Decision]>([
    ['an implicit deny when there is no statement', [], 'ImplicitlyDenied'],
    ['an implicit deny when no statement applies', [{ ...allow, Action: 'sqs:DeleteMessage' }], 'ImplicitlyDenied'],
    ['an allow overrides the implicit deny', [{ ...allow, Action: 'sqs:DeleteMessage' }, allow], 'Allowed'],
    ['an explicit deny overrides any allow before it', [allow, deny], 'ExplicitlyDenied'],
    ['an explicit deny overrides any allow after it', [deny, allow], 'ExplicitlyDenied'],
    ['an explicit deny needs no allow', [deny], 'ExplicitlyDenied'],
    ['a deny that does not apply denies nothing', [allow, { ...deny, Action: 'sqs:DeleteMessage' }], 'Allowed'],
    [
      'a deny whose condition is false denies nothing',
      [allow, { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      'Allowed',
    ],
  ])('%s', (_, statements, expected) => {
    expect(verdict(statements)).toBe(expected)
  })
})

describe('IAM JSON policy elements: Action and NotAction', () => {
  test.each<[string, object, boolean]>([
    ['one action', { Action: 'sqs:SendMessage' }, true],
    ['prefix and name are not case-sensitive', { Action: 'SQS:sendmessage' }, true],
    ['one of several', { Action: ['sqs:ReceiveMessage', 'sqs:SendMessage'] }, true],
    ['a longer name is another action', { Action: 'sqs:SendMessageBatch' }, false],
    ['a shorter name is another action', { Action: 'sqs:Send' }, false],
    ['another service', { Action: 'sns:SendMessage' }, false],
    ['* for every action', { Action: '*' }, true],
    ['* for every action of the service', { Action: 'sqs:*' }, true],
    ['* of another service', { Action: 'sns:*' }, false],
    ['* at the end, in any case', { Action: 'sqs:SEND*' }, true],
    ['* in the middle', { Action: 'sqs:*Mess*' }, true],
    ['? for one character', { Action: 'sqs:SendMessag?' }, true],
    ['? is not for none', { Action: 'sqs:SendMessage?' }, false],
    ['NotAction: everything but the listed', { NotAction: ['sqs:DeleteQueue', 'iam:*'] }, true],
    ['NotAction: the listed', { NotAction: ['sqs:DeleteQueue', 'sqs:SEND*'] }, false],
  ])('%s', (_, element, applies) => {
    const { Action: _action, ...rest } = allow
    expect(verdict([{ ...rest, ...element }])).toBe(applies ? 'Allowed' : 'ImplicitlyDenied')
  })
})

describe('IAM JSON policy elements: Resource and NotResource', () => {
  const bob = 'arn:aws:iam::123456789012:user/accounting/Bob'
  test.each<[string, object, string, boolean]>([
    ['a specific queue', { Resource: queue }, queue, true],
    ['one of several', { Resource: [bob, queue] }, queue, true],
    ['is case-sensitive', { Resource: queue.replace('queue1', 'Queue1') }, queue, false],
    ['* for every resource', { Resource: '*' }, queue, true],
    ['* for an action without resources', { Resource: '*' }, '*', true],
    ['an ARN is not for an action without resources', { Resource: 'arn:aws:sqs:*:*:*' }, '*', false],
    ['all users whose path is /accounting', { Resource: 'arn:aws:iam::123456789012:user/accounting/*' }, bob, true],
    ['a path that is not named', { Resource: 'arn:aws:iam::123456789012:user/sales/*' }, bob, false],
    ['* reaches over slashes', { Resource: 'arn:aws:iam::123456789012:user/*' }, bob, true],
    ['? for one character', { Resource: 'arn:aws:sqs:us-east-2:123456789012:queue?' }, queue, true],
    ['wildcards in region and account', { Resource: 'arn:aws:sqs:us-*:????????????:queue1' }, queue, true],
    [
      '* stays within its segment',
      { Resource: 'arn:aws:someservice:*:111122223333:finance/*' },
      'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt',
      false,
    ],
    [
      '* of the last segment reaches over colons',
      { Resource: 'arn:aws:logs:eu-central-1:1:log-group:*' },
      'arn:aws:logs:eu-central-1:1:log-group:/aws/lambda/f:log-stream:s',
      true,
    ],
    [
      'what follows a colon of the last segment is compared',
      { Resource: 'arn:aws:logs:eu-central-1:1:log-group:/aws/lambda/g:*' },
      'arn:aws:logs:eu-central-1:1:log-group:/aws/lambda/f:log-stream:s',
      false,
    ],
    ['a dot is a dot', { Resource: 'arn:aws:s3:::a.b' }, 'arn:aws:s3:::axb', false],
    ['NotResource: every other', { NotResource: [bob] }, queue, true],
    ['NotResource: the listed', { NotResource: [bob, 'arn:aws:sqs:*:*:queue?'] }, queue, false],
  ])('%s', (_, element, resource, applies) => {
    const { Resource: _resource, ...rest } = allow
    expect(verdict([{ ...rest, ...element }], { ...ask, resource })).toBe(applies ? 'Allowed' : 'ImplicitlyDenied')
  })
})

describe('IAM JSON policy elements: Principal', () => {
  test.each<[string, unknown, Decision]>([
    ['the service', { Service: 'events.amazonaws.com' }, 'Allowed'],
    ['one of several services', { Service: ['lambda.amazonaws.com', 'events.amazonaws.com'] }, 'Allowed'],
    ['another service', { Service: 'lambda.amazonaws.com' }, 'ImplicitlyDenied'],
    ['an account', { AWS: '123456789012' }, 'ImplicitlyDenied'],
    ['everyone', '*', 'Allowed'],
    ['everyone, written with AWS', { AWS: '*' }, 'Allowed'],
  ])('%s', (_, Principal, expected) => {
    const statement = { ...allow, Principal }
    checkStatement(statement, 'p', 'queue')
    expect(decideFor('events.amazonaws.com', [statement], ask)).toBe(expected)
  })

  const forEvents = { ...allow, Principal: { Service: 'events.amazonaws.com' } }

  test.each<[string, unknown, Decision]>([
    ['a deny for the service wins', { Service: 'events.amazonaws.com' }, 'ExplicitlyDenied'],
    ['a deny for another service does not', { Service: 'sns.amazonaws.com' }, 'Allowed'],
  ])('%s', (_, Principal, expected) => {
    expect(decideFor('events.amazonaws.com', [forEvents, { ...deny, Principal }], ask)).toBe(expected)
  })

  test("a role's trust speaks of the role without a Resource", () => {
    const trust: Statement = {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }
    checkStatement(trust, 'p', 'trust')
    const question = { action: 'sts:AssumeRole', resource: 'arn:aws:iam::123456789012:role/r', context: {} }
    expect(decideFor('lambda.amazonaws.com', [trust], question)).toBe('Allowed')
    expect(decideFor('events.amazonaws.com', [trust], question)).toBe('ImplicitlyDenied')
  })
})

describe('IAM JSON policy elements: Condition operators', () => {
  const job = 'aws:PrincipalTag/job-category'
  const admin = { [job]: 'iamuser-admin' }
  const topic = 'arn:aws:sns:us-east-2:123456789012:topic'
  const from = (arn: string) => ({ 'aws:SourceArn': arn })
  const maxKeys = (value: string) => ({ 's3:max-keys': value })

  describe('String condition operators', () => {
    test.each<ConditionCase>([
      ['StringEquals: exact matching', { StringEquals: admin }, admin, true],
      ['StringEquals: another value', { StringEquals: admin }, { [job]: 'user' }, false],
      ['StringEquals: case-sensitive', { StringEquals: admin }, { [job]: 'IAMUser-Admin' }, false],
      ['StringEquals: * is a character', { StringEquals: { [job]: 'iamuser-*' } }, admin, false],
      ['StringEquals: the key is not present', { StringEquals: admin }, {}, false],
      ['StringNotEquals: negated matching', { StringNotEquals: admin }, { [job]: 'user' }, true],
      ['StringNotEquals: the same value', { StringNotEquals: admin }, admin, false],
      ['StringNotEquals: the key is not present', { StringNotEquals: admin }, {}, true],
      ['StringEqualsIgnoreCase', { StringEqualsIgnoreCase: admin }, { [job]: 'IAMUser-Admin' }, true],
      ['StringEqualsIgnoreCase: another value', { StringEqualsIgnoreCase: admin }, { [job]: 'user' }, false],
      ['StringNotEqualsIgnoreCase', { StringNotEqualsIgnoreCase: admin }, { [job]: 'IAMUser-Admin' }, false],
      ['StringNotEqualsIgnoreCase: another value', { StringNotEqualsIgnoreCase: admin }, { [job]: 'user' }, true],
      [
        'StringLike: * for many characters',
        { StringLike: { 's3:prefix': 'home/*' } },
        { 's3:prefix': 'home/a/b' },
        true,
      ],
      ['StringLike: * for none', { StringLike: { 's3:prefix': 'home/*' } }, { 's3:prefix': 'home/' }, true],
      ['StringLike: * over colons', { StringLike: { k: 'a:*:d' } }, { k: 'a:b:c:d' }, true],
      ['StringLike: * over lines', { StringLike: { k: 'a*d' } }, { k: 'a\nd' }, true],
      ['StringLike: ? for one character', { StringLike: { k: 'h?me' } }, { k: 'home' }, true],
      ['StringLike: no partial match without wildcards', { StringLike: { k: 'home' } }, { k: 'home/' }, false],
      ['StringLike: case-sensitive', { StringLike: { k: 'HOME*' } }, { k: 'home' }, false],
      ['StringLike: the empty string', { StringLike: { 's3:prefix': ['', 'home/'] } }, { 's3:prefix': '' }, true],
      [
        'StringLike: a dot, a bracket and a dollar are characters',
        { StringLike: { k: 'a.b[1]$*' } },
        { k: 'a.b[1]$' },
        true,
      ],
      ['StringLike: a dot is not a wildcard', { StringLike: { k: 'a.b*' } }, { k: 'axb' }, false],
      ['StringLike: the key is not present', { StringLike: { k: '*' } }, {}, false],
      ['StringNotLike: negated', { StringNotLike: { k: 'home/*' } }, { k: 'home/a' }, false],
      ['StringNotLike: another value', { StringNotLike: { k: 'home/*' } }, { k: 'work' }, true],
      ['StringNotLike: the key is not present', { StringNotLike: { k: 'home/*' } }, {}, true],
    ])('%s', (_, conditions, context, expected) => {
      expect(holds(conditions, context)).toBe(expected)
    })
  })

  describe('Numeric condition operators', () => {
    test.each<ConditionCase>([
      ['NumericEquals', { NumericEquals: { 's3:max-keys': '10' } }, maxKeys('10'), true],
      ['NumericEquals: compares numbers, not text', { NumericEquals: { 's3:max-keys': '10' } }, maxKeys('10.0'), true],
      ['NumericEquals: a number in the policy', { NumericEquals: { 's3:max-keys': 10 } }, maxKeys('10'), true],
      ['NumericEquals: another number', { NumericEquals: { 's3:max-keys': '10' } }, maxKeys('11'), false],
      ['NumericNotEquals', { NumericNotEquals: { 's3:max-keys': '10' } }, maxKeys('11'), true],
      ['NumericNotEquals: the same number', { NumericNotEquals: { 's3:max-keys': '10' } }, maxKeys('10.0'), false],
      ['NumericNotEquals: the key is not present', { NumericNotEquals: { 's3:max-keys': '10' } }, {}, true],
      ['NumericLessThan: below', { NumericLessThan: { 's3:max-keys': '10' } }, maxKeys('9'), true],
      ['NumericLessThan: equal', { NumericLessThan: { 's3:max-keys': '10' } }, maxKeys('10'), false],
      ['NumericLessThanEquals: equal', { NumericLessThanEquals: { 's3:max-keys': '10' } }, maxKeys('10'), true],
      ['NumericLessThanEquals: above', { NumericLessThanEquals: { 's3:max-keys': '10' } }, maxKeys('10.5'), false],
      ['NumericGreaterThan: above', { NumericGreaterThan: { 's3:max-keys': '-2' } }, maxKeys('-1'), true],
      ['NumericGreaterThan: equal', { NumericGreaterThan: { 's3:max-keys': '10' } }, maxKeys('10'), false],
      ['NumericGreaterThanEquals: equal', { NumericGreaterThanEquals: { 's3:max-keys': '10' } }, maxKeys('10'), true],
      ['NumericGreaterThanEquals: below', { NumericGreaterThanEquals: { 's3:max-keys': '10' } }, maxKeys('9'), false],
      [
        'NumericGreaterThan: the request gives no number',
        { NumericGreaterThan: { 's3:max-keys': '-1' } },
        maxKeys(''),
        false,
      ],
      ['NumericLessThan: the key is not present', { NumericLessThan: { 's3:max-keys': '10' } }, {}, false],
    ])('%s', (_, conditions, context, expected) => {
      expect(holds(conditions, context)).toBe(expected)
    })
  })

  describe('Boolean condition operators', () => {
    const secure = 'aws:SecureTransport'
    test.each<ConditionCase>([
      ['Bool: true', { Bool: { [secure]: 'true' } }, { [secure]: 'true' }, true],
      ['Bool: false', { Bool: { [secure]: 'false' } }, { [secure]: 'true' }, false],
      ['Bool: a boolean in the policy', { Bool: { [secure]: true } }, { [secure]: 'true' }, true],
      ['Bool: the key is not present', { Bool: { [secure]: 'false' } }, {}, false],
    ])('%s', (_, conditions, context, expected) => {
      expect(holds(conditions, context)).toBe(expected)
    })
  })

  describe.each(['Equals', 'Like'])('Amazon Resource Name (ARN) condition operators: Arn%s', (like) => {
    const arn = (pattern: string) => ({ [`Arn${like}`]: from(pattern) })
    const not = (pattern: string) => ({ [`ArnNot${like}`]: from(pattern) })
    const finance = 'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt'
    test.each<ConditionCase>([
      ['the same ARN', arn(topic), from(topic), true],
      ['another ARN', arn(topic), from(`${topic}2`), false],
      ['case-sensitive', arn(topic), from(topic.replace('topic', 'Topic')), false],
      ['* in each component', arn('arn:*:sns:*:*:*'), from(topic), true],
      ['? for one character', arn(topic.replace('topic', 'top??')), from(topic), true],
      [
        'a wildcard stays within its component',
        arn('arn:aws:someservice:*:111122223333:finance/*'),
        from(finance),
        false,
      ],
      ['the request gives an ARN of fewer parts', arn('arn:*:*:*:*:*'), from('arn:aws:sns'), false],
      ['the request gives no ARN', arn('arn:*:*:*:*:*'), from('topic'), false],
      ['the key is not present', arn('arn:*:*:*:*:*'), {}, false],
      ['negated: the same ARN', not(topic), from(topic), false],
      ['negated: a pattern that fits', not('arn:aws:sns:*:*:*'), from(topic), false],
      ['negated: another ARN', not(topic), from(`${topic}2`), true],
      ['negated: the key is not present', not(topic), {}, true],
    ])('%s', (_, conditions, context, expected) => {
      expect(holds(conditions, context)).toBe(expected)
    })
  })

  test('a string operator matches where an ARN operator does not', () => {
    const pattern = 'arn:aws:someservice:*:111122223333:finance/*'
    const value = 'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt'
    expect(holds({ StringLike: from(pattern) }, from(value))).toBe(true)
  })

  describe('...IfExists condition operators', () => {
    const types = { 'ec2:InstanceType': ['t1.*', 't2.*', 'm3.*'] }
    test.each<ConditionCase>([
      ['without it, a missing key does not match', { StringLike: types }, {}, false],
      ['the key is not present: true', { StringLikeIfExists: types }, {}, true],
      [
        'the key is present: processed as specified',
        { StringLikeIfExists: types },
        { 'ec2:InstanceType': 't2.nano' },
        true,
      ],
      [
        'the key is present and does not match',
        { StringLikeIfExists: types },
        { 'ec2:InstanceType': 'c5.large' },
        false,
      ],
      ['a negated operator: the key is not present', { StringNotEqualsIfExists: admin }, {}, true],
      ['a negated operator: the same value', { StringNotEqualsIfExists: admin }, admin, false],
      ['Bool', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }, {}, true],
      ['Numeric', { NumericLessThanIfExists: { 's3:max-keys': '10' } }, {}, true],
      ['Arn', { ArnLikeIfExists: from(topic) }, {}, true],
      [
        'another element of the condition can still fail',
        { StringLikeIfExists: types, StringEquals: admin },
        {},
        false,
      ],
    ])('%s', (_, conditions, context, expected) => {
      expect(holds(conditions, context)).toBe(expected)
    })

    test('a deny with StringNotEqualsIfExists denies even if the tag is missing', () => {
      expect(verdict([allow, { ...deny, Condition: { StringNotEqualsIfExists: admin } }])).toBe('ExplicitlyDenied')
    })
  })

  describe('Condition operator to check existence of condition keys', () => {
    const issued = 'aws:TokenIssueTime'
    test.each<ConditionCase>([
      ['true: the key does not exist', { Null: { [issued]: 'true' } }, {}, true],
      ['true: the key exists', { Null: { [issued]: 'true' } }, { [issued]: '2020-01-01T00:00:01Z' }, false],
      ['false: the key exists', { Null: { [issued]: 'false' } }, { [issued]: '2020-01-01T00:00:01Z' }, true],
      ['false: the key does not exist', { Null: { [issued]: 'false' } }, {}, false],
      ['false: a multivalued key exists', { Null: { 'aws:TagKeys': 'false' } }, { 'aws:TagKeys': ['a', 'b'] }, true],
      [
        'false: a multivalued key of empty strings',
        { Null: { 'aws:TagKeys': 'false' } },
        { 'aws:TagKeys': [''] },
        false,
      ],
      ['false: a multivalued key is empty', { Null: { 'aws:TagKeys': 'false' } }, { 'aws:TagKeys': [] }, false],
      [
        'false: a tag with an empty value exists',
        { Null: { 'aws:ResourceTag/a': false } },
        { 'aws:ResourceTag/a': '' },
        true,
      ],
    ])('%s', (_, conditions, context, expected) => {
      expect(holds(conditions, context)).toBe(expected)
    })
  })
})

describe('Conditions with multiple context keys or values', () => {
  const both = { StringEquals: { 'aws:PrincipalTag/department': ['finance', 'hr'], 'aws:PrincipalTag/role': 'audit' } }
  const tag = (department: string, role = 'audit') => ({
    'aws:PrincipalTag/department': department,
    'aws:PrincipalTag/role': role,
  })
  test.each<ConditionCase>([
    ['several values of a key: OR', both, tag('hr'), true],
    ['several values of a key: none fits', both, tag('it'), false],
    ['several keys of an operator: AND', both, tag('hr', 'clerk'), false],
    ['several operators: AND', { ...both, Bool: { 'aws:SecureTransport': 'true' } }, tag('hr'), false],
    ['several values of a negated operator: NOR', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
    ['several values of a negated operator: none fits', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'c' }, true],
    [
      'context key names are not case-sensitive',
      { StringEquals: { 'AWS:Username': 'john' } },
      { 'aws:username': 'john' },
      true,
    ],
    ['context key values are', { StringEquals: { 'aws:username': 'john' } }, { 'aws:username': 'John' }, false],
    ['an empty Condition is no condition', {}, {}, true],
  ])('%s', (_, conditions, context, expected) => {
    expect(holds(conditions, context)).toBe(expected)
  })
})

describe('Set operators for multivalued context keys', () => {
  const attributes = 'dynamodb:requestedAttributes'
  const listed = { [attributes]: ['PostDateTime', 'Message', 'Tags'] }
  const all = { 'ForAllValues:StringLike': listed }
  const any = { 'ForAnyValue:StringLike': listed }
  const asked = (...values: string[]) => ({ [attributes]: values })
  test.each<ConditionCase>([
    ['ForAllValues: every value is listed', all, asked('PostDateTime', 'Tags'), true],
    ['ForAllValues: one value is not', all, asked('PostDateTime', 'UserName'), false],
    ['ForAllValues: the key is not present', all, {}, true],
    ['ForAllValues: an empty list', all, asked(), true],
    ['ForAllValues: a null data set, such as an empty string', all, { [attributes]: '' }, true],
    ['ForAllValues: an empty string among others is a value', all, asked('', 'Tags'), false],
    ['ForAllValues with Null false: the key is not present', { ...all, Null: { [attributes]: 'false' } }, {}, false],
    [
      'ForAllValues with Null false: the key is present',
      { ...all, Null: { [attributes]: 'false' } },
      asked('Tags'),
      true,
    ],
    ['ForAllValues: negated, none is listed', { 'ForAllValues:StringNotLike': listed }, asked('ID', 'UserName'), true],
    ['ForAllValues: negated, one is listed', { 'ForAllValues:StringNotLike': listed }, asked('ID', 'Tags'), false],
    ['ForAllValues: negated, the key is not present', { 'ForAllValues:StringNotLike': listed }, {}, true],
    ['ForAnyValue: one value is listed', any, asked('UserName', 'PostDateTime'), true],
    ['ForAnyValue: no value is', any, asked('UserName', 'ID'), false],
    ['ForAnyValue: the key is not present', any, {}, false],
    ['ForAnyValue: an empty list', any, asked(), false],
    ['ForAnyValue: negated, one is not listed', { 'ForAnyValue:StringNotLike': listed }, asked('ID', 'Tags'), true],
    ['ForAnyValue: negated, all are listed', { 'ForAnyValue:StringNotLike': listed }, asked('Message', 'Tags'), false],
    ['ForAnyValue: negated, the key is not present', { 'ForAnyValue:StringNotLike': listed }, {}, false],
    ['ForAnyValue with IfExists: the key is not present', { 'ForAnyValue:StringLikeIfExists': listed }, {}, true],
    [
      'ForAllValues with IfExists: one value is not listed',
      { 'ForAllValues:StringLikeIfExists': listed },
      asked('ID'),
      false,
    ],
  ])('%s', (_, conditions, context, expected) => {
    expect(holds(conditions, context)).toBe(expected)
  })

  test('a multivalued key requires a set operator', () => {
    expect(() => holds({ StringEquals: { k: 'a' } }, { k: ['a'] })).toThrow(
      'Condition.StringEquals.k: is multivalued, wanted ForAllValues: or ForAnyValue:',
    )
  })
})

describe('refused', () => {
  const conditions = (name: string, value: unknown = 'x') => ({ ...allow, Condition: { [name]: { k: value } } })
  const { Action: _action, ...noAction } = allow
  const { Resource: _resource, ...noResource } = allow
  const service = { Principal: { Service: 'events.amazonaws.com' } }

  test.each<[string, object, string, PolicyKind?]>([
    ['an element that IAM does not know', { ...allow, Actions: 'x' }, 'p.Actions: is not understood here'],
    ['NotPrincipal', { ...allow, NotPrincipal: '*' }, 'p.NotPrincipal: is not understood here', 'queue'],
    ['an Effect in another case', { ...allow, Effect: 'allow' }, 'p.Effect: found "allow", wanted "Allow" or "Deny"'],
    ['no Action', noAction, 'p.Action: is missing'],
    ['no Resource', noResource, 'p.Resource: is missing'],
    ['Action beside NotAction', { ...allow, NotAction: 'a:b' }, 'p.NotAction: is not understood here beside Action'],
    [
      'Resource beside NotResource',
      { ...allow, NotResource: '*' },
      'p.NotResource: is not understood here beside Resource',
    ],
    [
      'an action without its service',
      { ...allow, Action: 'Send' },
      'p.Action: found "Send", wanted "*" or service:name',
    ],
    ['no actions at all', { ...allow, Action: [] }, 'p.Action: found [], wanted "*" or service:name'],
    [
      'a resource that is no ARN',
      { ...allow, Resource: 'q*' },
      'p.Resource: found "q*", wanted "*" or an ARN of six parts',
    ],
    ['an ARN of fewer parts', { ...allow, Resource: 'arn:aws:sqs:*' }, 'p.Resource: found "arn:aws:sqs:*"'],
    ['an ARN without its last part', { ...allow, Resource: 'arn:aws:sqs:::' }, 'p.Resource: found "arn:aws:sqs:::"'],
    ['a resource that did not resolve', { ...allow, Resource: { Ref: 'Q' } }, 'p.Resource: found {"Ref":"Q"}'],
    [
      'a Principal in a role policy',
      { ...allow, ...service },
      'p.Principal: has no place in a policy of the kind identity',
    ],
    ['no Principal at a queue', allow, 'p.Principal: found undefined', 'queue'],
    ['a Principal of another kind', { ...allow, Principal: { Federated: 'x' } }, 'p.Principal: found {"Fed', 'queue'],
    ['no Resource at a queue', { ...noResource, ...service }, 'p.Resource: is missing', 'queue'],
    [
      'a Resource in a trust',
      { ...allow, ...service },
      'p.Resource: has no place in a policy of the kind trust',
      'trust',
    ],
    [
      'a condition operator that IAM does not know',
      conditions('StringEqualz'),
      'p.Condition.StringEqualz: is no condition',
    ],
    ['a condition operator in another case', conditions('stringEquals'), 'p.Condition.stringEquals: is no condition'],
    [
      'an unknown set operator',
      conditions('ForNoValue:StringLike'),
      'p.Condition.ForNoValue:StringLike: is no condition',
    ],
    ['a negation that IAM does not have', conditions('NotStringLike'), 'p.Condition.NotStringLike: is no condition'],
    ['NumericNotLessThan', conditions('NumericNotLessThan', 1), 'p.Condition.NumericNotLessThan: is no condition'],
    ['NullIfExists', conditions('NullIfExists', 'true'), 'p.Condition.NullIfExists: is no condition'],
    ['ForAllValues:Null', conditions('ForAllValues:Null', 'true'), 'p.Condition.ForAllValues:Null: is no condition'],
    [
      'DateLessThan',
      conditions('DateLessThan'),
      'p.Condition.DateLessThan: is no condition operator of IAM that is known here',
    ],
    ['IpAddress', conditions('IpAddress'), 'p.Condition.IpAddress: is no condition operator of IAM that is known here'],
    ['a name of every object', conditions('constructor'), 'p.Condition.constructor: is no condition'],
    ['Bool with another word', conditions('Bool', 'yes'), 'p.Condition.Bool.k: found "yes", wanted "true" or "false"'],
    [
      'Null with another word',
      conditions('Null', ['true', '']),
      'p.Condition.Null.k: found ["true",""], wanted "true"',
    ],
    [
      'Numeric with a word',
      conditions('NumericEquals', 'ten'),
      'p.Condition.NumericEquals.k: found "ten", wanted a number',
    ],
    ['Arn with a word', conditions('ArnLike', '*'), 'p.Condition.ArnLike.k: found "*", wanted an ARN of six parts'],
    ['a condition without values', conditions('StringEquals', []), 'p.Condition.StringEquals.k: found [], wanted text'],
    [
      'a condition value that did not resolve',
      conditions('StringEquals', { Ref: 'Q' }),
      'found {"Ref":"Q"}, wanted text',
    ],
    [
      'a policy variable in a condition',
      conditions('StringLike', 'home/${aws:username}/'),
      'p.Condition: the policy variable ${aws:username} is not understood here',
    ],
    [
      'a policy variable in the resource',
      { ...allow, Resource: ['*', 'arn:aws:s3:::b/${aws:username}/*'] },
      'p.Resource: the policy variable ${aws:username} is not understood here',
    ],
    ['a policy variable for a wildcard', conditions('StringLike', 'a${*}'), 'p.Condition: the policy variable ${*}'],
    ['a policy variable left open', conditions('StringLike', 'a${aws:x'), 'p.Condition: the policy variable ${aws:x'],
  ])('%s', (_, statement, message, kind = 'identity') => {
    expect(() => checkStatement(statement as Statement, 'p', kind)).toThrow(message)
  })
})
