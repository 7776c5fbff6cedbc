// The property for as many runs as wanted: RUNS=100000 SEED=1 node test/property/soak.ts. Ends with 1 on a counterexample.
import fc from 'fast-check'
import { converges, reportOf } from './converges.ts'

const runs = Number(process.env.RUNS ?? 100_000)
const seed = Number(process.env.SEED ?? Date.now() & 0x7fffffff)
const EVERY = 5_000

console.log(`seed ${seed}, ${runs} runs`)
const started = Date.now()
let count = 0
function onRun(): void {
  count += 1
  if (count % EVERY === 0) console.log(`${count} runs, ${Math.round((Date.now() - started) / 1000)} s`)
}

const details = await fc.check(converges({ onRun }), { seed, numRuns: runs })
console.log(await reportOf(details))
process.exitCode = details.failed ? 1 : 0
