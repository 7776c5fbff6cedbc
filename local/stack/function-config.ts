// What the template says of a function, checked as Lambda checks it when the function is created.

import { basename, dirname, join } from 'node:path'
import { admits, checkPolicy } from './policy.ts'
import { ofType, type Resource, type StackTemplate } from './template.ts'

export interface FunctionConfig {
  readonly logicalId: string
  /** As in serverless.yml, for example `dns-sync`. */
  readonly key: string
  readonly name: string
  readonly arn: string
  readonly handler: string
  readonly runtime: string
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly roleLogicalId: string
  readonly environment: Readonly<Record<string, string>>
  readonly logGroup: string
  readonly zipFile: string
}

/** `templateFile` tells where the zips lie: the package step writes them beside it, under the last part of Code.S3Key. */
export function functionConfig(resource: Resource, template: StackTemplate, templateFile: string): FunctionConfig {
  const { logicalId, properties } = resource
  const text = (property: string): string => {
    const value = properties[property]
    if (typeof value !== 'string')
      throw new Error(`${logicalId}.${property}: found ${JSON.stringify(value)}, wanted a text`)
    return value
  }
  const code = properties.Code as { S3Key?: unknown } | undefined
  if (typeof code?.S3Key !== 'string')
    throw new Error(`${logicalId}.Code: found ${JSON.stringify(code)}, wanted S3Bucket and S3Key`)
  const logging = properties.LoggingConfig as { LogGroup?: string } | undefined
  return {
    logicalId,
    key: keyOf(logicalId),
    name: resource.ref,
    arn: resource.attributes.Arn!,
    handler: text('Handler'),
    runtime: text('Runtime'),
    timeoutMs: Number(properties.Timeout ?? 3) * 1000,
    memoryMb: Number(properties.MemorySize ?? 128),
    roleLogicalId: roleOf(text('Role'), logicalId, template),
    environment: environmentOf(properties.Environment, logicalId),
    logGroup: logging?.LogGroup ?? `/aws/lambda/${resource.ref}`,
    zipFile: join(dirname(templateFile), basename(code.S3Key)),
  }
}

/** The framework makes `DnsDashsyncLambdaFunction` of `dns-sync`. */
function keyOf(logicalId: string): string {
  const key = logicalId
    .replace(/LambdaFunction$/, '')
    .replaceAll('Dash', '-')
    .replaceAll('Underscore', '_')
  return key.slice(0, 1).toLowerCase() + key.slice(1)
}

function roleOf(arn: string, logicalId: string, template: StackTemplate): string {
  const role = ofType(template, 'AWS::IAM::Role').find((one) => one.attributes.Arn === arn)
  if (!role) throw new Error(`${logicalId}.Role: ${arn} is no role of the template`)
  const trust = checkPolicy(
    role.properties.AssumeRolePolicyDocument,
    `${role.logicalId}.AssumeRolePolicyDocument`,
    'trust',
  )
  if (!admits([trust], 'lambda.amazonaws.com', { action: 'sts:AssumeRole', resource: arn, context: {} })) {
    throw new Error(
      `${logicalId}.Role: the role defined for the function cannot be assumed by Lambda (${role.logicalId})`,
    )
  }
  return role.logicalId
}

const reserved =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_(ACCESS_KEY(_ID)?|SECRET_(ACCESS_)?KEY|SESSION_TOKEN)|AWS_LAMBDA_.*|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ENVIRONMENT_LIMIT = 4096

function environmentOf(environment: unknown, logicalId: string): Record<string, string> {
  const { Variables = {} } = (environment ?? {}) as { Variables?: Record<string, unknown> }
  const variables = Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, String(value)]))
  const taken = Object.keys(variables).find((name) => reserved.test(name))
  if (taken) throw new Error(`${logicalId}.Environment.Variables.${taken}: is reserved by Lambda`)
  const size = Object.entries(variables).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0)
  if (size > ENVIRONMENT_LIMIT)
    throw new Error(`${logicalId}.Environment: found ${size} bytes, at most ${ENVIRONMENT_LIMIT} are allowed`)
  return variables
}
