// What look-use says of the use of a host: the shape of its output, and how one answer is known to be fresh.
import * as v from 'valibot'
import { UnexpectedReply } from '../domain/errors.ts'
import { describeFieldError, describeIssues } from '../domain/field-error.ts'
import { plainTexts } from '../domain/plain-text.ts'

export interface UseLook {
  readonly schema: 1
  readonly bootId: string
  /** Seconds since the boot, of a clock that nobody sets. All durations here are counted by it. */
  readonly uptime: number
  /** ISO 8601: the clock of the day, which may be wrong. It is shown, and decides nothing. */
  readonly clock: string
  /** Null: nginx does not answer on the host. */
  readonly nginx: {
    /** Answers under way but the look's own, the least of two reads. */
    readonly sessions: number
    /** Seconds for which its log proves that no session ended. */
    readonly quiet: number
  } | null
  /** Since the boot, of all processors together. */
  readonly cpuSeconds: number
  /** Since the boot, over the networks of the containers, both ways. */
  readonly networkBytes: number
  /** Percent, of the busiest; null: there is none. */
  readonly gpu: number | null
  /** Logins and sessions of Systems Manager. */
  readonly people: number
}

const amount = v.pipe(v.number(), v.minValue(0, 'nothing below 0'))
const count = v.pipe(v.number(), v.integer(), v.minValue(0, 'nothing below 0'))

const useLook: v.GenericSchema<unknown, UseLook> = v.object({
  schema: v.literal(1),
  bootId: v.pipe(v.string(), v.regex(/^[0-9a-f-]{36}$/, 'a boot id')),
  uptime: amount,
  clock: v.string(),
  nginx: v.nullable(v.object({ sessions: count, quiet: amount })),
  cpuSeconds: amount,
  networkBytes: count,
  gpu: v.nullable(amount),
  people: count,
})

/** @throws UnexpectedReply for anything but one such object: what cannot be read is no look */
export function parseUseLook(stdout: string): UseLook {
  let found: unknown
  try {
    found = JSON.parse(stdout)
  } catch (cause) {
    const start = JSON.stringify(stdout.slice(0, 80))
    throw new UnexpectedReply(`look at the use: found ${start}, wanted one JSON object`, { cause })
  }
  const result = v.safeParse(useLook, found)
  if (result.success) return plainTexts(result.output)
  throw new UnexpectedReply(`look at the use: ${describeIssues(result.issues).map(describeFieldError).join('; ')}`)
}

export type LookResult = SeenUse | { readonly kind: 'failed'; readonly why: string }

export interface SeenUse {
  readonly kind: 'seen'
  readonly look: UseLook
  /** When it was sent and when its answer was read, by the function's clock: milliseconds since the epoch. */
  readonly askedAt: number
  readonly answeredAt: number
}

/** Seconds by which two clocks may differ in so short a time. */
const TOLERANCE = 2

/** Why two looks do not belong together; undefined if the second one followed the first one as the function saw it. */
export function mismatch(first: SeenUse, second: SeenUse): string | undefined {
  if (first.look.bootId !== second.look.bootId) return 'the host has booted between two looks'
  const passed = second.look.uptime - first.look.uptime
  const least = (second.askedAt - first.answeredAt) / 1000 - TOLERANCE
  const most = (second.answeredAt - first.askedAt) / 1000 + TOLERANCE
  if (passed >= least && passed <= most) return undefined
  return `${passed.toFixed(1)} s passed on the host between two looks, wanted ${least.toFixed(1)} to ${most.toFixed(1)}: an answer was late`
}
