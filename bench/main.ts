// npm run bench [-- names...]: every measurement, one after the other; all of them together write docs/performance.md, from bench/results, which is not in git.
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { nspawnAvailable } from '../local/machine/nspawn/available.ts'
import { packaged } from '../local/package.ts'
import { coldStarts } from './cold-start.ts'
import { aligned, type Measurement, ONCE, type Reach, reachTable } from './figures.ts'
import { fleets } from './fleet.ts'
import { growth } from './growth.ts'
import { host } from './host.ts'
import { plot, writePage } from './page.ts'
import { proxy } from './proxy.ts'
import { measured, RESULTS, type Taken } from './standalone.ts'
import { startToLive } from './start-to-live.ts'
import { startToPage } from './start-to-page.ts'
import { work } from './work.ts'

interface Part {
  readonly measure: Measurement
  /** On machines of its own, as root on Debian or Ubuntu. */
  readonly real: boolean
  /** Too long for every run: measured when it is named, or with `--long`. It writes its own part of the page. */
  readonly byRequest?: true
}

const MEASUREMENTS: Readonly<Record<string, Part>> = {
  'cold-start': { measure: coldStarts, real: false },
  work: { measure: work, real: false },
  fleet: { measure: fleets, real: false },
  growth: { measure: growth, real: false },
  host: { measure: host, real: true },
  proxy: { measure: proxy, real: true },
  'start-to-live': { measure: startToLive, real: true },
  'start-to-page': { measure: startToPage, real: true, byRequest: true },
}

async function main(): Promise<void> {
  const started = performance.now()
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
  const unknown = wanted.find((name) => !(name in MEASUREMENTS))
  if (unknown) throw new Error(`found ${unknown}, wanted some of ${Object.keys(MEASUREMENTS).join(', ')}`)
  await packaged((text) => console.log(text))
  const available = nspawnAvailable()
  const isUsual = (name: string) => !MEASUREMENTS[name]!.byRequest || process.argv.includes('--long')
  const names = Object.keys(MEASUREMENTS).filter((name) =>
    wanted.length === 0 ? isUsual(name) : wanted.includes(name),
  )
  const reach: Reach[] = []
  // One after the other: a part beside another would bend its clock times.
  for (const [index, name] of names.entries()) {
    console.log(`\n== ${name}, ${index + 1} of ${names.length}`)
    if (MEASUREMENTS[name]!.real && !available.ok) console.log(`not measured here: ${available.reason}`)
    else reach.push(...(await attempt(name)))
  }
  console.log(aligned(reachTable(reach)))
  for (const [name, { byRequest }] of Object.entries(MEASUREMENTS))
    if (byRequest && !names.includes(name)) console.log(`not measured: ${name}, by request: npm run bench -- ${name}`)
  if (!ONCE) writeUp()
  console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`)
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

/** The page shows the newest of each that was taken in this checkout, and says when. */
function writeUp(): void {
  const files = Object.keys(MEASUREMENTS).map((name) => ({ name, file: new URL(`${name}.json`, RESULTS) }))
  const usual = files.filter(({ name }) => !MEASUREMENTS[name]!.byRequest)
  const missing = usual.filter(({ file }) => !existsSync(file)).map(({ name }) => name)
  if (missing.length > 0) {
    console.log(`\nnot written: docs/performance.md, since here was never measured: ${missing.join(', ')}`)
    return
  }
  const read = (some: typeof files) => some.map(({ file }): Taken => JSON.parse(readFileSync(file, 'utf8')))
  const asked = files.filter(({ name, file }) => MEASUREMENTS[name]!.byRequest && existsSync(file))
  plot()
  writePage(read(usual), read(asked), { cores: cpus().length, system: system(), node: process.version })
  console.log('\nwritten: docs/performance.md')
}

const system = (): string => /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'

await main()
