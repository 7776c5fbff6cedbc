// What the door asks of the world.
import type { Instance } from '../domain/instance.ts'
import type { SiteSet } from '../domain/site-set.ts'
import type { StateEntry } from '../outcome/state.ts'
import type { Clock } from '../steps/clock.ts'
import type { Entry, StartAnswer } from './entries.ts'

export interface DoorPorts {
  readSites(): Promise<SiteSet>
  listInstances(): Promise<readonly Instance[]>
  /** What `outcome` has said of the site. */
  readState(hostname: string): Promise<readonly StateEntry[]>
  /** Whether the newest command for the site since the instance's start was successful. */
  isConfigured(hostname: string, instance: Instance): Promise<boolean>
  /** The addresses that each name server of the zone has for the name; empty where it did not answer. */
  namedAddresses(hostname: string): Promise<readonly (readonly string[])[]>
  readEntries(hostname: string): Promise<readonly Entry[]>
  /** False where it is there already: of several at once only one creates it. */
  createEntry(hostname: string, name: string, value: string): Promise<boolean>
  overwriteEntry(hostname: string, name: string, value: string): Promise<void>
  deleteEntries(hostname: string, names: readonly string[]): Promise<void>
  /** Undefined: there is none at this path. */
  readPassword(path: string): Promise<string | undefined>
  /**
   * @throws StartRefused with EC2's words, TryLater
   */
  start(ids: readonly string[]): Promise<Exclude<StartAnswer, 'asked' | 'refused'>>
  readonly clock: Clock
  /** Milliseconds between two tries of a start that EC2 could not carry out. */
  readonly again: number
}
