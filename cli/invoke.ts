// Invokes a function of a deployed stack, in AWS or on the local cloud that runs on this machine.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { localCloud } from './local-cloud.ts'
import { Refused } from './refused.ts'

export interface Target {
  /** The local cloud of `npm start -- --keep` instead of AWS. */
  readonly local: boolean
  readonly stage: string
  /** Undefined: AWS_REGION, else eu-central-1, as serverless.yml has it. */
  readonly region: string | undefined
}

export { Refused } from './refused.ts'

export interface Invoker {
  /** @throws Refused when the function says that its input is wrong, Error when it fails otherwise */
  invoke(key: string, payload: unknown): Promise<unknown>
  close(): void
}

/** @throws Refused when no local cloud runs */
export function invoker(target: Target, warn: (text: string) => void): Invoker {
  const { client, stage } = target.local ? localClient(warn) : awsClient(target)
  return {
    async invoke(key, payload) {
      const FunctionName = `ragstream-edge-${stage}-${key}`
      const reply = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }))
      const answer: unknown = JSON.parse(reply.Payload?.transformToString() || 'null')
      if (reply.FunctionError === undefined) return answer
      const { errorType = reply.FunctionError, errorMessage = '' } = answer as Record<string, string>
      if (errorType === 'InvalidInput') throw new Refused(errorMessage)
      throw new Error(`${FunctionName}: ${errorType}: ${errorMessage}`)
    },
    close: () => client.destroy(),
  }
}

const awsClient = ({ region, stage }: Target) => ({
  client: new LambdaClient({ region: region ?? process.env.AWS_REGION ?? 'eu-central-1' }),
  stage,
})

function localClient(warn: (text: string) => void) {
  const { stage, ...config } = localCloud(warn)
  return { client: new LambdaClient(config), stage }
}
