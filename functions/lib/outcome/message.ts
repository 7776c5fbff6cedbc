// One message of outcome: settles its sites one after the other, and logs each act.
import { TryLater } from '../domain/errors.ts'
import { type Instance, startField } from '../domain/instance.ts'
import type { News } from '../domain/news.ts'
import { type Patience, SHORT_PATIENCE } from '../domain/problem.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describeOutcome, type OutcomeAct } from './act.ts'
import { isDeclared, type OutcomePorts, type Surroundings, settleSite, sitesOf, type World } from './settle.ts'

/** A record is INSYNC within a minute, and a resolver forgets the old one a TTL later; an app may be slow to answer. */
const LIVE: Patience = { againAfter: 3_000, givesUpAfter: 10 * 60_000 }

/** What was live is looked at again a minute later: one look in which it is not proves nothing. */
const STILL_LIVE: Patience = { againAfter: 60_000, givesUpAfter: 60_000 }

/** How long news wait for a site to become live. */
export const patienceOf = (news: News): Patience => (news.kind === 'site' ? STILL_LIVE : LIVE)

/** Milliseconds that a site may take; a diagnosis cut short by the function's end would see nothing. */
const ONE_SITE = 12_000

export interface MessageRun {
  readonly world: World
  /** Milliseconds since the epoch by which all must have ended. */
  readonly deadline: number
  /** Whether the message may still wait for the site to become live. */
  readonly patient: boolean
}

export interface Settled {
  /** How long the message waits; undefined when nothing is left to report. */
  readonly waits: Patience | undefined
  readonly notices: number
}

export async function settleMessage(
  ports: OutcomePorts,
  news: News,
  { world, deadline, patient }: MessageRun,
  telemetry: Telemetry,
): Promise<Settled> {
  const around = await (news.kind === 'records' ? world.outline() : world.whole())
  const sites = sitesOf(news, around)
  tellStrangers(news, sites, around, telemetry)
  let waits: Patience | undefined
  let notices = 0
  const onAct = (site: string, act: OutcomeAct, instances: readonly Instance[], now: number) => {
    if (act.act === 'open') notices++
    if (act.act === 'live' && act.first) telemetry.measure('TimeToLive', now - act.mark.launchTime)
    tell(site, act, instances, news, telemetry)
  }
  for (const site of sites) {
    try {
      if (deadline - ports.clock.now() < ONE_SITE) throw new TryLater('no time is left to look at it')
      const acts = await settleSite(ports, site, news, world, { deadline, patient, onAct })
      // A failure asks for its next try once; whether another host of the site is live is told by the news of that host.
      if (acts.some(({ act }) => act === 'wait') && !acts.some(({ act }) => act === 'retry')) waits ??= patienceOf(news)
    } catch (error) {
      // One site's error never stops another; the message comes back, and after many receives it is a dead letter.
      const later = error instanceof TryLater
      const text = `${later ? 'trying again later' : 'failed; the platform tries again'}: ${(error as Error).message}`
      telemetry[later ? 'warn' : 'error'](text, { site, error })
      waits = SHORT_PATIENCE
    }
  }
  return { waits, notices }
}

/** News about a site that is not declared, or about an instance that no site selects. */
function tellStrangers(news: News, sites: readonly string[], around: Surroundings, telemetry: Telemetry): void {
  const undeclared = sites.filter((name) => !isDeclared(name, around))
  if (undeclared.length > 0) {
    telemetry.warn(`${news.kind} about ${undeclared.join(', ')}: no such site is declared`)
    telemetry.count('UndeclaredSite', undeclared.length)
  }
  if (sites.length === 0 && news.kind === 'command')
    telemetry.info(`command ${news.commandId} on ${news.instanceId} has ended: no site selects the instance`)
}

function tell(site: string, act: OutcomeAct, instances: readonly Instance[], news: News, telemetry: Telemetry): void {
  const ids = instances.map(({ id }) => id)
  const command = news.kind === 'command' ? { commandId: news.commandId } : {}
  telemetry.info(describeOutcome(site, act), { site, ...startField(instances, ids), ...command })
}
