// What a look at the records could not set right, in words, and who waits for it.
import type { Instance } from '../domain/instance.ts'
import { type Problem, toProblem } from '../domain/problem.ts'
import { hostnameOf, recordKey } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import { describePlanned, isWrite, type PlannedRecord } from './plan.ts'

export interface DnsResult {
  readonly sites: readonly Site[]
  /** Hostname -> the site's instances. */
  readonly members: ReadonlyMap<string, readonly Instance[]>
  readonly plan: readonly PlannedRecord[]
  /** `recordKey` -> the service's words. */
  readonly givenUp: ReadonlyMap<string, string>
  /** By zone id. */
  readonly unreadable: ReadonlyMap<string, Error>
}

export function dnsProblems(result: DnsResult): Problem[] {
  const plans = Map.groupBy(result.plan, (planned) => planned.site)
  return result.sites.flatMap((site) => {
    const members = result.members.get(site.hostname) ?? []
    const concerned = { site: site.hostname, instances: members.map((instance) => instance.id) }
    return [
      ...(plans.get(site.hostname) ?? []).flatMap((planned) => planProblems(planned, result.givenUp, concerned)),
      ...zoneProblems(site, result.unreadable, concerned),
      ...members.flatMap((instance) => addressProblems(site, instance)),
    ]
  })
}

type Concerned = Pick<Problem, 'site' | 'instances'>

function planProblems(planned: PlannedRecord, givenUp: ReadonlyMap<string, string>, concerned: Concerned): Problem[] {
  if (planned.action === 'refuse')
    return [toProblem('RecordRefused', { message: describePlanned(planned), ...concerned })]
  const refusal = givenUp.get(recordKey(planned))
  if (!isWrite(planned) || refusal === undefined) return []
  const message = `${hostnameOf(planned)} ${planned.type}: Route 53 refused the change: ${refusal}`
  return [toProblem('RecordRejected', { message, ...concerned })]
}

function zoneProblems(site: Site, unreadable: ReadonlyMap<string, Error>, concerned: Concerned): Problem[] {
  const error = unreadable.get(site.hostedZoneId)
  if (!error) return []
  const message = `${site.hostname}: zone ${site.hostedZoneId} cannot be read: ${error.name}: ${error.message}`
  return [toProblem('ZoneUnreadable', { message, ...concerned })]
}

function addressProblems(site: Site, { id, state, publicIp }: Instance): Problem[] {
  if (state !== 'running' || publicIp) return []
  const message = `${id} of ${site.hostname} runs but has no public IPv4 address: is its subnet public, with auto-assign on?`
  return [toProblem('NoPublicAddress', { message, site: site.hostname, instances: [id] })]
}
