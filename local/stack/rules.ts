// EventBridge's rules: an event that matches goes to the rule's targets, queues and functions, if their policies let it in.

import { randomUUID } from 'node:crypto'
import type { BusEvent, LiveWorld } from '../world/types.ts'
import type { Scope } from './kinds.ts'
import { compilePattern } from './pattern.ts'
import { admits, checkPolicy, type PolicyDocument } from './policy.ts'
import type { Resource } from './template.ts'

export interface RuleContext {
  readonly world: LiveWorld
  readonly scope: Scope
  /** The policies that queues have at this moment, by queue ARN. */
  readonly queuePolicies: QueuePolicies
  readonly onProblem: (problem: string) => void
  /** Invokes a function asynchronously, if a permission of the template lets this rule; else says why not. */
  readonly invoke: (functionArn: string, ruleArn: string, payload: string) => string | undefined
}

interface RuleTarget {
  readonly id: string
  readonly arn: string
  readonly deadLetterArn: string | undefined
  readonly body: (event: BusEvent) => string
}

export interface Rule {
  readonly logicalId: string
  /** `rate(...)` or `cron(...)`. No timer runs here: the local cloud's user triggers it. */
  readonly schedule: string | undefined
  /** Delivers the event to each target when the pattern matches. */
  receive(event: BusEvent): void
  /** The scheduled event, now. Throws for a rule without a schedule. */
  trigger(): void
}

/** Throws for a pattern, a schedule or a target that EventBridge would refuse or this file does not know. */
export function createRule(resource: Resource, context: RuleContext): Rule {
  const { EventPattern, ScheduleExpression, State, Targets, EventBusName } = resource.properties
  const path = resource.logicalId
  const arn = resource.attributes.Arn!
  if (EventBusName !== undefined && EventBusName !== 'default')
    throw new Error(`${path}.EventBusName: only the default bus is known here`)
  if (EventPattern === undefined && ScheduleExpression === undefined)
    throw new Error(`${path}: wants an EventPattern or a ScheduleExpression`)
  const matches = EventPattern === undefined ? () => false : compilePattern(EventPattern, `${path}.EventPattern`)
  const targets = ((Targets ?? []) as readonly Record<string, unknown>[]).map((target, i) =>
    readTarget(target, `${path}.Targets[${i}]`),
  )
  const enabled = State === undefined || State === 'ENABLED'
  const matchesFrom = context.world.now() + context.world.state.tempo.rulesMatchAfterMs
  const deliver = (event: BusEvent) => {
    for (const target of targets) send(event, target, arn, context)
  }
  if (ScheduleExpression !== undefined) checkSchedule(ScheduleExpression, `${path}.ScheduleExpression`)
  return {
    logicalId: path,
    schedule: ScheduleExpression === undefined ? undefined : String(ScheduleExpression),
    receive: (event) => {
      if (enabled && context.world.now() >= matchesFrom && matches(event)) deliver(event)
    },
    trigger: () => {
      if (ScheduleExpression === undefined) throw new Error(`${path} has no schedule`)
      deliver(scheduledEvent(arn, context))
    },
  }
}

const targetProperties = ['Id', 'Arn', 'Input', 'InputPath', 'DeadLetterConfig', 'RetryPolicy']

function readTarget(target: Record<string, unknown>, path: string): RuleTarget {
  const unknown = Object.keys(target).find((key) => !targetProperties.includes(key))
  if (unknown) throw new Error(`${path}.${unknown}: is not known here; teach it in local/stack/rules.ts`)
  const arn = String(target.Arn)
  if (!/^arn:aws:(sqs|lambda):/.test(arn))
    throw new Error(
      `${path}.Arn: found ${arn}, wanted a queue or function; teach other targets in local/stack/rules.ts`,
    )
  const deadLetter = target.DeadLetterConfig as { Arn?: string } | undefined
  return { id: String(target.Id), arn, deadLetterArn: deadLetter?.Arn, body: bodyOf(target, path) }
}

function bodyOf({ Input, InputPath }: Record<string, unknown>, path: string): (event: BusEvent) => string {
  if (Input !== undefined) return () => String(Input)
  if (InputPath === undefined) return (event) => JSON.stringify(event)
  const keys = /^\$((?:\.[\w-]+)*)$/.exec(String(InputPath))?.[1]?.split('.').slice(1)
  if (!keys) throw new Error(`${path}.InputPath: found ${String(InputPath)}, wanted plain fields like $.detail`)
  return (event) =>
    JSON.stringify(
      keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event) ?? null,
    )
}

