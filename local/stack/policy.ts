// Policy documents of the compiled template: whose they are, and that each is one which decide.ts understands.

import { type Decision, decide, decideFor, type Question } from './decide.ts'
import { checkStatement, type PolicyKind, type Statement } from './statement.ts'
import { ofType, type Resource, type StackTemplate } from './template.ts'

export interface PolicyDocument {
  readonly Version: string
  readonly Statement: readonly Statement[]
}

/** AWS managed policies that a role may name: what they allow, as far as it matters here. */
const managedPolicies: Readonly<Record<string, Statement>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': {
    Effect: 'Allow',
    Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: '*',
  },
  'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole': {
    Effect: 'Allow',
    Action: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ],
    Resource: '*',
  },
}

/** The statements of the role's own policies, of those attached to it, and of the managed ones that it names. */
export function statementsOf(role: Resource, template: Pick<StackTemplate, 'resources'>): Statement[] {
  const { logicalId, properties } = role
  const own = (properties.Policies ?? []) as readonly Record<string, unknown>[]
  const attached = ofType(template, 'AWS::IAM::Policy').filter((policy) =>
    ((policy.properties.Roles ?? []) as readonly string[]).includes(role.ref),
  )
  const managed = ((properties.ManagedPolicyArns ?? []) as readonly string[]).map((arn) => {
    const statement = managedPolicies[arn]
    if (statement) return statement
    throw new Error(`${logicalId}.ManagedPolicyArns: ${arn} is not known; teach it in local/stack/policy.ts`)
  })
  return [
    ...own.map((policy) => checkPolicy(policy.PolicyDocument, `${logicalId}/${policy.PolicyName}`, 'identity')),
    ...attached.map((policy) =>
      checkPolicy(policy.properties.PolicyDocument, `${policy.logicalId}/${policy.ref}`, 'identity'),
    ),
    { Statement: managed },
  ].flatMap((document) => document.Statement)
}

/** A document with its statements as a list. Throws for an element that would be ignored or refused. */
export function checkPolicy(document: unknown, path: string, kind: PolicyKind = 'queue'): PolicyDocument {
  const { Version, Statement } = document as { Version?: unknown; Statement?: unknown }
  if (Version !== '2012-10-17')
    throw new Error(`${path}.Version: found ${JSON.stringify(Version)}, wanted "2012-10-17"`)
  const statements = [Statement].flat() as Statement[]
  statements.forEach((statement, i) => {
    checkStatement(statement, `${path}.Statement[${i}]`, kind)
  })
  return { Version, Statement: statements }
}

/** Of documents that stand with one role. */
export function decideByPolicies(
  documents: readonly unknown[],
  { action, resource, context = {} }: Omit<Question, 'context'> & Partial<Question>,
): Decision {
  const statements = documents.flatMap((one, i) => checkPolicy(one, `policy ${i}`, 'identity').Statement)
  return decide(statements, { action, resource, context })
}

/** Whether resource policies (a queue's, a role's trust) let an AWS service in, for example `events.amazonaws.com`. */
export function admits(documents: readonly PolicyDocument[], service: string, question: Question): boolean {
  const statements = documents.flatMap((document) => document.Statement)
  return decideFor(service, statements, question) === 'Allowed'
}
