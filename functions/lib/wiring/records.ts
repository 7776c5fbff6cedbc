// The world as the step for records sees it, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { changeRecords, listRecords } from '../aws/route53.ts'
import { readChildren } from '../aws/ssm/parameters.ts'
import { credentialsOf } from '../aws/sts.ts'
import { resolveSites, type SiteSet } from '../domain/site-set.ts'
import type { DnsPorts } from '../records/ports.ts'
import { systemClock } from '../steps/clock.ts'

/** `path` is `/ragstream-edge/<stage>`. Records need no image, so a bad one does not hold them up. */
const readSites = async (path: string): Promise<SiteSet> => resolveSites(await readChildren(`${path}/sites`), [])

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
