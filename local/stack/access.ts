// May this caller make this request? Decided by the policies that the template gives to the caller's role.

import type { AccessRequest, Authorizer } from '../world/types.ts'
import { decide } from './decide.ts'
import { statementsOf } from './policy.ts'
import { ofType, type StackTemplate } from './template.ts'

/** The person at the keyboard: the local cloud's own commands. */
export const LOCAL_ADMIN = 'local-admin'

/**
 * The caller is the access key id: the logical id of a role of the template, or `local-admin`, who may do everything.
 * A multi-valued key that the request does not carry satisfies `ForAllValues:` as it does on AWS: that is why
 * `unknownConditionKeys` exists.
 */
export function authorizer(template: StackTemplate): Authorizer {
  const roles = new Map(
    ofType(template, 'AWS::IAM::Role').map((role) => [
      role.logicalId,
      { role, statements: statementsOf(role, template) },
    ]),
  )
  return (request: AccessRequest) => {
    if (request.accessKeyId === LOCAL_ADMIN) return undefined
    const caller = roles.get(request.accessKeyId)
    if (!caller)
      return `The access key "${request.accessKeyId}" belongs to no role of the template: cannot perform ${request.action}`
    const resources = request.resources.length > 0 ? request.resources : ['*']
    for (const resource of resources) {
      const decision = decide(caller.statements, { action: request.action, resource, context: request.context })
      if (decision !== 'Allowed') return denial(caller.role, request, resource, decision)
    }
    return undefined
  }
}

function denial(
  role: { attributes: Readonly<Record<string, string>> },
  request: AccessRequest,
  resource: string,
  decision: string,
): string {
  const why =
    decision === 'ExplicitlyDenied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${request.action} action`
  const context = Object.entries(request.context).map(([key, value]) => `${key}=${[value].flat().join(',')}`)
  // AWS does not tell the context; here it saves the reader a search.
  const seen = context.length > 0 ? ` (request context: ${context.join('; ')})` : ''
  return `User: ${role.attributes.Arn} is not authorized to perform: ${request.action} on resource: ${resource} ${why}${seen}`
}
