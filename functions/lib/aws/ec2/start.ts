// EC2: instances are started.
import { EC2Client, StartInstancesCommand } from '@aws-sdk/client-ec2'
import { StartRefused, TryLater } from '../../domain/errors.ts'
import { translated } from './instances.ts'

/** The SDK repeats EC2's "no capacity", which has status 500. Five tries could outlast a visitor's 3 s at the door, and find no more than two. */
let client: EC2Client | undefined
const ec2 = (): EC2Client => {
  client ??= new EC2Client({ maxAttempts: 2 })
  return client
}

/** EC2 has no computer of this kind free at this moment (API reference, "Server error codes"). */
const NO_CAPACITY = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientCapacity',
])

/**
 * `stopping`: EC2 starts no instance that has not come to rest.
 * @throws TryLater, StartRefused with EC2's own words
 */
export async function startInstances(ids: readonly string[]): Promise<'started' | 'stopping' | 'no capacity'> {
  try {
    await ec2().send(new StartInstancesCommand({ InstanceIds: [...ids] }))
    return 'started'
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error.name === 'IncorrectInstanceState') return 'stopping'
    if (NO_CAPACITY.has(error.name)) return 'no capacity'
    const later = translated(error)
    if (later instanceof TryLater) throw later
    throw new StartRefused(`${error.name}: ${error.message}`, { cause: error })
  }
}
