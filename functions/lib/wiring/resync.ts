// What resync needs of the world, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { deleteParameter, readChildren, readTree } from '../aws/ssm/parameters.ts'
import { resolveSites } from '../domain/site-set.ts'
import { inspectHost } from '../hosts/command.ts'
import type { HostPorts } from '../hosts/ports.ts'
import { liveName, readState, type SiteState, type StateEntry } from '../outcome/state.ts'
import { inspect } from '../probe/host.ts'
import type { ResyncPorts } from '../resync/resync.ts'
import { systemClock } from '../steps/clock.ts'
import { handOver } from '../steps/hand-over.ts'
import { hostPorts, hostProbe, readEverything } from './hosts.ts'
import { dnsPorts } from './records.ts'

/** `path` is `/ragstream-edge/<stage>`. Of one run: what it hands over is of its own world. */
export const resyncPorts = (
  stage: string,
  path: string,
  documents: { readonly configure: string; readonly inspect: string },
): ResyncPorts => {
  // The hosts are looked at right after the records.
  const sites = handOver(readChildren, systemClock)
  const instances = handOver(() => listInstances(stage), systemClock)
  return {
    dns: {
      ...dnsPorts(stage, path),
      readSites: async () => resolveSites(await sites.first(`${path}/sites`), []),
      listInstances: instances.first,
    },
    hosts: {
      ...hostPorts(stage, path, documents.configure),
      readSites: () => readEverything(path, sites.second),
      listInstances: instances.second,
      inspect: askedWith(documents.inspect),
    },
    readStates: async () => statesOf(await readTree(`${path}/state`)),
    forgetMark: async ({ site, mark }) => void (await deleteParameter(`${path}/state/${site}/${liveName(mark)}`)),
  }
}

/** Milliseconds that a host has to answer an inspection. */
const INSPECTION = 10_000

const askedWith =
  (documentName: string): NonNullable<HostPorts['inspect']> =>
  async (instanceId, site) => {
    const command = inspectHost(site, documentName)
    const asked = { instanceId, command, limit: INSPECTION, isNeedless: () => false }
    // A host that cannot be asked is not judged: whatever keeps it from answering is no drift.
    const answer = await inspect(hostProbe, asked).catch(() => undefined)
    return answer?.kind === 'inspected' ? answer.inspection : undefined
  }

/** By the hostname that stands before the first slash. */
function statesOf(entries: readonly StateEntry[]): ReadonlyMap<string, SiteState> {
  const bySite = Map.groupBy(entries, ({ name }) => name.split('/')[0]!)
  return new Map(
    [...bySite].map(([site, own]) => [
      site,
      readState(own.map(({ name, value }) => ({ name: name.slice(site.length + 1), value }))),
    ]),
  )
}
