// The wrapper around every handler: log context, metrics, and errors that are logged before the platform retries.
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { logger, metrics } from './telemetry.ts'

/** Milliseconds of the function's time that are kept for its report. */
const RESERVE = 3_000

/** A run that counted nothing is nothing to warn of: publishing an empty store is a line in the log. */
const publishMetrics = (): void => {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
}

/** `inner` gets the event as it came and the time (milliseconds since the epoch) by which it must have decided. */
export const lambda = <Result>(inner: (event: unknown, deadline: number) => Promise<Result>) =>
  middy<unknown, Result>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .after(publishMetrics)
    .onError(publishMetrics)
    .onError(({ error }) => {
      logger.error('failed; the platform tries again', error as Error)
    })
    .handler((event: unknown, context: Context) =>
      inner(event, Date.now() + context.getRemainingTimeInMillis() - RESERVE),
    )
