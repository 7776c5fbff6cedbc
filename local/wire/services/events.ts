// EventBridge in JSON 1.1: what callers put onto the default bus.
import { ServiceError } from '../../world/types.ts'
import { readJson, writeJson } from '../json.ts'
import type { Operation, Service } from '../service.ts'

interface Entry {
  readonly Source?: string
  readonly DetailType?: string
  readonly Detail?: string
  readonly Resources?: readonly string[]
  readonly EventBusName?: string
}

interface Refused {
  readonly ErrorCode: string
  readonly ErrorMessage: string
}

/** Each entry is taken or refused for itself; the call succeeds either way. */
const putEvents: Operation<{ readonly Entries?: readonly Entry[] }> = {
  access({ Entries = [] }, { state: { account, region } }) {
    const distinct = (values: readonly string[]) => [...new Set(values)]
    const context = {
      'events:source': distinct(Entries.map(({ Source = '' }) => Source)),
      'events:detail-type': distinct(Entries.map(({ DetailType = '' }) => DetailType)),
    }
    const resources = [`arn:aws:events:${region}:${account}:event-bus/default`]
    return [{ action: 'events:PutEvents', resources, context }]
  },
  run({ Entries = [] }, { world }) {
    if (Entries.length < 1 || Entries.length > 10)
      throw new ServiceError('ValidationException', `Entries: found ${Entries.length}, wanted 1 to 10`)
    const results = Entries.map((entry) => {
      const refused = refusal(entry)
      if (refused !== undefined) return refused
      const { Source: source = '', DetailType: detailType = '', Detail = '', Resources: resources = [] } = entry
      const event = { source, detailType, detail: JSON.parse(Detail), resources }
      return { EventId: world.dispatch<'PutEvents'>({ type: 'PutEvents', entries: [event] })[0] }
    })
    return { Entries: results, FailedEntryCount: results.filter((one) => 'ErrorCode' in one).length }
  },
}

function refusal({ Source = '', DetailType = '', Detail = '', EventBusName }: Entry): Refused | undefined {
  const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage })
  if (EventBusName !== undefined && !/(^|\/)default$/.test(EventBusName))
    return refused('InvalidArgument', 'The local cloud has the default bus only')
  if (Source === '')
    return refused('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.')
  if (Source.startsWith('aws.'))
    return refused('NotAuthorizedForSourceException', `Not authorized for the source ${Source}`)
  if (DetailType === '')
    return refused('InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.')
  return isObject(Detail) ? undefined : refused('MalformedDetail', 'Detail is malformed.')
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

export const service: Service = {
  signingName: 'events',
  operations: { PutEvents: putEvents },
  denied: { code: 'AccessDeniedException', status: 400 },
  throttled: { code: 'ThrottlingException', status: 400 },
  read: (request) => readJson(request, 'AWSEvents'),
  write: (_operation, output, requestId) => writeJson('1.1', 200, output, requestId),
  writeError: ({ code, message, status }, requestId) => writeJson('1.1', status, { __type: code, message }, requestId),
}
