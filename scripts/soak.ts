// npm run test:soak: the long versions of the tests, one after the other; `npm run test:soak -- kills` runs only that one.
// RUNS, KILLS and SEED say how many and which; each prints its seed.
import { spawnSync } from 'node:child_process'

const PROGRAMS: Readonly<Record<string, string>> = {
  property: 'test/property/soak.ts',
  kills: 'test/host/soak.ts',
  reader: 'test/host/reader/soak.ts',
  adopt: 'test/host/hand-made.ts',
  debian13: 'test/host/debian13.ts',
  silent: 'test/host/silent.ts',
  scan: 'test/host/scan.ts',
  attack: 'test/host/attack/soak.ts',
  workflow: 'test/stack/package/workflow.ts',
  outside: 'test/outside/soak.ts',
  readme: 'test/e2e/clone.ts',
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in PROGRAMS))
if (unknown.length > 0) {
  console.error(`soak: found ${unknown.join(', ')}, wanted some of ${Object.keys(PROGRAMS).join(', ')}`)
  process.exit(2)
}
const failed = Object.entries(PROGRAMS)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .filter(([name, program]) => {
    console.log(`\n== ${name}`)
    return spawnSync(process.execPath, ['--no-warnings', program], { stdio: 'inherit' }).status !== 0
  })
console.log(failed.length === 0 ? '\nall pass' : `\nfailed: ${failed.map(([name]) => name).join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
