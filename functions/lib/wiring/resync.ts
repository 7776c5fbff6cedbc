// What resync needs of the world, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { deleteParameter, readChildren, readTree } from '../aws/ssm/parameters.ts'
import { resolveSites } from '../domain/site-set.ts'
import { readState, type StateEntry, type WholeState } from '../outcome/state.ts'
import type { ResyncPorts } from '../resync/resync.ts'
import { systemClock } from '../steps/clock.ts'
import { handOver } from '../steps/hand-over.ts'
import { type HostSettings, hostPorts, readEverything } from './hosts.ts'
import { dnsPorts } from './records.ts'

/** Of one run: what it hands over is of its own world. */
export const resyncPorts = (settings: HostSettings): ResyncPorts => {
  const { stage, path } = settings
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
      ...hostPorts(settings),
      readSites: () => readEverything(path, sites.second),
      listInstances: instances.second,
    },
    readStates: async () => statesOf(await readTree(`${path}/state`)),
    forgetMark: async ({ site, name }) => void (await deleteParameter(`${path}/state/${site}/${name}`)),
  }
}

/** By the hostname that stands before the first slash. */
function statesOf(entries: readonly StateEntry[]): ReadonlyMap<string, WholeState> {
  const bySite = Map.groupBy(entries, ({ name }) => name.split('/')[0]!)
  return new Map(
    [...bySite].map(([site, own]) => [
      site,
      readState(own.map(({ name, value }) => ({ name: name.slice(site.length + 1), value }))),
    ]),
  )
}
