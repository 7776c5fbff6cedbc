// The Condition element of a policy, after "IAM JSON policy elements: Condition operators" and "Conditions with multiple
// context keys or values" of the IAM User Guide. Date, Binary and IpAddress operators are not known here, so refused.

import { arnLike, isArn, like } from './wildcard.ts'

export type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>
/** A list where the key is multivalued, even if it holds one value. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>

interface Comparison {
  readonly matches: (found: string, wanted: string) => boolean
  /** What values of the policy must look like. */
  readonly fits: (wanted: string) => boolean
  readonly wants: string
}

interface Operator {
  readonly comparison: Comparison
  readonly set: string | undefined
  readonly negated: boolean
  readonly ifExists: boolean
}

const text = (matches: Comparison['matches']): Comparison => ({ matches, fits: () => true, wants: 'text' })
const arn: Comparison = {
  matches: (found, wanted) => arnLike(wanted, found),
  fits: isArn,
  wants: 'an ARN of six parts',
}
const truth: Comparison = {
  matches: (found, wanted) => found === wanted,
  fits: (wanted) => wanted === 'true' || wanted === 'false',
  wants: '"true" or "false"',
}
const isNumber = (value: string) => /^-?\d+(\.\d+)?$/.test(value)
const number = (compare: (found: number, wanted: number) => boolean): Comparison => ({
  matches: (found, wanted) => isNumber(found) && compare(Number(found), Number(wanted)),
  fits: isNumber,
  wants: 'a number',
})

/** The negated ones are these with `Not`. */
const comparisons = new Map<string, Comparison>([
  ['StringEquals', text((found, wanted) => found === wanted)],
  ['StringEqualsIgnoreCase', text((found, wanted) => found.toLowerCase() === wanted.toLowerCase())],
  ['StringLike', text((found, wanted) => like(wanted, found))],
  ['ArnEquals', arn],
  ['ArnLike', arn],
  ['Bool', truth],
  ['NumericEquals', number((found, wanted) => found === wanted)],
  ['NumericLessThan', number((found, wanted) => found < wanted)],
  ['NumericLessThanEquals', number((found, wanted) => found <= wanted)],
  ['NumericGreaterThan', number((found, wanted) => found > wanted)],
  ['NumericGreaterThanEquals', number((found, wanted) => found >= wanted)],
])
/** Asks whether the key is missing. Takes no prefix and no suffix. */
const isNull: Operator = { comparison: truth, set: undefined, negated: false, ifExists: false }

/** Throws for an operator that is not known, and for a value that it cannot compare. */
export function checkConditions(conditions: Conditions, path: string): void {
  for (const [name, keys] of Object.entries(conditions)) {
    const { fits, wants } = readOperator(name, path).comparison
    for (const [key, values] of Object.entries(keys)) {
      const list = [values].flat()
      if (list.length > 0 && list.every((one) => isScalar(one) && fits(String(one)))) continue
      throw new Error(`${path}.${name}.${key}: found ${JSON.stringify(values)}, wanted ${wants}`)
    }
  }
}

const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)

/** Operators and keys are joined by AND, the values of a key by OR, those of a negated operator by NOR. */
export function conditionsHold(conditions: Conditions, context: RequestContext): boolean {
  return Object.entries(conditions).every(([name, keys]) =>
    Object.entries(keys).every(([key, values]) => holds(name, key, [values].flat().map(String), context)),
  )
}

function holds(name: string, key: string, wanted: readonly string[], context: RequestContext): boolean {
  const operator = readOperator(name, 'Condition')
  const { comparison, set, negated, ifExists } = operator
  const value = Object.entries(context).find(([one]) => one.toLowerCase() === key.toLowerCase())?.[1]
  const multivalued = typeof value === 'object'
  const values = value === undefined ? [] : [value].flat()
  // To a set, nothing but empty strings is an empty set.
  const found = (multivalued || set) && values.every((one) => one === '') ? [] : values
  const missing = found.length === 0
  if (operator === isNull) return wanted.includes(String(missing))
  // AWS: "Multivalued context keys require a condition set operator"; what it decides without one is not said.
  if (multivalued && !set)
    throw new Error(`Condition.${name}.${key}: is multivalued, wanted ForAllValues: or ForAnyValue:`)
  const fits = (one: string) => wanted.some((other) => comparison.matches(one, other)) !== negated
  if (missing && ifExists) return true
  // A missing key is true to ForAllValues and false to ForAnyValue, negated or not.
  if (set) return set === 'ForAllValues' ? found.every(fits) : found.some(fits)
  return missing ? negated : fits(found[0]!)
}

function readOperator(name: string, path: string): Operator {
  if (name === 'Null') return isNull
  const [, set, plain = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? []
  const positive = plain.replace(/^(String|Arn|Numeric)Not(?=Equals|Like)/, '$1')
  const comparison = comparisons.get(positive)
  if (!comparison) throw new Error(`${path}.${name}: is no condition operator of IAM that is known here`)
  return { comparison, set, negated: positive !== plain, ifExists: ifExists !== undefined }
}
