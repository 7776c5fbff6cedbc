// Turns the errors of a site document into sentences: which field, what was found, what is wanted.
import type * as v from 'valibot'

export interface FieldError {
  /** Keys joined by `/`, for example `container/port`. */
  readonly path: string
  readonly found: string
  readonly wanted: string
}

export const describeFieldError = (error: FieldError): string =>
  `${error.path}: found ${error.found}, wanted ${error.wanted}`

type Issue = v.BaseIssue<unknown>

/** One error per issue; unknown keys are left out, since `misshapen` finds all of them with a suggestion. */
export function describeIssues(issues: readonly Issue[]): FieldError[] {
  const errors = issues
    .filter((issue) => !isUnknownKey(issue))
    .map((issue) => {
      const path = issue.path?.map((item) => String(item.key)).join('/') || '(document)'
      const item = issue.path?.at(-1) as { readonly origin?: string; readonly key?: unknown } | undefined
      // The name of a field is no secret, as its value may be.
      const isName = item?.origin === 'key' && issue.input === item.key
      const found = isName ? JSON.stringify(item.key) : shown(path, issue.input)
      return { path, found, wanted: wanted(issue) }
    })
  // Half a second is neither whole nor 5 to 600: once is enough.
  return errors.filter(({ path }, index) => errors.findIndex((one) => one.path === path) === index)
}

const isUnknownKey = (issue: Issue): boolean => issue.type === 'strict_object' && issue.expected === 'never'

function wanted(issue: Issue): string {
  // A message of the library itself is in its own words.
  if (issue.kind === 'validation' || !issue.message.startsWith('Invalid ')) return issue.message
  const expected = (issue.expected ?? 'another value').replaceAll(' | ', ' or ').replace(/^\((.*)\)$/, '$1')
  if (expected.startsWith('"') && issue.type.endsWith('object')) return 'a value: the field is required'
  return expected
    .split(' or ')
    .map((word) => PLAIN[word] ?? word)
    .join(' or ')
}

/** Of the library's words. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ string: 'a text', number: 'a number', boolean: 'true or false', Array: 'a list', Object: 'an object' },
}

/**
 * Says in short what was found. It leaves out values of the environment, because they could be secrets by mistake. A list
 * or an object is only named, because an environment may stand anywhere inside.
 */
function shown(path: string, input: unknown): string {
  if (input === undefined) return 'nothing'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object' && input !== null) return 'an object'
  if (/^container\/env\//.test(path) && /[\r\n]/.test(String(input))) return 'a line break'
  if (/^container(\/env(\/|$)|$)/.test(path)) return `a ${typeof input}`
  const text = JSON.stringify(input)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

interface Schema {
  readonly type?: string
  readonly entries?: Readonly<Record<string, unknown>>
  readonly wrapped?: unknown
  readonly pipe?: readonly unknown[]
}

/**
 * Keys that the schema does not know, at every level, each with the nearest known key. Also lists in the place of
 * objects, because valibot lets them through (it asks for `typeof input === 'object'`).
 */
export function misshapen(schema: unknown, document: unknown, path: readonly string[] = []): FieldError[] {
  const { type, entries } = innermost(schema)
  if ((!entries && type !== 'record') || typeof document !== 'object' || document === null) return []
  if (Array.isArray(document)) return [{ path: path.join('/') || '(document)', found: 'a list', wanted: 'an object' }]
  if (!entries) return []
  return Object.entries(document).flatMap(([key, value]) => {
    const here = [...path, key]
    if (Object.hasOwn(entries, key)) return misshapen(entries[key], value, here)
    return [{ path: here.join('/'), found: 'an unknown field', wanted: suggestion(key, Object.keys(entries)) }]
  })
}

/** Without `optional`, `nullable` and pipes around it. */
function innermost(schema: unknown): Schema {
  const { wrapped, pipe } = schema as Schema
  const inner = wrapped ?? pipe?.[0]
  return inner && inner !== schema ? innermost(inner) : (schema as Schema)
}

function suggestion(key: string, known: readonly string[]): string {
  const distances = known.map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
  const nearest = distances.sort((a, b) => a.distance - b.distance)[0]
  if (nearest && nearest.distance <= Math.max(2, key.length / 3)) return `"${nearest.name}"?`
  return `one of ${known.join(', ')}`
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
