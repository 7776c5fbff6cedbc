// Route 53: reads the records at given names of a zone, and sends batches of changes. The zone may lie in another account.
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
  type Route53ClientConfig,
  Route53ServiceException,
  type RRType,
} from '@aws-sdk/client-route-53'
import { BatchRejected, RoleRefused, TryLater, UnexpectedReply, ZoneBusy } from '../domain/errors.ts'
import { compareNames, type RecordChange, type RecordSet } from '../domain/record.ts'
import { MOST_PAGES } from './pages.ts'

/** Undefined: the function's own. */
export type Credentials = Route53ClientConfig['credentials']

interface Account {
  readonly client: Route53Client
  turn(): Promise<void>
}

/** The credentials for the zone. The client keeps them, and asks for new ones before they expire. */
const accounts = new Map<Credentials, Account>()

function accountOf(credentials: Credentials): Account {
  const known = accounts.get(credentials)
  if (known) return known
  // One attempt: an account has 5 requests a second, so it is the converge step that decides when to ask again.
  const client = new Route53Client({ maxAttempts: 1, ...(credentials ? { credentials } : {}) })
  const account = { client, turn: pace() }
  accounts.set(credentials, account)
  return account
}

/** Milliseconds between two requests on average: two runs side by side stay below the 5 a second that an account has. */
const PACE = 400

/**
 * Waits for a request's turn. After a pause the first request goes at once. So does the second, on credit, because most runs make one read and
 * one write. The third waits for all three.
 */
function pace(): () => Promise<void> {
  let nextTurn = 0
  let credit = true
  return async () => {
    const now = Date.now()
    const rested = now >= nextTurn
    const at = rested || credit ? now : nextTurn
    credit = rested
    nextTurn = Math.max(now, nextTurn) + PACE
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now))
  }
}

/** The most that one page holds (ListResourceRecordSets, "MaxItems"). */
const PAGE = 300

/**
 * The records of every type at these names. The service lists from the first record at **or after** a start name, in
 * its own order: one page can answer many names, and where the next wanted name lies beyond a page, the listing jumps.
 * @throws TryLater
 */
export async function listRecords(
  zoneId: string,
  names: readonly string[],
  credentials?: Credentials,
): Promise<RecordSet[]> {
  const wantedNames = new Set(names)
  const wanted = [...wantedNames].sort(compareNames)
  const found: RecordSet[] = []
  let start: { name: string; type?: RRType | undefined; id?: string | undefined } | undefined = wanted[0]
    ? { name: wanted[0] }
    : undefined
  // The page went past a wanted name, or it ends in the middle of a name with many records.
  for (let left = wanted.length + MOST_PAGES; start; left -= 1) {
    if (left === 0) throw new UnexpectedReply(`ListResourceRecordSets ${zoneId}: the list does not end`)
    const page = await listPage(zoneId, start, credentials)
    for (const record of page.ResourceRecordSets ?? [])
      if (wantedNames.has(record.Name ?? '')) found.push(toRecord(record))
    const next = page.IsTruncated ? page.NextRecordName : undefined
    const remaining = next === undefined ? undefined : firstFrom(next, wanted)
    start =
      remaining === undefined
        ? undefined
        : remaining === next
          ? { name: next, type: page.NextRecordType, id: page.NextRecordIdentifier }
          : { name: remaining }
  }
  return found
}

/** The name to go on with. AWS does not document how an escaped character such as `*` sorts, so there is no jump from such a name. */
const firstFrom = (next: string, wanted: readonly string[]): string | undefined =>
  next.includes('\\') ? next : wanted.find((name) => compareNames(name, next) >= 0)

async function listPage(
  zoneId: string,
  start: { name: string; type?: RRType | undefined; id?: string | undefined },
  credentials: Credentials,
) {
  const { client, turn } = accountOf(credentials)
  await turn()
  try {
    return await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        StartRecordName: start.name,
        ...(start.type ? { StartRecordType: start.type } : {}),
        ...(start.id ? { StartRecordIdentifier: start.id } : {}),
        MaxItems: PAGE,
      }),
    )
  } catch (error) {
    throw isAboutNow(error) ? later(error) : error
  }
}

function toRecord(record: ResourceRecordSet): RecordSet {
  if (!record.Name || !record.Type)
    throw new UnexpectedReply(`ListResourceRecordSets: a record without name or type: ${JSON.stringify(record)}`)
  const special = specialty(record)
  return {
    name: record.Name,
    type: record.Type,
    ttl: record.TTL,
    values: (record.ResourceRecords ?? []).map(({ Value = '' }) => Value),
    ...(special ? { special } : {}),
  }
}

