// May an instance write the site's record by its own role, as start-up scripts do? IAM's simulator says; nothing is tried.
import {
  type EvaluationResult,
  GetInstanceProfileCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import { wholeList } from '../../functions/lib/aws/pages.ts'
import type { Site } from '../../functions/lib/domain/site.ts'

export interface HostRole {
  readonly name: string
  readonly mayWrite: boolean
  /** Of a site with tls: the key of the account at the authority, which no host needs. */
  readonly readsAccountKey?: boolean
  /** That allow it; all of the role where the simulator's names are none of them. None where they may not be listed. */
  readonly policies: readonly RolePolicy[]
}

export interface RolePolicy {
  readonly name: string
  /** Of a managed one that is attached; an inline one has none. */
  readonly arn: string | undefined
}

const abortSignal = () => AbortSignal.timeout(5_000)

/** Of an instance profile, by its ARN. Undefined where there is nothing that could write. */
export async function hostRole(
  profile: string | undefined,
  site: Site,
  stage: string,
  region: string,
): Promise<HostRole | undefined> {
  if (!profile) return undefined
  const iam = new IAMClient({ maxAttempts: 2, region })
  const [InstanceProfileName] = profile.split('/').slice(-1)
  const found = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }), { abortSignal: abortSignal() })
  // It is a list, and can hold one.
  const { RoleName: name, Arn: arn } = found.InstanceProfile?.Roles?.[0] ?? {}
  if (!name || !arn) return undefined
  const own = { name, readsAccountKey: await readsAccountKey(iam, arn, site, stage, region) }
  // No right in one account opens a zone of another.
  if (site.dnsRoleArn) return { ...own, mayWrite: false, policies: [] }
  const result = await simulated(iam, arn, site)
  if (result?.EvalDecision !== 'allowed') return { ...own, mayWrite: false, policies: [] }
  const policies = await policiesOf(iam, name).catch(() => [])
  return { ...own, mayWrite: true, policies: thatAllow(policies, name, result) }
}

async function readsAccountKey(iam: IAMClient, role: string, { tls }: Site, stage: string, region: string) {
  if (tls !== 'acme') return false
  const [, partition, , , account] = role.split(':')
  const command = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: role,
    ActionNames: ['ssm:GetParameter'],
    ResourceArns: [`arn:${partition}:ssm:${region}:${account}:parameter/ragstream-edge/${stage}/tls/account`],
  })
  const { EvaluationResults } = await iam.send(command, { abortSignal: abortSignal() })
  return EvaluationResults?.[0]?.EvalDecision === 'allowed'
}

/** With what a script would ask for, since a policy may allow these names and types alone. */
async function simulated(iam: IAMClient, arn: string, site: Site): Promise<EvaluationResult | undefined> {
  const [, partition] = arn.split(':')
  const asked = { NormalizedRecordNames: site.hostname, RecordTypes: 'A', Actions: 'UPSERT' }
  const command = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: arn,
    ActionNames: ['route53:ChangeResourceRecordSets'],
    ResourceArns: [`arn:${partition}:route53:::hostedzone/${site.hostedZoneId}`],
    ContextEntries: Object.entries(asked).map(([key, value]) => ({
      ContextKeyName: `route53:ChangeResourceRecordSets${key}`,
      ContextKeyValues: [value],
      ContextKeyType: 'stringList',
    })),
  })
  const { EvaluationResults } = await iam.send(command, { abortSignal: abortSignal() })
  return EvaluationResults?.[0]
}

async function policiesOf(iam: IAMClient, RoleName: string): Promise<RolePolicy[]> {
  const way = [{ client: iam }, { RoleName }, { abortSignal: abortSignal() }] as const
  const [attached, inline] = await Promise.all([
    wholeList(
      {
        pages: paginateListAttachedRolePolicies(...way),
        itemsOf: ({ AttachedPolicies }) => AttachedPolicies,
        keyOf: ({ PolicyArn }) => PolicyArn,
      },
      'ListAttachedRolePolicies',
    ),
    wholeList(
      {
        pages: paginateListRolePolicies(...way),
        itemsOf: ({ PolicyNames }) => PolicyNames,
        keyOf: (name) => name,
      },
      'ListRolePolicies',
    ),
  ])
  return [
    ...attached.map(({ PolicyName = '', PolicyArn }) => ({ name: PolicyName, arn: PolicyArn })),
    ...inline.map((name) => ({ name, arn: undefined })),
  ]
}

/** The simulator calls an inline policy `role_<role>_<policy>`; that it will always is nowhere promised. */
function thatAllow(all: readonly RolePolicy[], role: string, { MatchedStatements = [] }: EvaluationResult) {
  const told = MatchedStatements.map(({ SourcePolicyId }) => SourcePolicyId)
  const named = all.filter(({ name, arn }) => told.includes(arn === undefined ? `role_${role}_${name}` : name))
  return named.length > 0 ? named : all
}
