// EventBridge event patterns. No well-kept package does this on the registry, so it stands here, small and exact:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
// An operator that is not known is an error at deployment, never a rule that quietly matches nothing.

type Test = (value: unknown) => boolean

/** Compiles a pattern. Throws, with the path, for what EventBridge would refuse or this file does not know. */
export function compilePattern(pattern: unknown, path = 'EventPattern'): (event: unknown) => boolean {
  const tests = Object.entries(object(pattern, path)).map(([key, wanted]) =>
    compileField(key, wanted, `${path}.${key}`),
  )
  if (tests.length === 0) throw new Error(`${path}: is empty; wanted at least one field`)
  return (event) => tests.every((test) => test(event))
}

function compileField(key: string, wanted: unknown, path: string): (event: unknown) => boolean {
  if (key === '$or') {
    const choices = list(wanted, path).map((choice, i) => compilePattern(choice, `${path}[${i}]`))
    return (event) => choices.some((choice) => choice(event))
  }
  if (!Array.isArray(wanted)) {
    const nested = compilePattern(wanted, path)
    // A field of objects matches when one of its objects satisfies the whole nested pattern.
    return (event) => {
      const value = field(event, key)
      return Array.isArray(value)
        ? value.some((item) => isObject(item) && nested(item))
        : nested(isObject(value) ? value : {})
    }
  }
  const tests = list(wanted, path).map((item, i) => compileValue(item, `${path}[${i}]`))
  // `exists: false` is a question to the field, all others to each of its values: one that fits is enough.
  return (event) => {
    const values = leaves(field(event, key))
    return tests.some((test) => (values.length === 0 ? test(undefined) : values.some(test)))
  }
}

/** A test of one value; undefined stands for a field that has none. */
function compileValue(wanted: unknown, path: string): Test {
  if (!isObject(wanted)) return (value) => value === scalar(wanted, path)
  const entries = Object.entries(wanted)
  const [operator, argument] = entries[0] ?? ['', undefined]
  const compile = Object.hasOwn(operators, operator) ? operators[operator] : undefined
  if (!compile || entries.length !== 1) {
    throw new Error(`${path}: ${JSON.stringify(wanted)} is no operator known here; teach it in local/stack/pattern.ts`)
  }
  return compile(argument, `${path}.${operator}`)
}

const operators: Record<string, (argument: unknown, path: string) => Test> = {
  exists: (argument, path) => {
    if (typeof argument !== 'boolean')
      throw new Error(`${path}: found ${JSON.stringify(argument)}, wanted true or false`)
    return (value) => (value !== undefined) === argument
  },
  prefix: (argument, path) => textTest(argument, path, (value, start) => value.startsWith(start)),
  suffix: (argument, path) => textTest(argument, path, (value, end) => value.endsWith(end)),
  'equals-ignore-case': (argument, path) =>
    ofText(text(argument, path).toLowerCase(), (value, same) => value.toLowerCase() === same),
  wildcard: (argument, path) => {
    const expression = wildcard(text(argument, path))
    return (value) => typeof value === 'string' && expression.test(value)
  },
  numeric: (argument, path) => numeric(list(argument, path), path),
  'anything-but': (argument, path) => {
    const excluded = exclusions(argument, path)
    return (value) => value !== undefined && !excluded.some((test) => test(value))
  },
}

function exclusions(argument: unknown, path: string): Test[] {
  if (!isObject(argument)) return [argument].flat().map((item) => compileValue(scalar(item, path), path))
  const [operator, operand] = Object.entries(argument)[0] ?? []
  if (!operator || !['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator)) {
    throw new Error(
      `${path}: ${JSON.stringify(argument)} is not known inside anything-but; teach it in local/stack/pattern.ts`,
    )
  }
  return [operand].flat().map((item) => compileValue({ [operator]: item }, path))
}

function textTest(argument: unknown, path: string, test: (value: string, wanted: string) => boolean): Test {
  if (!isObject(argument)) return ofText(text(argument, path), test)
  const wanted = text(argument['equals-ignore-case'], path).toLowerCase()
  return ofText(wanted, (value, part) => test(value.toLowerCase(), part))
}

function ofText(wanted: string, test: (value: string, wanted: string) => boolean): Test {
  return (value) => typeof value === 'string' && test(value, wanted)
}

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

function numeric(terms: readonly unknown[], path: string): Test {
  const tests: ((value: number) => boolean)[] = []
  for (let i = 0; i < terms.length; i += 2) {
    const compare = comparisons[String(terms[i])]
    const bound = terms[i + 1]
    if (!compare || typeof bound !== 'number') {
      throw new Error(`${path}: found ${JSON.stringify(terms)}, wanted pairs like ">", 0, "<=", 5`)
    }
    tests.push((value) => compare(value, bound))
  }
  if (tests.length === 0) throw new Error(`${path}: is empty`)
  return (value) => typeof value === 'number' && tests.every((test) => test(value))
}

/** `*` stands for any characters; `\*` and `\\` for the characters themselves. */
function wildcard(source: string): RegExp {
  const parts = source.match(/\\[*\\]|\*|[^*\\]+|\\/g) ?? []
  const literal = (part: string) =>
    (/^\\[*\\]$/.test(part) ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const body = parts.map((part) => (part === '*' ? '.*' : literal(part)))
  return new RegExp(`^${body.join('')}$`, 's')
}

/** The values of a field; an object has none of its own: operators work on leaves only. */
function leaves(value: unknown): unknown[] {
  if (value === undefined || isObject(value)) return []
  return Array.isArray(value) ? value.flatMap(leaves) : [value]
}

function field(event: unknown, key: string): unknown {
  return isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function object(value: unknown, path: string): Record<string, unknown> {
  if (!isObject(value)) throw new Error(`${path}: found ${JSON.stringify(value)}, wanted an object or a list`)
  return value
}

function list(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new Error(`${path}: found ${JSON.stringify(value)}, wanted a list that is not empty`)
  return value
}

function scalar(value: unknown, path: string): unknown {
  if (typeof value === 'object' && value !== null)
    throw new Error(`${path}: found ${JSON.stringify(value)}, wanted a plain value`)
  return value
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Error(`${path}: found ${JSON.stringify(value)}, wanted a text`)
  return value
}
