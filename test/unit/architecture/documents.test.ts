// What a maintainer looks up must be there: every name that a log, a metric, an alarm or a host line can show stands in
// the runbook, and every relative link leads to a file.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
const ALARMS = allMatches(read('resources/alarms.ts'), /(\w+Alarm):/g)
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

const documents = [...globSync('*.md'), ...globSync('docs/**/*.md')].sort()

/** Targets of `[text](target)` outside code, without anchors and without other sites. */
const linksIn = (file: string): string[] =>
  allMatches(read(file).replaceAll(/```[\s\S]*?```/g, ''), /\]\(([^)\s]+)\)/g)
    .map((target) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))

test.each(documents)('the links of %s lead to files', (file) => {
  expect(linksIn(file).filter((target) => !existsSync(join(dirname(file), target)))).toEqual([])
})

test('links are found at all', () => expect(documents.flatMap(linksIn).length).toBeGreaterThan(10))

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
  const rules = /^## Rules that never bend$([\s\S]*?)^## /m.exec(read('docs/architecture.md'))?.[1] ?? ''
  const named = allMatches(rules, /`([^`]* [^`]*)`/g)
  const tests = sources('test/**/*.test.ts')
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !tests.includes(name))).toEqual([])
})
