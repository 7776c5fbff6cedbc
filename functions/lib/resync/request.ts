// What a person, or the schedule, asks of resync.
import { INSTANCE_ID } from '../domain/instance.ts'

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

const FIELDS = ['site', 'instance', 'all', 'dryRun']

/** The request, or what is wrong with it, every mistake at once. */
export function readRequest(event: unknown): ResyncRequest | { readonly mistakes: readonly string[] } {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    return { mistakes: [`event: found ${shown(event)}, wanted an object`] }
  const { site, instance, all, dryRun = false } = event as Readonly<Record<string, unknown>>
  const given = Object.entries({ site, instance, all }).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  const mistakes = [
    ...Object.keys(event).flatMap((key) =>
      FIELDS.includes(key) ? [] : [wrong(key, 'an unknown field', `one of ${FIELDS.join(', ')}`)],
    ),
    ...(given.length === 1 ? [] : [wrong('event', given.join(' and ') || 'nothing', 'one of site, instance and all')]),
    ...(site === undefined || (typeof site === 'string' && site !== '')
      ? []
      : [wrong('site', shown(site), 'a hostname')]),
    ...(instance === undefined || isInstance(instance)
      ? []
      : [wrong('instance', shown(instance), 'an id such as i-1234567890abcdef0')]),
    ...(all === undefined || all === true ? [] : [wrong('all', shown(all), 'true')]),
    ...(typeof dryRun === 'boolean' ? [] : [wrong('dryRun', shown(dryRun), 'true or false')]),
  ]
  if (mistakes.length > 0) return { mistakes }
  if (typeof site === 'string')
    return { scope: { kind: 'site', hostname: site.toLowerCase().replace(/\.$/, '') }, dryRun: dryRun === true }
  if (typeof instance === 'string')
    return { scope: { kind: 'instance', instanceId: instance }, dryRun: dryRun === true }
  return { scope: { kind: 'all' }, dryRun: dryRun === true }
}

const isInstance = (value: unknown): boolean => typeof value === 'string' && INSTANCE_ID.test(value)

const wrong = (path: string, found: string, wanted: string): string => `${path}: found ${found}, wanted ${wanted}`

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
