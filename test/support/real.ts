// The whole picture for one test file: real machines, the visitor's browser, and the packaged stack between them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeclaredSite, furnishAccount, served, until } from '../../local/cli/scenario.ts'
import { declaredSites } from '../../local/cli/sites.ts'
import { type CloudOptions, type Happening, type LocalCloud, startCloud } from '../../local/cloud.ts'
import { type Visitor, visitor } from '../../local/machine/nspawn/browser.ts'
import { type NspawnRoom, nspawnRoom } from '../../local/machine/nspawn/room.ts'
import { imageName } from '../../local/machine/prepare/app-image.ts'
import { packaged } from '../../local/package.ts'

export interface RealCloud extends LocalCloud {
  readonly room: NspawnRoom
  readonly visitor: Visitor
  readonly site: DeclaredSite
  readonly instanceId: string
  readonly happened: Happening[]
}

/** Deployed, with the site's instance stopped and its name parked. */
export async function realCloud(overrides: Partial<CloudOptions> = {}): Promise<RealCloud> {
  const workFolder = mkdtempSync(join(tmpdir(), 'ragstream-edge-functions-'))
  const packageFolder = await packaged()
  const { stage, sites } = declaredSites(packageFolder)
  const [site] = sites
  const room = await nspawnRoom({ yes: true })
  const browser = await visitor(room)
  const happened: Happening[] = []
  const cloud = await startCloud({
    packageFolder,
    room,
    workFolder,
    dnsPort: 53,
    ...overrides,
    onHappening: (happening) => happened.push(happening),
  })
  const [instanceId] = furnishAccount(cloud, sites, stage)
  const name = `/ragstream-edge/${stage}/images/${site!.hostname}`
  cloud.world.dispatch({ type: 'PutParameter', name, value: imageName('1.4.0') })
  await cloud.deploy()
  await until(cloud, 'the name is parked', 60, (world) => served(world, site!))
  return Object.assign(Object.create(cloud) as LocalCloud, {
    room,
    visitor: browser,
    site: site!,
    instanceId: instanceId!,
    happened,
    async close() {
      await browser.close()
      await cloud.close()
      await room.close()
      rmSync(workFolder, { recursive: true, force: true })
    },
  })
}
