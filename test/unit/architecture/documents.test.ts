// What a maintainer looks up must be there: every name that a log, a metric, an alarm or a host line can show stands in
// the runbook; every link leads to a file and a heading; every command that a page tells to type exists.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { COMMANDS } from '../../../cli/edge/commands.ts'
import { SCRIPTS } from '../../../cli/edge/scripts.ts'
import { CAUSES } from '../../../functions/lib/diagnosis/diagnosis.ts'
import { PROBLEMS } from '../../../functions/lib/domain/problem.ts'

const read = (file: string): string => readFileSync(file, 'utf8')
const sources = (pattern: string): string => globSync(pattern).map(read).join('\n')
const allMatches = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, found = '']) => found)),
]

const runbook = read('docs/runbook.md')
const functions = sources('functions/**/*.ts')
const templates = sources('templates/**/*.sh')

const PROBLEM_NAMES = Object.keys(PROBLEMS)
const METRICS = allMatches(functions, /\b(?:count|measure)\('(\w+)'/g)
const ERRORS = allMatches(functions, /class (\w+) extends EdgeError/g)
const ALARMS = allMatches(read('resources/alarms.ts'), /^ {2}(\w+Alarm):/gm)
const STEPS = [
  ...new Set([
    ...allMatches(templates, /\bbegin ([a-z0-9-]+)/g),
    ...allMatches(templates, /\bsay ([a-z0-9-]+) failed/g),
  ]),
]

test('the names are found in the sources', () => {
  expect(PROBLEM_NAMES).toEqual(expect.arrayContaining(['NoPublicAddress', 'AgentNotRegistered', 'HostRefused']))
  expect(METRICS).toEqual(expect.arrayContaining(['InvalidEvent', 'GaveUp']))
  expect(ERRORS).toEqual(expect.arrayContaining(['OutOfTime', 'InvalidConfiguration']))
  expect(ALARMS).toEqual(expect.arrayContaining(['DnsDeadLettersAlarm']))
  expect(STEPS).toEqual(expect.arrayContaining(['lock', 'health', 'nginx-restore']))
})

test.each([...PROBLEM_NAMES, ...METRICS, ...ERRORS, ...ALARMS, ...STEPS])('the runbook explains `%s`', (name) => {
  expect(runbook).toContain(`\`${name}\``)
})

const verdicts = read('docs/verdicts.md')
test.each(CAUSES)('the page of verdicts explains `%s`', (name) => expect(verdicts).toContain(`\`${name}\``))

const noticesSection = /^## Notices$([\s\S]*?)^## /m.exec(runbook)?.[1] ?? ''

test.each(PROBLEM_NAMES)('the runbook explains the notice `%s`', (name) =>
  expect(noticesSection).toContain(`\`${name}\``),
)

const documents = globSync(['*.md', 'docs/**/*.md', 'templates/**/*.md']).sort()

const withoutCode = (file: string): string =>
  read(file)
    .replaceAll(/```[\s\S]*?```/g, '')
    .replaceAll(/`[^`\n]*`/g, '`code`')

/** Targets of `[text](target)` and `![text](target)` outside code that are no other site. */
const linksIn = (file: string): string[] =>
  allMatches(withoutCode(file), /\]\(([^)\s]+)\)/g).filter((target) => !/^[a-z]+:/.test(target))

/** As GitHub makes it of a heading: small letters, no punctuation, hyphens; a second one of the same name gets -1. */
function anchorsOf(file: string): string[] {
  const seen = new Map<string, number>()
  const headings = allLines(read(file).replaceAll(/```[\s\S]*?```/g, ''), /^#+ (.*)$/gm)
  return headings.map((heading) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = words.replaceAll(/[^\p{L}\p{N}\-_ ]/gu, '').replaceAll(' ', '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    return times === 0 ? anchor : `${anchor}-${times}`
  })
}

const allLines = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found)

/** @returns why the link leads nowhere; undefined where it leads to a file, and its anchor to a heading */
function broken(from: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : join(dirname(from), path)
  if (!existsSync(file)) return `${target}: no such file`
  if (anchor === undefined || !file.endsWith('.md') || anchorsOf(file).includes(anchor)) return undefined
  return `${target}: no such heading`
}

test.each(documents)('the links of %s lead to files and headings', (file) => {
  expect(linksIn(file).flatMap((target) => broken(file, target) ?? [])).toEqual([])
})

test('links, anchors and pictures are found at all', () => {
  const links = documents.flatMap(linksIn)
  expect(links.length).toBeGreaterThan(100)
  expect(links.filter((target) => target.includes('#')).length).toBeGreaterThan(30)
  expect(links.filter((target) => target.endsWith('.svg')).length).toBeGreaterThan(5)
  expect(broken('README.md', 'docs/faq.md#no-such-heading')).toBe('docs/faq.md#no-such-heading: no such heading')
})

test('the index leads to every page and names every decision', () => {
  const index = read('docs/README.md')
  const pages = globSync('docs/*.md').filter((file) => file !== 'docs/README.md')
  expect(pages.filter((file) => !index.includes(`](${file.slice('docs/'.length)}`))).toEqual([])
  for (const file of globSync('docs/adr/*.md').sort()) {
    const [, title = ''] = /^# (.*)$/m.exec(read(file)) ?? []
    expect(index).toContain(`- [${title}](${file.slice('docs/'.length)})`)
  }
})

test('no picture lies about that no page shows', () => {
  const shown = documents.flatMap((file) => linksIn(file).map((target) => join(dirname(file), target)))
  const pictures = globSync('docs/**/*.{svg,png}')
  expect(pictures.length).toBeGreaterThan(5)
  expect(pictures.filter((file) => !shown.includes(file))).toEqual([])
})

/** Lines of a page that begin with a program of this repository, without what follows a hash. */
const typedIn = (file: string): string[] =>
  allLines(read(file), /(?:^|`|&& )((?:\.\/edge|npm run|npm start|npm test)(?: [^`&\n#|]*)?)/gm).map((line) =>
    line.trim(),
  )

test.each(documents.filter((file) => !file.startsWith('docs/adr/') && file !== 'CHANGELOG.md'))(
  'what %s tells to type is there: commands and npm scripts',
  (file) => {
    const { scripts } = JSON.parse(read('package.json'))
    const known = [...COMMANDS.flatMap(({ name, alias }) => [name, alias]), ...Object.keys(SCRIPTS), 'completion']
    const isThere = (line: string): boolean => {
      const [program, word = '', next = ''] = line.split(/\s+/)
      if (program === './edge') return word === '' || /^(--help|[<…])/.test(word) || known.includes(word)
      return word in scripts || (word === 'run' && next in scripts)
    }
    expect(typedIn(file).filter((line) => !isThere(line))).toEqual([])
  },
)

test('the README is short, and its two commands are the set-up', () => {
  const readme = read('README.md')
  expect(Buffer.byteLength(readme)).toBeLessThan(8_500)
  expect(readme).toContain('```bash\nnpm ci && npm start\n```')
  expect(readme).toContain('```bash\nnpm ci && npm test\n```')
})

test('decisions are numbered one after the other, and say context, decision and consequence', () => {
  const decisions = globSync('docs/adr/*.md').sort()
  expect(decisions.map((file) => file.slice('docs/adr/'.length, 'docs/adr/0000'.length))).toEqual(
    decisions.map((_, index) => String(index + 1).padStart(4, '0')),
  )
  for (const file of decisions) expect(read(file)).toMatch(/^# .*\n[\s\S]*Context:[\s\S]*Decision:[\s\S]*Consequence:/)
})

test('a document or file that a comment or message points to exists', () => {
  const pointed = allMatches(`${functions}\n${templates}\n${sources('resources/*.ts')}`, /\b(docs\/[\w./-]+\.md)/g)
  expect(pointed.length).toBeGreaterThan(0)
  expect(pointed.filter((file) => !existsSync(file))).toEqual([])
})

test('the tests that the architecture names exist', () => {
  const rules = /^## Rules without exception$([\s\S]*?)^## /m.exec(read('docs/architecture.md'))?.[1] ?? ''
  const named = allMatches(rules, /`([^`]* [^`]*)`/g)
  const tests = sources('test/**/*.test.ts')
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !tests.includes(name))).toEqual([])
})
