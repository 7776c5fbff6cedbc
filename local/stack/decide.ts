// What the statements of policies decide about one request: IAM's evaluation logic within one account, without
// boundaries and organisation policies. Statements have passed statement.ts.

import { conditionsHold, type RequestContext } from './condition.ts'
import type { Statement } from './statement.ts'
import { arnLike, like } from './wildcard.ts'

export interface Question {
  readonly action: string
  /** An ARN, or `*` for an action that knows no resources. */
  readonly resource: string
  readonly context: RequestContext
}

export type Decision = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied'

/** An explicit deny wins over every allow; what nothing allows is denied. */
export function decide(statements: readonly Statement[], question: Question): Decision {
  const effects = statements.filter((statement) => applies(statement, question)).map(({ Effect }) => Effect)
  if (effects.includes('Deny')) return 'ExplicitlyDenied'
  return effects.includes('Allow') ? 'Allowed' : 'ImplicitlyDenied'
}

/** The same of a queue's policies or a role's trust, for an AWS service, for example `events.amazonaws.com`. */
export function decideFor(service: string, statements: readonly Statement[], question: Question): Decision {
  return decide(
    statements.filter(({ Principal }) => isPrincipal(Principal, service)),
    question,
  )
}

/** The same of a role's trust, for somebody with this ARN: he is named, or the account is in which he lies. */
export function decideForCaller(callerArn: string, statements: readonly Statement[], question: Question): Decision {
  const [, partition, , , account] = callerArn.split(':')
  const names = ['*', callerArn, account, `arn:${partition}:iam::${account}:root`]
  const isCaller = (principal: unknown) =>
    [principal === '*' ? '*' : ((principal as { AWS?: string | string[] } | undefined)?.AWS ?? [])]
      .flat()
      .some((one) => names.includes(one))
  return decide(
    statements.filter(({ Principal }) => isCaller(Principal)),
    question,
  )
}

function applies(statement: Statement, { action, resource, context }: Question): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const isAction = (pattern: string) => like(pattern, action, true)
  const isResource = (pattern: string) => pattern === '*' || arnLike(pattern, resource)
  return (
    covers(Action, NotAction, isAction) &&
    covers(Resource, NotResource, isResource) &&
    conditionsHold(Condition, context)
  )
}

type Patterns = string | readonly string[] | undefined

/** A role's trust has neither Resource nor NotResource: it speaks of the role itself. */
function covers(these: Patterns, allBut: Patterns, matches: (pattern: string) => boolean): boolean {
  if (these !== undefined) return [these].flat().some(matches)
  return allBut === undefined || ![allBut].flat().some(matches)
}

function isPrincipal(principal: unknown, service: string): boolean {
  if (principal === '*') return true
  const { Service, AWS } = (principal ?? {}) as { Service?: string | string[]; AWS?: string | string[] }
  return [Service].flat().includes(service) || [AWS].flat().includes('*')
}
