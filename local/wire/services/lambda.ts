// Lambda's Invoke in REST-JSON: body in, body out, everything else in headers. The functions are the deployed stack's. And what the account may run at once.
import { ServiceError } from '../../world/types.ts'
import type { FunctionAnswer, Operation, Service, WireRequest } from '../service.ts'

interface InvokeInput {
  /** Name or ARN. */
  readonly FunctionName: string
  readonly Payload: string
  readonly InvocationType: string
  readonly LogType: string
}

type Invoked = FunctionAnswer & { readonly withLog: boolean }

const invoke: Operation<InvokeInput> = {
  access({ FunctionName }, { functions }) {
    return [{ action: 'lambda:InvokeFunction', resources: [functions.arnOf(FunctionName) ?? FunctionName] }]
  },
  async run({ FunctionName, Payload, InvocationType, LogType }, { functions }): Promise<Invoked> {
    const arn = functions.arnOf(FunctionName)
    if (arn === undefined)
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${FunctionName}`, 404)
    if (InvocationType !== 'RequestResponse')
      throw new ServiceError('NotImplemented', 'The local cloud answers the invocation type RequestResponse only.', 501)
    return { ...(await functions.invoke(arn, parsed(Payload))), withLog: LogType === 'Tail' }
  },
}

/** As an account has it that has run for a while; nothing here is ever throttled for it. */
const accountSettings: Operation<Record<string, never>> = {
  access: () => [{ action: 'lambda:GetAccountSettings', resources: ['*'] }],
  run: () => ({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } }),
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload === '' ? '{}' : payload)
  } catch (error) {
    const sentence = `Could not parse request body into json: ${String(error)}`
    throw new ServiceError('InvalidRequestContentException', sentence)
  }
}

function read(request: WireRequest): { operation: string; input: Readonly<Record<string, unknown>> } {
  if (request.method === 'GET' && /^\/2016-08-19\/account-settings\/?$/.test(request.path))
    return { operation: 'GetAccountSettings', input: {} }
  const found = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path)
  if (request.method !== 'POST' || found === null) {
    const sentence = `The local cloud does not know ${request.method} ${request.path} of lambda.`
    throw new ServiceError('NotImplemented', sentence, 501)
  }
  const header = (name: string, absent: string) => String(request.headers[name] ?? absent)
  return {
    operation: 'Invoke',
    input: {
      FunctionName: found[1],
      Payload: request.body,
      InvocationType: header('x-amz-invocation-type', 'RequestResponse'),
      LogType: header('x-amz-log-type', 'None'),
    },
  }
}

/** Of the log the last 4 KB (API reference, "Invoke"). */
const LOG_LIMIT = 4096

const logTail = (log: string): string => Buffer.from(log).subarray(-LOG_LIMIT).toString('base64')

export const service: Service = {
  signingName: 'lambda',
  operations: { Invoke: invoke, GetAccountSettings: accountSettings },
  denied: { code: 'AccessDeniedException', status: 403 },
  throttled: { code: 'TooManyRequestsException', status: 429 },
  read,
  write(operation, output, requestId) {
    const json = { 'content-type': 'application/json', 'x-amzn-requestid': requestId }
    if (operation === 'GetAccountSettings') return { status: 200, headers: json, body: JSON.stringify(output) }
    const { payload, failed, log, withLog } = output as Invoked
    const headers = {
      ...{ ...json, 'x-amz-executed-version': '$LATEST' },
      ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
      ...(withLog ? { 'x-amz-log-result': logTail(log) } : {}),
    }
    return { status: 200, headers, body: JSON.stringify(payload ?? null) }
  },
  writeError({ code, message, status }, requestId) {
    const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': code }
    return { status, headers, body: JSON.stringify({ Type: 'User', Message: message }) }
  },
}
