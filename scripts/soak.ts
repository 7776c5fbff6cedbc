// npm run test:soak: the long versions of the tests, one after the other; `npm run test:soak -- kills` runs only that one.
// RUNS, KILLS and SEED say how many and which; each prints its seed.
import { spawnSync } from 'node:child_process'
import { SOAKS } from '../cli/edge/soaks.ts'

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in SOAKS))
if (unknown.length > 0) {
  console.error(`soak: found ${unknown.join(', ')}, wanted some of ${Object.keys(SOAKS).join(', ')}`)
  process.exit(2)
}
const failed = Object.entries(SOAKS)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .filter(([name, program]) => {
    console.log(`\n== ${name}`)
    return spawnSync(process.execPath, ['--no-warnings', program], { stdio: 'inherit' }).status !== 0
  })
console.log(failed.length === 0 ? '\nall pass' : `\nfailed: ${failed.map(([name]) => name).join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
