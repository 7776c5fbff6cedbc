// The properties for as many runs as wanted: RUNS=100000 SEED=1 node test/property/soak.ts [records|hosts|start|idle|door]. Ends with 1 on a counterexample.
import fc from 'fast-check'
import { converges, reportOf } from './converges.ts'
import { withinTheLimits } from './door.ts'
import { hostsEndRight } from './hosts.ts'
import { neverStoppedInUse } from './idle.ts'
import { startsEndRight } from './start.ts'

const runs = Number(process.env.RUNS ?? 100_000)
const seed = Number(process.env.SEED ?? Date.now() & 0x7fffffff)
const EVERY = 5_000

function counted(): () => void {
  const started = Date.now()
  let count = 0
  return () => {
    count += 1
    if (count % EVERY === 0) console.log(`${count} runs, ${Math.round((Date.now() - started) / 1000)} s`)
  }
}

/** @returns whether none failed */
const checked =
  <T>(property: (options: { readonly onRun: () => void }) => fc.IAsyncProperty<T>) =>
  async () => {
    const details = await fc.check(property({ onRun: counted() }), { seed, numRuns: runs })
    const found = details.failed ? `failed: ${JSON.stringify(details.counterexample)}: ${details.errorInstance}` : 'ok'
    console.log(`${found}: seed ${details.seed}, ${details.numRuns} runs`)
    return !details.failed
  }

const SOAKS: Readonly<Record<string, () => Promise<boolean>>> = {
  async records() {
    const details = await fc.check(converges({ onRun: counted() }), { seed, numRuns: runs })
    console.log(await reportOf(details))
    return !details.failed
  },
  hosts: checked(hostsEndRight),
  start: checked(startsEndRight),
  idle: checked(neverStoppedInUse),
  door: checked(withinTheLimits),
}

for (const [name, soak] of Object.entries(SOAKS)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue
  console.log(`${name}: seed ${seed}, ${runs} runs`)
  if (!(await soak())) process.exitCode = 1
}
