// IPv4 blocks as spans of whole numbers: which of the Internet's addresses a set of rules covers.

/** Both ends belong to it. */
export interface Span {
  readonly first: number
  readonly last: number
}

const MOST = 2 ** 32 - 1

const CIDR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/

/** Undefined for what is no IPv4 block: an IPv6 block, a security group, a prefix list. */
export function spanOf(cidr: string): Span | undefined {
  const [, ...parts] = CIDR.exec(cidr) ?? []
  if (parts.length === 0) return undefined
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = parts.map((part) => (part === undefined ? 32 : Number(part)))
  const size = 2 ** (32 - bits)
  const first = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size
  return { first, last: first + size - 1 }
}

/** What of a span no other one holds. */
export const subtract = (span: Span, others: readonly Span[]): Span[] =>
  others.reduce<Span[]>(
    (left, other) =>
      left.flatMap((piece) =>
        [
          { first: piece.first, last: Math.min(piece.last, other.first - 1) },
          { first: Math.max(piece.first, other.last + 1), last: piece.last },
        ].filter(({ first, last }) => first <= last),
      ),
    [span],
  )

/** Whether spans together hold every IPv4 address. */
export const covers = (spans: readonly Span[]): boolean => subtract({ first: 0, last: MOST }, spans).length === 0
