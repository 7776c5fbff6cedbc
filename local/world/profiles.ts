// Instance profiles: the role that a host has from its instance, with its policies.

import { setOne } from './share.ts'
import { type Handler, quiet } from './transition.ts'
import type { HostRole, RolePolicy } from './types.ts'

/** Of an instance for which nothing else is said. */
export const DEFAULT_PROFILE = 'web-host'

/** As far as it matters here: an agent speaks to Systems Manager, and that is all. */
const AGENT: RolePolicy = {
  name: 'AmazonSSMManagedInstanceCore',
  arn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
  document: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['ssm:*', 'ssmmessages:*', 'ec2messages:*'], Resource: '*' }],
  },
}

/** A role whose name is not that of its profile, as it may be in an account. */
export const hostRole = (account: string, policies: readonly RolePolicy[] = []): HostRole => ({
  arn: `arn:aws:iam::${account}:role/hosts/${DEFAULT_PROFILE}-role`,
  policies: [AGENT, ...policies],
})

export const hostRolesOf = (account: string): ReadonlyMap<string, HostRole> =>
  new Map([[DEFAULT_PROFILE, hostRole(account)]])

export const putInstanceProfile: Handler<'PutInstanceProfile'> = (state, { name, role }) =>
  quiet({ ...state, hostRoles: setOne<string, HostRole | null>(state.hostRoles, name, role) })
