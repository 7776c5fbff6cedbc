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
  /** As a read less than a minute ago showed them: never to write by. */
  lastSites?(): SiteSet | undefined
  /** Every instance of the stage, in any state, or an error: never a part of them. */
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
   * Given when all that happened were first events of these instances. Then sites that were read a moment ago may confirm that nothing is to
   * do (docs/adr/0018-remembered-sites.md).
   */
  readonly eventsOf?: ReadonlySet<string>
  /** A maintainer says that parking without evidence is meant. */
  readonly force: boolean
  /** Plans only. */
  readonly dryRun: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  /** Hears of each change when it has been applied. */
  readonly onApplied: (planned: PlannedRecord, applied: Applied) => void
}

/** What a log line and whoever waits for the record want to know of a write. */
export interface Applied {
  /** Route 53's id of the change. */
  readonly change: string
  /** The instances of the look that decided it. */
  readonly instances: readonly Instance[]
  /** Where another writer had changed it. */
  readonly contest?: Contest
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
