// A happening of the local cloud as one line for people: who, and what. Undefined if it is of no interest.

import type { Happening } from '../../local/cloud.ts'
import { plainLines } from '../edge/paper.ts'

export interface Line {
  readonly who: string
  readonly what: string
  readonly tone: 'plain' | 'good' | 'bad' | 'quiet'
}

const line = (who: string, what: string, tone: Line['tone'] = 'plain'): Line => ({
  ...{ who, what: plainLines(what), tone },
})

export function describeHappening(happening: Happening, verbose: boolean): Line | undefined {
  switch (happening.kind) {
    case 'event':
      return describeEvent(happening.event.detail, happening.event['detail-type'], verbose)
    case 'log':
      return describeLog(happening.function, happening.line, verbose)
    case 'host':
      // An inspection is for programs.
      if (happening.line.startsWith('{') && !verbose) return undefined
      // What is as it was is no news.
      if (/^step=\S+ result=(unchanged|ok)\b/.test(happening.line) && !/^step=done /.test(happening.line) && !verbose)
        return undefined
      return line('host', happening.line, happening.line.includes('result=failed') ? 'bad' : 'plain')
    case 'machine':
      return line('machine', `${happening.instanceId} ${happening.what}`)
    case 'insync':
      return line('Route 53', `${happening.zone} is INSYNC`)
    case 'problem':
      return line('problem', happening.problem, 'bad')
    case 'visit':
      return verbose ? describeVisit(happening.visit) : undefined
    case 'call':
      return verbose ? describeCall(happening.call) : undefined
    case 'query':
      return verbose
        ? line('DNS', `${happening.name} ${happening.type}? ${answers(happening.answers)}`, 'quiet')
        : undefined
  }
}

const describeVisit = ({ method, path, status }: Extract<Happening, { kind: 'visit' }>['visit']): Line =>
  line('door', `${method} ${path}: ${status}`, 'quiet')

const answers = (values: readonly string[]): string => values.join(', ') || 'no answer'

function describeEvent(detail: Readonly<Record<string, unknown>>, type: string, verbose: boolean): Line | undefined {
  if (type === 'EC2 Instance State-change Notification')
    return line('event', `${detail['instance-id']} is ${detail.state}`)
  // What outcome remembers is for nobody to hear.
  if (type === 'Parameter Store Change' && String(detail.name).includes('/state/') && !verbose) return undefined
  if (type === 'Parameter Store Change') return line('event', `${detail.operation} ${detail.name}`)
  if (type !== 'EC2 Command Invocation Status-change Notification') return undefined
  const ended = !['Pending', 'InProgress'].includes(String(detail.status))
  const isLook = /-(InspectHost|ReadLogs)-/.test(String(detail['document-name']))
  if ((!ended || isLook) && !verbose) return undefined
  const what = `command …${String(detail['command-id']).slice(-6)} on ${detail['instance-id']}: ${detail.status}`
  return line('event', what, detail.status === 'Success' ? 'good' : ended ? 'bad' : 'quiet')
}

/** A function logs JSON lines; metrics in embedded format are for machines. */
function describeLog(name: string, text: string, verbose: boolean): Line | undefined {
  const entry = parsed(text)
  if (!entry) return line(name, text, 'bad')
  if ('_aws' in entry) return undefined
  const level = String(entry.level)
  if (!verbose && /looked at,/.test(String(entry.message))) return undefined
  // Inner states of what goes on.
  if (!verbose && name === 'outcome' && /^(keep|wait) /.test(String(entry.message))) return undefined
  const { error } = entry as { error?: { name?: string; message?: string } }
  const cause = error ? `: ${error.name}: ${error.message}` : ''
  return line(name, healthy(`${entry.message}${cause}`, verbose), level === 'ERROR' ? 'bad' : 'plain')
}

/** In a start that goes well an agent takes its time: that is no error. */
const healthy = (text: string, verbose: boolean): string =>
  verbose ? text : text.replace(/^AgentNotRegistered: (\S+) of .*$/s, 'waits for the agent of $1')

/** Undefined: no JSON. */
export const logEntry = (text: string): { readonly level?: string; readonly message?: string } | undefined =>
  parsed(text)

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function describeCall(call: Extract<Happening, { kind: 'call' }>['call']): Line {
  const outcome = call.errorCode ? `-> ${call.errorCode}` : ''
  return line(
    'call',
    `${call.service} ${call.operation} by ${call.session ?? call.accessKeyId} ${outcome}`.trimEnd(),
    'quiet',
  )
}
