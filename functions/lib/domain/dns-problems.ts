// What a look at the records could not set right, in words, and who waits for it.
import { type Instance, selects } from './instance.ts'
import { describePlanned, isWrite, type PlannedRecord } from './plan.ts'
import { NO_PATIENCE, type Patience, type Problem, SHORT_PATIENCE } from './problem.ts'
import { hostnameOf, recordKey } from './record.ts'
import type { Site } from './site.ts'

export interface DnsFindings {
  readonly sites: readonly Site[]
  readonly instances: readonly Instance[]
  readonly plan: readonly PlannedRecord[]
  /** `recordKey` -> the service's words. */
  readonly givenUp: ReadonlyMap<string, string>
  /** By zone id. */
  readonly unreadable: ReadonlyMap<string, Error>
}

export function dnsProblems(findings: DnsFindings): Problem[] {
  return [
    ...findings.plan.flatMap((planned) => planProblems(planned, findings.givenUp)),
    ...findings.sites.flatMap((site) => zoneProblems(site, findings.unreadable)),
    ...findings.sites.flatMap((site) => addressProblems(site, findings.instances)),
  ]
}

function planProblems(planned: PlannedRecord, givenUp: ReadonlyMap<string, string>): Problem[] {
  const { site, instances } = planned
  if (planned.action === 'refuse')
    return [{ name: 'RecordRefused', message: describePlanned(planned), site, instances, patience: NO_PATIENCE }]
  const refusal = givenUp.get(recordKey(planned))
  if (!isWrite(planned) || refusal === undefined) return []
  const message = `${hostnameOf(planned)} ${planned.type}: Route 53 refused the change: ${refusal}`
  return [{ name: 'RecordRejected', message, site, instances, patience: SHORT_PATIENCE }]
}

function zoneProblems(site: Site, unreadable: ReadonlyMap<string, Error>): Problem[] {
  const error = unreadable.get(site.hostedZoneId)
  if (!error) return []
  const message = `${site.hostname}: zone ${site.hostedZoneId} cannot be read: ${error.name}: ${error.message}`
  return [{ name: 'ZoneUnreadable', message, site: site.hostname, instances: [], patience: SHORT_PATIENCE }]
}

/** Usually for seconds only, since the EC2 API is eventually consistent. */
const NO_ADDRESS: Patience = { againAfter: 3_000, givesUpAfter: 120_000 }

function addressProblems(site: Site, instances: readonly Instance[]): Problem[] {
  return instances
    .filter((instance) => instance.state === 'running' && !instance.publicIp && selects(site.instances, instance))
    .map((instance) => ({
      name: 'NoPublicAddress',
      message: `${instance.id} of ${site.hostname} runs but has no public IPv4 address: is its subnet public, with auto-assign on?`,
      site: site.hostname,
      instances: [instance.id],
      patience: NO_ADDRESS,
    }))
}
