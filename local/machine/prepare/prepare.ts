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
import { hostTree } from './host-tree.ts'
import { installPackages, missingPackages } from './packages.ts'
import { buildPart, isBuilt, type Part, partFolder, removeOutdated } from './part.ts'
import { programOf, registryProgram, storageOf } from './registry.ts'

export interface PrepareOptions {
  /** Install missing Debian packages without asking. */
  readonly yes?: boolean
  readonly onProgress?: (text: string) => void
}

export interface Prepared {
  readonly cache: string
  readonly hostTree: string
  readonly registry: RegistryStore
}

const PARTS: readonly Part[] = [hostTree, registryProgram, appLayers, appImage]

/** True when `prepare` would only check. */
export const isPrepared = (): boolean =>
  needsPackages().length === 0 && PARTS.every((part) => isBuilt(cacheFolder(), part))

const needsPackages = () => {
  const available = nspawnAvailable()
  if (!available.ok) throw new Error(`real machine: ${available.reason}`)
  return missingPackages(available.distribution)
}

/** Two at once: the second waits for the first, and finds everything done. Rejects with what is missing or what failed. */
export async function prepare({ yes = false, onProgress = () => {} }: PrepareOptions = {}): Promise<Prepared> {
  if (!isPrepared()) {
    const cache = cacheFolder()
    mkdirSync(cache, { recursive: true, mode: 0o755 })
    const waits = () => onProgress('another preparation is under way, waiting for it')
    await withLock(join(cache, 'prepare.lock'), () => prepareLocked(cache, yes, onProgress), waits)
  }
  return prepared()
}

async function prepareLocked(cache: string, yes: boolean, onProgress: (text: string) => void): Promise<void> {
  await installPackages(needsPackages(), { yes }, onProgress)
  const build = (part: Part) => buildPart(cache, part, onProgress)
  const image = async () => {
    await build(registryProgram)
    await build(appLayers)
    await build(appImage)
  }
  // Both to their end, so that the one that failed does not leave the other running.
  const results = await Promise.allSettled([build(hostTree), image()])
  for (const result of results) if (result.status === 'rejected') throw result.reason
  // A run that is under way may stand on an older part.
  if (!registeredRuns().some(alive)) await removeOutdated(cache, PARTS)
}

function prepared(): Prepared {
  const folder = (part: Part) => partFolder(cacheFolder(), part)
  const registry = { program: programOf(folder(registryProgram)), storage: storageOf(folder(appImage)) }
  if (!existsSync(registry.program))
    throw new Error(`image registry: found no ${registry.program}, wanted it in the cache`)
  return { cache: cacheFolder(), hostTree: folder(hostTree), registry }
}
