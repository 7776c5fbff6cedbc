// What the step for records asks of the world, what it is asked, and what it reports.
import type { Contest } from '../domain/contest.ts'
import type { Instance } from '../domain/instance.ts'
import type { Problem } from '../domain/problem.ts'
import type { RecordChange, RecordSet } from '../domain/record.ts'
import type { DnsRole } from '../domain/site.ts'
import type { BrokenSite, SiteSet } from '../domain/site-set.ts'
import type { Clock } from '../steps/clock.ts'
import type { PlannedRecord } from './plan.ts'

/** What the step needs of the world; the adapters in aws/ provide it. */
export interface DnsPorts {
  readSites(): Promise<SiteSet>
  /** Sites from a read less than a minute ago. Never write a record because of them. */
  lastSites?(): SiteSet | undefined
  /** Every instance of the stage, in any state. A list that is not complete is an error. */
  listInstances(): Promise<readonly Instance[]>
  /** The records at these names, of every type. `role`: of the account in which the zone lies. */
  listRecords(zoneId: string, names: readonly string[], role: DnsRole): Promise<readonly RecordSet[]>
  /**
   * @returns the id of the change
   * @throws BatchRejected when nothing was applied, TryLater when it may be sent again
   */
  changeRecords(zoneId: string, changes: readonly RecordChange[], comment: string, role: DnsRole): Promise<string>
  readonly clock: Clock
  /** Where records are remembered between looks: the next look reads them. */
  forget?(): void
}

export interface DnsRequest {
  /** Sites that an earlier look, at least a minute ago, found without any instance. */
  readonly unmatchedBefore: ReadonlySet<string>
  /**
   * Set when every message of the batch is the first event of one of these instances. Then sites from a recent read may confirm that nothing is to
   * be done (docs/adr/0018-remembered-sites.md).
   */
  readonly eventsOf?: ReadonlySet<string>
  /** The records are probably not needed: the instances are read first. */
  readonly areStarts?: boolean
  /** A maintainer asked to park without evidence. */
  readonly force: boolean
  /** Plans only. */
  readonly dryRun: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  /** Called with each change after Route 53 took it. */
  readonly onApplied: (planned: PlannedRecord, applied: Applied) => void
}

/** One write, for the log and for `outcome`. */
export interface Applied {
  /** Route 53's id of the change. */
  readonly change: string
  /** The instances of the look that decided it. */
  readonly instances: readonly Instance[]
  /** Set when another writer had changed the record. */
  readonly contest?: Contest
  /** For a start of the last minutes. */
  readonly isOfStart: boolean
}

export interface DnsReport {
  /** The last plan: what is right, what waits, what is refused. */
  readonly plan: readonly PlannedRecord[]
  readonly applied: readonly PlannedRecord[]
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
  /** Sites to be looked at again in a minute. */
  readonly unmatched: readonly string[]
  /** False when a zone could not be read. */
  readonly complete: boolean
  /** Ids of the instances that some site selects. */
  readonly wanted: ReadonlySet<string>
  readonly instances: readonly Instance[]
}
