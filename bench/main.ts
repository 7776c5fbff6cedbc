// npm run bench [-- names...]: every measurement, one after the other; all of them together write docs/performance.md.
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { nspawnAvailable } from '../local/machine/nspawn/available.ts'
import { packaged } from '../local/package.ts'
import { coldStarts } from './cold-start.ts'
import { aligned, type Measurement, reachTable } from './figures.ts'
import { fleets } from './fleet.ts'
import { host } from './host.ts'
import { plot, type Taken, writePage } from './page.ts'
import { proxy } from './proxy.ts'
import { measured } from './standalone.ts'
import { startToLive } from './start-to-live.ts'
import { work } from './work.ts'

/** `real`: on machines of its own, as root on Debian or Ubuntu. */
const MEASUREMENTS: Readonly<Record<string, { readonly measure: Measurement; readonly real: boolean }>> = {
  'cold-start': { measure: coldStarts, real: false },
  work: { measure: work, real: false },
  fleet: { measure: fleets, real: false },
  host: { measure: host, real: true },
  proxy: { measure: proxy, real: true },
  'start-to-live': { measure: startToLive, real: true },
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
  const unknown = wanted.find((name) => !(name in MEASUREMENTS))
  if (unknown) throw new Error(`found ${unknown}, wanted some of ${Object.keys(MEASUREMENTS).join(', ')}`)
  await packaged((text) => console.log(text))
  const available = nspawnAvailable()
  const taken: Taken[] = []
  for (const [name, { measure, real }] of Object.entries(MEASUREMENTS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    console.log(`\n== ${name}`)
    if (real && !available.ok) console.log(`not measured here: ${available.reason}`)
    else taken.push(...(await attempt(name, measure)))
  }
  const reach = taken.flatMap(({ report }) => report.reach)
  console.log(aligned(reachTable(reach)))
  if (taken.length < Object.keys(MEASUREMENTS).length) return
  plot()
  writePage(taken, {
    cores: cpus().length,
    system: system(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  })
  console.log('\nwritten: docs/performance.md')
}

/** One that fails is said, and does not hold up the others. */
async function attempt(name: string, measure: Measurement): Promise<Taken[]> {
  const load = loadavg()[0]!
  const started = performance.now()
  try {
    const report = await measured(measure)
    return [{ report, load, minutes: (performance.now() - started) / 60_000 }]
  } catch (error) {
    console.error(`${name} failed:`, error)
    process.exitCode = 1
    return []
  }
}

const system = (): string => /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'

await main()
