import { resolve } from '../../../../local/stack/intrinsics.ts'
import { creationOrder } from '../../../../local/stack/order.ts'
import { readTemplate } from '../../../../local/stack/template.ts'
import { account, fixtureTemplate, type RawTemplate, region } from './fixture.ts'

const options = { account, region, stackName: 'local' }
const read = (template: RawTemplate) => readTemplate(template, options)

describe('physical names', () => {
  const { resources } = read(fixtureTemplate())

  test.each([
    [
      'WorkQueue',
      'https://sqs.eu-central-1.amazonaws.com/123456789012/local-work',
      'arn:aws:sqs:eu-central-1:123456789012:local-work',
    ],
    ['StateRule', 'local-StateRule', 'arn:aws:events:eu-central-1:123456789012:rule/local-StateRule'],
    ['SyncRole', 'local-SyncRole-0A1B2C3D4E5F', 'arn:aws:iam::123456789012:role/local-SyncRole-0A1B2C3D4E5F'],
    [
      'SyncDashworkLambdaFunction',
      'local-sync-work',
      'arn:aws:lambda:eu-central-1:123456789012:function:local-sync-work',
    ],
    [
      'SyncDashworkLogGroup',
      '/aws/lambda/local-sync-work',
      'arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/local-sync-work:*',
    ],
  ])('%s', (logicalId, ref, arn) => {
    expect(resources.get(logicalId)).toMatchObject({ ref, attributes: { Arn: arn } })
  })

  test('reach the properties of others', () => {
    expect(resources.get('SyncDashworkLambdaFunction')!.properties.Environment).toEqual({
      Variables: {
        QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/local-work',
        DOCUMENT: 'Configure-1',
        PARAMETER_PREFIX: '/app/sites',
      },
    })
  })

  test('queue URLs lead to the local endpoint when there is one', () => {
    const local = readTemplate(fixtureTemplate(), { ...options, queueOrigin: 'http://127.0.0.1:4566' })
    expect(local.resources.get('WorkQueue')!.ref).toBe('http://127.0.0.1:4566/123456789012/local-work')
  })
})

describe('intrinsics', () => {
  const lookup = {
    ref: (name: string) => ({ Text: 'text', 'AWS::Region': region })[name],
    attribute: (id: string, attribute: string) => (`${id}.${attribute}` === 'Queue.Arn' ? 'arn:q' : undefined),
    condition: (name: string) => ({ Yes: true, No: false })[name],
  }

  test.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'Text' }, 'text'],
    ['GetAtt list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:q'],
    ['GetAtt text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:q'],
    ['Sub', { 'Fn::Sub': '${AWS::Region}/${Text}/${Queue.Arn}/${!Literal}' }, 'eu-central-1/text/arn:q/${Literal}'],
    ['Sub with variables', { 'Fn::Sub': ['${Own}-${Text}', { Own: { Ref: 'Text' } }] }, 'text-text'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Text' }]] }, 'a-text'],
    ['Split and Select', { 'Fn::Select': [1, { 'Fn::Split': [':', { 'Fn::GetAtt': 'Queue.Arn' }] }] }, 'q'],
    ['If', { 'Fn::If': ['Yes', { Ref: 'Text' }, { Ref: 'AWS::NoValue' }] }, 'text'],
    ['NoValue removes a property', { a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: 2 }, { b: 2 }],
    ['NoValue removes an item', ['x', { Ref: 'AWS::NoValue' }], ['x']],
    ['a policy condition is data', { Condition: { Bool: { a: 'true' } } }, { Condition: { Bool: { a: 'true' } } }],
  ])('%s', (_, expression, value) => {
    expect(resolve(expression, lookup, 'here')).toEqual(value)
  })

  test.each([
    [{ Ref: 'Nothing' }, 'here.Ref: "Nothing" is no parameter or resource of the template'],
    [
      { 'Fn::GetAtt': ['Queue', 'Colour'] },
      'here.Fn::GetAtt: "Queue.Colour" is not known here; attributes are listed in local/stack/kinds.ts',
    ],
    [{ 'Fn::Sub': '${Nothing}' }, 'here.Fn::Sub: "${Nothing}" is no parameter, resource or attribute of the template'],
    [{ 'Fn::Cidr': [] }, 'here: Fn::Cidr is not known here; teach it in local/stack/intrinsics.ts'],
    [
      { 'Fn::ImportValue': 'x' },
      'here.Fn::ImportValue: a value of another stack is not available: this stack must stand alone',
    ],
    [{ 'Fn::Join': ['-', 'a'] }, 'here.Fn::Join: found "a", wanted a list'],
    [{ 'Fn::Select': [3, ['a']] }, 'here.Fn::Select: no item 3 in a list of 1'],
    [{ 'Fn::If': ['Maybe', 1, 2] }, 'here.Fn::If: "Maybe" is no condition of the template'],
  ])('%j is refused', (expression, message) => {
    expect(() => resolve(expression, lookup, 'here')).toThrow(new Error(message))
  })
})

