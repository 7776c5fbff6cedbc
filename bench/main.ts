// npm run bench [-- names...]: every measurement, one after the other; all of them together write docs/performance.md.
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { nspawnAvailable } from '../local/machine/nspawn/available.ts'
import { packaged } from '../local/package.ts'
import { coldStarts } from './cold-start.ts'
import { aligned, type Measurement, type Reach, reachTable } from './figures.ts'
import { fleets } from './fleet.ts'
import { host } from './host.ts'
import { plot, writePage } from './page.ts'
import { proxy } from './proxy.ts'
import { measured, RESULTS, type Taken } from './standalone.ts'
import { startToLive } from './start-to-live.ts'
import { work } from './work.ts'

interface Part {
  readonly measure: Measurement
  /** On machines of its own, as root on Debian or Ubuntu. */
  readonly real: boolean
  /** Hardly uses a core, since it waits for what services would take: goes on beside the part before it. */
  readonly waits?: boolean
}

const MEASUREMENTS: Readonly<Record<string, Part>> = {
  'cold-start': { measure: coldStarts, real: false },
  work: { measure: work, real: false, waits: true },
  fleet: { measure: fleets, real: false, waits: true },
  host: { measure: host, real: true },
  proxy: { measure: proxy, real: true },
  'start-to-live': { measure: startToLive, real: true },
}

async function main(): Promise<void> {
  const started = performance.now()
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
  const unknown = wanted.find((name) => !(name in MEASUREMENTS))
  if (unknown) throw new Error(`found ${unknown}, wanted some of ${Object.keys(MEASUREMENTS).join(', ')}`)
  await packaged((text) => console.log(text))
  const available = nspawnAvailable()
  const names = Object.keys(MEASUREMENTS).filter((name) => wanted.length === 0 || wanted.includes(name))
  const reach: Reach[] = []
  for (const turn of turnsOf(names)) {
    console.log(`\n== ${turn.join(', beside it ')}`)
    if (turn.some((name) => MEASUREMENTS[name]!.real) && !available.ok)
      console.log(`not measured here: ${available.reason}`)
    else reach.push(...(await Promise.all(turn.map(attempt))).flat())
  }
  console.log(aligned(reachTable(reach)))
  writeUp()
  console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`)
}

/** One after the other, but for those that only wait. */
function turnsOf(names: readonly string[]): string[][] {
  const turns: string[][] = []
  for (const name of names) {
    const before = turns.at(-1)
    if (before && MEASUREMENTS[name]!.waits) before.push(name)
    else turns.push([name])
  }
  return turns
}

/** One that fails is said, and does not hold up the others. */
async function attempt(name: string): Promise<readonly Reach[]> {
  try {
    return (await measured(MEASUREMENTS[name]!.measure)).report.reach
  } catch (error) {
    console.error(`${name} failed:`, error)
    process.exitCode = 1
    return []
  }
}

/** The page shows the newest of each, and says when it was taken. */
function writeUp(): void {
  const taken = Object.keys(MEASUREMENTS).flatMap((name): Taken[] => {
    const file = new URL(`${name}.json`, RESULTS)
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8'))] : []
  })
  plot()
  writePage(taken, { cores: cpus().length, system: system(), node: process.version })
  console.log('\nwritten: docs/performance.md')
}

const system = (): string => /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'

await main()
