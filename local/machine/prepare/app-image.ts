// The app's images as the registry serves them: the heavy layers, one small layer with the app, and one tag per version.
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { HEALTH_PATH, STREAM_PATH } from '../app-paths.ts'
import { run } from '../command.ts'
import { REGISTRY_NAME, REGISTRY_PORT } from '../network/layout.ts'
import { appLayers, LAYER_TYPE, layerList, REPOSITORY, streamlit } from './app-layers.ts'
import { type Part, partFolder } from './part.ts'
import {
  blobFile,
  type Descriptor,
  describe,
  type Push,
  programOf,
  pushInto,
  registryProgram,
  storageOf,
} from './registry.ts'

const APP = join(import.meta.dirname, '../app')
const FILES = ['app.py', 'other_app.py', 'stand_in.py']
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json'
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json'

const STAND_IN = ['/usr/bin/python3', '-S', '/app/stand_in.py', HEALTH_PATH, STREAM_PATH]

/** Tag to program. `broken` ends at once, for what a roll-out does when a version does not come up. */
const versions = (program: readonly string[]): Readonly<Record<string, readonly string[]>> => ({
  '1.4.0': program,
  '1.5.0': program,
  broken: ['/usr/bin/python3', '-c', 'raise SystemExit("this version does not start")'],
})
const VERSIONS = versions(streamlit('/app/app.py'))
const other = (kind: string) => versions(['/usr/bin/python3', '/app/other_app.py', kind])
/** Repository to versions, on the layer of Debian and Python alone. */
const SMALL = { 'stand-in': versions(STAND_IN), gradio: other('gradio'), api: other('api') }

/** Not Streamlit: a page whose events come by HTTP, and an API. */
export type OtherApp = 'gradio' | 'api'

/** What a host pulls, for example `imageName('1.4.0')`. */
export const imageName = (tag: string): string => `${REGISTRY_NAME}:${REGISTRY_PORT}/${REPOSITORY}:${tag}`

/** The same tags of a small app that answers as Streamlit does, on the layer of Debian and Python alone: 70 MB instead of 460. */
export const standInName = (tag: string): string => `${REGISTRY_NAME}:${REGISTRY_PORT}/stand-in:${tag}`
export const otherAppName = (kind: OtherApp, tag: string): string => `${REGISTRY_NAME}:${REGISTRY_PORT}/${kind}:${tag}`

/** Needs the parts `registryProgram` and `appLayers` in the same cache. */
export const appImage: Part = {
  title: 'app image',
  name: 'images',
  recipe: {
    layers: appLayers.recipe,
    app: FILES.map((file) => readFileSync(join(APP, file), 'utf8')),
    VERSIONS,
    SMALL,
    config: imageConfig('', [], []),
  },
  async build(folder) {
    const cache = join(folder, '..')
    const layers = partFolder(cache, appLayers)
    await run(['cp', '-a', '--link', storageOf(layers), storageOf(folder)]) // Blobs never change: both parts share them.
    const heavy = JSON.parse(await readFile(layerList(layers), 'utf8')) as Descriptor[]
    const tar = join(folder, 'app.tar')
    await run([
      'tar',
      '--numeric-owner',
      '--owner=0',
      '--group=0',
      '--transform=s,^\\.,app,',
      '-C',
      APP,
      '-cf',
      tar,
      ...FILES.map((file) => `./${file}`),
    ])
    const app = await describe(tar, LAYER_TYPE)
    await pushInto(programOf(partFolder(cache, registryProgram)), folder, async (registry) => {
      await registry.blob(REPOSITORY, app, () => createReadStream(tar))
      await pushVersions(registry, REPOSITORY, VERSIONS, [...heavy, app])
      const [debian] = heavy as [Descriptor]
      for (const [repository, programs] of Object.entries(SMALL)) {
        // A repository serves blobs that were pushed to it.
        await registry.blob(repository, app, () => createReadStream(tar))
        await registry.blob(repository, debian, () => createReadStream(blobFile(storageOf(folder), debian)))
        await pushVersions(registry, repository, programs, [debian, app])
      }
    })
    await rm(tar)
  },
}

async function pushVersions(
  registry: Push,
  repository: string,
  versions: Readonly<Record<string, readonly string[]>>,
  layers: readonly Descriptor[],
) {
  for (const [tag, program] of Object.entries(versions)) {
    const text = JSON.stringify(imageConfig(tag, program, layers))
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
    const config = { mediaType: CONFIG_TYPE, digest, size: Buffer.byteLength(text) }
    await registry.blob(repository, config, () => Readable.from([Buffer.from(text)]))
    await registry.manifest(repository, tag, { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers } as {
      mediaType: string
    })
  }
}

/** Layers are not compressed, so the digest of each is also its diff id. */
function imageConfig(tag: string, program: readonly string[], layers: readonly Descriptor[]) {
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      User: '1000:1000',
      Env: [
        'PATH=/usr/local/bin:/usr/bin:/bin',
        'HOME=/tmp',
        'LANG=C.UTF-8',
        'PYTHONDONTWRITEBYTECODE=1',
        'PYTHONUNBUFFERED=1',
        `RAGSTREAM_VERSION=${tag}`,
      ],
      ExposedPorts: { '80/tcp': {}, '8501/tcp': {} },
      WorkingDir: '/app',
      Cmd: program,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  }
}
