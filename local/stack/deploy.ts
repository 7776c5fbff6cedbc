// The packaged stack as a living thing: deployed into a world, updated by a later package, invoked, waited for, closed.

import { dirname, resolve } from 'node:path'
import type { Authorizer, LiveWorld } from '../world/types.ts'
import { authorizer } from './access.ts'
import { applyChanges, createAll } from './changes.ts'
import type { Cloud } from './deployment.ts'
import type { FunctionConfig } from './function-config.ts'
import { isIdle, rest } from './idle.ts'
import type { LambdaFunction, LambdaOptions } from './lambda.ts'
import { queuePolicies, type Rule } from './rules.ts'
import { readTemplateFile, type StackTemplate, type TemplateOptions } from './template.ts'

export interface StackFile {
  readonly template: StackTemplate
  /** Known before anything runs: the wire wants it before there is an endpoint. */
  readonly authorize: Authorizer
}

/** Pure but for reading the file. */
export function readStack(
  templateFile: string,
  options: TemplateOptions,
  abroad?: Parameters<typeof authorizer>[1],
): StackFile {
  const template = readTemplateFile(templateFile, options)
  return { template, authorize: authorizer(template, abroad) }
}

export interface DeployOptions extends Omit<LambdaOptions, 'region' | 'workFolder'> {
  /** `.serverless/cloudformation-template-update-stack.json`, with the function zips beside it. */
  readonly templateFile: string
  readonly world: LiveWorld
  readonly stackName?: string
  readonly apiOrigin?: string
  readonly parameters?: Readonly<Record<string, string>>
  /** What went wrong where AWS would say nothing: an event that reached no queue, for example. */
  readonly onProblem: (problem: string) => void
  /** Bundles are unpacked here. Default: beside the template. */
  readonly workFolder?: string
}

export interface Stack {
  readonly functions: readonly FunctionConfig[]
  readonly template: StackTemplate
  /** By the policies of the template that is deployed now. */
  readonly authorize: Authorizer
  /** By key (`dns-sync`), name, ARN or logical id. Rejects with FunctionError. `onLine` hears what it logs. */
  invoke(name: string, payload: unknown, onLine?: (line: string) => void): Promise<unknown>
  /** Publishes the scheduled event of a rule, by its logical id. */
  triggerSchedule(ruleLogicalId: string): void
  readonly schedules: readonly { readonly logicalId: string; readonly schedule: string }[]
  /** A later package over the living stack, by comparing the templates. */
  update(templateFile: string): Promise<void>
  /** Resolves when no message waits or is being worked on and no function runs; with `retries` also none is hidden for later, and no command is open. */
  idle(options?: { readonly retries?: boolean }): Promise<void>
  close(): Promise<void>
}

export async function deployStack(options: DeployOptions): Promise<Stack> {
  const { world, templateFile, endpointUrl } = options
  const { account, region } = world.state
  const { onSettled, wait } = rest()
  const cloud = createCloud(options, onSettled)
  const read = (file: string) =>
    readStack(file, { ...options, account, region, queueOrigin: endpointUrl }, () => world.state)
  let current = read(templateFile)
  const unsubscribe = world.subscribe(({ events }) => {
    for (const event of events) for (const rule of [...cloud.rules.values()]) rule.receive(event)
    onSettled()
  })
  const close = async () => {
    unsubscribe()
    await closeAll(cloud)
  }
  try {
    createAll({ cloud, template: current.template, templateFile })
  } catch (error) {
    await close()
    throw error
  }
  return {
    get functions() {
      return [...cloud.functions.values()].map(({ config }) => config)
    },
    get template() {
      return current.template
    },
    get schedules() {
      return [...cloud.rules.values()].flatMap(({ logicalId, schedule }) => (schedule ? [{ logicalId, schedule }] : []))
    },
    authorize: (request) => current.authorize(request),
    invoke: (name, payload, onLine) => findFunction(cloud, name).invoke(payload, onLine),
    triggerSchedule: (ruleLogicalId) => findRule(cloud, ruleLogicalId).trigger(),
    update: async (file) => {
      const before = current.template
      // The new policies count from the start: CloudFormation changes roles before what depends on them.
      current = read(file)
      await applyChanges(before, { cloud, template: current.template, templateFile: file })
    },
    idle: ({ retries = false } = {}) =>
      wait(() => isIdle(cloud, retries) && !(retries && world.state.openCommands.size > 0)),
    close,
  }
}

async function closeAll({ mappings, functions }: Cloud): Promise<void> {
  const closing = [...mappings.values()].map((mapping) => mapping.close())
  await Promise.all([...functions.values()].map((one) => one.close()))
  await Promise.all(closing)
}

function createCloud(options: DeployOptions, onSettled: () => void): Cloud {
  const { world, endpointUrl, secretOf, argvPrefix, environment, slots, onInvoke, onLog, onProblem } = options
  const lambda: LambdaOptions = {
    region: world.state.region,
    endpointUrl,
    secretOf,
    workFolder: options.workFolder ?? resolve(dirname(options.templateFile), 'unpacked'),
    ...(argvPrefix && { argvPrefix }),
    ...(environment && { environment }),
    ...(slots && { slots }),
    ...(onLog && { onLog }),
    onInvoke: (report) => {
      onInvoke?.(report)
      if (report.phase === 'end') onSettled()
    },
  }
  return {
    world,
    lambda,
    queuePolicies: queuePolicies(),
    rules: new Map(),
    functions: new Map(),
    mappings: new Map(),
    onProblem,
    onSettled,
  }
}

function findFunction({ functions }: Cloud, name: string): LambdaFunction {
  const all = [...functions.values()]
  const found = all.find(({ config }) => [config.key, config.name, config.arn, config.logicalId].includes(name))
  const keys = all.map(({ config }) => config.key).join(', ')
  if (!found) throw new Error(`"${name}" is no function of the template; there are ${keys}`)
  return found
}

function findRule({ rules }: Cloud, logicalId: string): Rule {
  const all = [...rules.values()]
  const found = all.find((rule) => rule.logicalId === logicalId)
  const ids = all.map((rule) => rule.logicalId).join(', ')
  if (!found) throw new Error(`"${logicalId}" is no rule of the template; there are ${ids}`)
  return found
}
