// Words and shapes from which the schemas of documents and messages are made.
import * as v from 'valibot'

// Patterns in the words that JavaScript, Systems Manager and bash share: no lookahead, no \d.
export const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
export const IMAGE =
  '[a-z0-9][a-z0-9._-]*(:[0-9]{1,5})?(/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?'
export const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'
export const BODY_SIZE = '[1-9][0-9]{0,5}[kmg]'
export const TIME = '[1-9][0-9]{0,4}[smhd]'
/** From 10 minutes to 24 hours, in minutes or hours. */
export const SPAN = '(([1-9][0-9]|[1-9][0-9]{2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m|([1-9]|1[0-9]|2[0-4])h)'
export const MEMORY = '[1-9][0-9]{0,6}[mg]'
/** Of a URL; no dot segments. */
export const HTTP_PATH = '(/|(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?)'
/** A path has one or more of them. */
export const PATH_PART = '(/[A-Za-z0-9_.-]+)'

/** What may follow `sites/`: Parameter Store's own letters. Narrower is what a document may declare. */
export const SITE_NAME = /^[\w.-]{1,255}$/

export const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`)

type Schema = v.GenericSchema

export const text = (pattern: RegExp, wanted: string) => v.pipe(v.string(wanted), v.regex(pattern, wanted))
export const flag = v.boolean()
export const choice = <const Words extends readonly string[]>(...words: Words) => v.picklist(words)
export const listOf = <Item extends Schema>(item: Item) => v.array(item)
export const orNull = <Inner extends Schema>(inner: Inner) => v.nullable(inner)

export function wholeNumber(least: number, most: number, unit = '') {
  const range = `${least} to ${most}`
  const whole = `a whole number${unit && ` of ${unit}`}`
  return v.pipe(v.number(whole), v.integer(whole), v.minValue(least, range), v.maxValue(most, range))
}

/** A field that must be given. */
export const required = <Of extends Schema>(schema: Of, meaning: string) => v.pipe(schema, v.description(meaning))

/** A field that may be left out, and is then `usual`. */
export const field = <Of extends Schema, const Usual extends v.Default<Of, undefined>>(
  schema: Of,
  usual: Usual,
  meaning: string,
) => v.pipe(v.optional(schema, usual), v.description(meaning))

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** And no list. */
export const object = (wanted: string) => v.custom<object>(isObject, wanted)

/** An object whose fields each bear a message: a missing one is asked for in the same words as a wrong one. */
export const shape = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    object('an object'),
    v.object(entries, ({ path }) => String((entries[String(path?.at(-1)?.key)] as { message?: unknown }).message)),
  )

/** `path: found …, wanted …` of an issue with a schema whose every part bears a message; `what` where it is about the whole. */
export function describeIssue(issue: v.BaseIssue<unknown>, what: string): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.') || what
  return `${path}: found ${quoted(issue.input)}, wanted ${issue.message}`
}

export function quoted(found: unknown): string {
  const text = JSON.stringify(found) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** What `Date.parse` reads. */
export const date = v.pipe(
  v.string(),
  v.check((text) => Number.isFinite(Date.parse(text))),
)

/** Of a text that a function stored; undefined where it is not of this shape. */
export function parsedJson<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(text))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}
