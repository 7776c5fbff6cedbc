// A measurement started by itself: `node bench/<name>.ts` prints its tables and keeps its numbers.
import { mkdirSync, writeFileSync } from 'node:fs'
import { aligned, type Measurement, type Report, reachTable, type Say } from './figures.ts'

const RESULTS = new URL('results/', import.meta.url)

export async function measured(measurement: Measurement): Promise<Report> {
  const started = performance.now()
  const say: Say = (text) => console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`)
  const report = await measurement(say)
  for (const table of report.tables) console.log(aligned(table))
  if (report.reach.length > 0) console.log(aligned(reachTable(report.reach)))
  console.log()
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(new URL(`${report.name}.json`, RESULTS), `${JSON.stringify(report, null, 2)}\n`)
  return report
}
