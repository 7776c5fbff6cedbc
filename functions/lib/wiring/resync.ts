// What resync needs of the world, made of the real services.
import { listPlacedInstances } from '../aws/ec2/instances.ts'
import { listCommands } from '../aws/ssm/commands.ts'
import { deleteParameter, readChildren, readTree } from '../aws/ssm/parameters.ts'
import { selects } from '../domain/instance.ts'
import { resolveSites } from '../domain/site-set.ts'
import { hostKey } from '../hosts/plan.ts'
import { readState, type StateEntry, type WholeState } from '../outcome/state.ts'
import { diagnose } from '../probe/diagnose.ts'
import type { DiagnosePorts } from '../probe/ports.ts'
import { rememberRecords } from '../records/memory.ts'
import type { ResyncPorts } from '../resync/resync.ts'
import { systemClock } from '../steps/clock.ts'
import { handOver, keepLast } from '../steps/hand-over.ts'
import { type DiagnoseSettings, diagnosePorts, onceInARun } from './diagnosis.ts'
import { type HostSettings, hostPorts, type Inspected, readEverything } from './hosts.ts'
import { dnsPorts } from './records.ts'

/** Of one run: what it hands over is of its own world. */
export function resyncPorts(settings: HostSettings, probes: DiagnoseSettings): ResyncPorts {
  const { stage, path, configureDocument } = settings
  // The hosts are looked at right after the records.
  const documents = handOver(readChildren, systemClock)
  const placed = handOver(() => listPlacedInstances(stage), systemClock)
  const sites = keepLast(() => readEverything(path, documents.second))
  const instances = keepLast(placed.second)
  const commands = keepLast((id: string, since: number) => listCommands(configureDocument, id, since))
  const inspections = new Map<string, Inspected>()
  const dns = rememberRecords({
    ...dnsPorts(stage, path),
    readSites: async () => resolveSites(await documents.first(`${path}/sites`), []),
    listInstances: placed.first,
  })
  const look: DiagnosePorts = {
    ...onceInARun(diagnosePorts(probes)),
    readSites: sites.last,
    listInstances: async (selector) => (await instances.last()).filter((one) => selects(selector, one)),
    listRecords: async (zone, names, role) =>
      (await dns.listRecords(zone, names, role)).filter(({ name }) => names.includes(name)),
    listCommands: commands.last,
  }
  return {
    dns,
    hosts: {
      ...hostPorts(settings, (instanceId, site, inspected) =>
        inspections.set(hostKey({ instanceId, site }), inspected),
      ),
      readSites: sites.again,
      listInstances: instances.again,
      listCommands: commands.again,
    },
    inspectionOf: (host) => inspections.get(hostKey(host))?.command,
    async look(host, deadline) {
      const inspection = inspections.get(hostKey(host))
      return inspection && diagnose(host.site, look, deadline, { asNeeded: 'live', inspection })
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
