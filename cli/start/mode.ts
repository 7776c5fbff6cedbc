// Which machines stand behind the instances: real ones where that is possible, else folders; and what a visitor finds.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
      'the first run takes about 2 minutes and 0.9 GB of the cache folder: a disk from Debian’s mirror, Streamlit from PyPI, a registry',
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
    summary({ hostname, tls }, address, output) {
      const https = tls === 'acme' ? 1 : 0
      output.plain(
        `LIVE http://${hostname}/ ${address} ${output.seconds().toFixed(1)} s, hops exercised: ${hops.length} of ${hops.length + https}${https ? ', without HTTPS' : ''}`,
      )
    },
    async close() {
      await visitor?.close()
      await machines.close()
    },
  }
}
