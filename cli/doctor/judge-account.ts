// How many functions may run at once in the account and region: a new account has 10 for all of them. Pure.
import type { Concurrency } from './account.ts'
import { isDenied, type Line, note, ok, unread } from './line.ts'
import type { Read } from './look.ts'

/** The mappings of serverless.yml run 10 at once, and resync and diagnose beside them. */
export const AT_ONCE = 12

const RIGHT = 'lambda:GetAccountSettings'

export function judgeConcurrency(read: Read<Concurrency>, region: string): Line {
  if ('error' in read)
    return isDenied(read.error)
      ? note(
          'concurrency',
          `how many functions may run at once is not seen from here: ${read.error.message}`,
          `credentials that allow ${RIGHT}`,
        )
      : unread('concurrency', read.error, RIGHT)
  const { limit, unreserved } = read.value
  if (unreserved >= AT_ONCE) return ok('concurrency', `${unreserved} functions may run at once in ${region}`)
  return note(
    'concurrency',
    `${unreserved} of the account’s ${limit} functions may run at once in ${region}, and a busy stage runs ${AT_ONCE}: what is more waits and comes again, and ThrottlesAlarm rings`,
    `aws service-quotas request-service-quota-increase --region ${region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000; it costs nothing`,
  )
}
