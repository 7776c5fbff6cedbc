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

/** Those by request have a part of the page to themselves: of them only the figures beside what was wanted stand here. */
export function writePage(taken: readonly Taken[], byRequest: readonly Taken[], machine: Machine): void {
  const usual = new Set(taken.map(({ commit }) => commit))
  const reach = [
    ...taken.flatMap(({ report }) => report.reach),
    ...byRequest.flatMap(({ report, commit }) =>
      report.reach.map((one) => (usual.has(commit) ? one : { ...one, what: `${one.what} (commit ${commit})` })),
    ),
  ]
  const missed = reach.filter(({ met }) => !met).map(bounded)
  const text = `# Performance

Written by \`npm run bench\`, ${minutes(taken)} minutes in all: ${machine.cores} cores, ${machine.system}, Node.js ${machine.node}. ${commits(taken)} The parts run one after the other. Inside a part, the variants of a table alternate: one run of each variant, then the next run of each. So if other programs disturb the machine, they disturb the whole table in the same way. Read the ratios, not the milliseconds. Numbers in brackets are the
least and the greatest value of the rounds. All samples are stored in \`bench/results\` of the checkout that measured.

A *look* is one check of records and hosts ([words](README.md#words)). A *look at everything* checks all sites; *the schedule’s look* comes every 15 minutes. A name is *parked* while no instance runs: it has the address 192.0.2.1.
The *floor* is the lowest value that is possible. In a table with a floor, *ratio* is the value divided by the floor. *Default packaging* is explained under [cold starts](#what-a-cold-start-costs), *proxy_pass at equal settings* under [Proxy](#proxy).

To repeat it: \`npm ci && npm run bench\` (all), \`npm run bench -- work proxy\` (some), \`npm run bench -- fleet --large\` (10,000 instances, too),
\`npm run bench -- --long\` ([start to page](#start-to-page), too), \`npm run bench -- --once\` (everything in its smallest form, nothing kept). The parts *Cold start*, *Work per event* and *Fleet* run on any machine. The parts *Host*, *Proxy* and *Start to live* need root on Debian or Ubuntu. You need no account. The measurements use the network only to download
Debian packages, and the library that draws the plots. [Cold starts](#what-a-cold-start-costs) and [the diagnosis of each fault](#what-is-said-of-each-fault) are separate measurements.

## What we wanted, and what we found

${markdown(reachTable(reach))}

${missed.length === 0 ? 'All of it was reached.' : `${missed.length} of ${reach.length} figures were not reached. The reasons:\n\n${missed.join('\n')}`}
${taken.map((one) => section(one, machine)).join('')}`
  keepPart('figures', text)
}

/** A figure that falls short, and why. */
const bounded = ({ what, found, wanted, bound }: Reach): string => `- *${what}* (${found}, wanted ${wanted}): ${bound}.`

/** Parts may have been measured one by one. */
function commits(taken: readonly Taken[]): string {
  const found = new Set(taken.map(({ commit }) => commit ?? 'unknown'))
  if (found.size <= 1) return `All parts were measured at commit ${[...found].join('')}.`
  return '**The parts come from different commits.** Each part names its commit.'
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
  return `Measured ${when}, **while the machine was busy with other work**: in the minute before the run, ${load.toFixed(1)} other programs on average used or waited for a core. The machine has ${cores} cores.`
}

/** @throws Error with what is missing, or what matplotlib said */
export function plot(): void {
  const python = pypiTool('matplotlib', '3.10.7', 'python')
  const words = ['bench/plot.py', 'bench/results', 'docs/performance']
  const { status, stderr } = spawnSync(python, words, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${python} ${words.join(' ')}: ${stderr.trim()}`)
}
