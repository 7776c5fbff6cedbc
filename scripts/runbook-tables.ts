// The tables of docs/runbook.md that follow from the code: notices and problems, between the marks that name them.
import { PROBLEMS, type ProblemName, STEP_PROBLEMS, type StepProblem } from '../functions/lib/domain/problem.ts'
import { FOR_A_PERSON } from '../functions/lib/hosts/output.ts'

const names = Object.keys(PROBLEMS) as ProblemName[]

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n')

function waits(name: StepProblem): string {
  const { patience } = STEP_PROBLEMS[name]
  if (patience === null) return 'until it may pass'
  return patience.givesUpAfter === 0 ? 'not at all' : `${patience.givesUpAfter / 60_000} min`
}

const isStepProblem = (name: ProblemName): name is StepProblem => name in STEP_PROBLEMS

/** Host steps that a second run cannot pass. */
const LASTING = [...FOR_A_PERSON].map((step) => `\`${step}\``).join(', ')

function told(name: ProblemName): string {
  const { told } = PROBLEMS[name]
  return name === 'CommandFailed' ? `${told}. Such steps: ${LASTING}` : told
}

/** Those alike share a row. */
function notices(): string {
  const groups = Map.groupBy(names, (name) => row(told(name), PROBLEMS[name].over))
  return table(
    ['notice', 'when', 'over when'],
    [...groups].map(([rest, alike]) => `| ${alike.map((name) => `\`${name}\``).join(', ')} ${rest}`),
  )
}

const problems = (): string =>
  table(
    ['name', 'waits', 'what it means', 'what to do'],
    names.map((name) =>
      row(`\`${name}\``, isStepProblem(name) ? waits(name) : '-', PROBLEMS[name].means, PROBLEMS[name].todo),
    ),
  )

const TABLES: Readonly<Record<string, () => string>> = { notices, problems }

/** The page with its tables as they are now. @throws Error where a table has no place in it */
export function withTables(page: string): string {
  return Object.entries(TABLES).reduce((text, [name, made]) => {
    const begin = `<!-- ${name}: generated from functions/lib/domain/problem.ts by scripts/generate.ts -->`
    const end = `<!-- end of ${name} -->`
    const [before, rest] = text.split(`${begin}\n`)
    const after = rest?.split(end)[1]
    if (before === undefined || after === undefined) throw new Error(`docs/runbook.md: found no "${begin}"`)
    return `${before}${begin}\n${made()}\n${end}${after}`
  }, page)
}
