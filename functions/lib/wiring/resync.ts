// What resync needs of the world, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { readInvocation, sendCommand } from '../aws/ssm/commands.ts'
import { deleteParameter, readChildren, readTree } from '../aws/ssm/parameters.ts'
import { resolveSites } from '../domain/site-set.ts'
import type { RunCommand } from '../hosts/command.ts'
import type { HostPorts } from '../hosts/ports.ts'
import { liveName, readState, type SiteState, type StateEntry } from '../outcome/state.ts'
import type { ResyncPorts } from '../resync/resync.ts'
import { systemClock } from '../steps/clock.ts'
import { handOver } from '../steps/hand-over.ts'
import { hostPorts, readEverything } from './hosts.ts'
import { dnsPorts } from './records.ts'

/** `path` is `/ragstream-edge/<stage>`. Of one run: what it hands over is of its own world. */
export const resyncPorts = (
  stage: string,
  path: string,
  documentName: string,
  inspect: NonNullable<HostPorts['inspect']>,
): ResyncPorts => {
  // The hosts are looked at right after the records.
  const documents = handOver(readChildren, systemClock)
  const instances = handOver(() => listInstances(stage), systemClock)
  return {
    dns: {
      ...dnsPorts(stage, path),
      readSites: async () => resolveSites(await documents.first(`${path}/sites`), []),
      listInstances: instances.first,
    },
    hosts: {
      ...hostPorts(stage, path, documentName),
      readSites: () => readEverything(path, documents.second),
      listInstances: instances.second,
      inspect,
    },
    readStates: async () => statesOf(await readTree(`${path}/state`)),
    forgetMark: async ({ site, mark }) => void (await deleteParameter(`${path}/state/${site}/${liveName(mark)}`)),
  }
}

/** How a host is asked; the agent of one that is well takes a command within seconds. */
export const hostProbe = {
  sendCommand: (instanceId: string, command: RunCommand) => sendCommand(instanceId, command, DELIVERY),
  readInvocation,
  sleep: systemClock.sleep,
}

/** Seconds; the least that SendCommand takes. */
const DELIVERY = 30

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
