// The texts that maintainers get by the topic Notices: one at a problem, one at its end. Pictures stay below 80 columns.

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { type Instance, startOf } from '../domain/instance.ts'
import { plainLines } from '../domain/plain-text.ts'
import { type CommandEnd, failedStep, logTail } from '../hosts/output.ts'
import type { OutcomeAct } from './act.ts'
import { commandLink } from './console-link.ts'
import type { ToldProblem } from './state.ts'

export interface Notice {
  /** At most 100 printable ASCII characters (SNS Publish, "Subject"). */
  readonly subject: string
  readonly text: string
}

export interface NoticeContext {
  readonly site: string
  readonly region: string
  /** Address of the page that starts it. */
  readonly door?: string
  readonly instance?: Instance
  /** Of the command that failed. */
  readonly end?: CommandEnd
  /** The hops, or why they could not be looked at. */
  readonly diagnosis?: Diagnosis | Error
}

type Opening = Extract<OutcomeAct, { act: 'open' }>

export function problemNotice({ problem, headline, reason, lines }: Opening, context: NoticeContext): Notice {
  const { site, instance, end, diagnosis, door } = context
  const facts = fields([
    ['problem', problem.name],
    ['site', site],
    ['instance', problem.instanceId],
    ['start', instance && startOf(instance)],
    ['door', door],
    ...commandFields(end, context.region),
    ...(lines ? [] : [['reason', failedStep(end?.stdout ?? '')?.reason || reason] as const]),
    ['hint', failedStep(end?.stdout ?? '')?.hint],
  ])
  return {
    subject: subject(headline),
    text: paragraphs([
      headline,
      facts,
      lines?.join('\n'),
      end && section('The last lines of the host', logTail(end)),
      diagnosis && picture(diagnosis),
      `docs/runbook.md explains ${problem.name}. Another message comes when it is over.`,
    ]),
  }
}

const commandFields = (end: CommandEnd | undefined, region: string): Field[] =>
  end
    ? [
        ['step', failedStep(end.stdout)?.step ?? 'none: the run ended without a word of its own'],
        ['command', `${end.commandId}, ${end.details}`],
        ['console', commandLink(region, end.commandId, end.instanceId)],
      ]
    : []

const picture = (diagnosis: Diagnosis | Error): string =>
  diagnosis instanceof Error
    ? `The hops could not be looked at: ${diagnosis.name}: ${diagnosis.message}`
    : section('The hops', [
        ...diagnosis.path,
        '',
        diagnosis.sentence,
        ...diagnosis.causes.map(({ name, fix }) => `${name}: ${fix}`),
      ])

export function overNotice(problem: ToldProblem, reason: string, site: string, now: number): Notice {
  const minutes = Math.max(1, Math.round((now - Date.parse(problem.since)) / 60_000))
  return {
    subject: subject(`over: ${problem.headline}`),
    text: paragraphs([
      `Over: ${problem.headline}`,
      fields([
        ['problem', problem.name],
        ['site', site],
        ['instance', problem.instanceId],
        ['since', `${problem.since}, ${minutes} min`],
        ['reason', reason],
      ]),
    ]),
  }
}

type Field = readonly [string, string | undefined]

const fields = (all: readonly Field[]): string =>
  all.flatMap(([name, value]) => (value ? [`${name.padEnd(10)}${value}`] : [])).join('\n')

const section = (title: string, lines: readonly string[]): string =>
  [`${title}:`, ...lines.map((line) => (line ? `  ${line}` : ''))].join('\n')

const paragraphs = (parts: readonly (string | undefined)[]): string =>
  plainLines(`${parts.filter((part) => part !== undefined).join('\n\n')}\n`)

const subject = (text: string): string => `ragstream-edge: ${text}`.replaceAll(/[^ -~]/g, '?').slice(0, 100)