/** A queue that does not let the rule in: the event is gone, or in the target's dead-letter queue if that one does. */
function send(event: BusEvent, target: RuleTarget, ruleArn: string, context: RuleContext): void {
  if (target.arn.startsWith('arn:aws:lambda:')) {
    const why = context.invoke(target.arn, ruleArn, target.body(event))
    if (why) context.onProblem(`${ruleArn}: ${event['detail-type']} ${event.id} could not be delivered: ${why}`)
    return
  }
  const refusal = refusalBy(target.arn, ruleArn, context)
  if (!refusal) {
    context.world.dispatch({ type: 'SendMessages', arn: target.arn, bodies: [target.body(event)] })
    return
  }
  const deadLetter = target.deadLetterArn
  const second = deadLetter === undefined ? 'no dead-letter queue' : refusalBy(deadLetter, ruleArn, context)
  if (deadLetter !== undefined && !second) {
    context.world.dispatch({ type: 'SendMessages', arn: deadLetter, bodies: [JSON.stringify(event)] })
  }
  const fate = second ? `the event is lost (${second})` : 'the event is in the dead-letter queue'
  context.onProblem(`${ruleArn}: ${event['detail-type']} ${event.id} could not be delivered: ${refusal}; ${fate}`)
}

function refusalBy(queueArn: string, ruleArn: string, context: RuleContext): string | undefined {
  if (!context.world.state.queues.has(queueArn)) return `there is no queue ${queueArn}`
  if (context.queuePolicies.isEncryptedByAwsKey(queueArn)) {
    return `${queueArn} is encrypted with alias/aws/sqs, to which EventBridge cannot write`
  }
  const question = {
    action: 'sqs:SendMessage',
    resource: queueArn,
    context: { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': context.scope.account, 'aws:SecureTransport': 'true' },
  }
  const admitted = admits(context.queuePolicies.of(queueArn), 'events.amazonaws.com', question)
  return admitted ? undefined : `no policy of ${queueArn} lets events.amazonaws.com send for this rule`
}

function checkSchedule(expression: unknown, path: string): void {
  if (!/^(rate\((1 (minute|hour|day)|\d+ (minutes|hours|days))\)|cron\([^)]+\))$/.test(String(expression))) {
    throw new Error(`${path}: found ${JSON.stringify(expression)}, wanted rate(...) or cron(...)`)
  }
}

function scheduledEvent(ruleArn: string, { world, scope }: RuleContext): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: scope.account,
    time: new Date(world.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: scope.region,
    resources: [ruleArn],
    detail: {},
  }
}

/** The queues' policies as they come and go with their resources. */
export interface QueuePolicies {
  of(queueArn: string): readonly PolicyDocument[]
  isEncryptedByAwsKey(queueArn: string): boolean
  add(resource: Resource): void
  addQueue(resource: Resource): void
  remove(logicalId: string): void
}

export function queuePolicies(): QueuePolicies {
  const policies = new Map<string, { urls: readonly string[]; document: PolicyDocument }>()
  const queues = new Map<string, Resource>()
  return {
    of: (queueArn) => {
      const queue = [...queues.values()].find((one) => one.attributes.Arn === queueArn)
      return queue
        ? [...policies.values()].filter(({ urls }) => urls.includes(queue.ref)).map(({ document }) => document)
        : []
    },
    isEncryptedByAwsKey: (queueArn) =>
      [...queues.values()].some(
        (one) => one.attributes.Arn === queueArn && one.properties.KmsMasterKeyId === 'alias/aws/sqs',
      ),
    add: ({ logicalId, properties }) => {
      const document = checkPolicy(properties.PolicyDocument, `${logicalId}.PolicyDocument`)
      policies.set(logicalId, { urls: (properties.Queues ?? []) as readonly string[], document })
    },
    addQueue: (resource) => queues.set(resource.logicalId, resource),
    remove: (logicalId) => {
      policies.delete(logicalId)
      queues.delete(logicalId)
    },
  }
}
