// The world as the step for hosts sees it, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { cancelCommand, listCommands, readInvocation, sendCommand } from '../aws/ssm/commands.ts'
import { readChildren } from '../aws/ssm/parameters.ts'
import type { InspectionResult } from '../diagnosis/observation.ts'
import { TryLater } from '../domain/errors.ts'
import { resolveSites, type SiteSet, wantsCertificates } from '../domain/site-set.ts'
import { inspectHost, type RunCommand } from '../hosts/command.ts'
import type { Inspection } from '../hosts/inspection.ts'
import type { HostPorts } from '../hosts/ports.ts'
import { type HostProbePorts, inspect } from '../probe/host.ts'
import { systemClock } from '../steps/clock.ts'
import { together } from '../steps/together.ts'

/** Certificates only where a site has some. */
export async function readEverything(path: string, readSiteDocuments = readChildren): Promise<SiteSet> {
  const read = (kind: string) => readChildren(`${path}/${kind}`)
  const [sites, images] = await together([readSiteDocuments(`${path}/sites`), read('images')])
  const plain = resolveSites(sites, images)
  return wantsCertificates(plain) ? resolveSites(sites, images, await read('certificates')) : plain
}

export interface HostSettings {
  readonly stage: string
  /** `/ragstream-edge/<stage>` */
  readonly path: string
  readonly configureDocument: string
  readonly inspectDocument: string
  readonly retryAfter?: readonly number[] | undefined
}

/** Receives each inspection that a host has answered. */
type OnInspected = (instanceId: string, site: string, inspected: Inspected) => void

export type Inspected = Extract<InspectionResult, { readonly kind: 'inspected' }>

export const hostPorts = (
  { stage, path, configureDocument, inspectDocument, retryAfter }: HostSettings,
  onInspected: OnInspected = () => {},
): HostPorts => ({
  readSites: () => readEverything(path),
  listInstances: () => listInstances(stage),
  listCommands: (instanceId, since) => listCommands(configureDocument, instanceId, since),
  sendCommand,
  cancelCommand,
  inspect: (instanceId, site) =>
    askHost(instanceId, inspectHost(site, inspectDocument), (inspected) =>
      onInspected(instanceId, site.hostname, inspected),
    ),
  ...{ documentName: configureDocument, retryAfter },
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

/** Milliseconds that a host has to answer an inspection. */
const INSPECTION = 10_000

/**
 * A host that cannot be asked is not judged: whatever keeps it from answering is no drift.
 * @throws TryLater while Systems Manager wants fewer requests: of the host that says nothing
 */
async function askHost(
  instanceId: string,
  command: RunCommand,
  onInspected: (inspected: Inspected) => void,
): Promise<Inspection | undefined> {
  const look = { instanceId, command, limit: INSPECTION, isNeedless: () => false }
  const answer = await inspect(hostProbe, look).catch((error) => {
    if (error instanceof TryLater) throw error
    return undefined
  })
  if (answer?.kind !== 'inspected') return undefined
  onInspected(answer)
  return answer.inspection
}
