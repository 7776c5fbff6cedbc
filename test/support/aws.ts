// Errors as the SDK throws them: a service exception with a name, and no network behind it.
import { Route53ServiceException } from '@aws-sdk/client-route-53'

export const serviceError = (name: string, message = name): Error =>
  Object.assign(new Error(message), { name, $fault: 'client', $metadata: {} })

export const route53Error = (name: string, message = name, messages?: readonly string[]): Error =>
  Object.assign(
    new Route53ServiceException({ name, message, $fault: 'client', $metadata: {} }),
    messages ? { messages } : {},
  )

/** Lambda's own environment; the credentials lead nowhere. */
export const noCloud = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
}

/** One reply after the other, the last one for ever; `inputs` keeps each request, since the SDK's paginators reuse theirs. */
export function inTurn<Input extends object, Reply>(...replies: readonly Reply[]) {
  const inputs: Input[] = []
  const answer = (input: Input): Reply => {
    inputs.push({ ...input })
    return replies[Math.min(inputs.length, replies.length) - 1]!
  }
  return { inputs, answer }
}