function specialty(record: ResourceRecordSet): string | undefined {
  if (record.AliasTarget) return `an alias record to ${record.AliasTarget.DNSName}`
  if (record.SetIdentifier) return `a record under a routing policy (set identifier "${record.SetIdentifier}")`
  return undefined
}

/**
 * Applies all of the changes or none. A replacement deletes exactly the record that was read and creates the new one,
 * so the service refuses it when the record is no longer as it was read.
 * @returns the id of the change, for `isInSync`
 * @throws BatchRejected, TryLater
 */
export async function changeRecords(
  zoneId: string,
  changes: readonly RecordChange[],
  comment: string,
  credentials?: Credentials,
): Promise<string> {
  const { client, turn } = accountOf(credentials)
  const Changes = changes.flatMap((change) => [
    ...(change.action === 'create'
      ? []
      : [{ Action: 'DELETE' as const, ResourceRecordSet: fromRecord(change.previous) }]),
    ...(change.action === 'delete'
      ? []
      : [{ Action: 'CREATE' as const, ResourceRecordSet: fromRecord(change.record) }]),
  ])
  await turn()
  try {
    const reply = await client.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Comment: comment, Changes } }),
    )
    if (!reply.ChangeInfo?.Id) throw new UnexpectedReply('ChangeResourceRecordSets: no id of the change')
    return reply.ChangeInfo.Id.replace('/change/', '')
  } catch (error) {
    throw translated(error)
  }
}

/**
 * Whether every name server of the zone answers with the change. Ids are kept for weeks; an unknown one has long been so.
 * @throws TryLater
 */
export async function isInSync(changeId: string, credentials?: Credentials): Promise<boolean> {
  const { client, turn } = accountOf(credentials)
  await turn()
  try {
    const reply = await client.send(new GetChangeCommand({ Id: changeId }))
    return reply.ChangeInfo?.Status === 'INSYNC'
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchChange') return true
    throw isAboutNow(error) ? later(error) : error
  }
}

const fromRecord = (record: RecordSet): ResourceRecordSet => ({
  Name: record.name,
  Type: record.type as RRType,
  TTL: record.ttl,
  ResourceRecords: record.values.map((Value) => ({ Value })),
})

/** `Throttling` and `PriorRequestNotComplete` pass with time. Every other error is caused by the batch. */
const LATER = new Set([
  'Throttling',
  'ThrottlingException',
  'PriorRequestNotComplete',
  'ServiceUnavailable',
  'InternalFailure',
])
const ABOUT_THE_BATCH = new Set(['InvalidChangeBatch', 'InvalidInput', 'AccessDenied', 'AccessDeniedException'])

function translated(error: unknown): unknown {
  if (isAboutNow(error)) return later(error)
  // Treated as a missing right, so that changes of other zones are not held up.
  if (error instanceof RoleRefused) return new BatchRejected([error.message], error)
  if (error instanceof Route53ServiceException && ABOUT_THE_BATCH.has(error.name))
    return new BatchRejected(reasonsOf(error), error)
  return error
}

const later = (error: Error): TryLater => {
  const Kind = error.name === 'PriorRequestNotComplete' ? ZoneBusy : TryLater
  return new Kind(`Route 53: ${error.name}: ${error.message}`, { cause: error })
}

const isAboutNow = (error: unknown): error is Error =>
  error instanceof Error && (LATER.has(error.name) || isOutage(error))

const isOutage = (error: Error): boolean =>
  error.name === 'TimeoutError' ||
  /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/.test((error as NodeJS.ErrnoException).code ?? '')

/** The service lists one sentence for each bad change, either as a field or joined in the message in brackets. */
function reasonsOf(error: Error & { messages?: unknown }): string[] {
  if (Array.isArray(error.messages) && error.messages.length > 0) return error.messages.map(String)
  const bracketed = /^\[(.*)\]$/s.exec(error.message)?.[1]
  return (bracketed ?? error.message).split(/, (?=(?:Tried|Invalid|RRSet|The|Cannot|Duplicate)\b)/)
}

/**
 * Names of the servers to which the zone is delegated.
 * @throws TryLater
 */
export async function nameServersOf(zoneId: string, credentials?: Credentials): Promise<string[]> {
  const { client, turn } = accountOf(credentials)
  await turn()
  const reply = await client
    .send(new GetHostedZoneCommand({ Id: zoneId }))
    .catch((error) => Promise.reject(isAboutNow(error) ? later(error) : error))
  const names = reply.DelegationSet?.NameServers ?? []
  if (names.length === 0) throw new UnexpectedReply(`GetHostedZone ${zoneId}: no name servers: is it a private zone?`)
  return names
}
