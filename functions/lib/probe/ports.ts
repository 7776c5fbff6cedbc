// What a diagnosis asks of the world.

import type { Network } from '../diagnosis/network.ts'
import type { Agent, Observation, PlacedInstance } from '../diagnosis/observation.ts'
import type { Selector } from '../domain/instance.ts'
import type { RecordSet } from '../domain/record.ts'
import type { DnsRole } from '../domain/site.ts'
import type { SiteSet } from '../domain/site-set.ts'
import type { RunCommand, SentCommand } from '../hosts/command.ts'

export interface DiagnosePorts {
  readonly place: Observation['place']
  readSites(): Promise<SiteSet>
  listInstances(selector: Selector, signal: AbortSignal): Promise<readonly PlacedInstance[]>
  /** `role`: of the account in which the zone lies. */
  listRecords(zoneId: string, names: readonly string[], role: DnsRole): Promise<readonly RecordSet[]>
  /** `ip` or `ip:port` of the servers to which the zone is delegated. */
  nameServers(zoneId: string, role: DnsRole): Promise<readonly string[]>
  /** `ip` or `ip:port` of resolvers that many visitors use. */
  readonly resolvers: readonly string[]
  describeNetwork(instance: PlacedInstance, signal: AbortSignal): Promise<Network>
  describeAgent(instanceId: string): Promise<Agent | undefined>
  /** Of configure-host, since a time (milliseconds since the epoch), newest first. */
  listCommands(instanceId: string, since: number): Promise<readonly SentCommand[]>
  /** Undefined while the service does not know it yet. */
  readInvocation(commandId: string, instanceId: string): Promise<{ status: string; output: string } | undefined>
  sendCommand(instanceId: string, command: RunCommand): Promise<string>
  readonly configureDocument: string
  readonly inspectDocument: string
  /** False: nobody outside can reach the machines, as with rendered ones. */
  readonly outside: boolean
  /** Of the site; 80. */
  readonly webPort: number
  /** Of the site with HTTPS; 443. */
  readonly tlsPort: number
  now(): number
  sleep(ms: number): Promise<void>
}
