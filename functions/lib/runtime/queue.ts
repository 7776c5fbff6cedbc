// A batch of queue messages through one converge step: who is done, who is tried again, who goes to the dead letters.
import type { SQSBatchResponse } from 'aws-lambda'
import { OutOfTime, TryLater } from '../domain/errors.ts'
import { type Instance, startField } from '../domain/instance.ts'
import { type ReportedProblems, toReported } from '../domain/news.ts'
import { concerns, nextLook, type Problem, SHORT_PATIENCE, type Source } from '../domain/problem.ts'
import { type BrokenSite, describeBrokenSite } from '../domain/site-set.ts'
import { parseTrigger, type Trigger } from '../domain/trigger.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { age, isPatient, type Message, type QueuePorts, readMessages, receives, retry } from './messages.ts'

type TriggerMessage = Message<Trigger>

/** What every converge step reports, as far as the queue cares. */
export interface StepReport {
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
  /** Ids of the instances that some site selects. */
  readonly wanted: ReadonlySet<string>
  readonly instances: readonly Instance[]
}

/** What the messages of a batch say besides their triggers. */
export interface Delivery {
  /** When the oldest was sent, milliseconds since the epoch. */
  readonly oldest: number
  /** True if a message of the batch was received before: an earlier run did not finish it. */
  readonly again: boolean
}

/** The part of the work that the step is about. Its final problems are reported to `outcome` under this name. */
export interface Step {
  readonly source: Source
  run(triggers: readonly Trigger[], delivery: Delivery): Promise<StepReport>
}

/**
 * Runs `step` once for the whole batch. Messages that do not parse are counted, logged and dropped; every other
 * failure reaches the queue's retry.
 */
export async function throughQueue(
  event: unknown,
  ports: QueuePorts,
  telemetry: Telemetry,
  step: Step,
): Promise<SQSBatchResponse> {
  const messages = readMessages(event, parseTrigger, telemetry)
  if (messages.length === 0) return { batchItemFailures: [] }
  try {
    const report = await step.run(
      messages.map(({ content }) => content),
      {
        oldest: Math.min(...messages.map(({ record }) => Number(record.attributes.SentTimestamp))),
        again: messages.some((message) => receives(message) > 1),
      },
    )
    sayWhatIsWrong(report, messages, telemetry)
    return await settle(messages, { ...report, source: step.source }, ports, telemetry)
  } catch (error) {
    if (!(error instanceof OutOfTime || error instanceof TryLater)) throw error
    telemetry.warn(`trying again later: ${error.message}`)
    return await retry(
      messages.map((message) => ({ message, wait: nextLook(SHORT_PATIENCE, receives(message)) })),
      ports,
    )
  }
}

function sayWhatIsWrong(report: StepReport, messages: readonly TriggerMessage[], telemetry: Telemetry): void {
  for (const broken of report.broken) telemetry.error(describeBrokenSite(broken))
  if (report.broken.length > 0) telemetry.count('BrokenSite', report.broken.length)
  for (const { content: trigger } of messages) {
    if (trigger.kind !== 'instance' || report.wanted.has(trigger.instanceId)) continue
    telemetry.info(`${trigger.instanceId} is ${trigger.state}: no site selects it`)
    telemetry.count('UnwantedInstance')
  }
}

/** Each message waits only for the problems that concern it, and each problem only for as long as its patience. */
async function settle(
  messages: readonly TriggerMessage[],
  report: StepReport & Pick<Step, 'source'>,
  ports: QueuePorts,
  telemetry: Telemetry,
): Promise<SQSBatchResponse> {
  const { problems } = report
  const waiting: { message: TriggerMessage; wait: number }[] = []
  const givenUp: { message: TriggerMessage; problems: readonly Problem[] }[] = []
  for (const problem of problems) telemetry.warn(`${problem.name}: ${problem.message}`, fieldsOf(problem, report))
  for (const message of messages) {
    const mine = problems.filter((problem) => concerns(problem, message.content))
    const patient = mine.filter(({ patience }) => isPatient(patience, message, ports))
    const final = mine.filter((problem) => !patient.includes(problem))
    if (patient.length > 0) {
      waiting.push({
        message,
        wait: Math.min(...patient.map((problem) => nextLook(problem.patience, receives(message)))),
      })
    } else if (final.length > 0) {
      givenUp.push({ message, problems: final })
    }
  }
  const news = findingsOf(report, messages, new Set(givenUp.flatMap((one) => one.problems)))
  // First: a notice asked for twice is given once, a message buried twice lies there twice.
  if (news.sites.length > 0) await ports.tell(news)
  const burials = givenUp.map((one) => bury(one.message, one.problems, report, ports, telemetry))
  await Promise.allSettled(burials)
  await Promise.all(burials)
  return retry(waiting, ports)
}

const fieldsOf = ({ site, instances }: Problem, report: StepReport) => ({
  site,
  ...startField(report.instances, instances),
})

function bury(
  message: TriggerMessage,
  problems: readonly Problem[],
  report: StepReport,
  ports: QueuePorts,
  telemetry: Telemetry,
): Promise<void> {
  const reason = problems.map((problem) => `${problem.name}: ${problem.message}`).join('; ')
  telemetry.error(
    `gave up after ${Math.round(age(message, ports) / 1000)} s: ${reason}`,
    fieldsOf(problems[0]!, report),
  )
  telemetry.count('GaveUp')
  return ports.bury(message.record.body, reason)
}

/** What a maintainer must hear of at once: what was given up, and whether a document that was changed can be read. */
function findingsOf(
  { source, problems }: StepReport & Pick<Step, 'source'>,
  messages: readonly TriggerMessage[],
  final: ReadonlySet<Problem>,
): ReportedProblems {
  const changed = messages.flatMap(({ content }) => (content.kind === 'site' ? [content.hostname] : []))
  const sites = [...new Set([...changed, ...[...final].map(({ site }) => site)])]
  return {
    ...{ kind: 'findings', sources: [source], sites },
    findings: problems.filter(({ site }) => sites.includes(site)).map((one) => toReported(one, source, final.has(one))),
  }
}
