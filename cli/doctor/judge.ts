// What a site still needs to be served, each with what to do about it. Pure.

import { hostnameOf, namesOf, type RecordSet } from '../../functions/lib/domain/record.ts'
import type { Zone } from './account.ts'
import { judgeHosts } from './judge-hosts.ts'
import { judgeRole } from './judge-role.ts'
import { judgeTls } from './judge-tls.ts'
import { type Line, note, ok, problem, unread } from './line.ts'
import type { SiteFacts } from './look.ts'

export const judge = (facts: SiteFacts): Line[] => [...judgeDns(facts), ...judgeHosts(facts), ...judgeTls(facts)]

/** Behind a role that is closed there is nothing to see. */
function judgeDns(facts: SiteFacts): Line[] {
  const role = judgeRole(facts)
  const zone = role?.kind === 'problem' ? [] : judgeZone(facts)
  // Where the zone is not the site's, its records say nothing of the site; where only the delegation is wrong, they do.
  const isOwn = zone.every(({ kind, subject }) => kind !== 'problem' || subject === 'delegation')
  const open = role?.kind === 'problem' ? [] : [...zone, ...(isOwn ? judgeRecords(facts) : [])]
  return role ? [role, ...open] : open
}

function judgeZone({ site, zone, delegation, dnsRole }: SiteFacts): Line[] {
  const id = site.hostedZoneId
  const find = `aws route53 list-hosted-zones-by-name --dns-name ${site.hostname.split('.').slice(-2).join('.')}: put the id of the public one into the site's file`
  if ('error' in zone) {
    if (zone.error.name === 'NoSuchHostedZone')
      return [
        problem(
          'zone',
          `there is no hosted zone ${id} in ${dnsRole ? `the account of ${dnsRole.arn}` : 'this account'}`,
          find,
        ),
      ]
    if (isAbroad(zone.error)) return [problem('zone', `${id} lies in another account: ${zone.error.message}`, ABROAD)]
    return [unread('zone', zone.error, 'route53:GetHostedZone')]
  }
  const { name, isPrivate } = zone.value
  if (isPrivate) return [problem('zone', `${id} (${name}) is private: visitors never ask it`, find)]
  if (!`.${site.hostname}`.endsWith(`.${name}`))
    return [problem('zone', `${id} is the zone of ${name}, and ${site.hostname} is not in it`, find)]
  return judgeDelegation(zone.value, id, delegation)
}

/** What a resolver says of a domain that nobody delegated, or that is delegated to servers which do not serve it. */
const ASTRAY: Readonly<Record<string, string>> = {
  ENOTFOUND: 'is delegated to nothing (ENOTFOUND)',
  ENODATA: 'is delegated to nothing (ENODATA)',
  ESERVFAIL: 'leads resolvers to servers that do not serve it, or its DNSSEC is broken (ESERVFAIL)',
}

/** A resolver that could not be asked proves nothing. */
function judgeDelegation({ name, nameServers }: Zone, id: string, delegation: SiteFacts['delegation']): Line[] {
  const error = 'error' in delegation ? delegation.error : undefined
  const astray = error && ASTRAY[(error as NodeJS.ErrnoException).code ?? '']
  if (error && !astray)
    return [
      ok('zone', `${id} (${name}), public`),
      note(
        'delegation',
        `the name servers of ${name} could not be asked for: ${error.message}`,
        `dig NS ${name} must say ${nameServers.join(', ')}`,
      ),
    ]
  const found = 'value' in delegation ? delegation.value.join(', ') : ''
  if (!astray && found === nameServers.join(', '))
    return [ok('zone', `${id} (${name}), public, and the domain is delegated to it`)]
  return [
    problem(
      'delegation',
      `${name} ${astray ?? `is delegated to ${found || 'nothing'}`}, and the zone lives at ${nameServers.join(', ')}`,
      `at the registrar of ${name} (or in the zone above it) enter these name servers: ${nameServers.join(', ')}`,
    ),
  ]
}

/** Route 53's words where the caller's policies allow it, and the zone belongs to somebody else. */
const isAbroad = ({ name, message }: Error): boolean =>
  name === 'AccessDenied' && message.includes('is not authorized to access this resource')
const ABROAD =
  'name a role of that account in the site’s file as dnsRoleArn; the doctor then prints the policies that it needs (docs/security.md)'

function judgeRecords({ site, zone, records }: SiteFacts): Line[] {
  if ('error' in zone && isAbroad(zone.error)) return []
  if ('error' in records) return [unread('record', records.error, 'route53:ListResourceRecordSets')]
  const names = namesOf(site)
  const mine = records.value.filter(({ name, type }) => names.includes(name) && ['A', 'AAAA', 'CNAME'].includes(type))
  if (mine.length === 0) return [ok('record', `${site.hostname} has none yet: it will be created`)]
  return mine.map((record) => judgeRecord(record, site))
}

function judgeRecord(record: RecordSet, { hostedZoneId, ipv6 }: SiteFacts['site']): Line {
  const name = hostnameOf(record)
  const { type, special, values } = record
  const remove = `delete it, when nobody needs it: the console of Route 53, zone ${hostedZoneId}, record ${name} ${type}`
  if (type === 'AAAA' && !ipv6)
    return problem(
      'record',
      `${name} AAAA ${special ? `is ${special}` : values.join(', ')}: nobody keeps it, since the site has no ipv6, and visitors with IPv6 go there`,
      special ? remove : `${remove}; or put "ipv6": true into the site’s file, when the instance has an IPv6 address`,
    )
  const refused = special ?? (type === 'CNAME' ? `a CNAME to ${values.join(', ')}` : undefined)
  if (refused) return problem('record', `${name} is ${refused}, which is never overwritten`, remove)
  return ok('record', `${name} ${type} ${values.join(', ')} (TTL ${record.ttl}): it will be kept up to date`)
}
