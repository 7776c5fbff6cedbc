// AWS::Lambda::EventSourceMapping: checked as Lambda checks it, then opened.

import { decide } from './decide.ts'
import type { Deployment } from './deployment.ts'
import type { FunctionConfig } from './function-config.ts'
import { createMapping, type Mapping } from './mapping.ts'
import { statementsOf } from './policy.ts'
import type { Resource } from './template.ts'

const known = [
  'EventSourceArn',
  'FunctionName',
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'ScalingConfig',
  'FunctionResponseTypes',
  'Enabled',
]
/** What Lambda does in the function's name. */
const needed = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']

export function openMapping(resource: Resource, deployment: Deployment): Mapping {
  const { cloud } = deployment
  const { logicalId, properties } = resource
  const unknown = Object.keys(properties).find((property) => !known.includes(property))
  if (unknown) throw new Error(`${logicalId}.${unknown}: is not known here; teach it in local/stack/open-mapping.ts`)
  if (properties.Enabled === false) throw new Error(`${logicalId}.Enabled: found false, wanted a mapping that runs`)
  const queueArn = String(properties.EventSourceArn)
  const target = String(properties.FunctionName)
  const lambda = [...cloud.functions.values()].find(({ config }) => config.arn === target || config.name === target)
  if (!lambda) throw new Error(`${logicalId}.FunctionName: ${target} is no function of the template`)
  const sizes = readSizes(resource)
  checkQueue(logicalId, queueArn, lambda.config, deployment)
  checkRole(logicalId, queueArn, lambda.config, deployment)
  return createMapping({
    ...sizes,
    world: cloud.world,
    queueArn,
    reportsItemFailures: ((properties.FunctionResponseTypes ?? []) as string[]).includes('ReportBatchItemFailures'),
    invoke: (event) => cloud.functions.get(lambda.config.name)!.invoke(event),
    onSettled: cloud.onSettled,
  })
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function readSizes({ logicalId, properties }: Resource): {
  batchSize: number
  windowMs: number
  maximumConcurrency: number | undefined
} {
  const batchSize = Number(properties.BatchSize ?? 10)
  const window = Number(properties.MaximumBatchingWindowInSeconds ?? 0)
  const { MaximumConcurrency: maximum } = (properties.ScalingConfig ?? {}) as { MaximumConcurrency?: number }
  if (batchSize > 10 && window < 1)
    throw new Error(`${logicalId}: a BatchSize above 10 wants MaximumBatchingWindowInSeconds of at least 1`)
  if (maximum !== undefined && (Number(maximum) < 2 || Number(maximum) > 1000)) {
    throw new Error(`${logicalId}.ScalingConfig.MaximumConcurrency: found ${maximum}, wanted 2 to 1000`)
  }
  return { batchSize, windowMs: window * 1000, maximumConcurrency: maximum === undefined ? undefined : Number(maximum) }
}

function checkQueue(logicalId: string, queueArn: string, config: FunctionConfig, { cloud }: Deployment): void {
  const queue = cloud.world.state.queues.get(queueArn)
  if (!queue) throw new Error(`${logicalId}.EventSourceArn: there is no queue ${queueArn}`)
  if (queue.visibilityTimeoutMs < config.timeoutMs) {
    throw new Error(
      `${logicalId}: queue visibility timeout: ${queue.visibilityTimeoutMs / 1000} seconds is less than function timeout: ${config.timeoutMs / 1000} seconds`,
    )
  }
}

function checkRole(logicalId: string, queueArn: string, config: FunctionConfig, { template }: Deployment): void {
  const statements = statementsOf(template.resources.get(config.roleLogicalId)!, template)
  for (const action of needed) {
    if (decide(statements, { action, resource: queueArn, context: {} }) !== 'Allowed') {
      throw new Error(
        `${logicalId}: the execution role ${config.roleLogicalId} does not have permissions to call ${action} on ${queueArn}`,
      )
    }
  }
}
