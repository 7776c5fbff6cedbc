// Verdicts on the name: the record at Route 53, what its name servers say of it, and what resolvers still hold.

import { fqdn, hostnameOf, type RecordSet } from '../../domain/record.ts'
import { type Facts, isParked, type NamedRecord, same, spoken } from '../facts.ts'
import { type DnsAnswer, type Observation, valueIn } from '../observation.ts'
import { described } from '../web.ts'
import { breaks, type Rule, type RuleHit } from './rule.ts'

/** Whether names are to lead to running instances at all. */
const expected = ({ addresses }: Facts): boolean => addresses.length > 0

const wrongNames = ({ records, addresses }: Facts, is: (named: NamedRecord) => boolean): NamedRecord[] =>
  (records ?? []).filter((named) => !same(plain(named.record), addresses) && is(named))

/** Values of a record that this service can have written. */
const plain = (record: RecordSet | undefined): readonly string[] =>
  record?.type === 'A' && !record.special ? record.values : []

const listed = (names: readonly NamedRecord[]): string => names.map(({ hostname }) => hostname).join(', ')

function recordMissing(facts: Facts): RuleHit | undefined {
  const names = expected(facts) ? wrongNames(facts, ({ record }) => record === undefined) : []
  return names.length > 0
    ? breaks(`Route 53 has no A record for ${listed(names)}; wanted ${facts.addresses.join(', ')}`)
    : undefined
}

function recordParked(facts: Facts): RuleHit | undefined {
  const { site, running } = facts
  const names = expected(facts) ? wrongNames(facts, ({ record }) => record !== undefined && isParked(site, record)) : []
  if (names.length === 0) return undefined
  return breaks(
    `${listed(names)} is parked at ${site.parkAddress} though ${running?.id} runs at ${facts.addresses.join(', ')}`,
  )
}

function recordStale(facts: Facts): RuleHit | undefined {
  const { site, seen } = facts
  if (facts.records === undefined || seen.instances.kind !== 'seen') return undefined
  const old = wrongNames(
    facts,
    ({ record }) =>
      plain(record).length > 0 &&
      !isParked(site, record!) &&
      plain(record).every((address) => !facts.addresses.includes(address)),
  )
  if (!expected(facts)) return facts.atRest || facts.running ? undefined : staleAtRest(facts, old)
  if (old.length === 0) return lagging(facts)
  const told = `${listed(old)} points to ${plain(old[0]!.record).join(', ')}; the instance is at ${facts.addresses.join(', ')}`
  return breaks(`${told}${strangers(seen)}`, {
    or: {
      name: 'record-wrong',
      how: 'an earlier address of the instance is stale; if CloudTrail shows that another than ragstream-edge wrote it (ChangeResourceRecordSets), it is wrong',
    },
  })
}

function staleAtRest({ seen, site }: Facts, old: readonly NamedRecord[]): RuleHit | undefined {
  if (old.length === 0) return undefined
  const told = `${listed(old)} points to ${plain(old[0]!.record).join(', ')} though no instance runs there; wanted ${site.parkAddress}`
  return breaks(`${told}${strangers(seen)}`)
}

/** The address may have been given to another customer. */
function strangers(seen: Observation): string {
  const answering = (valueIn(seen.strangers) ?? []).filter(({ answer }) => answer.kind === 'answer')
  return answering.map(({ address, answer }) => `; somebody else answers at ${address}: ${described(answer)}`).join('')
}

/** Route 53 holds the right record and its servers do not say so yet. */
function lagging(facts: Facts): RuleHit | undefined {
  if (!recordIsRight(facts)) return undefined
  const behind = spoken(valueIn(facts.seen.nameServers)).filter((one) => !same(one.addresses, facts.addresses))
  if (behind.length === 0) return undefined
  return breaks(
    `Route 53 holds ${facts.addresses.join(', ')}, and name server ${behind[0]!.server} still answers ${said(behind[0]!)}`,
  )
}

const NOTHING: NamedRecord = { hostname: '', record: undefined }

export const recordIsRight = (facts: Facts): boolean =>
  expected(facts) && (facts.records ?? [NOTHING]).every(({ record }) => same(plain(record), facts.addresses))

export const said = ({ addresses, code, ttl }: DnsAnswer): string =>
  code === 'ENOTFOUND'
    ? 'that there is no such name'
    : code === 'ENODATA'
      ? 'that there is no address'
      : code !== undefined
        ? `nothing (${code})`
        : `${addresses.join(', ')} for ${ttl} s`

