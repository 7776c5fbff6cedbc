// When a site lets its instance be stopped: the field `idle` of a site.
import * as v from 'valibot'
import type { FieldError } from '../field-error.ts'
import { field, flag, orNull, required, SPAN, text, whole, wholeNumber } from '../schema.ts'

const span = text(whole(SPAN), 'a time from 10m to 24h, in minutes or hours, such as 45m')
const longest = text(whole('([1-9]|[1-9][0-9]|1[0-5][0-9]|16[0-8])h'), 'hours from 1h to 168h, such as 12h')

export const idleSchema = v.strictObject({
  stopAfter: required(
    span,
    'The instance is stopped when nobody has used any of its sites for this time. The time begins and ends at a check. A check comes every 5 minutes. So the stop is up to 10 minutes late.',
  ),
  unusedAfter: field(
    span,
    '15m',
    'How long the instance stays awake after its start if nobody comes. Each start configures the host, which keeps the instance awake for stopAfter. So the longer time counts: unusedAfter or stopAfter. If no site became live, the instance stays awake for twice the time unusedAfter. Then it is stopped, and you get a notice.',
  ),
  cpu: field(
    wholeNumber(1, 100, 'percent'),
    10,
    'Percent of one core. If the host uses at least this much, the instance stays awake. The work can come from another container, a job, or a script that runs without an open tab.',
  ),
  longest: field(
    orNull(longest),
    null,
    'The instance is stopped this long after its start, even while somebody uses it, because a person can leave a tab open. You get a notice 15 minutes before. `./edge init --idle` writes `12h`. null: no limit.',
  ),
  byRequests: field(
    flag,
    false,
    'true: every request to the site counts as use, also the request of a scanner (a program that searches the internet for servers). An app without a WebSocket (websocket: null) needs it, because its visitors look like scanners. false: only sessions count.',
  ),
  notice: field(flag, false, 'Send the notice StoppedIdle at every stop.'),
})

export type Idle = v.InferOutput<typeof idleSchema>

export interface WithIdle {
  readonly idle: Idle | null
  readonly websocket: string | null
}

/** Without a WebSocket only requests tell of visitors, and those of scanners look alike: the owner has to choose it. */
export function idleErrors({ idle, websocket }: WithIdle): FieldError[] {
  if (idle === null || websocket !== null || idle.byRequests) return []
  const wanted = 'true, or a websocket: without one nobody can tell visitors from scanners'
  return [{ path: 'idle/byRequests', found: 'false', wanted }]
}

const MINUTES = { m: 1, h: 60 } as const

/** Of a text that the schema took, such as 45m or 12h. */
export const minutesOf = (time: string): number => Number(time.slice(0, -1)) * MINUTES[time.at(-1) as 'm' | 'h']
