// Policy documents of the compiled template: whose they are, and what they decide. The decision itself is
// @cloud-copilot/iam-simulate's; in its unchecked form, because the checked one is asynchronous and an API answers at once.
// What its checks would say is checked here when a document is first seen: an unknown element or operator is an error.

import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate'
import { ofType, type Resource, type StackTemplate } from './template.ts'

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Sid?: string
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface PolicyDocument {
  readonly Version: string
  readonly Statement: readonly Statement[]
}

export interface NamedPolicy {
  readonly name: string
  readonly policy: PolicyDocument
}

export interface Question {
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, string | readonly string[]>>
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

/** The role's own policies, those attached to it, and the managed ones that it names. */
export function policiesOf(role: Resource, template: StackTemplate): NamedPolicy[] {
  const inline = (role.properties.Policies ?? []) as readonly Record<string, unknown>[]
  const attached = ofType(template, 'AWS::IAM::Policy').filter((policy) =>
    ((policy.properties.Roles ?? []) as readonly string[]).includes(role.ref),
  )
  const managed = ((role.properties.ManagedPolicyArns ?? []) as readonly string[]).map((arn) => {
    const statement = managedPolicies[arn]
    if (!statement)
      throw new Error(`${role.logicalId}.ManagedPolicyArns: ${arn} is not known; teach it in local/stack/policy.ts`)
    return { name: arn, policy: { Version: '2012-10-17', Statement: [statement] } }
  })
  return [
    ...inline.map((policy) => named(String(policy.PolicyName), policy.PolicyDocument, role.logicalId)),
    ...attached.map((policy) => named(policy.ref, policy.properties.PolicyDocument, policy.logicalId)),
    ...managed,
  ]
}

function named(name: string, document: unknown, path: string): NamedPolicy {
  return { name, policy: checkPolicy(document, `${path}/${name}`) }
}

/** A document with its statements as a list. Throws for an element that would be ignored or refused. */
export function checkPolicy(document: unknown, path: string): PolicyDocument {
  const { Version, Statement } = document as { Version?: unknown; Statement?: unknown }
  if (Version !== '2012-10-17')
    throw new Error(`${path}.Version: found ${JSON.stringify(Version)}, wanted "2012-10-17"`)
  const statements = [Statement].flat() as Statement[]
  statements.forEach((statement, i) => {
    checkStatement(statement, `${path}.Statement[${i}]`)
  })
  return { Version, Statement: statements }
}

const elements = ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']
const operator =
  /^(For(All|Any)Values:)?(String(Not)?(Equals(IgnoreCase)?|Like)|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?$|^Null$/

function checkStatement(statement: Statement, path: string): void {
  const unknown = Object.keys(statement).find((key) => !elements.includes(key))
  if (unknown) throw new Error(`${path}.${unknown}: is not understood here; known are ${elements.join(', ')}`)
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new Error(`${path}.Effect: found ${JSON.stringify(statement.Effect)}, wanted "Allow" or "Deny"`)
  }
  if (statement.Action === undefined) throw new Error(`${path}.Action: is missing`)
  for (const name of Object.keys(statement.Condition ?? {})) {
    if (!operator.test(name)) throw new Error(`${path}.Condition.${name}: is no condition operator of IAM`)
  }
}

/** What identity policies decide. */
export function decide(
  policies: readonly NamedPolicy[],
  question: Question,
): 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied' {
  const account = question.resource.split(':')[4] || '000000000000'
  return runUnsafeSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/caller`,
        action: question.action,
        resource: { resource: question.resource, accountId: account },
        contextVariables: question.context as Record<string, string | string[]>,
      },
      identityPolicies: policies as { name: string; policy: PolicyDocument }[],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: undefined,
    },
    {},
  )
}

/** Whether resource policies (a queue's, a role's trust) let an AWS service in, for example `events.amazonaws.com`. */
export function admits(documents: readonly PolicyDocument[], service: string, question: Question): boolean {
  // The statements that name the service, read as the service's own policy: within one account both say the same.
  const forService = documents.map((document, i) => ({
    name: `policy-${i}`,
    policy: {
      Version: document.Version,
      Statement: document.Statement.filter(({ Principal }) => isPrincipal(Principal, service)).map(
        ({ Principal, ...statement }) => ({ ...statement, Resource: statement.Resource ?? question.resource }),
      ),
    },
  }))
  const named = forService.filter(({ policy }) => policy.Statement.length > 0)
  return named.length > 0 && decide(named, question) === 'Allowed'
}

function isPrincipal(principal: unknown, service: string): boolean {
  if (principal === '*') return true
  const { Service, AWS } = (principal ?? {}) as { Service?: string | string[]; AWS?: string | string[] }
  return [Service].flat().includes(service) || [AWS].flat().includes('*')
}
