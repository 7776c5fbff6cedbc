// Which queue a call means: the last two parts of its URL's path, whatever the host.
import { type Queue, ServiceError, type World } from '../../world/types.ts'
import type { Access, Scene } from '../service.ts'

export interface OnQueue {
  readonly QueueUrl: string
}

/**
 * The URL under which clients reach the queue at this server. A client whose endpoint comes from AWS_ENDPOINT_URL talks
 * to the host of the queue's URL, not to that endpoint: give it this one.
 */
export function queueUrl(baseUrl: string, arn: string): string {
  return `${baseUrl}/${arn.split(':').slice(-2).join('/')}`
}

export function arnOf(state: World, url: string): string {
  const [account, name] = new URL(url, 'http://sqs').pathname.split('/').slice(-2)
  return `arn:aws:sqs:${state.region}:${account}:${name}`
}

export function queueOf(state: World, url: string): Queue {
  const queue = state.queues.get(arnOf(state, url))
  if (queue === undefined) throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.')
  return queue
}

export function on(action: string): (input: OnQueue, scene: Scene) => Access[] {
  return ({ QueueUrl }, { state }) => [{ action: `sqs:${action}`, resources: [arnOf(state, QueueUrl)] }]
}
