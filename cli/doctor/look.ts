// Reads what the judgement of a site needs, as much as possible side by side. What could not be read is told as such.
import { STAGE_TAG } from '../../functions/lib/aws/ec2.ts'
import { describeNetwork } from '../../functions/lib/aws/ec2-network.ts'
import { listRecords } from '../../functions/lib/aws/route53.ts'
import { describeAgent } from '../../functions/lib/aws/ssm.ts'
import type { Network } from '../../functions/lib/domain/network.ts'
import type { Agent } from '../../functions/lib/domain/observation.ts'
import type { RecordSet } from '../../functions/lib/domain/record.ts'
import { namesOf, type Site } from '../../functions/lib/domain/site.ts'
import { type AccountInstance, allInstances, delegationOf, readZone, type Zone } from './account.ts'

export type Read<T> = { readonly value: T } | { readonly error: Error }

export interface SiteFacts {
  readonly site: Site
  readonly stage: string
  readonly region: string
  readonly zone: Read<Zone>
  /** Names of the servers that the world is sent to for the zone. */
  readonly delegation: Read<readonly string[]>
  /** At the site's names, of every type. */
  readonly records: Read<readonly RecordSet[]>
  /** That bear the site's tags, whatever their stage. */
  readonly instances: Read<readonly AccountInstance[]>
  /** Of the instances of the stage; missing where there are none. */
  readonly hosts: readonly { instance: AccountInstance; network: Read<Network>; agent: Read<Agent | undefined> }[]
}

export async function look(sites: readonly Site[], stage: string, region: string): Promise<SiteFacts[]> {
  const all = reading(allInstances(region))
  const zoneIds = [...new Set(sites.map(({ hostedZoneId }) => hostedZoneId))]
  const zones = new Map(
    zoneIds.map((id) => {
      const names = sites.filter(({ hostedZoneId }) => hostedZoneId === id).flatMap(namesOf)
      return [id, lookAtZone(id, names, region)] as const
    }),
  )
  return Promise.all(
    sites.map(async (site) => ({
      site,
      stage,
      region,
      ...(await zones.get(site.hostedZoneId)!),
      ...(await lookAtHosts(site, stage, all)),
    })),
  )
}

async function lookAtZone(id: string, names: readonly string[], region: string) {
  const records = reading(listRecords(id, names))
  const zone = await reading(readZone(id, region))
  const delegation = 'value' in zone ? await reading(delegationOf(zone.value.name)) : zone
  return { zone, delegation, records: await records }
}

async function lookAtHosts(site: Site, stage: string, all: Promise<Read<AccountInstance[]>>) {
  const read = await all
  if ('error' in read) return { instances: read, hosts: [] }
  const selector = Object.entries(site.instances).map(([key, value]) => [key.replace(/^tag:/, ''), value] as const)
  const chosen = read.value.filter(({ tags }) => selector.every(([key, value]) => tags[key] === value))
  const hosts = chosen
    .filter(({ tags }) => tags[STAGE_TAG] === stage)
    .map(async (instance) => {
      const placed = { ...instance, ipv6: undefined }
      const [network, agent] = await Promise.all([
        reading(describeNetwork(placed, AbortSignal.timeout(5_000))),
        reading(describeAgent(instance.id)),
      ])
      return { instance, network, agent }
    })
  return { instances: { value: chosen }, hosts: await Promise.all(hosts) }
}

export const reading = <T>(work: Promise<T>): Promise<Read<T>> =>
  work.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  )
