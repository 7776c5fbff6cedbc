// Words of strangers (a certificate's names, a body, a DNS answer, a host's output) as one harmless line for a log, a mail or a terminal.

/** Control characters, escape sequences' first byte, marks that turn the direction of text, line separators, halves of a surrogate pair. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Hidden characters as their code points, such as `\u{1b}` for ESC; cut after `most` characters. */
export function plainText(text: string, most = 1000): string {
  const plain = text.slice(0, most).replaceAll(HIDDEN, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)
  return plain.length > most || text.length > most ? `${plain.slice(0, most - 3)}...` : plain
}
