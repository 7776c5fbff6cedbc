// Which machines stand behind the instances: real ones where that is possible, else folders; and what a visitor finds.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { LocalCloud } from '../../local/cloud.ts'
import { nspawnAvailable } from '../../local/machine/nspawn/available.ts'
import { visitor as startVisitor, type Visitor } from '../../local/machine/nspawn/browser.ts'
import { nspawnRoom } from '../../local/machine/nspawn/room.ts'
import { cacheFolder } from '../../local/machine/paths.ts'
import { imageName } from '../../local/machine/prepare/app-image.ts'
import { canBeAgreed, installCommand } from '../../local/machine/prepare/packages.ts'
import { isPrepared, needsPackages } from '../../local/machine/prepare/prepare.ts'
import { renderedRoom } from '../../local/machine/rendered/room.ts'
import type { MachineRoom } from '../../local/machine/types.ts'
import { type Hop, walkHops } from '../../local/picture/hops.ts'
import type { DeclaredSite } from '../../local/scenario.ts'
import { doorOf, pressByHand, pressInBrowser } from './door.ts'
import { liveLine } from './https.ts'
import type { Options } from './options.ts'
import type { Screen } from './screen.ts'

export interface StartMode {
  readonly machines: MachineRoom
  /** Undefined: any free one. */
  readonly dnsPort: number | undefined
  /** What the CI of the app does: says which image runs. */
  publishImages(cloud: LocalCloud, stage: string, sites: readonly DeclaredSite[]): void
  /** Visits the site and shows what was observed. @throws Error when a hop is not as it should be */
  look(cloud: LocalCloud, site: DeclaredSite, instanceId: string, address: string, output: Screen): Promise<void>
  /** A visitor starts the sleeping site by its door, and comes to the page. @throws Error where he does not */
  throughTheDoor(cloud: LocalCloud, site: DeclaredSite, output: Screen): Promise<void>
  summary(site: DeclaredSite, address: string, output: Screen): void
  close(): Promise<void>
}

export async function openMode(options: Options, folder: string, output: Screen): Promise<StartMode> {
  const available = options.rendered ? { ok: false as const, reason: 'as asked for by --rendered' } : possible(options)
  if (available.ok) return realMachines(options, output)
  output.say('machines', `folders instead of real machines: ${available.reason}`)
  const machines = renderedRoom(folder)
  return {
    machines,
    dnsPort: undefined,
    publishImages: () => {},
    look: async () => {},
    throughTheDoor: (cloud, site, output) => pressByHand(doorOf(cloud, site), output),
    summary: () => {},
    close: () => machines.close(),
  }
}

/** Real machines need packages of Debian, and those a yes. */
function possible(options: Options): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  const available = nspawnAvailable()
  const missing = available.ok ? needsPackages() : []
  if (missing.length === 0 || canBeAgreed(options)) return available
  const reason = `Debian packages are missing, and nobody can be asked: --yes, or ${installCommand(missing)}`
  return { ok: false, reason }
}

async function realMachines(options: Options, output: Screen): Promise<StartMode> {
  if (!isPrepared())
    output.say(
      'prepare',
      'the first run takes about 2 minutes and 1.4 GB of the cache folder: a disk from Debian’s mirror, Streamlit from PyPI, a registry',
    )
  const machines = await nspawnRoom({ yes: options.yes, onProgress: (text) => output.say('prepare', text) })
  let visitor: Visitor | undefined
  let hops: readonly Hop[] = []
  return {
    machines,
    dnsPort: 53,
    publishImages({ world }, stage, sites) {
      for (const { hostname } of sites)
        world.dispatch({
          type: 'PutParameter',
          name: `/ragstream-edge/${stage}/images/${hostname}`,
          value: imageName('1.4.0'),
        })
    },
    async look(cloud, { hostname }, instanceId, address, output) {
      visitor ??= await startVisitor(machines)
      const machine = cloud.hosts.machine(instanceId)
      const { privateIp } = cloud.world.state.instances.get(instanceId) ?? {}
      if (!machine || !privateIp) throw new Error(`${instanceId}: found no machine, wanted a running one`)
      const who = { room: machines, visitor, nameServer: cloud.dns }
      const walked = await walkHops({ ...who, hostname, address, privateIp, machine })
      hops = walked.hops
      const picture = join(cacheFolder(), 'page.png')
      writeFileSync(picture, walked.visit.screenshot)
      for (const hop of hops.filter(({ exercised }) => options.verbose || !exercised))
        output.say(
          hop.exercised ? 'hop' : 'hop missing',
          `${hop.name}: ${hop.evidence}`,
          hop.exercised ? 'quiet' : 'bad',
        )
      output.say('page', `http://${hostname}/ in Chromium: ${picture}`)
      const missing = hops.filter((hop) => !hop.exercised)
      if (missing.length > 0)
        throw new Error(
          `hops exercised: ${hops.length - missing.length} of ${hops.length}, without ${missing.map(({ name }) => name).join(', ')}`,
        )
    },
    async throughTheDoor(cloud, site, output) {
      await machines.emptyResolverCache()
      visitor ??= await startVisitor(machines)
      const use = (page: Page) => pressInBrowser(page, output)
      const visit = await visitor.visit(doorOf(cloud, site), { use, isApp: false, timeoutMs: 60_000 })
      if (!visit.rendered || !visit.webSocket?.open)
        throw new Error(`behind the door: found ${visit.text}, wanted the app`)
      const picture = join(cacheFolder(), 'page-behind-the-door.png')
      writeFileSync(picture, visit.screenshot)
      output.say('page', `http://${site.hostname}/ in Chromium, its WebSocket open: ${picture}`, 'good')
    },
    summary(site, address, output) {
      output.plain(liveLine(site, address, output.seconds(), hops.length))
    },
    async close() {
      await visitor?.close()
      await machines.close()
    },
  }
}
