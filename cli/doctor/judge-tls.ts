// What an authority needs before it gives a site its certificate: a domain that does not forbid it, and a free name for the proof. Pure.
import type { CaaRecord } from 'node:dns'
import { standingOf } from '../../functions/lib/certificates/challenge.ts'
import { challengeName } from '../../functions/lib/certificates/plan.ts'
import { hostnameOf, type RecordSet } from '../../functions/lib/domain/record.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { certificateNames } from '../../functions/lib/domain/site-certificate.ts'
import { type Line, note, ok, problem } from './line.ts'
import type { Caa, SiteFacts } from './look.ts'

/** As Let's Encrypt calls itself in CAA records, its staging directory too. */
const AUTHORITY = 'letsencrypt.org'

export function judgeTls({ site, records, caa }: SiteFacts): Line[] {
  if (site.tls === 'off') return []
  const found = 'value' in records ? records.value : []
  const lines = certificateNames(site).flatMap((name) => [
    ...judgeCaa(name, caa.get(name)),
    ...judgeProof(name, site, found),
  ])
  const fine = lines.every(({ kind }) => kind === 'ok')
  return fine
    ? [ok('certificate', `nothing forbids ${AUTHORITY} to issue for ${certificateNames(site).join(', ')}`)]
    : lines
}

function judgeCaa(name: string, read: Caa | undefined): Line[] {
  if (!read) return []
  if ('error' in read)
    return [note('CAA', `who may issue for ${name} could not be asked for: ${read.error.message}`, `dig CAA ${name}`)]
  const { at, records } = read.value
  const why = forbids(records)
  const line = `0 issue "${AUTHORITY}"`
  if (why)
    return [problem('CAA', `${at} ${why}: ${name} gets no certificate`, `add to the CAA record of ${at}: ${line}`)]
  const account = records.flatMap(({ issue = '' }) => /accounturi=(\S+)/.exec(issue)?.[1] ?? [])[0]
  if (!account || records.some(allowsAnyAccount)) return []
  return [
    note(
      'CAA',
      `${at} lets only the account ${account} issue, and the stage makes one of its own`,
      `add ${line} there, or that account’s URI`,
    ),
  ]
}

const KNOWN = ['issue', 'issuewild', 'issuemail', 'issuevmc', 'iodef', 'contactemail', 'contactphone']

/** RFC 8659, 4 and 8657: a set without `issue` forbids nothing; an unknown property that is critical forbids everything. */
function forbids(records: readonly CaaRecord[]): string | undefined {
  const unknown = records.flatMap((record) => (record.critical & 128 ? Object.keys(record) : []))
  const [strange] = unknown.filter((key) => key !== 'critical' && key !== 'type' && !KNOWN.includes(key))
  if (strange) return `has a critical CAA property that authorities do not know (${strange})`
  const issuers = records.flatMap(({ issue }) => (issue === undefined ? [] : [issue]))
  if (issuers.length === 0) return undefined
  const ours = issuers.filter(isOurs)
  const named = issuers.map((issuer) => issuer.split(';')[0]!.trim() || 'nobody').join(', ')
  if (ours.length === 0) return `lets only ${named} issue, by its CAA records`
  return ours.some(allowsDns) ? undefined : `does not let ${AUTHORITY} use the method dns-01, by its CAA record`
}

const isOurs = (issue: string): boolean => issue.split(';')[0]!.trim().toLowerCase() === AUTHORITY

function allowsDns(issue: string): boolean {
  const methods = /validationmethods=([^;\s]*)/i.exec(issue)?.[1]
  return methods === undefined || methods.toLowerCase().split(',').includes('dns-01')
}

const allowsAnyAccount = ({ issue }: CaaRecord): boolean =>
  issue !== undefined && isOurs(issue) && !/accounturi=/i.test(issue)

/** Where the proof is published nothing else may stand (domain/challenge.ts). */
function judgeProof(name: string, site: Site, records: readonly RecordSet[]): Line[] {
  const there = records.filter((record) => record.name === challengeName(name))
  const away = there.find(({ type }) => type === 'NS')
  const standing = standingOf(there, Date.now())
  if (!away && standing.kind !== 'foreign') return []
  const found = away ? `NS records that lead to ${away.values.join(', ')}` : (standing as { found: string }).found
  const at = hostnameOf({ name: challengeName(name) })
  return [
    problem(
      'certificate',
      `${at} holds ${found}: the proof for ${name} cannot be published there`,
      `when nothing needs it any more, delete it (another ACME client’s?): the console of Route 53, zone ${site.hostedZoneId}`,
    ),
  ]
}
