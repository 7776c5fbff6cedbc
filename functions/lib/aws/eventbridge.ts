// EventBridge: our events for rules of the maintainer, on the default bus.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { UnexpectedReply } from '../domain/errors.ts'

let client: EventBridgeClient | undefined
const eventBridge = (): EventBridgeClient => {
  client ??= new EventBridgeClient({ maxAttempts: 5 })
  return client
}

/** @throws UnexpectedReply when the bus did not take it: the call itself succeeds then, too */
export async function putEvent(detailType: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
  const Entries = [{ Source: 'ragstream-edge', DetailType: detailType, Detail: JSON.stringify(detail) }]
  const { FailedEntryCount, Entries: entries = [] } = await eventBridge().send(new PutEventsCommand({ Entries }))
  const failed = entries.find(({ ErrorCode }) => ErrorCode)
  if (FailedEntryCount || failed)
    throw new UnexpectedReply(
      `PutEvents: ${failed?.ErrorCode ?? 'an entry'} ${failed?.ErrorMessage ?? 'was not taken'}`,
    )
}
