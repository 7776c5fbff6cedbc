// Tables and screens of the pages that follow from the code or from the recorded run, each between the marks that name it.
import { readFileSync } from 'node:fs'
import { PROBLEMS, type ProblemName, STEP_PROBLEMS, type StepProblem } from '../functions/lib/domain/problem.ts'
import { FOR_A_PERSON } from '../functions/lib/hosts/output.ts'
import { PROBLEM_WORDS } from './problem-words.ts'
import { EVENING, evening, RECORDING, session, start } from './screens.ts'

const names = Object.keys(PROBLEMS) as ProblemName[]

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n')

function waits(name: StepProblem): string {
  const { patience } = STEP_PROBLEMS[name]
  if (patience === null) return 'depends on the reason: see "Certificates" below'
  return patience.givesUpAfter === 0 ? 'not at all' : `${patience.givesUpAfter / 60_000} min`
}

const isStepProblem = (name: ProblemName): name is StepProblem => name in STEP_PROBLEMS

/** Host steps that only a person can repair. */
const LASTING = [...FOR_A_PERSON].map((step) => `\`${step}\``).join(', ')

function told(name: ProblemName): string {
  const { told } = PROBLEM_WORDS[name]
  return name === 'CommandFailed' ? `${told}. Only a person can repair these steps: ${LASTING}` : told
}

/** Those alike share a row. */
function notices(): string {
  const groups = Map.groupBy(names, (name) => row(told(name), PROBLEM_WORDS[name].over))
  return table(
    ['notice', 'when', 'when it ends'],
    [...groups].map(([rest, alike]) => `| ${alike.map((name) => `\`${name}\``).join(', ')} ${rest}`),
  )
}

const problems = (): string =>
  table(
    ['name', 'waits', 'what it means', 'what to do'],
    names.map((name) =>
      row(`\`${name}\``, isStepProblem(name) ? waits(name) : '-', PROBLEM_WORDS[name].means, PROBLEM_WORDS[name].todo),
    ),
  )

/** The table at the head of a file: lines `//   <cell> | <cell>`, of which the first is the head. */
function fromComment(file: string): string {
  const lines = [...readFileSync(file, 'utf8').matchAll(/^\/\/ {3}(.+ \| .+)$/gm)].map(([, line = '']) => line)
  const [head = [], ...rows] = lines.map((line) => line.split(' | ').map((cell) => cell.trim()))
  return table(
    head,
    rows.map((cells) => row(...cells)),
  )
}

const RECORDS = 'functions/lib/records/plan.ts'
const HOSTS = 'functions/lib/hosts/plan.ts'
const IDLE = 'functions/lib/idle/plan.ts'
const DOOR = 'functions/lib/door/plan.ts'
const PROBLEM = 'scripts/problem-words.ts'

interface Table {
  readonly name: string
  readonly source: string
  made(): string
}

const TABLES: Readonly<Record<string, readonly Table[]>> = {
  'README.md': [{ name: 'screen', source: RECORDING, made: () => start(readFileSync(RECORDING, 'utf8')) }],
  'docs/local-cloud.md': [
    { name: 'screen', source: RECORDING, made: () => session(readFileSync(RECORDING, 'utf8')) },
    { name: 'evening', source: EVENING, made: () => evening(readFileSync(EVENING, 'utf8')) },
  ],
  'docs/runbook.md': [
    { name: 'notices', source: PROBLEM, made: notices },
    { name: 'problems', source: PROBLEM, made: problems },
  ],
  'docs/architecture.md': [
    { name: 'records', source: RECORDS, made: () => fromComment(RECORDS) },
    { name: 'hosts', source: HOSTS, made: () => fromComment(HOSTS) },
    { name: 'idle', source: IDLE, made: () => fromComment(IDLE) },
  ],
  'docs/door.md': [{ name: 'door', source: DOOR, made: () => fromComment(DOOR) }],
}

/** The page with its tables as they are now. @throws Error where a table has no place in it */
export const withTables = (file: keyof typeof TABLES): string =>
  TABLES[file]!.reduce(
    (page, { name, source, made }) => {
      const begin = `<!-- ${name}: generated from ${source} by scripts/generate.ts -->`
      const end = `<!-- end of ${name} -->`
      const [before, rest] = page.split(`${begin}\n`)
      const after = rest?.split(end)[1]
      if (before === undefined || after === undefined) throw new Error(`${file}: found no "${begin}"`)
      return `${before}${begin}\n${made()}\n${end}${after}`
    },
    readFileSync(file, 'utf8'),
  )
