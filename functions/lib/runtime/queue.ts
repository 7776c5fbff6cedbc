// A batch of queue messages through one converge step: who is done, who is tried again, who goes to the dead letters.
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda'
import { InvalidInput, OutOfTime, TryLater } from '../domain/errors.ts'
import { concerns, nextLook, type Patience, type Problem, SHORT_PATIENCE } from '../domain/problem.ts'
import { type BrokenSite, describeBrokenSite } from '../domain/site-set.ts'
import { parseTrigger, type Trigger } from '../domain/trigger.ts'
import type { Telemetry } from './telemetry.ts'

export interface QueuePorts {
  postpone(postponements: readonly { readonly receiptHandle: string; readonly seconds: number }[]): Promise<void>
  bury(body: string, reason: string): Promise<void>
  readonly now: () => number
}

/** What every converge step reports, as far as the queue cares. */
export interface StepReport {
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
  /** Ids of the instances that some site selects. */
  readonly wanted: ReadonlySet<string>
}

/** What the messages of a batch say besides their triggers. */
export interface Delivery {
  /** When the oldest was sent, milliseconds since the epoch. */
  readonly oldest: number
  /** True when one of them was received before: some run did not finish with it. */
  readonly again: boolean
}

interface Message {
  readonly record: SQSRecord
  readonly trigger: Trigger
}

/**
 * Runs `step` once for the whole batch. Messages that do not parse are counted, logged and dropped; every other
 * failure reaches the queue's retry.
 */
export async function throughQueue(
  event: unknown,
  ports: QueuePorts,
  telemetry: Telemetry,
  step: (triggers: readonly Trigger[], delivery: Delivery) => Promise<StepReport>,
): Promise<SQSBatchResponse> {
  const messages = recordsOf(event).flatMap((record) => parsed(record, telemetry))
  if (messages.length === 0) return { batchItemFailures: [] }
  try {
    const report = await step(
      messages.map(({ trigger }) => trigger),
      {
        oldest: Math.min(...messages.map(({ record }) => Number(record.attributes.SentTimestamp))),
        again: messages.some((message) => receives(message) > 1),
      },
    )
    sayWhatIsWrong(report, messages, telemetry)
    return await settle(messages, report.problems, ports, telemetry)
  } catch (error) {
    if (!(error instanceof OutOfTime || error instanceof TryLater)) throw error
    telemetry.warn(`trying again later: ${error.message}`)
    return await retry(
      messages.map((message) => ({ message, wait: nextLook(SHORT_PATIENCE, receives(message)) })),
      ports,
    )
  }
}

function recordsOf(event: unknown): readonly SQSRecord[] {
  const records = (event as { Records?: unknown } | null)?.Records
  if (!Array.isArray(records)) throw new InvalidInput('event.Records: found nothing, wanted a batch of SQS messages')
  return records
}

function parsed(record: SQSRecord, telemetry: Telemetry): Message[] {
  try {
    return [{ record, trigger: parseTrigger(record.body) }]
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    telemetry.error(`event dropped: ${error.message}`, { messageId: record.messageId })
    telemetry.count('InvalidEvent')
    return []
  }
}

function sayWhatIsWrong(report: StepReport, messages: readonly Message[], telemetry: Telemetry): void {
  for (const broken of report.broken) telemetry.error(describeBrokenSite(broken))
  if (report.broken.length > 0) telemetry.count('BrokenSite', report.broken.length)
  for (const { trigger } of messages) {
    if (trigger.kind !== 'instance' || report.wanted.has(trigger.instanceId)) continue
    telemetry.info(`${trigger.instanceId} is ${trigger.state}: no site selects it`)
    telemetry.count('UnwantedInstance')
  }
}

/** Each message waits only for the problems that concern it, and each problem only for as long as its patience. */
async function settle(
  messages: readonly Message[],
  problems: readonly Problem[],
  ports: QueuePorts,
  telemetry: Telemetry,
): Promise<SQSBatchResponse> {
  const waiting: { message: Message; wait: number }[] = []
  const burials: Promise<void>[] = []
  for (const problem of problems) telemetry.warn(`${problem.name}: ${problem.message}`, { site: problem.site })
  // No message waits for what only a look at everything sees; when it lasts, an alarm says so.
  if (messages.some(({ trigger }) => trigger.kind === 'look')) telemetry.count('OpenProblem', problems.length)
  for (const message of messages) {
    const mine = problems.filter((problem) => concerns(problem, message.trigger))
    const patient = mine.filter(({ patience }) => isPatient(patience, message, ports))
    const final = mine.filter((problem) => !patient.includes(problem))
    if (patient.length > 0) {
      waiting.push({
        message,
        wait: Math.min(...patient.map((problem) => nextLook(problem.patience, receives(message)))),
      })
    } else if (final.length > 0) {
      const reason = final.map((problem) => `${problem.name}: ${problem.message}`).join('; ')
      telemetry.error(`gave up after ${Math.round(age(message, ports) / 1000)} s: ${reason}`)
      telemetry.count('GaveUp')
      burials.push(ports.bury(message.record.body, reason))
    }
  }
  await Promise.allSettled(burials)
  await Promise.all(burials)
  return retry(waiting, ports)
}

/** A message that a crash or a backlog has held up is as old at its first problem, and is still tried again. */
const isPatient = ({ givesUpAfter }: Patience, message: Message, ports: QueuePorts): boolean =>
  givesUpAfter > 0 && (age(message, ports) < givesUpAfter || receives(message) < LEAST_TRIES)

const LEAST_TRIES = 3

const age = ({ record }: Message, ports: QueuePorts): number => ports.now() - Number(record.attributes.SentTimestamp)

const receives = ({ record }: Message): number => Number(record.attributes.ApproximateReceiveCount)

async function retry(
  waiting: readonly { message: Message; wait: number }[],
  ports: QueuePorts,
): Promise<SQSBatchResponse> {
  await ports.postpone(
    waiting.map(({ message, wait }) => ({
      receiptHandle: message.record.receiptHandle,
      seconds: Math.ceil(wait / 1000),
    })),
  )
  return { batchItemFailures: waiting.map(({ message }) => ({ itemIdentifier: message.record.messageId })) }
}
