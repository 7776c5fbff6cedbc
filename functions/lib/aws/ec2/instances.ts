// EC2: the instances of the stage.
import { EC2Client, type Instance as Ec2Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import type { PlacedInstance } from '../../diagnosis/observation.ts'
import { TryLater } from '../../domain/errors.ts'
import type { Instance } from '../../domain/instance.ts'
import { wholeList } from '../pages.ts'
import { described, toInstance, toPlaced } from './described-instance.ts'

let client: EC2Client | undefined
export const ec2 = (): EC2Client => {
  client ??= new EC2Client({ maxAttempts: 5 })
  return client
}

/** The fixed tag that authorises the service to touch an instance; a selector only chooses among those. */
export const STAGE_TAG = 'ragstream-edge:stage'

/**
 * Every instance that bears the stage's tag, in any state, from all pages and all reservations. Asked by filter: one
 * unknown id in `InstanceIds` would fail the whole call.
 * @throws TryLater
 */
export const listInstances = (stage: string): Promise<Instance[]> => list(stage, toInstance)

/**
 * The same, each with its place in the network.
 * @throws TryLater
 */
export const listPlacedInstances = (stage: string): Promise<PlacedInstance[]> => list(stage, toPlaced)

async function list<T>(stage: string, read: (described: Ec2Instance) => T): Promise<T[]> {
  const pages = paginateDescribeInstances(
    { client: ec2(), pageSize: 1000 },
    { Filters: [{ Name: `tag:${STAGE_TAG}`, Values: [stage] }] },
  )
  try {
    return (await wholeList({ pages, ...described }, 'DescribeInstances')).map(read)
  } catch (error) {
    throw translated(error)
  }
}

const LATER = new Set(['RequestLimitExceeded', 'Throttling', 'InternalError', 'ServiceUnavailable', 'Unavailable'])

export const translated = (error: unknown): unknown =>
  error instanceof Error && LATER.has(error.name)
    ? new TryLater(`EC2: ${error.name}: ${error.message}`, { cause: error })
    : error
