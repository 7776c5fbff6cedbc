// Our errors. The place that throws an error decides what happens to the message that caused it: it is dropped, or the platform tries it again.
import { plainLines } from './plain-text.ts'

/**
 * Base of every error of ours: `name` is what a maintainer greps for, written out since packaging shortens the classes' own names; `hint` what to
 * do. Its message may repeat the words of strangers, such as an authority's.
 */
export class EdgeError extends Error {
  readonly hint: string | undefined

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(plainLines(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.hint = options.hint
  }
}

/** Input that can never succeed, such as an event that does not parse: counted, logged and dropped. */
export class InvalidInput extends EdgeError {
  override readonly name: string = 'InvalidInput'
}

/** The function's own configuration is incomplete: an environment variable is missing. */
export class InvalidConfiguration extends EdgeError {
  override readonly name: string = 'InvalidConfiguration'
}

/** A service answered what its contract does not allow, for example no id where one is promised. */
export class UnexpectedReply extends EdgeError {
  override readonly name: string = 'UnexpectedReply'
}

/** The service wants fewer or later requests: `Throttling`, `PriorRequestNotComplete`, or no answer at all. */
export class TryLater extends EdgeError {
  override readonly name: string = 'TryLater'
}

/** Route 53 still applies an earlier change to the zone: `PriorRequestNotComplete`. */
export class ZoneBusy extends TryLater {
  override readonly name: string = 'ZoneBusy'
}

/** Route 53 refused a whole batch; nothing of it was applied. `reasons` are the service's own sentences. */
export class BatchRejected extends EdgeError {
  override readonly name: string = 'BatchRejected'
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[], cause?: unknown) {
    super(reasons.join('; '), { cause })
    this.reasons = reasons
  }
}

/** STS does not let this function take the role of a site's zone (`dnsRoleArn`). */
export class RoleRefused extends EdgeError {
  override readonly name: string = 'RoleRefused'
}

/** The host's SSM agent is not registered (yet): `InvalidInstanceId`. */
export class AgentNotRegistered extends EdgeError {
  override readonly name: string = 'AgentNotRegistered'
}

/** EC2 refuses to stop an instance, in its own words: stop protection, a one-time Spot instance, no disk that lasts. */
export class StopRefused extends EdgeError {
  override readonly name: string = 'StopRefused'
}

/** EC2 refuses to start an instance, in its own words: a quota, a key of its disk that is gone. */
export class StartRefused extends EdgeError {
  override readonly name: string = 'StartRefused'
}

/** The world kept moving, or a service kept refusing, until the function's time was up: left to the queue. */
export class OutOfTime extends EdgeError {
  override readonly name: string = 'OutOfTime'
}

/** The certificate authority said no, with its own reason: a proof failed, or a name is not to have a certificate. */
export class CertificateRefused extends EdgeError {
  override readonly name: string = 'CertificateRefused'
}

/** The certificate authority wants no further order before `retryAfter` milliseconds have passed. */
export class RateLimited extends EdgeError {
  override readonly name: string = 'RateLimited'
  readonly retryAfter: number

  constructor(message: string, retryAfter: number) {
    super(message)
    this.retryAfter = retryAfter
  }
}

/** Something is at `_acme-challenge.<hostname>`: a record of somebody else, or until a time (milliseconds) that of another run. */
export class ChallengeHindered extends EdgeError {
  override readonly name: string = 'ChallengeHindered'
  readonly until: number | undefined

  constructor(message: string, until?: number) {
    super(message)
    this.until = until
  }
}

/** No other certificate is ordered for these names before `until` (milliseconds); `isLost`: not for the first time, so a person should look. */
export class OrderWaits extends EdgeError {
  override readonly name: string = 'OrderWaits'
  readonly until: number
  readonly isLost: boolean

  constructor(message: string, until: number, { isLost = false, cause }: { isLost?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.until = until
    this.isLost = isLost
  }
}
