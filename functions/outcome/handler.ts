// outcome: what became of a command or a record: one notice per problem and one at its end, and the news that a site is live.
import type { SQSBatchResponse } from 'aws-lambda'
import { TryLater } from '../lib/domain/errors.ts'
import { type Instance, startField } from '../lib/domain/instance.ts'
import { type News, parseNews } from '../lib/domain/news.ts'
import { nextLook, type Patience, SHORT_PATIENCE } from '../lib/domain/problem.ts'
import { describeOutcome, type OutcomeAct } from '../lib/outcome/act.ts'
import {
  isDeclared,
  lookAround,
  type OutcomePorts,
  type Surroundings,
  settleSite,
  sitesOf,
} from '../lib/outcome/settle.ts'
import { diagnose } from '../lib/probe/diagnose.ts'
import { setting } from '../lib/runtime/config.ts'
import { diagnoseSettings } from '../lib/runtime/diagnose-settings.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import { age, type Message, type QueuePorts, readMessages, receives, retry } from '../lib/runtime/messages.ts'
import { postponing } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'
import { diagnosePorts } from '../lib/wiring/diagnosis.ts'
import { outcomePorts } from '../lib/wiring/outcome.ts'

export interface Dependencies {
  readonly outcome: OutcomePorts
  readonly queue: Pick<QueuePorts, 'postpone' | 'now'>
  readonly telemetry: Telemetry
}

/** A record is INSYNC within a minute, and a resolver forgets the old one a TTL later; an app may be slow to answer. */
const LIVE: Patience = { againAfter: 3_000, givesUpAfter: 10 * 60_000 }

/** What was live is looked at again a minute later: one look in which it is not proves nothing. */
const STILL_LIVE: Patience = { againAfter: 60_000, givesUpAfter: 60_000 }

/** Milliseconds that a site may take; a diagnosis cut short by the function's end would see nothing. */
const ONE_SITE = 12_000

/** Receives that a message always gets, however long it lay in a backlog. */
const LEAST_TRIES = 3

export async function outcome(event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> {
  const messages = readMessages(event, parseNews, deps.telemetry)
  if (messages.length === 0) return { batchItemFailures: [] }
  const around = await lookAround(deps.outcome)
  // One after the other: two messages about one site would otherwise both find that nothing was said yet.
  const waiting: { message: Message<News>; wait: number }[] = []
  const notices: string[] = []
  for (const message of messages) {
    const patience = await settle(message, around, deadline, deps, notices)
    if (patience) waiting.push({ message, wait: nextLook(patience, receives(message)) })
  }
  deps.telemetry.count('NoticeGiven', notices.length)
  return retry(waiting, deps.queue)
}

/** @returns how long the message waits, or undefined when all is said */
async function settle(
  message: Message<News>,
  around: Surroundings,
  deadline: number,
  deps: Dependencies,
  notices: string[],
): Promise<Patience | undefined> {
  const { content } = message
  const patience = content.kind === 'site' ? STILL_LIVE : LIVE
  const patient = age(message, deps.queue) < patience.givesUpAfter || receives(message) < LEAST_TRIES
  const sites = sitesOf(content, around)
  const undeclared = sites.filter((name) => !isDeclared(name, around))
  if (undeclared.length > 0) {
    deps.telemetry.warn(`${content.kind} about ${undeclared.join(', ')}: no such site is declared`)
    deps.telemetry.count('UndeclaredSite', undeclared.length)
  }
  if (sites.length === 0 && content.kind === 'command')
    deps.telemetry.info(`command ${content.commandId} on ${content.instanceId} has ended: no site selects the instance`)
  let waits: Patience | undefined
  for (const site of sites) {
    const onAct = (name: string, act: OutcomeAct, instances: readonly Instance[], now: number) => {
      if (act.act === 'open') notices.push(act.headline)
      if (act.act === 'live' && act.first) deps.telemetry.measure('TimeToLive', now - act.mark.launchTime)
      say(name, act, instances, content, deps.telemetry)
    }
    try {
      if (deadline - deps.outcome.clock.now() < ONE_SITE) throw new TryLater('no time is left to look at it')
      const acts = await settleSite(deps.outcome, site, content, around, { deadline, patient, onAct })
      // A failure asks for its next try once; whether another host of the site is live is told by the news of that host.
      if (acts.some(({ act }) => act === 'wait') && !acts.some(({ act }) => act === 'retry')) waits ??= patience
    } catch (error) {
      // One site's error never stops another; the message comes back, and after many receives it is a dead letter.
      const later = error instanceof TryLater
      const text = `${later ? 'trying again later' : 'failed; the platform tries again'}: ${(error as Error).message}`
      deps.telemetry[later ? 'warn' : 'error'](text, { site, error })
      waits = SHORT_PATIENCE
    }
  }
  return waits
}

function say(site: string, act: OutcomeAct, instances: readonly Instance[], news: News, telemetry: Telemetry): void {
  const ids = instances.map(({ id }) => id)
  const command = news.kind === 'command' ? { commandId: news.commandId } : {}
  telemetry.info(describeOutcome(site, act), { site, ...startField(instances, ids), ...command })
}

export const handler = lambda((event, deadline) => {
  const [stage, path] = [setting('STAGE'), setting('SITES_PATH')]
  const probes = diagnosePorts(diagnoseSettings())
  const ports = outcomePorts({
    ...{ stage, path, region: setting('AWS_REGION'), documentName: setting('CONFIGURE_HOST_DOCUMENT') },
    ...{ topic: setting('NOTICES_TOPIC'), hostQueue: setting('HOST_QUEUE_URL') },
    diagnose: (hostname, until, justRead) => diagnose(hostname, { ...probes, ...justRead }, until),
  })
  return outcome(event, deadline, { outcome: ports, queue: postponing(setting('QUEUE_URL')), telemetry })
})
