// What a stack's resources come to life in, and what each type of resource must be able to do.
import type { LiveWorld } from '../world/types.ts'
import type { LambdaFunction, LambdaOptions } from './lambda.ts'
import type { Mapping } from './mapping.ts'
import type { QueuePolicies, Rule } from './rules.ts'
import type { Resource, StackTemplate } from './template.ts'

export interface Cloud {
  readonly world: LiveWorld
  readonly lambda: LambdaOptions
  readonly queuePolicies: QueuePolicies
  /** By physical id, so that a replacement and what it replaces stand side by side. */
  readonly rules: Map<string, Rule>
  readonly functions: Map<string, LambdaFunction>
  readonly mappings: Map<string, Mapping>
  readonly onProblem: (problem: string) => void
  /** Something came to rest: whoever waits for that looks again. */
  readonly onSettled: () => void
}

export interface Deployment {
  readonly cloud: Cloud
  readonly template: StackTemplate
  readonly templateFile: string
}

export interface Living {
  create(resource: Resource, deployment: Deployment): void
  /** In place, keeping its name. Not given: CloudFormation cannot, or this local cloud has not been taught to. */
  update?(resource: Resource, deployment: Deployment): void | Promise<void>
  remove?(resource: Resource, cloud: Cloud): void | Promise<void>
}
