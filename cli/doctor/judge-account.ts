// How many functions may run at once in the account and region: a new account has 10 for all of them. Pure.
import { optionalFunctionsOf } from '../../resources/functions.ts'
import type { Concurrency } from './account.ts'
import { isDenied, type Line, note, ok, unread } from './line.ts'
import type { Read } from './reading.ts'

/** The mappings of serverless.yml run 10 at once, resync and diagnose beside them, and what only some stages have. */
export const mostAtOnce = (sites: Parameters<typeof optionalFunctionsOf>[0]): number =>
  12 + Object.values(optionalFunctionsOf(sites)).filter((one) => one !== null).length

const RIGHT = 'lambda:GetAccountSettings'

export function judgeConcurrency(read: Read<Concurrency>, region: string, most: number): Line {
  if ('error' in read)
    return isDenied(read.error)
      ? note(
          'concurrency',
          `how many functions may run at once is not seen from here: ${read.error.message}`,
          `credentials that allow ${RIGHT}`,
        )
      : unread('concurrency', read.error, RIGHT)
  const { limit, unreserved } = read.value
  if (unreserved >= most) return ok('concurrency', `${unreserved} functions may run at once in ${region}`)
  return note(
    'concurrency',
    `${unreserved} of the account’s ${limit} functions may run at once in ${region}, and a busy stage runs ${most}: what is more waits and comes again, and ThrottlesAlarm rings`,
    `aws service-quotas request-service-quota-increase --region ${region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000; it costs nothing`,
  )
}
