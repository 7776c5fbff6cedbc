// Does the instance's own role write the record beside the service? Two who write it overwrite each other. Pure.
import type { Site } from '../../functions/lib/domain/site.ts'
import type { HostRole } from './host-role.ts'
import { isDenied, type Line, note, ok, problem, unread } from './line.ts'
import type { SiteFacts } from './look.ts'

type Host = Pick<SiteFacts['hosts'][number], 'instance' | 'role'>

const RIGHTS = 'iam:GetInstanceProfile and iam:SimulatePrincipalPolicy'
const SCRIPTS = 'look for cron jobs, units and user data that change the record'

export function judgeHostRole({ instance: { id, profile }, role }: Host, site: Site): Line[] {
  const name = profile?.split('/').at(-1)
  if (!name) return []
  if ('error' in role) return [isDenied(role.error) ? unseen(name, role.error) : unread('own role', role.error, RIGHTS)]
  if (!role.value) return [noRole(id, name)]
  const own = role.value.mayWrite ? mayWrite(id, role.value, site) : mayNot(role.value, site)
  return role.value.readsAccountKey ? [own, readsKeys(role.value.name)] : [own]
}

const readsKeys = (name: string): Line =>
  note(
    'own reads',
    `${name} may read the key of the account at the authority, and so the keys of every host: AmazonSSMManagedInstanceCore allows every parameter of the account`,
    'docs/host-role.json allows what a host needs, and no more (docs/security.md, "The role of a host")',
  )

const unseen = (profile: string, { message }: Error): Line =>
  note(
    'own scripts',
    `what the role of ${profile} allows is not seen from here (your credentials lack ${RIGHTS}: ${message}): nothing but this service should write the record`,
    `implicitDeny must be the answer to aws iam simulate-principal-policy --policy-source-arn <role of ${profile}> --action-names route53:ChangeResourceRecordSets; ${SCRIPTS}`,
  )

const noRole = (id: string, profile: string): Line =>
  problem(
    'profile',
    `the instance profile ${profile} of ${id} has no role, so that its agent may not speak to Systems Manager`,
    `aws iam add-role-to-instance-profile --instance-profile-name ${profile} --role-name <role that holds AmazonSSMManagedInstanceCore>`,
  )

const mayNot = ({ name }: HostRole, { hostedZoneId, dnsRoleArn }: Site): Line =>
  dnsRoleArn
    ? note(
        'own scripts',
        `whether ${name} may take a role in the account of ${hostedZoneId} is not seen from here: nothing but this service should write the record`,
        SCRIPTS,
      )
    : ok('own role', `${name} may not write ${hostedZoneId}: no script of the host does by this role`)

function mayWrite(id: string, { name, policies }: HostRole, { hostname, hostedZoneId }: Site): Line {
  const which = policies.length === 1 ? 'this policy allows it' : 'what allows it is among these'
  const wanted =
    policies.length === 0
      ? `aws iam list-attached-role-policies --role-name ${name}; aws iam list-role-policies --role-name ${name}: take away the one that allows route53:ChangeResourceRecordSets`
      : `${which} (the agent needs AmazonSSMManagedInstanceCore; what else the host needs of it, give anew without Route 53):`
  return problem(
    'own role',
    `the role ${name} of ${id} may itself write ${hostname} in ${hostedZoneId}: a start-up script of the host and this service would overwrite each other`,
    [
      `take that right away, and the script with it (${SCRIPTS}); ${wanted}`,
      ...policies.map((policy) => `      ${takenAway(policy, name)}`),
    ].join('\n'),
  )
}

const takenAway = ({ name, arn }: HostRole['policies'][number], role: string): string =>
  arn === undefined
    ? `aws iam delete-role-policy --role-name ${role} --policy-name ${name}`
    : `aws iam detach-role-policy --role-name ${role} --policy-arn ${arn}`
