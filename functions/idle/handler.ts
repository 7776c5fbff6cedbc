// idle: every 5 minutes, stops the instances that nobody uses. A person may ask it with {"dryRun": true}.
import { InvalidInput } from '../lib/domain/errors.ts'
import { convergeIdle } from '../lib/idle/converge.ts'
import type { IdlePorts } from '../lib/idle/ports.ts'
import { answerOf, type IdleAnswer, newsOf, tellIdle } from '../lib/idle/tell.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { tellingTo } from '../lib/runtime/queue-ports.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { idlePorts } from '../lib/wiring/idle.ts'

export interface Dependencies {
  readonly idle: IdlePorts
  readonly tell: QueuePorts['tell']
  readonly telemetry: Telemetry
}

export async function idle(event: unknown, deadline: number, deps: Dependencies): Promise<IdleAnswer> {
  const { dryRun = false } = (event ?? {}) as { readonly dryRun?: unknown }
  if (typeof dryRun !== 'boolean')
    throw new InvalidInput(`dryRun: found ${JSON.stringify(dryRun)}, wanted true or false`)
  const report = await convergeIdle(deps.idle, { dryRun, deadline })
  if (!dryRun) tellIdle(report, deps.telemetry)
  if (report.judged.length > 0) await deps.tell(newsOf(report))
  return answerOf(report)
}

const seconds = (name: string): number => Number(setting(name)) * 1000

export const handler = lambda((event, deadline) =>
  idle(event, deadline, {
    idle: idlePorts({
      ...{
        stage: setting('STAGE'),
        region: setting('AWS_REGION'),
        path: setting('SITES_PATH'),
        topic: setting('NOTICES_TOPIC'),
      },
      ...{ configureDocument: setting('CONFIGURE_HOST_DOCUMENT'), lookDocument: setting('LOOK_USE_DOCUMENT') },
      ...{ minute: seconds('SECONDS_OF_A_MINUTE'), apart: seconds('SECONDS_BETWEEN_LOOKS') },
    }),
    tell: tellingTo(setting('OUTCOME_QUEUE_URL')),
    telemetry,
  }),
)
