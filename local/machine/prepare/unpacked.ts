// The layers of the app's images as Docker unpacks them: a host pulls them once, as any host does. It is of the older system, since an
// engine reads what an older one has unpacked.
import { join } from 'node:path'
import { keepLayers } from '../nspawn/layers.ts'
import { openRoom } from '../nspawn/open.ts'
import { appImage, imageName, standInName } from './app-image.ts'
import { DEFAULT_SUITE } from './debian.ts'
import { hostTrees } from './host-tree.ts'
import { type Part, partFolder } from './part.ts'
import { programOf, registryProgram, storageOf } from './registry.ts'

/** Between them they have every layer. */
const PULLED = [imageName('1.4.0'), standInName('1.4.0')]
const tree = hostTrees[DEFAULT_SUITE]

/** Needs the parts `registryProgram` and `appImage` and the tree of a host in the same cache. */
export const unpacked: Part = {
  title: 'unpacked layers of the app image',
  name: 'unpacked',
  recipe: { tree: tree.recipe, images: appImage.recipe, PULLED, form: 1 },
  async build(folder) {
    const of = (part: Part) => partFolder(join(folder, '..'), part)
    const registry = { program: programOf(of(registryProgram)), storage: storageOf(of(appImage)) }
    const room = await openRoom({ tree: of(tree) }, registry)
    try {
      const host = await room.machine('i-unpack', { privateIp: '172.31.1.1' })
      await host.boot()
      for (const image of PULLED) {
        const { exitCode, stderr } = await host.exec(['docker', 'pull', '-q', image])
        if (exitCode !== 0) throw new Error(`docker pull ${image}: exit code ${exitCode}, wanted 0\n${stderr}`)
      }
      await host.powerOff()
      await keepLayers(join(room.folder, 'i-unpack/docker'), folder)
    } finally {
      await room.close()
    }
  },
}
