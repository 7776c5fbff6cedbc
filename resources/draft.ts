// A site's document with all its mistakes at once: a field that cannot be read hides no contradiction between others.
import * as v from 'valibot'
import { describeIssues, type FieldError, misshapen } from '../functions/lib/domain/field-error.ts'
import { RULES } from '../functions/lib/domain/fields/rules.ts'
import { type Site, siteSchema, withRollout } from '../functions/lib/domain/site.ts'

export interface Draft {
  readonly errors: readonly FieldError[]
  /** Of a document without errors. */
  readonly site?: Site
  /** What this takes of the site; undefined where it takes a field that cannot be read. A value that its pattern refuses is read; one of another type is not. */
  take<T>(of: (site: Site) => T): T | undefined
}

export function readDraft(document: unknown): Draft {
  const result = v.safeParse(siteSchema, document)
  const issues = result.issues ?? []
  const shapes = misshapen(siteSchema, document)
  const wrong = [...shapes, ...describeIssues(issues.filter(({ kind }) => kind === 'schema'))]
  const unread = wrong.map(meant)
  const take = <T>(of: (site: Site) => T): T | undefined => {
    if (unread.includes('(document)')) return undefined
    try {
      return of(guarded(result.output as Site, unread))
    } catch (error) {
      if (error instanceof Unread) return undefined
      throw error
    }
  }
  const errors = [...shapes, ...describeIssues(issues), ...RULES.flatMap((rule) => take(rule) ?? [])]
  return { errors, take, ...(result.typed && errors.length === 0 ? { site: withRollout(result.output) } : {}) }
}

class Unread extends Error {}

/** An unknown field may stand for a known one, which then is not read either: `tlss: found an unknown field, wanted "tls"?`. */
function meant({ path, wanted }: FieldError): string {
  const [, near] = /^"(\w+)"\?$/.exec(wanted) ?? []
  return near ? path.replace(/[^/]*$/, near) : path
}

/** Throws as soon as a field is taken that is not read, or that holds one: of a list with a wrong entry nothing is taken. */
function guarded<T extends object>(value: T, unread: readonly string[], path = ''): T {
  return new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key)
      const here = `${path}${String(key)}`
      if (unread.includes(here)) throw new Unread()
      const isObject = typeof inner === 'object' && inner !== null
      if (Array.isArray(inner) && unread.some((other) => other.startsWith(`${here}/`))) throw new Unread()
      return isObject && !Array.isArray(inner) ? guarded(inner, unread, `${here}/`) : inner
    },
  })
}
