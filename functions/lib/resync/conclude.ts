// What follows from a resync that was no dry run: what was not mended is logged, outcome hears of what needs a notice, figures are counted.
import { startField } from '../domain/instance.ts'
import type { RecordNews, ReportedProblems } from '../domain/news.ts'
import { outlivedMarks } from '../outcome/state.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { type Drift, driftOf } from './report.ts'
import type { ResyncRequest } from './request.ts'
import { findingsOf, type ResyncPorts, type ResyncResult, saidLive, startsWithoutSuccess } from './resync.ts'

/** To whom a resync speaks. */
export interface ConcludePorts {
  tell(news: RecordNews | ReportedProblems): Promise<void>
  /** Asks outcome whether the site is still live. */
  lookAt(site: string): Promise<void>
  /** A second look of dns-sync at sites without any instance, a minute later. */
  lookAgain(unmatched: readonly string[]): Promise<void>
  /** A look of host-config, when these commands should have ended. */
  lookAfter(commands: readonly string[]): Promise<void>
  readonly resync: ResyncPorts
  readonly telemetry: Telemetry
}

export async function conclude(ports: ConcludePorts, { scope }: ResyncRequest, result: ResyncResult): Promise<void> {
  tellDrift(driftOf(result), ports.telemetry)
  if (result.sent.length > 0) await ports.lookAfter(result.sent)
  if (result.unmatched.length > 0) await ports.lookAgain(result.unmatched)
  const states = await ports.resync.readStates()
  for (const news of inParts(findingsOf(result, states))) await ports.tell(news)
  if (scope.kind !== 'all') return
  for (const site of saidLive(result, states)) await ports.lookAt(site)
  const late = startsWithoutSuccess(result, states, ports.resync.hosts.clock.now())
  for (const { site, instanceId } of late)
    ports.telemetry.warn(`${instanceId} of ${site} has run for long and was never live`, {
      site,
      ...startField(result.instances, [instanceId]),
    })
  count(result, late.length, ports.telemetry)
  const outlived = outlivedMarks(states, result.declared, result.instances).slice(0, FORGOTTEN_AT_ONCE)
  for (const mark of outlived) await ports.resync.forgetMark(mark)
}

/** The next look goes on: one look is not to spend its time on what has long been over. */
const FORGOTTEN_AT_ONCE = 50

/** What was mended has been logged when it was done. */
function tellDrift(drift: readonly Drift[], telemetry: Telemetry): void {
  for (const { verdict, sentence, site } of drift)
    if (verdict !== 'mended') telemetry[verdict === 'cannot mend' ? 'warn' : 'info'](sentence, { site })
}

function count({ dns, host, overdue, broken }: ResyncResult, late: number, telemetry: Telemetry): void {
  telemetry.count('OpenProblem', dns.problems.length + host.problems.length + overdue.length)
  telemetry.count('BrokenSite', broken.length)
  telemetry.count('StartWithoutSuccess', late)
}

/** A message is looked at as a whole within one run of outcome, with up to ten seconds for each site. */
const SITES_AT_ONCE = 4

function inParts(news: ReportedProblems): ReportedProblems[] {
  const starts = Array.from({ length: Math.ceil(news.sites.length / SITES_AT_ONCE) }, (_, part) => part * SITES_AT_ONCE)
  return starts.map((first) => {
    const sites = news.sites.slice(first, first + SITES_AT_ONCE)
    return { ...news, sites, findings: news.findings.filter(({ site }) => sites.includes(site)) }
  })
}
