// The converge steps' view of the world, made of the real services.
import { listInstances } from '../aws/ec2.ts'
import { changeRecords, listRecords } from '../aws/route53.ts'
import { listCommands, readDocuments, sendCommand } from '../aws/ssm.ts'
import { credentialsOf } from '../aws/sts.ts'
import { resolveSites, type SiteSet, wantsCertificates } from '../domain/site-set.ts'
import { systemClock } from './clock.ts'
import type { DnsPorts } from './dns.ts'
import type { HostPorts } from './host.ts'
import { together } from './together.ts'

/** `path` is `/ragstream-edge/<stage>`. Records need no image, so a bad one does not hold them up. */
const readSites = async (path: string): Promise<SiteSet> => resolveSites(await readDocuments(`${path}/sites`), [])

/** Certificates only where a site has some. */
export async function readEverything(path: string, readSiteDocuments = readDocuments): Promise<SiteSet> {
  const read = (kind: string) => readDocuments(`${path}/${kind}`)
  const [sites, images] = await together([readSiteDocuments(`${path}/sites`), read('images')])
  const plain = resolveSites(sites, images)
  return wantsCertificates(plain) ? resolveSites(sites, images, await read('certificates')) : plain
}

/** Route 53 in the account of the zone. */
export const recordPorts: Pick<DnsPorts, 'listRecords' | 'changeRecords'> = {
  listRecords: (zoneId, names, role) => listRecords(zoneId, names, credentialsOf(role)),
  changeRecords: (zoneId, changes, comment, role) => changeRecords(zoneId, changes, comment, credentialsOf(role)),
}

export const dnsPorts = (stage: string, path: string): DnsPorts => ({
  readSites: () => readSites(path),
  listInstances: () => listInstances(stage),
  ...recordPorts,
  clock: systemClock,
})

export const hostPorts = (stage: string, path: string, documentName: string): HostPorts => ({
  readSites: () => readEverything(path),
  listInstances: () => listInstances(stage),
  listCommands: (instanceId, since) => listCommands(documentName, instanceId, since),
  sendCommand,
  documentName,
  clock: systemClock,
})
