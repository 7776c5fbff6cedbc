// The records of one name, in whichever zone it lies.
import {
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53'

/** Route 53 lists from a name on: what comes after it is left out. */
export async function recordsNamed(client: Route53Client, name: string): Promise<ResourceRecordSet[]> {
  const wanted = `${name.toLowerCase().replace(/\.$/, '')}.`
  const { HostedZones = [] } = await client.send(new ListHostedZonesCommand())
  const zone = HostedZones.find(({ Name = '' }) => wanted === Name || wanted.endsWith(`.${Name}`))
  if (!zone) return []
  const list = new ListResourceRecordSetsCommand({ HostedZoneId: zone.Id, StartRecordName: wanted })
  const { ResourceRecordSets = [] } = await client.send(list)
  return ResourceRecordSets.filter((set) => set.Name === wanted)
}
