// The ticket of a page: whoever posts it has seen the page of this very sleep.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Instance } from '../domain/instance.ts'

/**
 * A hash of ids and launch times. EC2 renews the launch time at every start: a page that stayed open over a start, and a form that a browser sends again,
 * start nothing. An id has 68 random bits, so that nobody makes a ticket who has not got one.
 */
export function ticketOf(hostname: string, instances: readonly Pick<Instance, 'id' | 'launchTime'>[]): string {
  const sleep = instances.map(({ id, launchTime }) => `${id}@${launchTime}`).sort()
  return createHash('sha256')
    .update(JSON.stringify([hostname, ...sleep]))
    .digest('base64url')
    .slice(0, 22)
}

export function isTicket(given: string, ticket: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(ticket)]
  return one.length === other.length && timingSafeEqual(one, other)
}
