// docs/security.md promises nothing that no test or stated reason holds.
import { globSync, readFileSync } from 'node:fs'

const page = readFileSync('docs/security.md', 'utf8')

/** Titles of tests as they stand in the sources, with `…` for what is filled in. */
const titles = new Set(
  globSync('test/**/*.test.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .flatMap((source) => [
      ...source.matchAll(/(?<=(?:\btest|\blongTest|\bdescribe|\blongDescribe|\)|`)\(\s*)(?:'([^'\n]+)'|`([^`]+)`),/g),
    ])
    .map(([, plain, template]) => (plain ?? template)!.replaceAll(/\$\{[^}]*\}|%[#sjdp]/g, '…')),
)

/** The cells of the rows of all tables that have a column "tested by". */
const held = page
  .split(/\n(?=\|[^\n]*\n\| --- )/)
  .slice(1)
  .flatMap((table) => {
    const rows = [...table.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(' | '))
    const column = rows[0]!.indexOf('tested by')
    return column < 0 ? [] : rows.slice(2).map((cells) => [cells[0]!, cells[column]!] as const)
  })

const named = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)

test('there are attacks', () => expect(held.length).toBeGreaterThan(25))

test.each(held)('%s: held by tests that exist, or for a reason', (_, by) => {
  expect(by).toMatch(/`[^`]* [^`]*`|^by (reading|AWS|choice)\b/)
  expect(named(by).filter((name) => !titles.has(name))).toEqual([])
})

test('tests that the text names between the tables exist, too', () => {
  const prose = page.replaceAll(/^\|.*$/gm, '').replaceAll(/^```[\s\S]*?^```/gm, '')
  const sentences = [...prose.matchAll(/\((`[^`]+`(?:,\s`[^`]+`)*)\)/g)].flatMap(([, names]) => named(names!))
  const tests = sentences.filter((name) => name.split(' ').length > 3)
  expect(tests.length).toBeGreaterThan(3)
  expect(tests.filter((name) => !titles.has(name))).toEqual([])
})
