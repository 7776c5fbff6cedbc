// What the step for idle instances asks of the world, what it is asked, and what it reports.
import type { Instance } from '../domain/instance.ts'
import type { Problem } from '../domain/problem.ts'
import type { Site } from '../domain/site.ts'
import type { SiteSet } from '../domain/site-set.ts'
import type { SentCommand } from '../hosts/command.ts'
import type { Clock } from '../steps/clock.ts'
import type { UseLook } from './look.ts'
import type { Memory } from './memory.ts'
import type { IdleNotice } from './notice.ts'
import type { Outlook } from './outlook.ts'
import type { PlannedIdle } from './plan.ts'

export interface IdlePorts {
  listInstances(): Promise<readonly Instance[]>
  readSites(): Promise<SiteSet>
  /** Configurations that were sent to the instance since a time (milliseconds since the epoch). */
  listCommands(instanceId: string, since: number): Promise<readonly SentCommand[]>
  /** Whether one of the sites was live on this instance since its start. */
  wasLive(sites: readonly Site[], instance: Instance): Promise<boolean>
  /**
   * Asks the host; `hostnames`: of the sites whose log it must find.
   * @throws Error where the host does not answer in time, or not as it should
   */
  look(instanceId: string, hostnames: readonly string[]): Promise<UseLook>
  /**
   * @throws StopRefused with EC2's words, TryLater
   */
  stop(instanceId: string): Promise<void>
  /** By instance id. */
  readMemory(): Promise<ReadonlyMap<string, Memory>>
  writeMemory(instanceId: string, memory: Memory): Promise<void>
  publish(notice: IdleNotice): Promise<void>
  readonly clock: Clock
  /** Milliseconds of a minute of `idle`. */
  readonly minute: number
  /** Milliseconds from the first look at a host to the second look. */
  readonly apart: number
}

export interface IdleRequest {
  /** One look, nothing is stopped, remembered or told. */
  readonly dryRun: boolean
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
}

export interface IdleReport {
  /** Of a dry run also when it was used, and when it would be stopped. */
  readonly plan: readonly (PlannedIdle & Outlook)[]
  /** Ids of the instances that were stopped. */
  readonly stopped: readonly string[]
  /** Of the sites in `judged` this is everything. */
  readonly problems: readonly Problem[]
  /** Hostnames of sites whose problems have changed since the last run. */
  readonly judged: readonly string[]
}
