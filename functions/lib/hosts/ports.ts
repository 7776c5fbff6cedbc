// What the step for hosts asks of the world, what it is asked, and what it reports.

import type { Instance } from '../domain/instance.ts'
import type { Problem } from '../domain/problem.ts'
import type { Site } from '../domain/site.ts'
import type { BrokenSite, SiteSet } from '../domain/site-set.ts'
import type { Clock } from '../steps/clock.ts'
import type { RunCommand, SentCommand } from './command.ts'
import type { Inspection } from './inspection.ts'
import type { PlannedHost } from './plan.ts'

export interface HostPorts {
  readSites(): Promise<SiteSet>
  /** As a read less than a minute ago showed them: never to send by. */
  lastSites?(): SiteSet | undefined
  listInstances(): Promise<readonly Instance[]>
  /** Commands of our document to this instance since a time (milliseconds since the epoch) that the service shows: one may be missing. */
  listCommands(instanceId: string, since: number): Promise<readonly SentCommand[]>
  /**
   * @returns the command's id
   * @throws AgentNotRegistered, TryLater
   */
  sendCommand(instanceId: string, command: RunCommand): Promise<string>
  readonly documentName: string
  readonly clock: Clock
  /**
   * Of what an agent has begun nobody knows whether it ends.
   * @throws TryLater
   */
  cancelCommand(commandId: string, instanceId: string): Promise<void>
  /**
   * @returns undefined when the host did not answer
   * @throws TryLater
   */
  inspect(instanceId: string, site: Site): Promise<Inspection | undefined>
}

export interface HostRequest {
  /**
   * Given when all that happened were first events of these instances. Then sites that were read a moment ago may confirm that nothing is to
   * do (docs/adr/0018-remembered-sites.md).
   */
  readonly eventsOf?: ReadonlySet<string>
  /** A maintainer wants failed commands sent again. */
  readonly force: boolean
  readonly dryRun: boolean
  /** Hosts whose command succeeded are asked, too: what somebody changed there is set right. */
  readonly looksForDrift: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  readonly onSent: (planned: PlannedHost, commandId: string, instances: readonly Instance[]) => void
  /** Leaves out what it does not hold of: no command, no problem, no entry in the report. */
  readonly only?: (planned: PlannedHost) => boolean
}

export interface HostReport {
  readonly plan: readonly PlannedHost[]
  readonly sent: readonly SentCommand[]
  readonly problems: readonly Problem[]
  readonly sites: readonly Site[]
  readonly broken: readonly BrokenSite[]
  /** Hostnames of all sites, the broken ones among them. */
  readonly declared: ReadonlySet<string>
  /** Ids of the instances that some site selects, in any state. */
  readonly wanted: ReadonlySet<string>
  /** Those instances. */
  readonly instances: readonly Instance[]
  /** `hostKey` of the hosts that were asked and did not answer, or not in time. */
  readonly silent: ReadonlySet<string>
  /** Commands that are under way for longer than `DOUBT`: nobody may ever hear of their end. */
  readonly doubtful: ReadonlySet<string>
}
