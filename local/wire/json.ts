// The JSON protocols (1.0 and 1.1): the operation in X-Amz-Target, everything else in the body.
import { ServiceError } from '../world/types.ts'
import type { Input, WireReply, WireRequest } from './service.ts'

export type JsonVersion = '1.0' | '1.1'

/** The target is `<prefix>.<operation>`. */
export function readJson(request: WireRequest, prefix: string): { operation: string; input: Input } {
  const target = String(request.headers['x-amz-target'] ?? '')
  if (!target.startsWith(`${prefix}.`)) {
    throw new ServiceError('UnknownOperationException', `X-Amz-Target is "${target}", wanted ${prefix}.<operation>`)
  }
  try {
    return { operation: target.slice(prefix.length + 1), input: JSON.parse(request.body || '{}') }
  } catch (error) {
    throw new ServiceError('SerializationException', `The request's body is not JSON: ${String(error)}`)
  }
}

export function writeJson(version: JsonVersion, status: number, body: unknown, requestId: string): WireReply {
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-requestid': requestId }
  return { status, headers, body: JSON.stringify(body ?? {}) }
}

/** JSON protocols carry times as seconds since the epoch. */
export function seconds(at: number): number {
  return at / 1000
}
