// outcome: follows commands and records to their end. Sends one notice for each problem and one at its end, and reports that a site is live.
import type { SQSBatchResponse } from 'aws-lambda'
import { type News, parseNews, withoutOld } from '../lib/domain/news.ts'
import { nextLook } from '../lib/domain/problem.ts'
import { patienceOf, settleMessage } from '../lib/outcome/message.ts'
import { lookAround, type OutcomePorts } from '../lib/outcome/settle.ts'
import { setting } from '../lib/runtime/config.ts'
import { diagnoseSettings } from '../lib/runtime/diagnose-settings.ts'
import { hostSettings } from '../lib/runtime/host-settings.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import {
  age,
  isPatient,
  type Message,
  type QueuePorts,
  readMessages,
  receives,
  retry,
} from '../lib/runtime/messages.ts'
import { postponing } from '../lib/runtime/queue-ports.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { outcomePorts } from '../lib/wiring/outcome.ts'

export interface Dependencies {
  readonly outcome: OutcomePorts
  readonly queue: Pick<QueuePorts, 'postpone' | 'now'>
  readonly telemetry: Telemetry
}

export async function outcome(event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> {
  const messages = readMessages(event, parseNews, deps.telemetry)
  if (messages.length === 0) return { batchItemFailures: [] }
  const world = lookAround(deps.outcome)
  // One after the other: otherwise two messages about one site would both find no earlier notice, and send two.
  const waiting: { message: Message<News>; wait: number }[] = []
  let given = 0
  for (const message of messages) {
    const news = withoutOld(message.content, age(message, deps.queue))
    const patient = isPatient(patienceOf(news), message, deps.queue)
    const { waits, notices } = await settleMessage(deps.outcome, news, { world, deadline, patient }, deps.telemetry)
    if (waits) waiting.push({ message, wait: nextLook(waits, receives(message)) })
    given += notices
  }
  deps.telemetry.count('NoticeGiven', given)
  return retry(waiting, deps.queue)
}

export const handler = lambda((event, deadline) => {
  const { stage, path, configureDocument: documentName, retryAfter } = hostSettings()
  const ports = outcomePorts({
    ...{ stage, path, documentName, retryAfter, region: setting('AWS_REGION') },
    ...{ topic: setting('NOTICES_TOPIC'), hostQueue: setting('HOST_QUEUE_URL'), probes: diagnoseSettings() },
  })
  return outcome(event, deadline, { outcome: ports, queue: postponing(setting('QUEUE_URL')), telemetry })
})
