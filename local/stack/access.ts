// May this caller make this request? Decided by the policies that the template gives to the caller's role, or the account of a role that he took on.

import { sessionArn } from '../world/accounts.ts'
import type { AccessRequest, Authorizer, RolePolicy, World } from '../world/types.ts'
import { type Decision, decide, decideForCaller } from './decide.ts'
import { checkPolicy, statementsOf } from './policy.ts'
import type { Statement } from './statement.ts'
import { ofType, type StackTemplate } from './template.ts'

/** The person at the keyboard: the local cloud's own commands. */
const LOCAL_ADMIN = 'local-admin'

interface Caller {
  /** As a denial names him. */
  readonly arn: string
  /** Of his role, or of the person. */
  readonly principal: string
  readonly statements: readonly Statement[]
}

/** What the template does not make: roles of other accounts, and those of hosts. */
type Abroad = Pick<World, 'roles' | 'sessions' | 'hostRoles'>
const NOTHING: Abroad = { roles: new Map(), sessions: new Map(), hostRoles: new Map() }

const EVERYTHING: readonly Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }]

/**
 * The caller is the access key id: the logical id of a role of the template, that of a session (AssumeRole), the name of an instance profile for
 * its hosts, or `local-admin`, who may do everything.
 * A multi-valued key that the request does not carry satisfies `ForAllValues:` as it does on AWS: that is why
 * `unknownConditionKeys` exists.
 */
export function authorizer(
  template: Pick<StackTemplate, 'scope' | 'resources'>,
  abroad: () => Abroad = () => NOTHING,
): Authorizer {
  const admin = `arn:aws:iam::${template.scope.account}:user/${LOCAL_ADMIN}`
  const callers = new Map<string, Caller>([
    [LOCAL_ADMIN, { arn: admin, principal: admin, statements: EVERYTHING }],
    ...ofType(template, 'AWS::IAM::Role').map((role): [string, Caller] => {
      const arn = role.attributes.Arn!
      return [role.logicalId, { arn, principal: arn, statements: statementsOf(role, template) }]
    }),
  ])
  return (request: AccessRequest) => {
    const caller = callers.get(request.accessKeyId) ?? callerOf(abroad(), request.accessKeyId)
    if (!caller)
      return `The access key "${request.accessKeyId}" belongs to no role of the template: cannot perform ${request.action}`
    const resources = request.resources.length > 0 ? request.resources : ['*']
    for (const resource of resources) {
      const decision = decide(caller.statements, { action: request.action, resource, context: request.context })
      if (decision !== 'Allowed') return denial(caller, request, resource, decision)
      if (request.action === 'sts:AssumeRole' && !isTrusted(caller, resource, abroad()))
        return denial(caller, request, resource, 'ImplicitlyDenied')
    }
    return undefined
  }
}

function callerOf({ roles, sessions, hostRoles }: Abroad, accessKeyId: string): Caller | undefined {
  const host = hostRoles.get(accessKeyId)
  if (host) return { arn: host.arn, principal: host.arn, statements: host.policies.flatMap(statementsIn) }
  const session = sessions.get(accessKeyId)
  const role = session && roles.get(session.roleArn)
  if (!session || !role) return undefined
  const { Statement: statements } = checkPolicy(role.permissions, `${role.arn}/permissions`, 'identity')
  return { arn: sessionArn(session), principal: role.arn, statements }
}

const statementsIn = ({ name, document }: RolePolicy): readonly Statement[] =>
  checkPolicy(document, name, 'identity').Statement

/** Of two accounts both must agree: the caller's policy, and the trust of the role. A role that is not there is refused in the same words. */
function isTrusted({ principal }: Caller, roleArn: string, { roles }: Abroad): boolean {
  const role = roles.get(roleArn)
  if (!role) return false
  const { Statement: statements } = checkPolicy(role.trust, `${roleArn}/trust`, 'trust')
  const question = { action: 'sts:AssumeRole', resource: roleArn, context: { 'aws:PrincipalArn': principal } }
  return decideForCaller(principal, statements, question) === 'Allowed'
}

function denial(caller: Caller, request: AccessRequest, resource: string, decision: Decision): string {
  // STS does not say which of the two policies is the one.
  const abroad = request.action === 'sts:AssumeRole'
  const why =
    decision === 'ExplicitlyDenied'
      ? ' with an explicit deny in an identity-based policy'
      : abroad
        ? ''
        : ` because no identity-based policy allows the ${request.action} action`
  const context = Object.entries(request.context).map(([key, value]) => `${key}=${[value].flat().join(',')}`)
  // AWS does not tell the context; here it saves the reader a search.
  const seen = context.length > 0 ? ` (request context: ${context.join('; ')})` : ''
  return `User: ${caller.arn} is not authorized to perform: ${request.action} on resource: ${resource}${why}${seen}`
}