describe('a template', () => {
  test('with a type that is not known is refused, with the place to teach it', () => {
    const template = { Resources: { Table: { Type: 'AWS::DynamoDB::Table' } } }
    expect(() => read(template)).toThrow(
      'Table: the local cloud does not know AWS::DynamoDB::Table; teach it in local/stack/kinds.ts',
    )
  })

  test('that depends on nothing known is refused', () => {
    const template = { Resources: { Topic: { Type: 'AWS::SNS::Topic', DependsOn: 'Nobody' } } }
    expect(() => read(template)).toThrow('Topic: depends on "Nobody", which is no resource of the template')
  })

  test('leaves out what its conditions exclude, and takes defaults of its parameters', () => {
    const template = {
      Parameters: { Stage: { Default: 'dev' } },
      Conditions: {
        IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
        IsNot: { 'Fn::Not': [{ Condition: 'IsProd' }] },
      },
      Resources: {
        Loud: { Type: 'AWS::SNS::Topic', Condition: 'IsProd' },
        Quiet: {
          Type: 'AWS::SNS::Topic',
          Condition: 'IsNot',
          Properties: { TopicName: { 'Fn::Sub': 'quiet-${Stage}' } },
        },
      },
    }
    expect([...read(template).resources.keys()]).toEqual(['Quiet'])
    expect(read(template).resources.get('Quiet')!.attributes.TopicName).toBe('quiet-dev')
    const prod = readTemplate(template, { ...options, parameters: { Stage: 'prod' } })
    expect([...prod.resources.keys()]).toEqual(['Loud'])
  })
})

describe('order of creation', () => {
  const order = (template: RawTemplate) => creationOrder(read(template)).map(({ logicalId }) => logicalId)

  test('a parameter comes after all that it depends on, directly or not', () => {
    const ids = order(fixtureTemplate())
    const at = ids.indexOf('SiteParameter')
    const before = [
      'StateRule',
      'WorkQueue',
      'DeadQueue',
      'WorkQueuePolicy',
      'SyncDashworkMapping',
      'SyncDashworkLambdaFunction',
      'SyncRole',
    ]
    for (const id of before) expect(ids.indexOf(id)).toBeLessThan(at)
  })

  test('a parameter without DependsOn comes first', () => {
    const template = fixtureTemplate()
    delete template.Resources.SiteParameter.DependsOn
    expect(order(template)[0]).toBe('SiteParameter')
  })

  test('what a parameter does not depend on comes after it', () => {
    const template = fixtureTemplate()
    template.Resources.SiteParameter.DependsOn = ['WorkQueue']
    expect(order(template).slice(0, 3)).toEqual(['DeadQueue', 'WorkQueue', 'SiteParameter'])
  })

  test('a circle is named', () => {
    const template = {
      Resources: { A: { Type: 'AWS::SNS::Topic', DependsOn: 'B' }, B: { Type: 'AWS::SNS::Topic', DependsOn: 'A' } },
    }
    expect(() => order(template)).toThrow('resources depend on each other in a circle: A -> B -> A')
  })
})
