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
  /** Sites from a read less than a minute ago. Never send a command because of them. */
  lastSites?(): SiteSet | undefined
  /** All sites, of which those with these names are read again; the others as they were read last. */
  readAgain?(hostnames: readonly string[]): Promise<SiteSet>
  listInstances(): Promise<readonly Instance[]>
  /** The commands of our document to this instance since a time (milliseconds since the epoch). The service may leave one out. */
  listCommands(instanceId: string, since: number): Promise<readonly SentCommand[]>
  /**
   * @returns the command's id
   * @throws AgentNotRegistered, TryLater
   */
  sendCommand(instanceId: string, command: RunCommand): Promise<string>
  readonly documentName: string
  /** Seconds from the end of a failure to the next try, for the second and the third; the plan's own where it is not set. */
  readonly retryAfter?: readonly number[] | undefined
  readonly clock: Clock
  /**
   * Cancels a command. A run that the agent has begun may still go on.
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
   * Set when every message of the batch is the first event of one of these instances. Then sites from a recent read may confirm that nothing is to
   * be done (docs/adr/0018-remembered-sites.md).
   */
  readonly eventsOf?: ReadonlySet<string>
  /** A maintainer wants failed commands sent again. */
  readonly force: boolean
  readonly dryRun: boolean
  /** Also asks hosts whose command succeeded, and mends what was changed there by hand. */
  readonly looksForDrift: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  readonly onSent: (planned: PlannedHost, commandId: string, instances: readonly Instance[]) => void
  /** Hosts for which it is false get no command, no problem and no entry in the report. */
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
  /** The instances with these ids. */
  readonly instances: readonly Instance[]
  /** `hostKey` of the hosts that were asked and did not answer, or not in time. */
  readonly silent: ReadonlySet<string>
  /** Commands that are under way for longer than `DOUBT`: the event of their end may never come. */
  readonly doubtful: ReadonlySet<string>
}
