// What may be done with the zones of sites: said once, for the functions' own roles and for a role in the account of a zone.
import { challengeName } from '../functions/lib/certificates/plan.ts'
import { hostnameOf, namesOf } from '../functions/lib/domain/record.ts'
import type { DnsRole, Site } from '../functions/lib/domain/site.ts'
import { certificateNames } from '../functions/lib/domain/site-certificate.ts'
import { globalArn } from './cloudformation.ts'
import { allow, onlyValues, type Statement } from './statement.ts'

/** The ARN of a thing of Route 53, such as `hostedzone/Z1`: in the template's words, or as plain text. */
export type ArnOf = (resource: string) => unknown

const inTemplate: ArnOf = (resource) => globalArn('route53', resource)

/** Those whose zones lie in the account of the role; null: of the instances. */
export const inAccountOf = (role: DnsRole, sites: readonly Site[]): Site[] =>
  sites.filter(({ dnsRoleArn }) => dnsRoleArn === role)

export const dnsRolesOf = (sites: readonly Site[]): string[] => [
  ...new Set(sites.flatMap(({ dnsRoleArn }) => dnsRoleArn ?? [])),
]

/** Of zones in other accounts, the roles there say what may be done (dns-role.ts). */
export const takingRoles = (sites: readonly Site[]): Statement[] => {
  const roles = dnsRolesOf(sites)
  return roles.length > 0 ? [allow(['sts:AssumeRole'], roles)] : []
}

/** Route 53's condition keys take names in lower case without the trailing dot. */
export function records(sites: readonly Site[], arn: ArnOf = inTemplate): Statement[] {
  return byZone(sites, arn).flatMap(({ zone, members }) => {
    const names = members.flatMap(namesOf).map((name) => hostnameOf({ name }))
    const types = members.some((site) => site.ipv6) ? ['A', 'AAAA'] : ['A']
    return [
      allow(['route53:ListResourceRecordSets'], zone),
      allow(['route53:ChangeResourceRecordSets'], zone, onlyThese(names, types)),
    ]
  })
}

export const withTls = (sites: readonly Site[]): Site[] => sites.filter(({ tls }) => tls === 'acme')

/** Only the proofs of control, and only for the names of sites that want a certificate. */
export function challenges(sites: readonly Site[], arn: ArnOf = inTemplate): Statement[] {
  return byZone(withTls(sites), arn).flatMap(({ zone, members }) => {
    const names = members.flatMap(certificateNames).map((name) => hostnameOf({ name: challengeName(name) }))
    return [
      allow(['route53:ListResourceRecordSets'], zone),
      allow(['route53:ChangeResourceRecordSets'], zone, onlyThese(names, ['TXT'])),
    ]
  })
}

export const zoneLooks = (sites: readonly Site[], arn: ArnOf = inTemplate): Statement[] =>
  byZone(sites, arn).map(({ zone }) => allow(['route53:GetHostedZone', 'route53:ListResourceRecordSets'], zone))

/** The name servers of the zones. */
export function delegationLooks(sites: readonly Site[], arn: ArnOf = inTemplate): Statement[] {
  const zones = byZone(sites, arn).map(({ zone }) => zone)
  return zones.length > 0 ? [allow(['route53:GetHostedZone'], zones)] : []
}

export const changeLooks = (arn: ArnOf = inTemplate): Statement => allow(['route53:GetChange'], arn('change/*'))

const byZone = (sites: readonly Site[], arn: ArnOf) =>
  [...Map.groupBy(sites, (site) => site.hostedZoneId)].map(([id, members]) => ({
    zone: arn(`hostedzone/${id}`),
    members,
  }))

const onlyThese = (names: readonly string[], types: readonly string[]) =>
  onlyValues({
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': names,
    'route53:ChangeResourceRecordSetsRecordTypes': types,
    'route53:ChangeResourceRecordSetsActions': ['CREATE', 'DELETE'],
  })
