// The knowledge of `outcome` about one site, and its possible acts.
import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { Contest } from '../domain/contest.ts'
import type { Instance } from '../domain/instance.ts'
import type { ReportedProblems } from '../domain/news.ts'
import type { CommandEnd } from '../hosts/output.ts'
import type { PlannedHost } from '../hosts/plan.ts'
import { type LiveMark, type OpenProblem, problemName, type SiteState, type ToldProblem } from './state.ts'

/** A running host of the site. */
export interface SeenHost {
  readonly instance: Instance
  /** What host-config would do about it now. */
  readonly planned: PlannedHost
  /** Of the newest command, where it has failed. */
  readonly end?: CommandEnd
}

export interface OutcomeInput {
  readonly site: string
  /** What is wrong with its document, a sentence each: where there is any, which hosts are its own is not known. */
  readonly errors: readonly string[]
  readonly hosts: readonly SeenHost[]
  readonly state: SiteState
  /** Times at which a record was put right that another writer had changed; `now` in milliseconds since the epoch. */
  readonly contested?: { readonly contests: readonly Contest[]; readonly now: number }
  readonly findings?: ReportedProblems
  /** A diagnosis made for this plan; without one the plan may ask for it. */
  readonly diagnosis?: Diagnosis
  /** A change of the site's records is not INSYNC yet. */
  readonly recordsPending: boolean
  /** The schedule asks whether the site is still live, even if it was reported as live. */
  readonly asked: boolean
  /** The command whose end the message reports. Only that message asks for the next try, so each failure asks once. */
  readonly ended?: string
  /** Seconds from the end of a failure to the next try. */
  readonly retryAfter?: readonly number[] | undefined
  /** True while a message still waits for the site to become live. */
  readonly patient: boolean
}

export type OutcomeAct =
  | { readonly act: 'keep'; readonly reason: string; readonly instanceId?: string }
  | { readonly act: 'retry'; readonly instanceId: string; readonly seconds: number; readonly reason: string }
  | { readonly act: 'look'; readonly reason: string }
  | { readonly act: 'wait'; readonly reason: string }
  | {
      readonly act: 'open'
      readonly problem: OpenProblem
      readonly headline: string
      readonly reason: string
      readonly lines?: readonly string[]
    }
  | { readonly act: 'renew'; readonly problem: ToldProblem; readonly reason: string }
  | { readonly act: 'close'; readonly problem: ToldProblem; readonly reason: string; readonly quiet: boolean }
  | { readonly act: 'live'; readonly mark: LiveMark; readonly first: boolean; readonly reason: string }

/** Told and given: nothing more to say. What was not given in the end is given now. */
export const alreadyTold = (state: SiteState, problem: OpenProblem): OutcomeAct | undefined => {
  const told = state.told.find((one) => problemName(one) === problemName(problem))
  return told?.given ? { act: 'keep', reason: `${problem.name} was told at ${told.since}` } : undefined
}

/** The one sentence about an act: logged, asserted in tests. */
export function describeOutcome(site: string, act: OutcomeAct): string {
  if (act.act === 'open') return `notice ${act.problem.name} of ${site}: ${act.reason}`
  if (act.act === 'close') return `over ${act.problem.name} of ${site}: ${act.reason}`
  if (act.act === 'live') return `live ${site} on ${act.mark.instanceId}: ${act.reason}`
  return `${act.act} ${site}: ${act.reason}`
}
