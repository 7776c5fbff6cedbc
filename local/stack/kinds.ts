// The resource types that this local cloud knows: what `Ref` and `Fn::GetAtt` answer for each.
// A type that a template newly uses is taught here, and in living.ts when it does something.

export interface Scope {
  readonly account: string
  readonly region: string
  readonly stackName: string
  /** Origin of queue URLs. The SDK sends SQS requests to the queue's own URL, whatever AWS_ENDPOINT_URL says. */
  readonly queueOrigin: string
  /** Where the HTTP API is reached; without it, where AWS would have it. */
  readonly apiOrigin?: string
}

export interface Identity {
  /** What `Ref` gives: the physical id. */
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface Kind {
  /** The property that names the resource; without it (or without a value) the name is made of stack and logical id. */
  readonly nameProperty?: string
  identify(name: string, scope: Scope, properties: Readonly<Record<string, unknown>>): Identity
}

const arn = (service: string, scope: Scope, resource: string) =>
  `arn:aws:${service}:${scope.region}:${scope.account}:${resource}`

const named = (name: string): Identity => ({ ref: name, attributes: {} })

const path = (properties: Readonly<Record<string, unknown>>) =>
  typeof properties.Path === 'string' ? properties.Path : '/'

export const kinds: Readonly<Record<string, Kind>> = {
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    identify: (name, scope) => {
      const url = `${scope.queueOrigin}/${scope.account}/${name}`
      return { ref: url, attributes: { Arn: arn('sqs', scope, name), QueueName: name, QueueUrl: url } }
    },
  },
  'AWS::SQS::QueuePolicy': { identify: named },
  'AWS::Events::Rule': {
    nameProperty: 'Name',
    identify: (name, scope) => ({ ref: name, attributes: { Arn: arn('events', scope, `rule/${name}`) } }),
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    identify: (given, scope, properties) => {
      // Policies of other accounts name roles by what CloudFormation makes of stack and logical id.
      const name = properties.RoleName === undefined ? `${given}-0A1B2C3D4E5F` : given
      return { ref: name, attributes: { Arn: `arn:aws:iam::${scope.account}:role${path(properties)}${name}` } }
    },
  },
  'AWS::IAM::Policy': { nameProperty: 'PolicyName', identify: named },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    identify: (name, scope) => ({ ref: name, attributes: { Arn: arn('lambda', scope, `function:${name}`) } }),
  },
  'AWS::Lambda::Version': {
    nameProperty: 'FunctionName',
    identify: (name, scope) => ({
      ref: name.startsWith('arn:') ? `${name}:1` : arn('lambda', scope, `function:${name}:1`),
      attributes: { Version: '1' },
    }),
  },
  'AWS::Lambda::EventSourceMapping': {
    identify: (name, scope) => ({
      ref: name,
      attributes: { Id: name, EventSourceMappingArn: arn('lambda', scope, `event-source-mapping:${name}`) },
    }),
  },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    identify: (name, scope) => ({ ref: name, attributes: { Arn: arn('logs', scope, `log-group:${name}:*`) } }),
  },
  'AWS::SSM::Document': { nameProperty: 'Name', identify: named },
  'AWS::SSM::Parameter': {
    nameProperty: 'Name',
    identify: (name, _, properties) => ({ ref: name, attributes: { Type: String(properties.Type) } }),
  },
  'AWS::CloudWatch::Alarm': {
    nameProperty: 'AlarmName',
    identify: (name, scope) => ({ ref: name, attributes: { Arn: arn('cloudwatch', scope, `alarm:${name}`) } }),
  },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName', identify: named },
  'AWS::Lambda::Permission': { identify: named },
  'AWS::ApiGatewayV2::Api': {
    identify: (name, scope) => {
      const there = `https://${name}.execute-api.${scope.region}.amazonaws.com`
      return { ref: name, attributes: { ApiId: name, ApiEndpoint: scope.apiOrigin ?? there } }
    },
  },
  'AWS::ApiGatewayV2::Stage': { identify: named },
  'AWS::ApiGatewayV2::Integration': { identify: named },
  'AWS::ApiGatewayV2::Route': { identify: named },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    identify: (name, scope) => ({
      ref: arn('sns', scope, name),
      attributes: { TopicArn: arn('sns', scope, name), TopicName: name },
    }),
  },
  'AWS::SNS::TopicPolicy': { identify: named },
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    identify: (name) => ({
      ref: name,
      attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` },
    }),
  },
  'AWS::S3::BucketPolicy': { identify: named },
}
