// IAM in the Query protocol, as far as it is asked about the role of an instance: which it is, what it has, and what the simulator says of it.
import { type HostRole, ServiceError, type World } from '../../world/types.ts'
import { queryCodec } from '../query-codec.ts'
import type { Access, Operation, Scene, Service } from '../service.ts'

interface SimulateInput {
  readonly PolicySourceArn: string
  readonly ActionNames: Members<string>
  readonly ResourceArns?: Members<string>
  readonly ContextEntries?: Members<ContextEntry>
}

interface Members<T> {
  readonly member: readonly T[]
}

interface ContextEntry {
  readonly ContextKeyName: string
  readonly ContextKeyValues: Members<string>
  /** A list of it is another type to the simulator: `string`, `stringList`. */
  readonly ContextKeyType: string
}

const missing = (what: string) => new ServiceError('NoSuchEntity', `${what} cannot be found.`, 404)
const nameOf = ({ arn }: HostRole): string => arn.split('/').at(-1)!

const profileArn = ({ account }: World, name: string): string => `arn:aws:iam::${account}:instance-profile/${name}`

const getInstanceProfile: Operation<{ readonly InstanceProfileName: string }> = {
  access: ({ InstanceProfileName: name }, { state }) => [
    { action: 'iam:GetInstanceProfile', resources: [profileArn(state, name)] },
  ],
  run({ InstanceProfileName: name }, { state }) {
    const role = state.hostRoles.get(name)
    if (role === undefined) throw missing(`Instance Profile ${name}`)
    const Roles = role === null ? {} : { member: { RoleName: nameOf(role), RoleId: 'AROALOCAL', Arn: role.arn } }
    return { InstanceProfile: { InstanceProfileName: name, Arn: profileArn(state, name), Roles } }
  },
}

function findRole({ hostRoles }: World, is: (role: HostRole) => boolean, what: string): HostRole {
  const found = [...hostRoles.values()].find((role) => role !== null && is(role))
  if (!found) throw missing(what)
  return found
}

interface RoleInput {
  readonly RoleName: string
}

const roleNamed = (state: World, { RoleName: name }: RoleInput): HostRole =>
  findRole(state, (role) => nameOf(role) === name, `The role with name ${name}`)

/** Of a role that is not there, IAM knows the name alone. */
function onRole(operation: string): Operation<RoleInput>['access'] {
  return ({ RoleName: name }, { state }) => {
    const known = [...state.hostRoles.values()].find((role) => role !== null && nameOf(role) === name)
    return [{ action: `iam:${operation}`, resources: [known?.arn ?? `arn:aws:iam::${state.account}:role/${name}`] }]
  }
}

const listAttached: Operation<RoleInput> = {
  access: onRole('ListAttachedRolePolicies'),
  run(input, { state }) {
    const attached = roleNamed(state, input).policies.filter(({ arn }) => arn !== undefined)
    const member = attached.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }))
    return { AttachedPolicies: { member }, IsTruncated: 'false' }
  },
}

const listInline: Operation<RoleInput> = {
  access: onRole('ListRolePolicies'),
  run(input, { state }) {
    const inline = roleNamed(state, input).policies.filter(({ arn }) => arn === undefined)
    return { PolicyNames: { member: inline.map(({ name }) => name) }, IsTruncated: 'false' }
  },
}

const DECISIONS = { Allowed: 'allowed', ExplicitlyDenied: 'explicitDeny', ImplicitlyDenied: 'implicitDeny' } as const

const simulate: Operation<SimulateInput> = {
  access: ({ PolicySourceArn: arn }) => [{ action: 'iam:SimulatePrincipalPolicy', resources: [arn] }],
  run({ PolicySourceArn: arn, ActionNames, ResourceArns, ContextEntries }, { state, decide }) {
    const role = findRole(state, (one) => one.arn === arn, `The principal ${arn}`)
    const context = contextOf(ContextEntries)
    const questions = ActionNames.member.flatMap((action) =>
      (ResourceArns?.member ?? ['*']).map((resource) => ({ action, resource, context })),
    )
    const member = questions.map((question) => evaluate(role, question, decide))
    return { EvaluationResults: { member }, IsTruncated: 'false' }
  },
}

function evaluate(role: HostRole, question: Parameters<Scene['decide']>[1], decide: Scene['decide']): object {
  const all = role.policies.map(({ document }) => document)
  const decision = decide(all, question)
  const matched = role.policies.filter(({ document }) => decide([document], question) === decision)
  return {
    EvalActionName: question.action,
    EvalResourceName: question.resource,
    EvalDecision: DECISIONS[decision],
    // Nothing matches where nothing speaks of it.
    MatchedStatements: decision === 'ImplicitlyDenied' ? {} : { member: matched.map((one) => source(role, one)) },
  }
}

function contextOf(entries: SimulateInput['ContextEntries']): Required<Access>['context'] {
  return Object.fromEntries(
    (entries?.member ?? []).map(({ ContextKeyName, ContextKeyValues: { member }, ContextKeyType }) => [
      ContextKeyName,
      ContextKeyType.endsWith('List') ? member : member[0]!,
    ]),
  )
}

/** The simulator names an inline policy by whose it is, too. */
const source = (role: HostRole, { name, arn }: HostRole['policies'][number]) => ({
  SourcePolicyId: arn === undefined ? `role_${nameOf(role)}_${name}` : name,
  SourcePolicyType: 'IAM Policy',
})

export const service: Service = {
  signingName: 'iam',
  operations: {
    GetInstanceProfile: getInstanceProfile,
    ListAttachedRolePolicies: listAttached,
    ListRolePolicies: listInline,
    SimulatePrincipalPolicy: simulate,
  },
  denied: { code: 'AccessDenied', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  ...queryCodec('https://iam.amazonaws.com/doc/2010-05-08/'),
}
