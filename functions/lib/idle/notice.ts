// The mails about a stop: one where people asked for it or must know of it, and one before idle.longest.
import { plainLines } from '../domain/plain-text.ts'
import { type PlannedIdle, WARNING } from './plan.ts'

export interface IdleNotice {
  /** At most 100 printable ASCII characters (SNS Publish, "Subject"). */
  readonly subject: string
  readonly text: string
}

const RUNBOOK = 'docs/runbook.md explains'

export const stoppedNotice = (planned: PlannedIdle): IdleNotice =>
  notice(planned, 'StoppedIdle', 'was stopped', `\`./edge up <target>\` starts it again. ${RUNBOOK} StoppedIdle.`)

export const warningNotice = (planned: PlannedIdle): IdleNotice =>
  notice(
    planned,
    'StopsSoon',
    `is stopped in ${WARNING} minutes`,
    `\`./edge up --for 3h <target>\` keeps it awake for three hours more. ${RUNBOOK} StopsSoon.`,
  )

function notice(
  { instanceId, start, sites, reason, warns }: PlannedIdle,
  name: string,
  what: string,
  hint: string,
): IdleNotice {
  const why = warns ? 'it runs longer than idle.longest allows, whoever uses it' : reason
  const headline = `${sites[0]}: ${instanceId} ${what}`
  const fields = [
    ['notice', name],
    ['sites', sites.join(', ')],
    ['start', start],
    ['reason', why],
  ].map(([field = '', value = '']) => `${field.padEnd(10)}${value}`)
  return {
    subject: `ragstream-edge: ${headline}`.replaceAll(/[^ -~]/g, '?').slice(0, 100),
    text: plainLines(`${[headline, fields.join('\n'), hint].join('\n\n')}\n`),
  }
}