function recordWrong(facts: Facts): RuleHit | undefined {
  const { addresses, records } = facts
  const foreign = (records ?? []).find(({ record }) => record && (record.special || record.type !== 'A'))
  if (foreign?.record)
    return breaks(
      `${foreign.hostname} has ${foreign.record.special ?? `a ${foreign.record.type} record`}, not made by this service`,
    )
  const mixed = expected(facts)
    ? wrongNames(facts, ({ record }) => plain(record).some((address) => addresses.includes(address)))
    : []
  if (mixed.length === 0) return strayIpv6(facts)
  return breaks(
    `${listed(mixed)} points to ${plain(mixed[0]!.record).join(', ')}; wanted ${addresses.join(', ')} and no other`,
  )
}

/** Browsers try IPv6 first and fall back: slow, and not broken. */
function strayIpv6({ seen, site, records }: Facts): RuleHit | undefined {
  const names = (records ?? []).map(({ hostname }) => fqdn(hostname))
  const stray = (valueIn(seen.records) ?? []).find(({ type, name }) => type === 'AAAA' && names.includes(name))
  if (!stray || site.ipv6) return undefined
  const what = `${hostnameOf(stray)} has an AAAA record, ${stray.values.join(', ')}, and the site says ipv6: false`
  return { what, breaks: false }
}

/** Seconds for which a resolver may remember that a name was not there (Route 53: SOA, 900). */
const NEGATIVE_TTL = 900

const SERVFAIL =
  'waiting does not help against SERVFAIL. Either DNSSEC is broken: correct or remove the DS record at the registrar. Or the delegation, perhaps of a sub-zone, leads to servers that do not serve the zone: correct its NS records. `delv` and `dig +trace` of the name tell which. ./edge doctor <target> looks at the delegation'

function resolversBehind(facts: Facts): RuleHit | undefined {
  if (!recordIsRight(facts)) return undefined
  const answers = valueIn(facts.seen.resolvers) ?? []
  const behind = answers.filter((one) => one.code !== 'ETIMEOUT' && !same(one.addresses, facts.addresses))
  if (behind.length === 0) return undefined
  const told = behind.map((one) => `${one.server} says ${said(one)}`).join('; ')
  // What they get is refused by themselves: no time makes it right.
  if (behind.every(({ code }) => code === 'ESERVFAIL'))
    return { what: told, breaks: behind.length === answers.length, fix: SERVFAIL }
  const passes = behind.every(
    (one) => one.addresses.length > 0 && (one.ttl ?? 0) <= Math.max(facts.site.ttl, NEGATIVE_TTL),
  )
  const some = behind.length < spoken(answers).length + behind.filter(({ code }) => code === 'ESERVFAIL').length
  if (passes || some) return { what: told, breaks: false }
  return breaks(told, {
    or: {
      name: 'record-wrong',
      how: `\`dig NS\` of the zone's name: where it lists other servers than the hosted zone's, the registrar delegates elsewhere; else wait ${NEGATIVE_TTL} s`,
    },
  })
}

const RESYNC = './edge resync <site> <target> writes the record. Without it, the schedule does so within 15 minutes'
const WHY_NOT = 'The log of `dns-sync` says why the record was not written'

export const RECORD_RULES: readonly Rule[] = [
  {
    name: 'record-missing',
    hop: 'record',
    when: 'Route 53 has no A record of the name, although the instance runs',
    fix: RESYNC,
    more: WHY_NOT,
    find: recordMissing,
  },
  {
    name: 'record-parked',
    hop: 'record',
    when: 'the record has the park address, although the instance runs',
    fix: RESYNC,
    more: WHY_NOT,
    find: recordParked,
  },
  {
    name: 'record-stale',
    hop: 'record',
    when: 'no address in the record, or at a name server of the zone, belongs to a running instance of the site. The finding says who answers there',
    fix: RESYNC,
    more: `${WHY_NOT}. If a stranger answers at the old address, your visitors reach the stranger: repair it now`,
    rivals: ['record-wrong'],
    find: recordStale,
  },
  {
    name: 'record-wrong',
    hop: 'record',
    when: 'the name has an alias, a CNAME, a record with a routing policy, or more addresses than the right one. An AAAA record without `ipv6` is also named, but breaks nothing',
    fix: 'remove the record that ragstream-edge did not make, then ./edge resync <site> <target>',
    more: 'See `RecordRefused` in the runbook',
    find: recordWrong,
  },
  {
    name: 'resolvers-behind',
    hop: 'resolvers',
    when: 'Route 53 is right, but public resolvers have another answer. The site is broken if two things are true: no resolver is right; a wrong answer has no address, or a TTL over 15 min and the site’s TTL',
    fix: 'wait until the old answers of the resolvers expire',
    more: 'After 15 minutes, check that the registrar has the name servers of the hosted zone',
    rivals: ['record-wrong'],
    find: resolversBehind,
  },
]
