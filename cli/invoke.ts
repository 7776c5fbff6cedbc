// Which deployed stack is asked, in AWS or on the local cloud that runs on this machine; and how its functions are invoked.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Place } from '../functions/lib/steps/place.ts'
import { type Region, regionOf } from '../resources/region.ts'
import { credentialsFor, findRunning } from './running.ts'

export interface Aim {
  /** The local cloud of `./edge start --keep` instead of AWS. */
  readonly local: boolean
  readonly stage: string
  /** Undefined: as the SDK resolves it. */
  readonly region: string | undefined
  /** Of the site files. */
  readonly sites?: string | undefined
}

export interface Aimed extends Place {
  /** What names a region; undefined with the local cloud, which has its own. */
  readonly regions?: Region
}

/** What the person can mend: a wrong word, nothing to ask. Told without a stack trace. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/**
 * Every client of the SDK that is made from now on reaches the target: it is set in this process's environment.
 * @throws Refused when no local cloud runs, and where the region is not known or is not the stage's
 */
export async function aimAt({ local, stage, region: flag, sites }: Aim, warn: (text: string) => void): Promise<Aimed> {
  if (!local) {
    const said = await regionOf({ stage, flag, folder: sites })
    if (typeof said === 'string') throw new Refused(said)
    process.env.AWS_REGION = said.region
    return { stage, region: said.region, regions: said }
  }
  const { running, stale } = findRunning()
  for (const pid of stale) warn(`a local cloud (process ${pid}) has ended without a word: forgotten`)
  const [cloud, ...others] = running
  if (!cloud) throw new Refused('no local cloud runs on this machine: start one with ./edge start --keep')
  if (others.length > 0)
    warn(`${running.length} local clouds run: asking that of process ${cloud.pid}, the last started`)
  Object.assign(process.env, { AWS_ENDPOINT_URL: cloud.endpoint, AWS_REGION: cloud.region, ...credentialsFor(cloud) })
  // The doctor resolves names as the local visitors do.
  if (cloud.nameServer) process.env.RESOLVERS = cloud.nameServer
  delete process.env.AWS_SESSION_TOKEN
  delete process.env.AWS_PROFILE
  return { stage: cloud.stage, region: cloud.region }
}

/** @throws Refused when the function says that its input is wrong, Error when it fails otherwise */
export async function invoke(stage: string, key: string, payload: unknown): Promise<unknown> {
  const client = new LambdaClient()
  const FunctionName = `ragstream-edge-${stage}-${key}`
  try {
    const reply = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }))
    const answer: unknown = JSON.parse(reply.Payload?.transformToString() || 'null')
    if (reply.FunctionError === undefined) return answer
    const { errorType = reply.FunctionError, errorMessage = '' } = answer as Record<string, string>
    if (errorType === 'InvalidInput') throw new Refused(errorMessage)
    throw new Error(`${FunctionName}: ${errorType}: ${errorMessage}`)
  } finally {
    client.destroy()
  }
}

/** Milliseconds. */
const BETWEEN_TRIES = 4_000

/** A look that fails is tried twice more: on a busy day a function may not read in time what it needs. */
export async function persisting<T>(look: () => Promise<T>, more = 2): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof Refused || more === 0) throw error
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES))
    return persisting(look, more - 1)
  }
}
