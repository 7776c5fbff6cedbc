// What may arrive in outcome's queue. News only say where to look, and what a function found that nobody else can see.
import { InvalidInput } from './errors.ts'
import type { Problem } from './problem.ts'
import type { BrokenSite } from './site-set.ts'

export type News = CommandNews | RecordNews | Findings | SiteNews

/** A command on an instance has ended. */
export interface CommandNews {
  readonly kind: 'command'
  readonly commandId: string
  readonly instanceId: string
}

/** Records were written: each zone's change, with the sites whose names are in it. */
export interface RecordNews {
  readonly kind: 'records'
  readonly changes: readonly { readonly id: string; readonly sites: readonly string[] }[]
}

/** The schedule asks whether the site is still live. */
export interface SiteNews {
  readonly kind: 'site'
  readonly hostname: string
}

/** Which half of the work a finding is about: who looks at one half says nothing of the other. */
export const SOURCES = ['dns', 'host', 'tls'] as const
export type Source = (typeof SOURCES)[number]

export interface Finding {
  readonly source: Source
  readonly name: string
  readonly message: string
  readonly site: string
  readonly instances: readonly string[]
  /** False while somebody still waits for it to pass: no notice yet, but none of its end either. */
  readonly final: boolean
}

/** `given up`: nobody waits any more; what a person has to mend first is final at once. */
export const toFinding = (
  { name, message, site, instances, patience }: Problem,
  source: Source,
  givenUp: boolean,
): Finding => ({ source, name, message, site, instances, final: givenUp || patience.givesUpAfter === 0 })

/** What a look left undone. Of the sites that it names, and its sources, it says everything. */
export interface Findings {
  readonly kind: 'findings'
  readonly sources: readonly Source[]
  readonly sites: readonly string[]
  readonly findings: readonly Finding[]
  readonly broken: readonly BrokenSite[]
}

const COMMAND_EVENT = 'EC2 Command Invocation Status-change Notification'

type Json = Readonly<Record<string, unknown>>

/** @throws InvalidInput naming the field, what was found and what is wanted */
export function parseNews(body: string): News {
  const event = parseObject(body)
  const detail = isObject(event.detail) ? event.detail : {}
  switch (event['detail-type']) {
    case COMMAND_EVENT:
      return { kind: 'command', commandId: text(detail, 'command-id'), instanceId: text(detail, 'instance-id') }
    case 'Records Changed':
      return { kind: 'records', changes: list<RecordNews['changes'][number]>(detail, 'changes') }
    case 'Findings':
      return {
        kind: 'findings',
        sources: list<Source>(detail, 'sources'),
        sites: list<string>(detail, 'sites'),
        findings: list<Finding>(detail, 'findings'),
        broken: list<BrokenSite>(detail, 'broken'),
      }
    case 'Site':
      return { kind: 'site', hostname: text(detail, 'hostname') }
    default:
      throw invalid('detail-type', event['detail-type'], `"${COMMAND_EVENT}", "Records Changed", "Findings" or "Site"`)
  }
}

/** The body of a message, as `parseNews` reads it. */
export function newsMessage(news: RecordNews | Findings): string {
  const { kind, ...detail } = news
  const type = kind === 'records' ? 'Records Changed' : 'Findings'
  return JSON.stringify({ source: 'ragstream-edge', 'detail-type': type, detail })
}

function parseObject(body: string): Json {
  let event: unknown
  try {
    event = JSON.parse(body)
  } catch (cause) {
    throw new InvalidInput(`news: found ${JSON.stringify(body.slice(0, 80))}, wanted JSON`, { cause })
  }
  if (!isObject(event)) throw invalid('news', event, 'an object')
  return event
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

function text(detail: Json, key: string): string {
  const value = detail[key]
  if (typeof value !== 'string' || value === '') throw invalid(`detail.${key}`, value, 'an id')
  return value
}

function list<T>(detail: Json, key: string): readonly T[] {
  const value = detail[key]
  if (!Array.isArray(value)) throw invalid(`detail.${key}`, value, 'a list')
  return value
}

const invalid = (path: string, found: unknown, wanted: string): InvalidInput =>
  new InvalidInput(`${path}: found ${found === undefined ? 'nothing' : JSON.stringify(found)}, wanted ${wanted}`)
