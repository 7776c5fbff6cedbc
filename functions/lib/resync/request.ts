// What a person, or the schedule, asks of resync.
import * as v from 'valibot'
import { INSTANCE_ID } from '../domain/instance.ts'
import { describeIssue, object, text } from '../domain/schema.ts'

export interface ResyncRequest {
  readonly scope:
    | { readonly kind: 'all' }
    | { readonly kind: 'site'; readonly hostname: string }
    | { readonly kind: 'instance'; readonly instanceId: string }
  readonly dryRun: boolean
}

export const USAGE = [
  'usage: one of',
  '  { "all": true }                   every declared site',
  '  { "site": "<hostname>" }          one site: its records and its hosts',
  '  { "instance": "i-…" }             the sites of one instance',
  'and, if nothing is to be changed:   "dryRun": true',
]

const fields = {
  site: v.optional(v.pipe(v.string('a hostname'), v.nonEmpty('a hostname'))),
  instance: v.optional(text(INSTANCE_ID, 'an id such as i-1234567890abcdef0')),
  all: v.optional(v.literal(true, 'true')),
  dryRun: v.optional(v.boolean('true or false'), false),
}
const FIELDS = Object.keys(fields).join(', ')
const SCOPES = ['site', 'instance', 'all']

const anObject = object('an object')

/** The request, or what is wrong with it, every mistake at once. */
export function readRequest(event: unknown): ResyncRequest | { readonly mistakes: readonly string[] } {
  if (!v.is(anObject, event)) return { mistakes: [describeIssue(v.safeParse(anObject, event).issues![0], 'event')] }
  const result = v.safeParse(v.object(fields), event)
  const given = Object.entries(event).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  const scopes = SCOPES.filter((key) => given.includes(key))
  const mistakes = [
    ...given.filter((key) => !(key in fields)).map((key) => `${key}: found an unknown field, wanted one of ${FIELDS}`),
    ...(scopes.length === 1
      ? []
      : [`event: found ${scopes.join(' and ') || 'nothing'}, wanted one of site, instance and all`]),
    ...(result.issues ?? []).map((issue) => describeIssue(issue, 'event')),
  ]
  if (mistakes.length > 0 || !result.success) return { mistakes }
  const { site, instance, dryRun } = result.output
  if (site !== undefined) return { scope: { kind: 'site', hostname: site.toLowerCase().replace(/\.$/, '') }, dryRun }
  if (instance !== undefined) return { scope: { kind: 'instance', instanceId: instance }, dryRun }
  return { scope: { kind: 'all' }, dryRun }
}
