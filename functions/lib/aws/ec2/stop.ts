// EC2: an instance is stopped.
import { StopInstancesCommand } from '@aws-sdk/client-ec2'
import { StopRefused, TryLater } from '../../domain/errors.ts'
import { ec2, translated } from './instances.ts'

const GONE = new Set(['IncorrectInstanceState', 'InvalidInstanceID.NotFound'])

/**
 * @throws TryLater, StopRefused with EC2's own words
 */
export async function stopInstance(instanceId: string): Promise<void> {
  try {
    await ec2().send(new StopInstancesCommand({ InstanceIds: [instanceId] }))
  } catch (error) {
    // Somebody else has just stopped or terminated it: what was wanted is so.
    if (error instanceof Error && GONE.has(error.name)) return
    const later = translated(error)
    if (later instanceof TryLater || !(error instanceof Error)) throw later
    throw new StopRefused(`${error.name}: ${error.message}`, { cause: error })
  }
}
