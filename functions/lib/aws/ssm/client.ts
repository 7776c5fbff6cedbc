// The one client of Systems Manager in a process: Parameter Store and Run Command.
import { SSMClient } from '@aws-sdk/client-ssm'
import { TryLater } from '../../domain/errors.ts'

let client: SSMClient | undefined
export const ssm = (): SSMClient => {
  // PutParameter takes 3 requests a second: a burst of starts waits here.
  client ??= new SSMClient({ maxAttempts: 6 })
  return client
}

const LATER = new Set(['ThrottlingException', 'TooManyUpdates', 'InternalServerError'])

/** The error as the steps know it: TryLater where the service asks for patience. */
export const translated = (error: unknown): unknown =>
  error instanceof Error && LATER.has(error.name)
    ? new TryLater(`Systems Manager: ${error.name}: ${error.message}`, { cause: error })
    : error
