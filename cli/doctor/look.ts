// Reads everything that the judgement of a site needs, side by side where possible. It reports what it could not read.
import { STAGE_TAG } from '../../functions/lib/aws/ec2/instances.ts'
import { describeNetwork } from '../../functions/lib/aws/ec2/network.ts'
import { listRecords } from '../../functions/lib/aws/route53.ts'
import { describeAgent } from '../../functions/lib/aws/ssm/commands.ts'
import { credentialsOf } from '../../functions/lib/aws/sts.ts'
import { challengeName } from '../../functions/lib/certificates/plan.ts'
import type { Network } from '../../functions/lib/diagnosis/network.ts'
import type { Agent } from '../../functions/lib/diagnosis/observation.ts'
import { selects } from '../../functions/lib/domain/instance.ts'
import type { RecordSet } from '../../functions/lib/domain/record.ts'
import { namesOf } from '../../functions/lib/domain/record.ts'
import type { DnsRole, Site } from '../../functions/lib/domain/site.ts'
import { certificateNames } from '../../functions/lib/domain/site-certificate.ts'
import { systemClock } from '../../functions/lib/steps/clock.ts'
import { patiently } from '../../functions/lib/steps/patiently.ts'
import { dnsRolesOf } from '../../resources/zone-rights.ts'
import { type DnsRolePolicies, dnsRolePolicies } from '../dns-role.ts'
import {
  type AccountInstance,
  allInstances,
  type CaaSet,
  caaOf,
  delegationOf,
  readZone,
  whoAmI,
  type Zone,
} from './account.ts'
import { type HealthLook, lookAtHealth } from './health.ts'
import { type HostRole, hostRole } from './host-role.ts'
import { type LastLook, lastLook } from './last-look.ts'
import { type Read, reading } from './reading.ts'
import { readStopping, type Stopping } from './stopping.ts'

export type Caa = Read<CaaSet>

export interface SiteFacts {
  readonly site: Site
  readonly stage: string
  readonly region: string
  readonly zone: Read<Zone>
  /** Of a zone in another account. */
  readonly dnsRole: DnsRoleFacts | undefined
  /** Names of the servers that the world is sent to for the zone. */
  readonly delegation: Read<readonly string[]>
  /** At the names of the zone's sites, of every type; with tls also where the proof for a certificate is published. */
  readonly records: Read<readonly RecordSet[]>
  /** Of every name that gets a certificate. */
  readonly caa: ReadonlyMap<string, Caa>
  /** That bear the site's tags, whatever their stage. */
  readonly instances: Read<readonly AccountInstance[]>
  /** Of the instances of the stage; missing where there are none. */
  readonly hosts: readonly {
    instance: AccountInstance
    network: Read<Network>
    agent: Read<Agent | undefined>
    /** Undefined without an instance profile, and where the profile has no role. */
    role: Read<HostRole | undefined>
    /** Undefined where it cannot be asked. */
    health?: HealthLook | undefined
    /** Undefined where no function looked lately. */
    look: Read<LastLook | undefined>
    /** Of a site with `idle`. */
    stopping?: Stopping | undefined
  }[]
}

export interface DnsRoleFacts {
  readonly arn: string
  /** What its owner should have written; not known while it is not known who asks. */
  readonly policies: DnsRolePolicies | undefined
  /** ARN of who asks. */
  readonly caller: string
}

export async function look(sites: readonly Site[], stage: string, region: string): Promise<SiteFacts[]> {
  const all = reading(allInstances(region))
  const zoneIds = [...new Set(sites.map(({ hostedZoneId }) => hostedZoneId))]
  const zones = new Map(
    zoneIds.map((id) => {
      const names = sites.filter(({ hostedZoneId }) => hostedZoneId === id).flatMap(namesToRead)
      const role = sites.find(({ hostedZoneId }) => hostedZoneId === id)!.dnsRoleArn
      return [id, lookAtZone(id, names, region, role)] as const
    }),
  )
  const roles = await lookAtRoles(sites, stage, region)
  return Promise.all(
    sites.map(async (site) => {
      const [zone, hosts, caa] = await Promise.all([
        zones.get(site.hostedZoneId)!,
        readHostFacts(site, stage, region, all),
        lookAtCaa(site),
      ])
      return { site, stage, region, ...zone, ...hosts, caa, dnsRole: roles.get(site.dnsRoleArn) }
    }),
  )
}

const secured = (site: Site): string[] => (site.tls === 'acme' ? certificateNames(site) : [])
const namesToRead = (site: Site): string[] => [...namesOf(site), ...secured(site).map(challengeName)]

const lookAtCaa = async (site: Site): Promise<Map<string, Caa>> =>
  new Map(await Promise.all(secured(site).map(async (name) => [name, await reading(caaOf(name))] as const)))

async function lookAtRoles(sites: readonly Site[], stage: string, region: string) {
  const arns = dnsRolesOf(sites)
  if (arns.length === 0) return new Map<DnsRole, DnsRoleFacts>()
  const me = await reading(whoAmI(region))
  return new Map<DnsRole, DnsRoleFacts>(
    arns.map((arn) => {
      if ('error' in me) return [arn, { arn, policies: undefined, caller: 'not known' }]
      const { account, arn: caller } = me.value
      return [arn, { arn, policies: dnsRolePolicies(arn, sites, { account, stage }), caller }]
    }),
  )
}

/** Milliseconds within which a read is tried again where Route 53 wants fewer requests. */
const PATIENCE = 5_000

async function lookAtZone(id: string, names: readonly string[], region: string, role: DnsRole) {
  const credentials = credentialsOf(role)
  // The functions use up Route 53's requests, too.
  const records = reading(patiently(systemClock, Date.now() + PATIENCE, () => listRecords(id, names, credentials)))
  const zone = await reading(readZone(id, region, credentials))
  const delegation = 'value' in zone ? await reading(delegationOf(zone.value.name)) : zone
  return { zone, delegation, records: await records }
}

async function readHostFacts(site: Site, stage: string, region: string, all: Promise<Read<AccountInstance[]>>) {
  const read = await all
  if ('error' in read) return { instances: read, hosts: [] }
  const chosen = read.value.filter((instance) => selects(site.instances, instance))
  const hosts = chosen
    .filter(({ tags }) => tags[STAGE_TAG] === stage)
    .map(async (instance) => {
      const placed = { ...instance, ipv6: undefined }
      const [network, agent, role, health, look, stopping] = await Promise.all([
        reading(describeNetwork(placed, AbortSignal.timeout(5_000))),
        reading(describeAgent(instance.id)),
        reading(hostRole(instance.profile, site, stage, region)),
        lookAtHealth(site, instance),
        reading(lastLook(instance, stage)),
        site.idle === null ? undefined : readStopping(instance, stage, region),
      ])
      return { instance, network, agent, role, health, look, stopping }
    })
  return { instances: { value: chosen }, hosts: await Promise.all(hosts) }
}
