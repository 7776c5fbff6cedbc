// Reads the compiled template: every resource with its physical names and its properties as the services would get them,
// and what it depends on. Pure but for reading the file.

import { readFileSync } from 'node:fs'
import { type Lookup, NO_VALUE, resolve, truth } from './intrinsics.ts'
import { type Identity, kinds, type Scope } from './kinds.ts'

export interface Resource extends Identity {
  readonly logicalId: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
  /** Logical ids: its DependsOn and all that its properties refer to. */
  readonly dependencies: ReadonlySet<string>
}

export interface StackTemplate {
  readonly scope: Scope
  /** In the template's order. */
  readonly resources: ReadonlyMap<string, Resource>
  readonly outputs: Readonly<Record<string, unknown>>
}

export interface TemplateOptions {
  readonly account: string
  readonly region: string
  readonly stackName?: string
  readonly queueOrigin?: string
  readonly apiOrigin?: string
  /** Values of the template's Parameters; without one its Default is taken. */
  readonly parameters?: Readonly<Record<string, string>>
}

interface RawResource {
  readonly Type: string
  readonly Properties?: Record<string, unknown>
  readonly DependsOn?: string | string[]
  readonly Condition?: string
}

interface RawTemplate {
  readonly Parameters?: Record<string, { Default?: unknown }>
  readonly Conditions?: Record<string, unknown>
  readonly Resources: Record<string, RawResource>
  readonly Outputs?: Record<string, { Value: unknown }>
}

export function readTemplateFile(file: string, options: TemplateOptions): StackTemplate {
  return readTemplate(JSON.parse(readFileSync(file, 'utf8')), options)
}

export function readTemplate(template: unknown, options: TemplateOptions): StackTemplate {
  const raw = template as RawTemplate
  if (typeof raw?.Resources !== 'object')
    throw new Error('the template has no Resources: is it a CloudFormation template in JSON?')
  const scope: Scope = {
    account: options.account,
    region: options.region,
    stackName: options.stackName ?? 'local',
    queueOrigin: options.queueOrigin ?? `https://sqs.${options.region}.amazonaws.com`,
    ...(options.apiOrigin === undefined ? {} : { apiOrigin: options.apiOrigin }),
  }
  const lookup = lookupIn(raw, scope, options.parameters ?? {})
  const resources = new Map<string, Resource>()
  for (const [logicalId, entry] of Object.entries(raw.Resources)) {
    const present = entry.Condition === undefined || lookup.condition(entry.Condition)
    if (present === undefined)
      throw new Error(`${logicalId}.Condition: "${entry.Condition}" is no condition of the template`)
    if (present) resources.set(logicalId, readResource(logicalId, entry, lookup))
  }
  checkDependencies(resources, raw)
  const outputs = Object.entries(raw.Outputs ?? {}).map(([name, output]) => [
    name,
    resolve(output.Value, lookup, `Outputs.${name}`),
  ])
  return { scope, resources, outputs: Object.fromEntries(outputs) }
}

type TemplateLookup = Lookup & { identity(logicalId: string): Identity | undefined }

function lookupIn(raw: RawTemplate, scope: Scope, parameters: Readonly<Record<string, string>>): TemplateLookup {
  const pseudo: Record<string, string> = {
    'AWS::AccountId': scope.account,
    'AWS::Region': scope.region,
    'AWS::StackName': scope.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${scope.region}:${scope.account}:stack/${scope.stackName}/local`,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  }
  const identities = new Map<string, Identity>()
  const lookup: TemplateLookup = {
    ref: (name) => pseudo[name] ?? parameters[name] ?? raw.Parameters?.[name]?.Default ?? lookup.identity(name)?.ref,
    attribute: (logicalId, attribute) => lookup.identity(logicalId)?.attributes[attribute],
    condition: (name) =>
      raw.Conditions && name in raw.Conditions ? truth(raw.Conditions[name], lookup, `Conditions.${name}`) : undefined,
    identity: (logicalId) => {
      const entry = raw.Resources[logicalId]
      if (!entry) return undefined
      const identity = identities.get(logicalId) ?? identify(logicalId, entry, scope, lookup)
      identities.set(logicalId, identity)
      return identity
    },
  }
  return lookup
}

function identify(logicalId: string, entry: RawResource, scope: Scope, lookup: Lookup): Identity {
  const kind = Object.hasOwn(kinds, entry.Type) ? kinds[entry.Type] : undefined
  if (!kind) {
    throw new Error(
      `${logicalId}: the local cloud does not know ${entry.Type}; teach it in local/stack/kinds.ts and, if it does something, in local/stack/living.ts`,
    )
  }
  const properties = entry.Properties ?? {}
  const given = kind.nameProperty ? properties[kind.nameProperty] : undefined
  const resolved = given === undefined ? NO_VALUE : resolve(given, lookup, `${logicalId}.${kind.nameProperty}`)
  // CloudFormation adds a random suffix to the names that it makes; here they stay the same from run to run.
  const name = resolved === NO_VALUE ? `${scope.stackName}-${logicalId}` : String(resolved)
  return kind.identify(name, scope, properties)
}

function readResource(logicalId: string, entry: RawResource, lookup: TemplateLookup): Resource {
  const dependencies = new Set([entry.DependsOn ?? []].flat())
  const traced: Lookup = {
    ...lookup,
    ref: (name) => {
      if (lookup.identity(name)) dependencies.add(name)
      return lookup.ref(name)
    },
    attribute: (id, attribute) => {
      dependencies.add(id)
      return lookup.attribute(id, attribute)
    },
  }
  const identity = lookup.identity(logicalId)!
  const properties = resolve(entry.Properties ?? {}, traced, logicalId) as Record<string, unknown>
  return { logicalId, type: entry.Type, ...identity, properties, dependencies }
}

function checkDependencies(resources: ReadonlyMap<string, Resource>, raw: RawTemplate): void {
  for (const resource of resources.values()) {
    for (const id of resource.dependencies) {
      if (!(id in raw.Resources))
        throw new Error(`${resource.logicalId}: depends on "${id}", which is no resource of the template`)
    }
  }
}

/** The resources of a type. */
export function ofType(template: Pick<StackTemplate, 'resources'>, type: string): Resource[] {
  return [...template.resources.values()].filter((resource) => resource.type === type)
}
