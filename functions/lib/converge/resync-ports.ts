// What resync needs of the world, made of the real services.
import { readInvocation, sendCommand } from '../aws/ssm.ts'
import { readEntries } from '../aws/state.ts'
import type { RunCommand } from '../domain/command.ts'
import { readState, type SiteState, type StateEntry } from '../domain/site-state.ts'
import { systemClock } from './clock.ts'
import type { HostPorts } from './host.ts'
import { dnsPorts, hostPorts } from './ports.ts'
import type { ResyncPorts } from './resync.ts'

/** `path` is `/ragstream-edge/<stage>`. */
export const resyncPorts = (
  stage: string,
  path: string,
  documentName: string,
  inspect: NonNullable<HostPorts['inspect']>,
): ResyncPorts => ({
  dns: dnsPorts(stage, path),
  hosts: { ...hostPorts(stage, path, documentName), inspect },
  readStates: async () => statesOf(await readEntries(`${path}/state`)),
})

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
