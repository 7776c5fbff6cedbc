// A measurement, by itself or as one of all: prints its tables, and keeps its numbers with when and how busy the machine was.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { aligned, type Measurement, ONCE, type Report, reachTable, type Say } from './figures.ts'

export const RESULTS = new URL('results/', import.meta.url)

const LOAD = loadavg()[0]!

export interface Taken {
  readonly report: Report
  /** When it began. */
  readonly at: string
  readonly minutes: number
  /** Programs that wanted a core in the minute before the run, on average: later parts come after our own. */
  readonly load: number
  /** What was measured; `changed` when files differed from it. Absent where there is no repository. */
  readonly commit?: string
}

export async function measured(measurement: Measurement): Promise<Taken> {
  mkdirSync(RESULTS, { recursive: true })
  const [started, at] = [performance.now(), new Date().toISOString()]
  const passed = () => performance.now() - started
  const say: Say = (text) => console.log(`${(passed() / 1000).toFixed(0).padStart(4)} s  ${text}`)
  const report = await measurement(say)
  for (const table of report.tables) console.log(aligned(table))
  if (report.reach.length > 0) console.log(aligned(reachTable(report.reach)))
  console.log()
  const taken = { report, at, minutes: passed() / 60_000, load: LOAD, ...commitOf() }
  if (ONCE) return taken
  writeFileSync(new URL(`${report.name}.json`, RESULTS), `${JSON.stringify(taken, null, 2)}\n`)
  return taken
}

/** Pages do not count: each part of a run may write some. */
export function commitOf(): Pick<Taken, 'commit'> {
  const git = (...words: string[]) => spawnSync('git', words, { cwd: RESULTS.pathname, encoding: 'utf8' })
  const head = git('rev-parse', '--short=10', 'HEAD')
  if (head.status !== 0) return {}
  const changed = git('status', '--porcelain', '--', ':/', ':(top,exclude)docs').stdout
  return { commit: `${head.stdout.trim()}${changed ? ', changed' : ''}` }
}
