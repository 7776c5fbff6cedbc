// The messages in outcome's queue. They say where to look, and carry findings that only their sender can make.
import * as v from 'valibot'
import type { Contest } from './contest.ts'
import { InvalidInput } from './errors.ts'
import { describeFieldError, describeIssues } from './field-error.ts'
import { INSTANCE_ID } from './instance.ts'
import { plainText } from './plain-text.ts'
import { type Problem, SOURCES, type Source, STEP_PROBLEMS, type StepProblem } from './problem.ts'
import { SITE_NAME, text } from './schema.ts'

export type News = CommandNews | RecordNews | ReportedProblems | SiteNews

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
  /** Of records that another writer had changed. */
  readonly contests?: readonly Contest[]
}

/** The schedule asks whether the site is still live. */
export interface SiteNews {
  readonly kind: 'site'
  readonly hostname: string
  /** The command by which the schedule has just inspected the host. Its output is read from the service, once, and never from the message. */
  readonly inspection?: string | undefined
}

export interface ReportedProblem {
  readonly source: Source
  readonly name: StepProblem
  readonly message: string
  readonly site: string
  readonly instances: readonly string[]
  /** False while a message is still tried again for this problem: no notice is sent, and none of its end either. */
  readonly final: boolean
}

/** `given up`: no message is tried again. A problem that a person must mend first is given up at once. */
export const toReported = (
  { name, message, site, instances, patience }: Problem,
  source: Source,
  givenUp: boolean,
): ReportedProblem => ({ source, name, message, site, instances, final: givenUp || patience.givesUpAfter === 0 })

/** What a look left undone. Of the sites that it names, and its sources, it says everything. */
export interface ReportedProblems {
  readonly kind: 'findings'
  readonly sources: readonly Source[]
  readonly sites: readonly string[]
  readonly findings: readonly ReportedProblem[]
}

const COMMAND_EVENT = 'EC2 Command Invocation Status-change Notification'

const commandId = text(/^[0-9a-f-]{36}$/, 'an id')
const instanceId = text(INSTANCE_ID, 'the id of an instance')
const siteName = text(SITE_NAME, 'the name of a site')
const source = v.picklist(SOURCES)

/** More sites than a stage holds. */
const MOST = 1000
const listOf = <T extends v.GenericSchema<unknown, unknown>>(item: T) =>
  v.pipe(v.array(item), v.maxLength(MOST, `at most ${MOST}`))

/** Characters. These words reach people by mail, and mail programs make a link of any text with a scheme. */
const MOST_WORDS = 2000
const words = v.pipe(
  v.string(),
  v.transform((said) => plainText(said.replaceAll(/[a-z][a-z0-9+.-]*:\/\//gi, ''), MOST_WORDS)),
)

const finding = v.object({
  ...{ source, name: v.picklist(Object.keys(STEP_PROBLEMS) as StepProblem[]), message: words, site: siteName },
  ...{ instances: listOf(instanceId), final: v.boolean() },
})

const instant = v.pipe(v.number(), v.safeInteger())
const contest = v.object({
  ...{ site: siteName, zoneId: text(/^Z[A-Z0-9]{1,31}$/, 'the id of a zone'), name: siteName },
  ...{ type: v.picklist(['A', 'AAAA']), found: words, wanted: words, at: instant },
  start: text(/^i-[0-9a-f]+@[0-9TZ:-]{20}$/, 'a start'),
})

const eventOf = <const Type extends string, T extends v.ObjectEntries>(type: Type, detail: T) =>
  v.object({ 'detail-type': v.literal(type), detail: v.object(detail) })

const message = v.variant('detail-type', [
  eventOf(COMMAND_EVENT, { 'command-id': commandId, 'instance-id': instanceId }),
  eventOf('Records Changed', {
    changes: listOf(v.object({ id: text(/^[A-Z0-9]{1,32}$/, 'the id of a change'), sites: listOf(siteName) })),
    contests: v.optional(listOf(contest)),
  }),
  eventOf('Findings', { sources: listOf(source), sites: listOf(siteName), findings: listOf(finding) }),
  eventOf('Site', { hostname: siteName, inspection: v.optional(commandId) }),
])

/** @throws InvalidInput naming each field, what was found and what is wanted */
export function parseNews(body: string): News {
  const event = readMessage(message, body)
  switch (event['detail-type']) {
    case COMMAND_EVENT:
      return { kind: 'command', commandId: event.detail['command-id'], instanceId: event.detail['instance-id'] }
    case 'Records Changed':
      return { kind: 'records', ...event.detail } as RecordNews
    case 'Findings':
      return { kind: 'findings', ...event.detail }
    case 'Site':
      return { kind: 'site', ...event.detail }
  }
}

/** The body of a message, as `parseNews` reads it. */
export function newsMessage(news: RecordNews | ReportedProblems | SiteNews): string {
  const { kind, ...detail } = news
  const type = { records: 'Records Changed', findings: 'Findings', site: 'Site' }[kind]
  return JSON.stringify({ source: 'ragstream-edge', 'detail-type': type, detail })
}

/** Milliseconds for which an inspection is as good as a new one. */
const MOMENT = 30_000

/** Without an inspection that is older than a moment. */
export const withoutOld = (news: News, age: number): News =>
  news.kind === 'site' && age > MOMENT ? { kind: 'site', hostname: news.hostname } : news

function readMessage<T>(schema: v.GenericSchema<unknown, T>, body: string): T {
  let event: unknown
  try {
    event = JSON.parse(body)
  } catch (cause) {
    throw new InvalidInput(`news: found ${JSON.stringify(body.slice(0, 80))}, wanted JSON`, { cause })
  }
  const result = v.safeParse(schema, event)
  if (result.success) return result.output
  throw new InvalidInput(describeIssues(result.issues).map(describeFieldError).join('; '))
}
