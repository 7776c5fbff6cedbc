// The world as the step for hosts sees it, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { listCommands, readInvocation, sendCommand } from '../aws/ssm/commands.ts'
import { readChildren } from '../aws/ssm/parameters.ts'
import { resolveSites, type SiteSet, wantsCertificates } from '../domain/site-set.ts'
import type { HostPorts } from '../hosts/ports.ts'
import type { HostProbePorts } from '../probe/host.ts'
import { systemClock } from '../steps/clock.ts'
import { together } from '../steps/together.ts'

/** Certificates only where a site has some. */
export async function readEverything(path: string, readSiteDocuments = readChildren): Promise<SiteSet> {
  const read = (kind: string) => readChildren(`${path}/${kind}`)
  const [sites, images] = await together([readSiteDocuments(`${path}/sites`), read('images')])
  const plain = resolveSites(sites, images)
  return wantsCertificates(plain) ? resolveSites(sites, images, await read('certificates')) : plain
}

export const hostPorts = (stage: string, path: string, documentName: string): HostPorts => ({
  readSites: () => readEverything(path),
  listInstances: () => listInstances(stage),
  listCommands: (instanceId, since) => listCommands(documentName, instanceId, since),
  sendCommand,
  documentName,
  clock: systemClock,
})

/** Seconds; the least that SendCommand takes. The agent of a host that is well takes a command sooner. */
const DELIVERY = 30

/** How a host is asked. */
export const hostProbe: HostProbePorts = {
  sendCommand: (instanceId, command) => sendCommand(instanceId, command, DELIVERY),
  readInvocation,
  sleep: systemClock.sleep,
}
