// Words of strangers, as they may be shown.
import { plainLines, plainText } from '../../../functions/lib/domain/plain-text.ts'

test.each([
  ['plain words stay: 100 % ok, “ä”, 名前, 👍', 'plain words stay: 100 % ok, “ä”, 名前, 👍'],
  ['\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
  ['\u001b]0;title\u0007', '\\u{1b}]0;title\\u{7}'],
  ['\u009b31m, as one byte', '\\u{9b}31m, as one byte'],
  ['evil\u202egpj.exe', 'evil\\u{202e}gpj.exe'],
  ['\u2066a\u2069\u200f\u061c', '\\u{2066}a\\u{2069}\\u{200f}\\u{61c}'],
  ['zero\u200bwidth\u2060', 'zero\\u{200b}width\\u{2060}'],
  ['tag\u{e0041}', 'tag\\u{e0041}'],
  ['back\bspace, del\u007f, nul\0', 'back\\u{8}space, del\\u{7f}, nul\\u{0}'],
  ['over\rwritten', 'over written'],
  ['two\r\n\tlines\u2028and\u2029more', 'two lines and more'],
  ['half a pair \ud800', 'half a pair \\u{d800}'],
])('%j', (text, plain) => expect(plainText(text)).toBe(plain))

test('it has an end, and no character is cut in two', () => {
  expect(plainText('x'.repeat(30), 20)).toBe(`${'x'.repeat(17)}...`)
  expect(plainText('x'.repeat(20), 20)).toBe('x'.repeat(20))
  expect(plainText('👍'.repeat(1_000_000), 20)).toMatch(/^(👍){8}\.\.\.$/u)
  expect(plainText('\u001b'.repeat(100), 20)).toBe('\\u{1b}\\u{1b}...')
})

test('of several lines each stays one, with its spaces', () =>
  expect(plainLines('a    b\n\u001b[2J\r\n  c')).toBe('a    b\n\\u{1b}[2J\\u{d}\n  c'))
