// What each type of resource does in the local cloud: how it comes to life, changes and goes, as CloudFormation would do it.
// Types without an entry exist by name alone (log groups, alarms, roles: they are read where they matter).

import type { DocumentContent, LiveWorld, Parameter } from '../world/types.ts'
import type { Cloud, Deployment, Living } from './deployment.ts'
import { functionConfig } from './function-config.ts'
import { createFunction } from './lambda.ts'
import { openMapping } from './open-mapping.ts'
import { createRule, type RuleContext } from './rules.ts'
import type { Resource, StackTemplate } from './template.ts'

export const living: Readonly<Record<string, Living>> = {
  'AWS::SQS::Queue': { create: createQueue, update: updateQueue },
  'AWS::SQS::QueuePolicy': {
    create: (resource, { cloud }) => cloud.queuePolicies.add(resource),
    update: (resource, { cloud }) => cloud.queuePolicies.add(resource),
    remove: ({ logicalId }, cloud) => cloud.queuePolicies.remove(logicalId),
  },
  'AWS::Events::Rule': {
    create: putRule,
    update: putRule,
    remove: ({ ref }, cloud) => void cloud.rules.delete(ref),
  },
  'AWS::Lambda::Function': { create: putFunction, update: updateFunction, remove: removeFunction },
  'AWS::Lambda::EventSourceMapping': { create: putMapping, update: updateMapping, remove: removeMapping },
  'AWS::SNS::Topic': {
    create: ({ ref }, { cloud }) => cloud.world.dispatch({ type: 'CreateTopic', arn: ref }),
    update: () => {},
    remove: ({ ref }, { world }) => world.dispatch({ type: 'DeleteTopic', arn: ref }),
  },
  'AWS::SSM::Document': {
    create: createDocument,
    remove: ({ ref }, { world }) => world.dispatch({ type: 'DeleteDocument', name: ref }),
  },
  'AWS::SSM::Parameter': {
    create: (resource, { cloud }) => putParameter(resource, cloud.world, false),
    update: (resource, { cloud }) => putParameter(resource, cloud.world, true),
    remove: ({ ref }, { world }) => world.dispatch({ type: 'DeleteParameter', name: ref }),
  },
}

function createQueue(resource: Resource, { cloud }: Deployment): void {
  const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy, DelaySeconds, FifoQueue } = resource.properties
  if (FifoQueue || DelaySeconds) throw new Error(`${resource.logicalId}: FifoQueue and DelaySeconds are not known here`)
  const redrive = RedrivePolicy as { deadLetterTargetArn: string; maxReceiveCount: number } | undefined
  cloud.world.dispatch({
    type: 'CreateQueue',
    arn: resource.attributes.Arn!,
    visibilityTimeoutMs: Number(VisibilityTimeout ?? 30) * 1000,
    retentionMs: Number(MessageRetentionPeriod ?? 345_600) * 1000,
    redrive: redrive
      ? { targetArn: redrive.deadLetterTargetArn, maxReceiveCount: Number(redrive.maxReceiveCount) }
      : null,
  })
  cloud.queuePolicies.addQueue(resource)
}

function updateQueue(resource: Resource): never {
  throw new Error(
    `${resource.logicalId}: the local cloud cannot change a living queue; teach it in local/stack/living.ts`,
  )
}

function putRule(resource: Resource, { cloud, template }: Deployment): void {
  const { world, queuePolicies, onProblem } = cloud
  const invoke = invoker(cloud, template)
  cloud.rules.set(
    resource.ref,
    createRule(resource, { world, queuePolicies, onProblem, invoke, scope: template.scope }),
  )
}

/** Lambda's own answer is nobody's: what the function throws stands in its log. */
const invoker =
  (cloud: Cloud, template: StackTemplate): RuleContext['invoke'] =>
  (functionArn, ruleArn, payload) => {
    const called = [...cloud.functions.values()].find(({ config }) => config.arn === functionArn)
    if (!called) return `there is no function ${functionArn}`
    const permitted = [...template.resources.values()].some(
      ({ type, properties: { FunctionName, SourceArn, Principal, Action } }) =>
        type === 'AWS::Lambda::Permission' &&
        [called.config.name, functionArn].includes(String(FunctionName)) &&
        SourceArn === ruleArn &&
        Principal === 'events.amazonaws.com' &&
        Action === 'lambda:InvokeFunction',
    )
    if (!permitted) return `no permission lets events.amazonaws.com invoke ${functionArn} for this rule`
    called
      .invoke(JSON.parse(payload))
      .catch((error: Error) => cloud.onProblem(`${called.config.key}: ${error.message}`))
    return undefined
  }

function putFunction(resource: Resource, { cloud, template, templateFile }: Deployment): void {
  const config = functionConfig(resource, template, templateFile)
  const major = `nodejs${process.versions.node.split('.')[0]}.x`
  if (config.runtime !== major) cloud.onProblem(`${config.key} wants ${config.runtime} and runs on ${major} here`)
  cloud.functions.set(resource.ref, createFunction(config, cloud.lambda))
}

/** Mappings find the function by its name at each batch: the next one runs on the new code. */
async function updateFunction(resource: Resource, deployment: Deployment): Promise<void> {
  const old = deployment.cloud.functions.get(resource.ref)
  putFunction(resource, deployment)
  await old?.closeWhenIdle()
}

async function removeFunction({ ref }: Resource, { functions }: Cloud): Promise<void> {
  const old = functions.get(ref)
  functions.delete(ref)
  await old?.closeWhenIdle()
}

function putMapping(resource: Resource, deployment: Deployment): void {
  deployment.cloud.mappings.set(resource.ref, openMapping(resource, deployment))
}

async function updateMapping(resource: Resource, deployment: Deployment): Promise<void> {
  await removeMapping(resource, deployment.cloud)
  putMapping(resource, deployment)
}

async function removeMapping({ ref }: Resource, { mappings }: Cloud): Promise<void> {
  await mappings.get(ref)?.close()
  mappings.delete(ref)
}

function createDocument(resource: Resource, { cloud }: Deployment): void {
  const { Content, DocumentType } = resource.properties
  if (DocumentType !== 'Command')
    throw new Error(`${resource.logicalId}.DocumentType: found ${JSON.stringify(DocumentType)}, wanted "Command"`)
  const content = (typeof Content === 'string' ? JSON.parse(Content) : Content) as DocumentContent
  cloud.world.dispatch({ type: 'CreateDocument', name: resource.ref, content })
}

function putParameter(resource: Resource, world: LiveWorld, overwrite: boolean): void {
  const { Value, Type } = resource.properties
  if (typeof Value !== 'string')
    throw new Error(`${resource.logicalId}.Value: found ${JSON.stringify(Value)}, wanted a text`)
  world.dispatch({
    type: 'PutParameter',
    name: resource.ref,
    value: Value,
    parameterType: Type as Parameter['type'],
    overwrite,
  })
}
