// What a person asks of diagnose.
import * as v from 'valibot'
import { InvalidInput } from '../domain/errors.ts'
import { object, quoted } from '../domain/schema.ts'
import type { SiteSet } from '../domain/site-set.ts'

const USAGE = `wanted { "site": "<hostname>" }, such as app.example.com; the only declared site may be left out; "host": false sends the host no command`

const request = v.pipe(
  object('an object'),
  v.strictObject({ site: v.optional(v.pipe(v.string(), v.nonEmpty())), host: v.optional(v.boolean(), true) }),
)

export interface DiagnoseRequest {
  /** The only declared site where none is named. */
  readonly hostname: string
  /** False: the host's own look, which takes a command, is left out. */
  readonly asksHost: boolean
}

/** @throws InvalidInput */
export async function diagnoseRequest(event: unknown, readSites: () => Promise<SiteSet>): Promise<DiagnoseRequest> {
  // What an invocation without data sends.
  const result = v.safeParse(request, event === undefined || event === null || event === '' ? {} : event)
  if (!result.success) throw new InvalidInput(`${mistake(result.issues[0])}; ${USAGE}`)
  const { site, host: asksHost } = result.output
  return { hostname: site?.toLowerCase().replace(/\.$/, '') ?? onlySite(await readSites()), asksHost }
}

function mistake({ path, expected, input }: v.BaseIssue<unknown>): string {
  const key = path?.[0]?.key
  if (expected === 'never') return `event: found the field ${quoted(key)}`
  return `event${key === undefined ? '' : `.${key}`}: found ${quoted(input)}`
}

function onlySite({ sites, broken }: SiteSet): string {
  const declared = [...sites, ...broken].map(({ hostname }) => hostname)
  if (declared.length === 1) return declared[0]!
  throw new InvalidInput(
    `event.site: found nothing, and ${declared.length} sites are declared (${declared.join(', ')}); ${USAGE}`,
  )
}
