// Drift of records and hosts in one report: what is in sync, what was mended, what waits and what cannot be mended.

import { PROBLEMS, type Problem } from '../domain/problem.ts'
import { recordKey } from '../domain/record.ts'
import { type BrokenSite, describeBrokenSite } from '../domain/site-set.ts'
import { describePlannedHost, hostKey, isDone, type PlannedHost } from '../hosts/plan.ts'
import { describePlanned, isWrite, type PlannedRecord } from '../records/plan.ts'

const VERDICTS = ['in sync', 'mended', 'waits', 'unknown', 'cannot mend'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Drift {
  readonly site: string
  readonly about: 'record' | 'host' | 'document' | 'certificate'
  readonly verdict: Verdict
  /** What a real run logs, word for word. */
  readonly sentence: string
}

export interface Resynced {
  readonly dns: {
    readonly plan: readonly PlannedRecord[]
    /** In a dry run those that a real run would write. */
    readonly applied: readonly PlannedRecord[]
    readonly problems: readonly Problem[]
  }
  readonly host: {
    readonly plan: readonly PlannedHost[]
    /** In a dry run those that a real run would send a command. */
    readonly told: readonly PlannedHost[]
    readonly problems: readonly Problem[]
    readonly silent: ReadonlySet<string>
  }
  readonly broken: readonly BrokenSite[]
  /** Certificates that are good, and should have been renewed days ago. */
  readonly overdue: readonly { readonly site: string; readonly sentence: string }[]
}

/** In a dry run `mended` says what a real run would mend. */
export function driftOf({ dns, host, broken, overdue }: Resynced): Drift[] {
  const certificates = overdue.map((one): Drift => ({ ...one, about: 'certificate', verdict: 'cannot mend' }))
  return [
    ...[...records(dns), ...hosts(host)],
    ...[...problems([...dns.problems, ...host.problems]), ...documents(broken), ...certificates],
  ]
}

const RECORD_VERDICTS: Readonly<Record<PlannedRecord['action'], Verdict>> = {
  keep: 'in sync',
  create: 'mended',
  replace: 'mended',
  delete: 'mended',
  wait: 'waits',
  'look-again': 'waits',
  refuse: 'cannot mend',
}

function records({ plan, applied }: Resynced['dns']): Drift[] {
  const written = new Set(applied.map(recordKey))
  const still = plan.filter((one) => !written.has(recordKey(one)) && one.action !== 'refuse' && !isWrite(one))
  return [...applied, ...still].map((planned) => ({
    ...{ site: planned.site, about: 'record', sentence: describePlanned(planned) },
    verdict: RECORD_VERDICTS[planned.action],
  }))
}

function hosts({ plan, told, silent }: Resynced['host']): Drift[] {
  const sent = new Set(told.map(hostKey))
  const still = plan.filter((planned) => !sent.has(hostKey(planned)) && SHOWN.has(planned.action))
  return [...told, ...still].map((planned) => ({
    ...{ site: planned.site, about: 'host', sentence: describePlannedHost(planned) },
    verdict: hostVerdict(planned, silent),
  }))
}

/** A refused one is among the problems. */
const SHOWN: ReadonlySet<PlannedHost['action']> = new Set(['keep', 'wait', 'ask'])

function hostVerdict(planned: PlannedHost, silent: ReadonlySet<string>): Verdict {
  if (planned.action === 'send') return 'mended'
  if (!isDone(planned)) return 'waits'
  return silent.has(hostKey(planned)) ? 'unknown' : 'in sync'
}

/** What a refused plan says is among them. */
const problems = (all: readonly Problem[]): Drift[] =>
  all.map(({ site, name, message }) => ({
    ...{ site, about: PROBLEMS[name].source === 'dns' ? 'record' : 'host', sentence: `${name}: ${message}` },
    verdict: PROBLEMS[name].comesWithAStart ? 'waits' : 'cannot mend',
  }))

const documents = (broken: readonly BrokenSite[]): Drift[] =>
  broken.map((one) => ({
    site: one.hostname,
    about: 'document',
    verdict: 'cannot mend',
    sentence: describeBrokenSite(one),
  }))

/** Lines for people: verdict by verdict, the good news first. */
export function reportLines(drift: readonly Drift[], dryRun: boolean): string[] {
  const groups = VERDICTS.map((verdict) => [verdict, drift.filter((one) => one.verdict === verdict)] as const)
  const lines = groups.flatMap(([verdict, some]) =>
    some.length > 0 ? [`${title(verdict, dryRun)}:`, ...some.map(({ sentence }) => `  ${sentence}`)] : [],
  )
  return lines.length > 0 ? lines : ['no site is declared']
}

const TITLES: Readonly<Record<Verdict, string>> = {
  'in sync': 'in sync',
  mended: 'mended',
  waits: 'waits',
  unknown: 'in sync as far as is known: the host did not answer',
  'cannot mend': 'cannot mend',
}

const title = (verdict: Verdict, dryRun: boolean): string =>
  dryRun && verdict === 'mended' ? 'would mend' : TITLES[verdict]
