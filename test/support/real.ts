// The whole picture for one test file: real machines, the visitor's browser, and the packaged stack between them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { declaredSites } from '../../cli/start/sites.ts'
import { type CloudOptions, type Happening, type LocalCloud, startCloud } from '../../local/cloud.ts'
import { type Visit, type Visitor, visitor } from '../../local/machine/nspawn/browser.ts'
import type { Capture } from '../../local/machine/nspawn/evidence.ts'
import type { Host } from '../../local/machine/nspawn/machine.ts'
import { type NspawnRoom, nspawnRoom } from '../../local/machine/nspawn/room.ts'
import { imageName, standInName } from '../../local/machine/prepare/app-image.ts'
import { packaged } from '../../local/package.ts'
import { asVisitor } from '../../local/picture/walk.ts'
import { createZones, type DeclaredSite, tagsOf } from '../../local/scenario.ts'

export interface RealCloud extends LocalCloud {
  readonly room: NspawnRoom
  readonly visitor: Visitor
  readonly site: DeclaredSite
  readonly stage: string
  /** What happened so far, and when. */
  readonly happened: readonly (Happening & { readonly at: number })[]
  /** What the browser showed, the last one last. */
  readonly seen: readonly Seen[]
  /** Beginnings and ends of connections on both sides of the edge, and DNS. */
  readonly traffic: Capture
  /** The app's CI: says which image runs. */
  publishImage(tag: '1.4.0' | '1.5.0' | 'broken'): void
  /** Launches an instance that the site selects. */
  launch(): string
  /** Launches somebody else's. */
  launchStranger(): string
  /** @throws Error when the instance has no machine */
  machine(instanceId: string): Host
  /** Somebody whose resolver has not been asked yet asks for the name's health, or another address. */
  ask(url?: string, ...more: string[]): Promise<string | undefined>
}

export interface Seen {
  readonly url: string
  readonly outcome: string
  readonly screenshot: Buffer
}

export interface RealOptions extends Partial<CloudOptions> {
  /** Where the app is not the subject: the small one that answers as Streamlit does, but shows a browser nothing. */
  readonly standIn?: boolean
}

/** The zone, the site's image and the deployed stack; no instance yet. `before` is what somebody does before the deploy. */
export async function realCloud(
  overrides: RealOptions = {},
  before: (cloud: RealCloud) => Promise<void> = async () => {},
): Promise<RealCloud> {
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const cloud = await open(overrides, undo)
    await before(cloud)
    await cloud.deploy()
    return Object.assign(cloud, { close })
  } catch (error) {
    await close()
    throw error
  }
}

/** `undo` takes the way back of each part as soon as the part is there. */
async function open({ standIn = false, ...overrides }: RealOptions, undo: (() => unknown)[]): Promise<RealCloud> {
  const workFolder = mkdtempSync(join(tmpdir(), 'ragstream-edge-functions-'))
  undo.push(() => rmSync(workFolder, { recursive: true, force: true }))
  const packageFolder = overrides.packageFolder ?? (await packaged())
  const { stage, sites } = declaredSites(packageFolder)
  const site = sites[0]!
  const room = await nspawnRoom({ yes: true })
  undo.push(() => room.close())
  const [happened, seen]: [(Happening & { at: number })[], Seen[]] = [[], []]
  const onHappening = (happening: Happening) => void happened.push({ ...happening, at: Date.now() })
  const cloud = await startCloud({ packageFolder, room, workFolder, dnsPort: 53, ...overrides, onHappening })
  undo.push(() => cloud.close())
  const traffic = await room.evidence.capture('edge', TRAFFIC)
  undo.push(() => traffic.stop())
  const browser = onceAsked(() => visitor(room))
  undo.push(() => browser.close())
  createZones(cloud, [site])
  const real = Object.assign(Object.create(cloud) as LocalCloud, {
    ...{ room, site, stage, happened, seen, traffic },
    visitor: remembering(browser, seen),
    ...doings(cloud, room, site, stage, standIn ? standInName : imageName),
  })
  real.publishImage('1.4.0')
  return real
}

/** What people do in the account, and what a visitor asks. */
function doings(
  { world, hosts }: LocalCloud,
  room: NspawnRoom,
  site: DeclaredSite,
  stage: string,
  image: (tag: string) => string,
) {
  const launch = (tags: Readonly<Record<string, string>>) =>
    world.dispatch<'RunInstance'>({ type: 'RunInstance', tags }).id
  return {
    publishImage(tag: '1.4.0' | '1.5.0' | 'broken') {
      const name = `/ragstream-edge/${stage}/images/${site.hostname}`
      world.dispatch({ type: 'PutParameter', name, value: image(tag), overwrite: true })
    },
    launch: () => launch(tagsOf(site, stage)),
    launchStranger: () => launch({ Name: 'stranger' }),
    machine(id: string) {
      const found = hosts.machine(id)
      if (!found) throw new Error(`${id}: found no machine, wanted one`)
      return found as Host
    },
    ask: (url = `http://${site.hostname}/_stcore/health`, ...more: string[]) => asVisitor(room, url, ...more),
  }
}

/** Every page load is some hundred packets: SYN, FIN and RST tell the story. */
const TRAFFIC =
  '((tcp port 80 or tcp port 8501) and tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0) or udp port 53 or icmp'

/** A browser starts at the first visit: it takes seconds of a processor, and most tests have none. */
function onceAsked(start: () => Promise<Visitor>): Visitor {
  let started: Promise<Visitor> | undefined
  return {
    async visit(url, options) {
      started ??= start()
      return (await started).visit(url, options)
    },
    close: async () => (await started)?.close(),
  }
}

function remembering(browser: Visitor, seen: Seen[]): Visitor {
  const note = (url: string, outcome: string, screenshot: Buffer) => void seen.push({ url, outcome, screenshot })
  return {
    ...browser,
    async visit(url, options = {}): Promise<Visit> {
      const { use } = options
      const watched = async (page: Parameters<NonNullable<typeof use>>[0]) => {
        try {
          await use?.(page)
        } catch (error) {
          note(url, 'broke off', await page.screenshot())
          throw error
        }
      }
      const visit = await browser.visit(url, { ...options, ...(use && { use: watched }) })
      note(url, `${visit.status ?? visit.failure}, ${visit.rendered ? 'rendered' : 'not rendered'}`, visit.screenshot)
      return visit
    },
  }
}
