// Everything that a run needs and that can be made ahead: Debian packages, the host's disk image, the app's images. Cached, with progress.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import type { RegistryStore } from '../network/services.ts'
import { nspawnAvailable } from '../nspawn/available.ts'
import { cacheFolder } from '../paths.ts'
import { alive, registeredRuns } from '../runs.ts'
import { appImage } from './app-image.ts'
import { appLayers } from './app-layers.ts'
import { DEFAULT_SUITE, type Suite } from './debian.ts'
import { hostTrees } from './host-tree.ts'
import { installPackages, missingPackages } from './packages.ts'
import { buildPart, isBuilt, type Part, partFolder, removeOutdated } from './part.ts'
import { programOf, registryProgram, storageOf } from './registry.ts'
import { unpacked } from './unpacked.ts'

export interface PrepareOptions {
  /** The host systems to have; the first when not given. */
  readonly suites?: readonly Suite[]
  /** Install missing Debian packages without asking. */
  readonly yes?: boolean
  readonly onProgress?: (text: string) => void
}

export interface Prepared {
  readonly cache: string
  /** The disk image of such a host. */
  readonly hostTree: (suite: Suite) => string
  /** The app's images, unpacked for any host. */
  readonly layers: string
  readonly registry: RegistryStore
}

const IMAGE: readonly Part[] = [registryProgram, appLayers, appImage]
/** The images are unpacked on a host of the default. */
const treesOf = (suites: readonly Suite[]): Part[] =>
  [...new Set([DEFAULT_SUITE, ...suites])].map((suite) => hostTrees[suite])

/** True when `prepare` would only check. */
export const isPrepared = (suites: readonly Suite[] = [DEFAULT_SUITE]): boolean =>
  needsPackages().length === 0 && [...treesOf(suites), ...IMAGE, unpacked].every((part) => isBuilt(cacheFolder(), part))

export const needsPackages = () => {
  const available = nspawnAvailable()
  if (!available.ok) throw new Error(`real machine: ${available.reason}`)
  return missingPackages(available.distribution)
}

/** Two at once: the second waits for the first, and finds everything done. Rejects with what is missing or what failed. */
export async function prepare(options: PrepareOptions = {}): Promise<Prepared> {
  const { yes = false, onProgress = () => {}, suites = [DEFAULT_SUITE] } = options
  if (!isPrepared(suites)) {
    const cache = cacheFolder()
    mkdirSync(cache, { recursive: true, mode: 0o755 })
    const waits = () => onProgress('another preparation is under way, waiting for it')
    await withLock(join(cache, 'prepare.lock'), () => prepareLocked(cache, { yes, onProgress, suites }), waits)
  }
  return prepared()
}

async function prepareLocked(cache: string, { yes, onProgress, suites }: Required<PrepareOptions>): Promise<void> {
  await installPackages(needsPackages(), { yes }, onProgress)
  const build = (part: Part) => buildPart(cache, part, onProgress)
  const inOrder = async (parts: readonly Part[]) => {
    for (const part of parts) await build(part)
  }
  // Both to their end, so that the one that failed does not leave the other running.
  const results = await Promise.allSettled([inOrder(treesOf(suites)), inOrder(IMAGE)])
  for (const result of results) if (result.status === 'rejected') throw result.reason
  await build(unpacked)
  // A run that is under way may stand on an older part.
  if (!registeredRuns().some(alive)) await removeOutdated(cache, [...Object.values(hostTrees), ...IMAGE, unpacked])
}

function prepared(): Prepared {
  const folder = (part: Part) => partFolder(cacheFolder(), part)
  const registry = { program: programOf(folder(registryProgram)), storage: storageOf(folder(appImage)) }
  if (!existsSync(registry.program))
    throw new Error(`image registry: found no ${registry.program}, wanted it in the cache`)
  return {
    cache: cacheFolder(),
    hostTree: (suite) => folder(hostTrees[suite]),
    layers: folder(unpacked),
    registry,
  }
}
