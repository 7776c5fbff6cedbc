// Words of strangers (a certificate's names, a body, a DNS answer, a host's output) made harmless for a log, a mail, a terminal.

/** Control characters (ESC among them), marks that hide or turn the direction of text, halves of a surrogate pair. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}]/gu

/** Hidden characters as their code points, such as `\u{1b}` for ESC. */
const visible = (text: string): string =>
  text.replaceAll(HIDDEN, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)

/** One line without hidden characters, of at most `most` UTF-16 units. */
export function plainText(text: string, most = 1000): string {
  // Cut first: a stranger decides how much there is.
  const pieces = Array.from(text.slice(0, 2 * most).replaceAll(/[\s\u0085]+/g, ' '), visible)
  if (pieces.join('').length <= most && text.length <= 2 * most) return pieces.join('')
  let plain = ''
  for (const piece of pieces) {
    if (plain.length + piece.length > most - 3) break
    plain += piece
  }
  return `${plain}...`
}

/** Each line without hidden characters. */
export const plainLines = (text: string): string => text.split('\n').map(visible).join('\n')

/** All texts in it. */
export function plainTexts<T>(value: T): T {
  if (typeof value === 'string') return plainText(value) as T
  if (Array.isArray(value)) return value.map(plainTexts) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainTexts(inner)])) as T
}
