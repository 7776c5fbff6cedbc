// Pages of a list: the token says where the next one begins.
import { ServiceError } from '../world/types.ts'

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextToken: string | undefined
}

/** Throws an error of this code when the token is none that was given out. */
export function pageOf<T>(all: readonly T[], size: number, token: string | undefined, invalidToken: string): Page<T> {
  const start =
    token === undefined
      ? 0
      : Number(
          Buffer.from(token, 'base64url')
            .toString()
            .replace(/^from:/, ''),
        )
  if (!Number.isInteger(start) || start < 0 || token === '') {
    throw new ServiceError(invalidToken, `The token '${token}' is invalid.`)
  }
  const end = start + size
  const nextToken = end < all.length ? Buffer.from(`from:${end}`).toString('base64url') : undefined
  return { items: all.slice(start, end), nextToken }
}

/**
 * A page of a list that is cut into pages before it is filtered: a page can be short or empty and have a successor, and begins with what the page
 * before it ended with (boto3 issues 2643 and 3791, botocore 2196).
 */
export function rawPageOf<T>(
  all: readonly T[],
  isWanted: (item: T) => boolean,
  size: number,
  token: string | undefined,
  invalidToken: string,
): Page<T> {
  const { items, nextToken } = pageOf(all, size, token, invalidToken)
  const repeated = token === undefined ? [] : all.slice(all.indexOf(items[0]!) - 1).slice(0, 1)
  return { items: [...repeated, ...items].filter(isWanted), nextToken }
}

/** A page size as asked for. Throws an error of this code when it lies outside what the API takes. */
export function pageSize(asked: unknown, least: number, most: number, absent: number, code: string): number {
  if (asked === undefined) return absent
  const size = Number(asked)
  if (Number.isInteger(size) && size >= least && size <= most) return size
  throw new ServiceError(code, `MaxResults is ${String(asked)}, wanted ${least} to ${most}`)
}
