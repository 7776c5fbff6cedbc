// An app of 2 MB for tests that need many images or hostile ones: BusyBox, which serves the health path and brings an attacker's tools.
import { createReadStream } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { run } from '../../../local/machine/command.ts'
import { type Daemon, startDaemon } from '../../../local/machine/daemon.ts'
import { withLock } from '../../../local/machine/lock.ts'
import { registryConfig } from '../../../local/machine/network/services.ts'
import { cacheFolder } from '../../../local/machine/paths.ts'
import { LAYER_TYPE } from '../../../local/machine/prepare/app-layers.ts'
import { unpackPackage } from '../../../local/machine/prepare/packages.ts'
import { buildPart, type Part, partFolder } from '../../../local/machine/prepare/part.ts'
import {
  type Descriptor,
  describe as describeFile,
  programOf,
  pushInto,
  registryProgram,
  storageOf,
} from '../../../local/machine/prepare/registry.ts'

const HEALTH = '/www/_stcore/health'
export const SERVE = ['/bin/busybox', 'httpd', '-f', '-p', '8501', '-h', '/www']

const tinyLayer: Part = {
  title: 'layer of a tiny app',
  name: 'tiny',
  recipe: { package: 'busybox-static', HEALTH, form: 1 },
  async build(folder) {
    const tree = join(folder, 'tree')
    await unpackPackage('busybox-static', tree)
    await mkdir(join(tree, 'www/_stcore'), { recursive: true })
    await mkdir(join(tree, 'tmp'))
    await writeFile(join(tree, HEALTH), 'ok')
    const tar = ['tar', '--numeric-owner', '--owner=0', '--group=0', '-C', tree]
    await run([...tar, '-cf', layerFile(folder), './bin', './www', './tmp'])
    await rm(tree, { recursive: true })
  },
}

const layerFile = (folder: string) => join(folder, 'layer.tar')

export interface TinyImage {
  /** `team/app`. */
  readonly repository: string
  readonly tag: string
  /** The value of its label `who`. */
  readonly who: string
  readonly program?: readonly string[]
}

/** A registry of these images at `address`, which logs what it is asked; `folder` keeps its store. */
export async function tinyRegistry(
  address: string,
  folder: string,
  images: readonly TinyImage[],
): Promise<{ readonly daemon: Daemon; readonly port: number }> {
  const cache = cacheFolder()
  await mkdir(cache, { recursive: true })
  await mkdir(folder, { recursive: true })
  const layer = await withLock(join(cache, 'prepare.lock'), async () =>
    layerFile(await buildPart(cache, tinyLayer, () => {})),
  )
  const program = programOf(partFolder(cache, registryProgram))
  await pushInto(program, folder, async (registry) => {
    const described = await describeFile(layer, LAYER_TYPE)
    for (const image of images) {
      await registry.blob(image.repository, described, () => createReadStream(layer))
      const text = JSON.stringify(configOf(image, described))
      const file = join(folder, 'config.json')
      await writeFile(file, text)
      const config = await describeFile(file, 'application/vnd.docker.container.image.v1+json')
      await registry.blob(image.repository, config, () => Readable.from([Buffer.from(text)]))
      const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
      const manifest = { schemaVersion: 2, mediaType, config, layers: [described] }
      await registry.manifest(image.repository, image.tag, manifest)
    }
  })
  const config = join(folder, 'serve.yml')
  await writeFile(config, registryConfig(storageOf(folder), `addr: "${address}:0"`, true))
  const daemon = await startDaemon({ argv: [program, 'serve', config], ready: /listening on/ })
  const [, port] = /listening on [0-9.]+:(\d+)/.exec(await daemon.line(/listening on/)) ?? []
  return { daemon, port: Number(port) }
}

const configOf = ({ who, program = SERVE }: TinyImage, layer: Descriptor) => ({
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  os: 'linux',
  config: { Env: ['PATH=/bin'], Cmd: program, Labels: { who }, ExposedPorts: { '8501/tcp': {} } },
  rootfs: { type: 'layers', diff_ids: [layer.digest] },
})
