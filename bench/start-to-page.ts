// npm run bench -- start-to-page [--rounds=10] [--agent=0.5] [--pending=0.4] [--insync=1]: from StartInstances to the page, for visitors who asked for
// the name while it was parked, with a parked TTL of 60 s and of 10 s in turn. On real machines, with a caching resolver and a real browser. The times,
// in seconds, are those of AWS, which nobody here can measure. Writes its part of docs/performance.md.
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../local/machine/nspawn/browser.ts'
import { startInstance, stopInstance, until, untilLive } from '../local/scenario.ts'
import type { RecordSet } from '../local/world/types.ts'
import { type RealCloud, realCloud } from '../test/support/real.ts'
import { ONCE, type Report, type Say } from './figures.ts'
import { keepPart } from './parts.ts'
import { commitOf, measured } from './standalone.ts'
import { type Assumed, page, reportOf, type Start, TTLS } from './start/page-report.ts'
import { stopwatch } from './start/stopwatch.ts'
import { attempt, freshVisits, repeatedVisits } from './start/visits.ts'

/** As the run began: later it is our own. */
const LOAD = loadavg()[0]!
const PATIENCE = 300
/** The default of `parkAddress`. */
const PARKED = '192.0.2.1'

const option = (name: string, usual: number): number =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual)

const ROUNDS = ONCE ? 1 : option('rounds', 10)
/** With the short TTL everything else is long done when the browser that asked before comes: so few rounds wait for it. */
const ROUNDS_OF_BROWSER = 3

export async function startToPage(say: Say): Promise<Report> {
  const assumed: Assumed = { pending: option('pending', 0.4), agent: option('agent', 0.5), insync: option('insync', 1) }
  const cloud = await realCloud({
    tempo: { pendingMs: assumed.pending * 1000, insyncMs: assumed.insync * 1000 },
    registerAfterMs: assumed.agent * 1000,
  })
  const browser = await launchBrowser(cloud.room)
  const starts: Start[] = []
  try {
    const id = cloud.launch()
    await untilLive(cloud, cloud.site, id, PATIENCE)
    say('start to page: launched, the image is on the host now')
    for (let round = 1; round <= ROUNDS; round++)
      for (const ttl of TTLS) {
        starts.push(await oneStart(cloud, browser, id, ttl, ttl === TTLS[0] || round <= ROUNDS_OF_BROWSER))
        const { fresh, before } = starts.at(-1)!
        say(
          `start to page: round ${round} of ${ROUNDS}, TTL ${ttl}: ${sec(fresh.rendered)}${before ? `, asked before: ${sec(before.rendered)}` : ''}`,
        )
      }
  } finally {
    await browser.close()
    await cloud.close()
  }
  const report = reportOf(starts, assumed, cpus().length)
  const busy =
    LOAD > cpus().length / 2 ? `, while ${LOAD.toFixed(0)} programs wanted the machine’s ${cpus().length} cores` : ''
  const taken = `${new Date().toISOString().slice(0, 16).replace('T', ', ')} UTC, commit ${commitOf().commit ?? 'unknown'}${busy}`
  if (!ONCE) keepPart('start to page', page(report, taken))
  return report
}

const sec = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Both visitors ask while the name is parked, right before the start; then each tries until the page is there. */
async function oneStart(
  cloud: RealCloud,
  browser: Browser,
  id: string,
  ttl: number,
  waitsForBrowser: boolean,
): Promise<Start> {
  const { site, room } = cloud
  const url = `http://${site.hostname}/`
  await stopInstance(cloud, site, id, PATIENCE)
  await parkFor(cloud, ttl)
  await room.emptyResolverCache()
  const watch = stopwatch(cloud)
  watch.reset()
  const context = await browser.newContext()
  try {
    const asked = await context.newPage()
    if (await attempt(asked, url)) throw new Error(`${url}: found a page of a stopped instance, wanted none`)
    const deadline = Date.now() + PATIENCE * 1000
    const live = startInstance(cloud, site, id, PATIENCE)
    const before = waitsForBrowser ? repeatedVisits(asked, url, deadline) : undefined
    const resolved = resolverMoved(cloud, deadline)
    const [fresh, seen, resolver] = await Promise.all([freshVisits(browser, url, deadline), before, resolved, live])
    const { launchTime } = cloud.world.state.instances.get(id)!
    const since = <T extends { firstByte: number; rendered: number }>(one: T): T => ({
      ...one,
      ...{ firstByte: one.firstByte - launchTime, rendered: one.rendered - launchTime },
    })
    return {
      ttl,
      laps: watch.ends(id),
      resolver: resolver - launchTime,
      fresh: since(fresh),
      ...(seen && { before: since(seen) }),
    }
  } finally {
    await context.close()
  }
}

/** When the visitor's resolver says another address than the parked one: milliseconds since the epoch. Its log has no times, so that it is polled. */
async function resolverMoved({ room, site }: RealCloud, deadline: number): Promise<number> {
  const said = () =>
    room.evidence
      .dnsQueries(site.hostname)
      .flatMap(({ what, value }) => (value?.includes('.') && (what === 'reply' || what === 'cached') ? [value] : []))
  const before = said().length
  while (
    said()
      .slice(before)
      .every((value) => value === PARKED)
  ) {
    if (Date.now() > deadline) throw new Error(`${site.hostname}: found ${PARKED} only, wanted the resolver to move`)
    await sleep(100)
  }
  return Date.now()
}

/** The site with this `parkTtl`, until the name servers answer the parked name with it. */
async function parkFor(cloud: RealCloud, ttl: number): Promise<void> {
  const { site, stage, world } = cloud
  const name = `/ragstream-edge/${stage}/sites/${site.hostname}`
  const document = JSON.parse(world.state.parameters.get(name)!.value)
  world.dispatch({ type: 'PutParameter', name, value: JSON.stringify({ ...document, parkTtl: ttl }), overwrite: true })
  const isParked = ({ name: at, type, ttl: found }: RecordSet) =>
    at === `${site.hostname}.` && type === 'A' && found === ttl
  await until(cloud, `${site.hostname} is parked for ${ttl} s`, PATIENCE, ({ zones }) =>
    [...zones.get(site.hostedZoneId)!.served.values()].some(isParked) ? true : undefined,
  )
  await cloud.stack.idle()
}

if (import.meta.main) await measured(startToPage)
