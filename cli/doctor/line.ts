// One line of the doctor's answer.
import { plainLines } from '../../functions/lib/domain/plain-text.ts'
import { LOG_IN, lacksCredentials } from '../credentials.ts'

export interface Line {
  readonly kind: 'ok' | 'problem' | 'note'
  readonly subject: string
  readonly says: string
  /** What to do; of a note, how to see it. */
  readonly fix?: string
}

export const ok = (subject: string, says: string): Line => ({ kind: 'ok', subject, says })
export const problem = (subject: string, says: string, fix: string): Line => ({ kind: 'problem', subject, says, fix })
export const note = (subject: string, says: string, fix: string): Line => ({ kind: 'note', subject, says, fix })

const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/

/** The person has not the right to ask. */
export const isDenied = ({ name }: Error): boolean => DENIED.test(name)

/** What AWS did not tell: `action` is the right that it takes. */
export function unread(subject: string, error: Error, action: string): Line {
  if (isDenied(error))
    return problem(subject, `you may not read it: ${error.message}`, `use credentials that allow ${action}`)
  if (lacksCredentials(error)) return problem(subject, `no credentials that AWS takes: ${error.message}`, LOG_IN)
  return problem(subject, `not read: ${error.name}: ${error.message}`, 'is AWS reachable from here? try again')
}

const MARKS = { ok: 'ok  ', problem: 'FAIL', note: 'note' } as const

/** What zones and hosts say stands in it. */
export const shown = ({ kind, subject, says, fix }: Line): string =>
  plainLines(
    `${MARKS[kind]}  ${subject.padEnd(16)}  ${says}${fix ? `\n      ${kind === 'note' ? 'see' : 'fix'}: ${fix}` : ''}`,
  )
