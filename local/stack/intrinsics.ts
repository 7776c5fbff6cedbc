// CloudFormation's intrinsic functions: an expression of the template becomes the value that the service would get.
// An unknown function is an error, never a value that passes through.

export interface Lookup {
  /** A parameter, a pseudo parameter or a resource. Undefined: there is none of that name. */
  ref(name: string): unknown
  /** Undefined: there is no such resource or attribute. */
  attribute(logicalId: string, attribute: string): unknown
  /** Undefined: there is none of that name. */
  condition(name: string): boolean | undefined
}

/** AWS::NoValue: the property that holds it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue')

type Intrinsic = (argument: unknown, lookup: Lookup, path: string) => unknown

export function resolve(value: unknown, lookup: Lookup, path: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => resolve(item, lookup, `${path}[${i}]`)).filter((item) => item !== NO_VALUE)
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const only = entries.length === 1 ? entries[0] : undefined
  if (only && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) {
    const intrinsic = intrinsics[only[0]]
    if (!intrinsic) throw new Error(`${path}: ${only[0]} is not known here; teach it in local/stack/intrinsics.ts`)
    return intrinsic(only[1], lookup, `${path}.${only[0]}`)
  }
  return Object.fromEntries(
    entries
      .map(([key, item]) => [key, resolve(item, lookup, `${path}.${key}`)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  )
}

/** Truth of an entry of the template's Conditions. */
export function truth(value: unknown, lookup: Lookup, path: string): boolean {
  const answer = resolveCondition(value, lookup, path)
  if (typeof answer !== 'boolean') throw new Error(`${path}: ${show(value)} is not a condition`)
  return answer
}

function resolveCondition(value: unknown, lookup: Lookup, path: string): unknown {
  const isName =
    typeof value === 'object' && value !== null && 'Condition' in value && typeof value.Condition === 'string'
  return isName ? named(value.Condition, lookup, path) : resolve(value, lookup, path)
}

const intrinsics: Record<string, Intrinsic> = {
  Ref: (argument, lookup, path) => {
    const name = text(argument, path)
    if (name === 'AWS::NoValue') return NO_VALUE
    return known(lookup.ref(name), path, `"${name}" is no parameter or resource of the template`)
  },
  'Fn::GetAtt': (argument, lookup, path) => {
    const [logicalId, attribute] = attributePath(argument, path)
    return known(
      lookup.attribute(logicalId, attribute),
      path,
      `"${logicalId}.${attribute}" is not known here; attributes are listed in local/stack/kinds.ts`,
    )
  },
  'Fn::Sub': (argument, lookup, path) => {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const own = record(resolve(variables ?? {}, lookup, path), path)
    return text(template, path).replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) =>
      literal ? `\${${name}}` : substitute(name, own, lookup, path),
    )
  },
  'Fn::Join': (argument, lookup, path) => {
    const [separator, items] = pair(argument, path)
    return list(resolve(items, lookup, path), path)
      .map((item) => text(item, path))
      .join(text(separator, path))
  },
  'Fn::Select': (argument, lookup, path) => {
    const [index, items] = pair(argument, path)
    const values = list(resolve(items, lookup, path), path)
    return known(
      values[Number(resolve(index, lookup, path))],
      path,
      `no item ${show(index)} in a list of ${values.length}`,
    )
  },
  'Fn::Split': (argument, lookup, path) => {
    const [separator, source] = pair(argument, path)
    return text(resolve(source, lookup, path), path).split(text(separator, path))
  },
  'Fn::If': (argument, lookup, path) => {
    const [name, yes, no] = list(argument, path)
    return resolve(named(name, lookup, path) ? yes : no, lookup, path)
  },
  'Fn::Equals': (argument, lookup, path) => {
    const [left, right] = pair(argument, path)
    return show(resolve(left, lookup, path)) === show(resolve(right, lookup, path))
  },
  'Fn::Not': (argument, lookup, path) => !truth(list(argument, path)[0], lookup, path),
  'Fn::And': (argument, lookup, path) => list(argument, path).every((item) => truth(item, lookup, path)),
  'Fn::Or': (argument, lookup, path) => list(argument, path).some((item) => truth(item, lookup, path)),
  'Fn::ImportValue': (_, __, path) => {
    throw new Error(`${path}: a value of another stack is not available: this stack must stand alone`)
  },
}

function substitute(name: string, own: Record<string, unknown>, lookup: Lookup, path: string): string {
  if (name in own) return text(own[name], path)
  const dot = name.indexOf('.')
  const value = dot < 0 ? lookup.ref(name) : lookup.attribute(name.slice(0, dot), name.slice(dot + 1))
  return text(known(value, path, `"\${${name}}" is no parameter, resource or attribute of the template`), path)
}

function attributePath(argument: unknown, path: string): [string, string] {
  const parts =
    typeof argument === 'string' ? argument.split('.') : list(argument, path).map((part) => text(part, path))
  return [known(parts[0], path, 'wants a logical id'), parts.slice(1).join('.')]
}

function named(name: unknown, lookup: Lookup, path: string): boolean {
  return known(lookup.condition(text(name, path)), path, `"${name}" is no condition of the template`)
}

function known<T>(value: T | undefined, path: string, problem: string): T {
  if (value === undefined) throw new Error(`${path}: ${problem}`)
  return value
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Error(`${path}: found ${show(value)}, wanted a text`)
}

function list(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${path}: found ${show(value)}, wanted a list`)
  return value
}

function pair(value: unknown, path: string): [unknown, unknown] {
  const items = list(value, path)
  if (items.length !== 2) throw new Error(`${path}: found ${items.length} arguments, wanted 2`)
  return [items[0], items[1]]
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${path}: found ${show(value)}, wanted an object`)
  }
  return value as Record<string, unknown>
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
