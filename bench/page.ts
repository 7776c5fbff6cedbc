// docs/performance.md: what one run measured, on which machine, and how to repeat it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pypiTool } from '../scripts/pypi.ts'
import { markdown, type Reach, reachTable } from './figures.ts'
import { keepPart } from './parts.ts'
import type { Taken } from './standalone.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface Machine {
  readonly cores: number
  readonly system: string
  readonly node: string
}

export function writePage(taken: readonly Taken[], machine: Machine): void {
  const reach = taken.flatMap(({ report }) => report.reach)
  const missed = taken.flatMap(({ report }) => report.reach.filter(({ met }) => !met).map(bounded))
  const text = `# Performance

Written by \`npm run bench\`, ${minutes(taken)} minutes in all: ${machine.cores} cores, ${machine.system}, Node.js ${machine.node}. ${commits(taken)} The parts run one after
the other, and what is compared runs in turn, so that what disturbs the machine disturbs all of a table alike: read the ratios, not the milliseconds. Numbers in brackets are the
least and the most of the rounds. All samples stay in \`bench/results\` of the checkout that measured.

To repeat it: \`npm ci && npm run bench\` (all), \`npm run bench -- work proxy\` (some), \`npm run bench -- fleet --large\` (10,000 instances, too),
\`npm run bench -- --once\` (everything in its smallest form, nothing kept). Cold start, work and fleet run anywhere; host, proxy and start to live need root on Debian or Ubuntu. No account is needed and nothing leaves the machine but the download of
Debian packages and of the library that draws the plots. [Cold starts](#what-a-cold-start-costs) and [what is said of each fault](#what-is-said-of-each-fault) are measured apart.

## What was to be reached

${markdown(reachTable(reach))}

${missed.length === 0 ? 'All of it was reached.' : `${missed.length} of ${reach.length} were not. What bounds them:\n\n${missed.join('\n')}`}
${taken.map((one) => section(one, machine)).join('')}`
  keepPart('figures', text)
}

/** A figure that falls short, and why. */
const bounded = ({ what, found, wanted, bound }: Reach): string => `- *${what}* (${found}, wanted ${wanted}): ${bound}.`

/** Parts may have been measured one by one. */
function commits(taken: readonly Taken[]): string {
  const found = new Set(taken.map(({ commit }) => commit ?? 'unknown'))
  if (found.size <= 1) return `All parts were measured at commit ${[...found].join('')}.`
  return '**The parts come from different commits**, each says its own: read each for itself.'
}

const minutes = (taken: readonly Taken[]): string => taken.reduce((sum, { minutes }) => sum + minutes, 0).toFixed(1)

const section = (one: Taken, machine: Machine): string => `
## ${one.report.title}

${taking(one, machine)}

${one.report.tables.map((table) => `${table.title}:\n\n${markdown(table)}\n`).join('\n')}
${one.report.charts.map(({ file, title }) => `![${title}](performance/${file}.svg)`).join('\n')}

${one.report.notes.map((note) => `- ${note}`).join('\n')}
`

function taking({ at, load, commit = 'unknown' }: Taken, { cores }: Machine): string {
  const when = `${at.slice(0, 10)}, ${at.slice(11, 16)} UTC, commit ${commit}`
  if (load <= cores / 2) return `Measured ${when}.`
  return `Measured ${when}, **while the machine was busy with other work**: ${load.toFixed(1)} programs wanted its ${cores} cores in the minute before the run.`
}

/** @throws Error with what is missing, or what matplotlib said */
export function plot(): void {
  const python = pypiTool('matplotlib', '3.10.7', 'python')
  const words = ['bench/plot.py', 'bench/results', 'docs/performance']
  const { status, stderr } = spawnSync(python, words, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${python} ${words.join(' ')}: ${stderr.trim()}`)
}
