// A measurement, by itself or as one of all: prints its tables, and keeps its numbers with when and how busy the machine was.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { aligned, type Measurement, type Report, reachTable, type Say } from './figures.ts'

export const RESULTS = new URL('results/', import.meta.url)

export interface Taken {
  readonly report: Report
  /** When it began. */
  readonly at: string
  readonly minutes: number
  /** Programs that wanted a core in the minute before, on average. */
  readonly load: number
}

export async function measured(measurement: Measurement): Promise<Taken> {
  const [started, at, load] = [performance.now(), new Date().toISOString(), loadavg()[0]!]
  const passed = () => performance.now() - started
  const say: Say = (text) => console.log(`${(passed() / 1000).toFixed(0).padStart(4)} s  ${text}`)
  const report = await measurement(say)
  for (const table of report.tables) console.log(aligned(table))
  if (report.reach.length > 0) console.log(aligned(reachTable(report.reach)))
  console.log()
  const taken = { report, at, minutes: passed() / 60_000, load }
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(new URL(`${report.name}.json`, RESULTS), `${JSON.stringify(taken, null, 2)}\n`)
  return taken
}
