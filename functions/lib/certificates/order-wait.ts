// The time before which no certificate is ordered again for the same names: the authority asked for it, or a certificate was lost.
import * as v from 'valibot'
import { date, parsedJson } from '../domain/schema.ts'

const HOUR = 3600_000

/** Stored outside the messages, because every look and every change of a site brings a new message. */
export interface OrderWait {
  /** ISO 8601. */
  readonly until: string
  readonly reason: string
  /** Other names, or another authority, need not wait. */
  readonly names: readonly string[]
  readonly directory: string
  /** Orders in a row that were finished at the authority, and of which nothing arrived here. */
  readonly spent: number
}

type Subject = Pick<OrderWait, 'names' | 'directory'>

/** Milliseconds. Let's Encrypt issues 5 certificates a week for the same names, and one more every 34 hours. */
const AFTER_SPENT = [1 * HOUR, 8 * HOUR, 34 * HOUR]

/** Written before an order is finished and emptied when its certificate is in use. So a failure between the two cannot cause a loop of orders. */
export function waitWhileFinishing(subject: Subject, before: OrderWait | undefined, now: number): OrderWait {
  const spent = spentOf(subject, before)
  return {
    ...subject,
    until: new Date(now + (AFTER_SPENT[spent] ?? AFTER_SPENT.at(-1)!)).toISOString(),
    reason: 'an order was finished at the authority, and its certificate did not come into use',
    spent: spent + 1,
  }
}

export const waitForAuthority = (
  subject: Subject,
  before: OrderWait | undefined,
  { retryAfter, message }: { readonly retryAfter: number; readonly message: string },
  now: number,
): OrderWait => ({
  ...subject,
  until: new Date(now + retryAfter).toISOString(),
  reason: `the authority wants fewer: ${message}`,
  spent: spentOf(subject, before),
})

const spentOf = (subject: Subject, before: OrderWait | undefined): number =>
  before && isAbout(before, subject) ? before.spent : 0

export const standsInTheWay = (wait: OrderWait, subject: Subject, now: number): boolean =>
  Date.parse(wait.until) > now && isAbout(wait, subject)

const isAbout = (wait: OrderWait, { names, directory }: Subject): boolean =>
  wait.directory === directory && [...wait.names].sort().join() === [...names].sort().join()

const orderWait: v.GenericSchema<unknown, OrderWait> = v.object({
  ...{ until: date, reason: v.string(), names: v.array(v.string()), directory: v.string() },
  spent: v.pipe(v.number(), v.integer()),
})

/** @returns undefined for what this project did not write */
export const parseOrderWait = (text: string): OrderWait | undefined => parsedJson(orderWait, text)
