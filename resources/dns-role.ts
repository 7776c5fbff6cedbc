// The two policies of a role in the account of a zone (dnsRoleArn): whom it trusts, and what it may. For its owner to put there, since this stack
// is deployed to another account.
import type { Site } from '../functions/lib/domain/site.ts'
import type { Statement } from './statement.ts'
import { type ArnOf, challenges, changeLooks, inAccountOf, records, withTls, zoneLooks } from './zone-rights.ts'

export interface DnsRolePolicies {
  readonly trust: PolicyDocument
  readonly permissions: PolicyDocument
}

interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly object[]
}

/** `account`: of the instances, to which the stage is deployed. */
export function dnsRolePolicies(
  roleArn: string,
  declared: readonly Site[],
  { account, stage }: { readonly account: string; readonly stage: string },
): DnsRolePolicies {
  const sites = inAccountOf(roleArn, declared)
  const partition = roleArn.split(':')[1]
  const arn: ArnOf = (resource) => `arn:${partition}:route53:::${resource}`
  const iam = (resource: string) => `arn:${partition}:iam::${account}:${resource}`
  const roles = namesOfTakers(sites).map((name) => iam(`role/ragstream-edge-${stage}-${name}-*`))
  const permissions = [...zoneLooks(sites, arn), ...changes(sites, arn), changeLooks(arn)]
  return { trust: policy([trust(iam('root'), roles)]), permissions: policy(permissions) }
}

/** Logical ids of the roles that take it; CloudFormation puts the stack's name before them, and letters of its own after. */
const namesOfTakers = (sites: readonly Site[]): string[] => [
  ...['DnsSyncRole', 'DiagnoseRole', 'OutcomeRole', 'ResyncRole'],
  ...(withTls(sites).length > 0 ? ['CertificateRole'] : []),
]

/**
 * By name under a condition, not as principals: IAM turns a principal into the role's inner id, so that the policy could not be written before
 * the first deploy, and would fail without a word when the role is made anew.
 */
const trust = (account: string, roles: readonly string[]) => ({
  ...{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' },
  Condition: { ArnLike: { 'aws:PrincipalArn': roles } },
})

/** Reading is among the looks. */
const changes = (sites: readonly Site[], arn: ArnOf): Statement[] =>
  [...records(sites, arn), ...challenges(sites, arn)].filter(({ Condition }) => Condition)

const policy = (Statement: readonly object[]): PolicyDocument => ({ Version: '2012-10-17', Statement })
