// Errors that decide, where they are thrown, what becomes of their cause: dropped, or tried again by the platform.

/** Base of every error of ours: `name` is what a maintainer greps for, `hint` what to do. */
export class EdgeError extends Error {
  readonly hint: string | undefined

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.hint = options.hint
  }
}

/** Input that can never succeed, such as an event that does not parse: counted, logged and dropped. */
export class InvalidInput extends EdgeError {}

/** The function's own configuration is incomplete: an environment variable is missing. */
export class InvalidConfiguration extends EdgeError {}

/** A service answered what its contract does not allow, for example no id where one is promised. */
export class UnexpectedReply extends EdgeError {}

/** The service wants fewer or later requests: `Throttling`, `PriorRequestNotComplete`, or no answer at all. */
export class TryLater extends EdgeError {}

/** Route 53 still applies an earlier change to the zone: `PriorRequestNotComplete`. */
export class ZoneBusy extends TryLater {}

/** Route 53 refused a whole batch; nothing of it was applied. `reasons` are the service's own sentences. */
export class BatchRejected extends EdgeError {
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[], cause?: unknown) {
    super(reasons.join('; '), { cause })
    this.reasons = reasons
  }
}

/** The host's SSM agent is not registered (yet): `InvalidInstanceId`. */
export class AgentNotRegistered extends EdgeError {}

/** The world kept moving, or a service kept refusing, until the function's time was up: left to the queue. */
export class OutOfTime extends EdgeError {}

/** The certificate authority said no, with its own reason: a proof failed, or a name is not to have a certificate. */
export class CertificateRefused extends EdgeError {}

/** The certificate authority wants no further order before `retryAfter` milliseconds have passed. */
export class RateLimited extends EdgeError {
  readonly retryAfter: number

  constructor(message: string, retryAfter: number) {
    super(message)
    this.retryAfter = retryAfter
  }
}

/** Something is at `_acme-challenge.<hostname>`: a record of somebody else, or until a time (milliseconds) that of another run. */
export class ChallengeHindered extends EdgeError {
  readonly until: number | undefined

  constructor(message: string, until?: number) {
    super(message)
    this.until = until
  }
}
