// What follows from a resync that was no dry run: what was not mended is logged, outcome hears of what needs a notice, figures are counted.
import { startField } from '../domain/instance.ts'
import type { RecordNews, ReportedProblems } from '../domain/news.ts'
import type { PlannedHost } from '../hosts/plan.ts'
import { outlivedMarks, type WholeState } from '../outcome/state.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { together } from '../steps/together.ts'
import { type Drift, driftOf } from './report.ts'
import type { ResyncRequest } from './request.ts'
import { findingsOf, type ResyncPorts, type ResyncResult, saidLive, startsWithoutSuccess } from './resync.ts'

/** To whom a resync speaks. */
export interface ConcludePorts {
  tell(news: RecordNews | ReportedProblems): Promise<void>
  /** Asks outcome whether the site is still live. `inspection`: the command by which this run has inspected its host. */
  lookAt(site: string, inspection: string | undefined): Promise<void>
  /** A second look of dns-sync at sites without any instance, a minute later. */
  lookAgain(unmatched: readonly string[]): Promise<void>
  /** A look of host-config, when these commands should have ended. */
  lookAfter(commands: readonly string[]): Promise<void>
  readonly resync: ResyncPorts
  readonly telemetry: Telemetry
}

export async function conclude(
  ports: ConcludePorts,
  { scope, deadline }: ResyncRequest & { readonly deadline: number },
  result: ResyncResult,
): Promise<void> {
  tellDrift(driftOf(result), ports.telemetry)
  if (result.sent.length > 0) await ports.lookAfter(result.sent)
  if (result.unmatched.length > 0) await ports.lookAgain(result.unmatched)
  const states = await ports.resync.readStates()
  for (const news of inParts(findingsOf(result, states))) await ports.tell(news)
  if (scope.kind !== 'all') return
  for (const host of await doubtful(ports, saidLive(result, states), states, deadline))
    await ports.lookAt(host.site, ports.resync.inspectionOf(host))
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

/** Sites looked at side by side, and milliseconds that such a look may take. */
const LOOKS = { sideBySide: 10, most: 20_000 }

/**
 * Those of which outcome has to judge whether they are still live: with a notice that is not over, or not seen to be live here.
 */
async function doubtful(
  { resync, telemetry }: ConcludePorts,
  hosts: readonly PlannedHost[],
  states: ReadonlyMap<string, WholeState>,
  deadline: number,
): Promise<PlannedHost[]> {
  const [told, quiet] = [hosts.filter(({ site }) => isTold(site)), hosts.filter(({ site }) => !isTold(site))]
  const found = [...told]
  for (let first = 0; first < quiet.length; first += LOOKS.sideBySide) {
    const some = quiet.slice(first, first + LOOKS.sideBySide)
    const isLate = deadline - resync.hosts.clock.now() < LOOKS.most
    const looks = await together(some.map(async (host) => (isLate ? undefined : resync.look(host, deadline))))
    for (const [index, host] of some.entries()) {
      const diagnosis = looks[index]
      if (diagnosis?.verdict !== 'live') found.push(host)
      else telemetry.info(`still live: ${diagnosis.sentence}`, { site: host.site })
    }
  }
  return found

  function isTold(site: string): boolean {
    return (states.get(site)?.told.length ?? 0) > 0
  }
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
