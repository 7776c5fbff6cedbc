// Values that try to be more than data: for the patterns, and for the programs of a host.
import fc from 'fast-check'
import { anyCharacter } from '../support/characters.ts'
import { LONG } from '../support/long-tests.ts'
import { NAME } from './values.ts'

/** Chance finds new values in the long tests. `npm test` shows the same result each time. */
export const seed = Number(process.env.SEED ?? (LONG ? Date.now() & 0x7fffffff : 20_261_130))
/** As long as a parameter of Systems Manager may become. */
export const LONGEST = 65_536

const PIECES = [
  ...[
    "'",
    '"',
    '`',
    '\\',
    '\n',
    '\r',
    '\t',
    '\0',
    ' ',
    ';',
    '|',
    '&',
    '>',
    '<',
    '*',
    '?',
    '~',
    '!',
    '#',
    '%',
    '(',
    ')',
    '[',
    ']',
  ],
  ...[
    '$(touch canary)',
    '`touch canary`',
    '; touch canary;',
    "'; touch canary; '",
    '"; touch canary; "',
    '\ntouch canary\n',
  ],
  ...[
    '${HOME}',
    '$IFS',
    '{{ Image }}',
    '{{Hostname}}',
    '}}',
    '../',
    '/etc/passwd',
    '--privileged',
    '-v',
    '$((1/0))',
    '&& touch canary',
  ],
  ...['ü', '\u2028', '\u00a0', '\u202e', '😀', '\ud800', '\u0430', 'ﬁ'],
  ...['ragstream:1.4.0', NAME, '8501', 'QT0xCg==', 'a.b', 'true', '1h', '0'],
] as const

/** Good and bad pieces side by side, now and then as long as a parameter of Systems Manager may become. */
export const hostile = fc.oneof(
  { weight: 60, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')) },
  { weight: 38, arbitrary: fc.string({ unit: anyCharacter, maxLength: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(...PIECES).map((piece) => piece.repeat(LONGEST / Buffer.byteLength(piece))) },
)

export const admits = (pattern: string, value: string): boolean => new RegExp(pattern).test(value)
