// A statement of a policy, checked when it is first seen: what IAM would refuse, or what decide.ts would ignore, is an error.

import { type Conditions, checkConditions } from './condition.ts'
import { isArn } from './wildcard.ts'

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Sid?: string
  readonly Principal?: unknown
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Conditions
}

/** Where a policy stands: with a role, at a queue, or as a role's trust in a service. */
export type PolicyKind = 'identity' | 'queue' | 'trust'

const elements = ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']
const patterns = {
  Action: { fits: (text: string) => /^(\*|[a-z0-9-]+:[a-z0-9*?]+)$/i.test(text), wants: '"*" or service:name' },
  Resource: { fits: (text: string) => text === '*' || isArn(text), wants: '"*" or an ARN of six parts' },
}

export function checkStatement(statement: Statement, path: string, kind: PolicyKind): void {
  const unknown = Object.keys(statement).find((key) => !elements.includes(key))
  if (unknown) throw new Error(`${path}.${unknown}: is not understood here; known are ${elements.join(', ')}`)
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new Error(`${path}.Effect: found ${JSON.stringify(statement.Effect)}, wanted "Allow" or "Deny"`)
  }
  checkVariables(statement, path)
  checkPatterns(statement, 'Action', path)
  if (kind !== 'trust') checkPatterns(statement, 'Resource', path)
  else refuse(statement, ['Resource', 'NotResource'], path, kind)
  checkConditions(statement.Condition ?? {}, `${path}.Condition`)
  if (kind === 'identity') refuse(statement, ['Principal'], path, kind)
  else checkPrincipal(statement.Principal, `${path}.Principal`)
}

function refuse(statement: Statement, names: readonly (keyof Statement)[], path: string, kind: PolicyKind): void {
  const name = names.find((one) => statement[one] !== undefined)
  if (name) throw new Error(`${path}.${name}: has no place in a policy of the kind ${kind}`)
}

/** Exactly one of the element and its negation, with at least one value. */
function checkPatterns(statement: Statement, name: 'Action' | 'Resource', path: string): void {
  const { fits, wants } = patterns[name]
  const [element, other] = ([name, `Not${name}`] as const).filter((one) => statement[one] !== undefined)
  if (!element) throw new Error(`${path}.${name}: is missing`)
  if (other) throw new Error(`${path}.${other}: is not understood here beside ${element}, wanted one of the two`)
  const values = [statement[element]].flat()
  if (values.length > 0 && values.every((value) => typeof value === 'string' && fits(value))) return
  throw new Error(`${path}.${element}: found ${JSON.stringify(statement[element])}, wanted ${wants}`)
}

function checkPrincipal(principal: unknown, path: string): void {
  const kinds = principal !== null && typeof principal === 'object' ? Object.keys(principal) : []
  if (principal === '*' || (kinds.length > 0 && kinds.every((kind) => kind === 'Service' || kind === 'AWS'))) return
  throw new Error(`${path}: found ${JSON.stringify(principal)}, wanted "*", { "Service": ... } or { "AWS": ... }`)
}

/** Each `${...}` that IAM would replace, in values and in the keys of conditions. */
function checkVariables(statement: Statement, path: string): void {
  for (const [element, value] of Object.entries(statement)) {
    const variable = /\$\{[^}"]*\}?/.exec(JSON.stringify(value))
    if (variable) throw new Error(`${path}.${element}: the policy variable ${variable[0]} is not understood here`)
  }
}
