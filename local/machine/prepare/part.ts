// A part of the cache: a folder whose name carries the fingerprint of the recipe it was made by. It is built aside and renamed when complete.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export interface Part {
  /** What it is, for the person who waits. */
  readonly title: string
  readonly name: string
  /** Everything that the content depends on. */
  readonly recipe: unknown
  build(folder: string): Promise<void>
}

export const fingerprint = (recipe: unknown): string =>
  createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12)

export const partFolder = (cache: string, part: Pick<Part, 'name' | 'recipe'>): string =>
  join(cache, `${part.name}-${fingerprint(part.recipe)}`)

export const isBuilt = (cache: string, part: Part): boolean => existsSync(partFolder(cache, part))

/**
 * Call it under the lock of the preparation. Resolves to the part's folder.
 * @param again milliseconds from a build that failed to the second, which is the last
 */
export async function buildPart(
  cache: string,
  part: Part,
  onProgress: (text: string) => void,
  again = 10_000,
): Promise<string> {
  const folder = partFolder(cache, part)
  if (existsSync(folder)) return folder
  const started = Date.now()
  onProgress(`${part.title}: building`)
  const aside = `${folder}.partial`
  const build = async () => {
    await rm(aside, { recursive: true, force: true, maxRetries: 10 }) // A killed build's last process may still write.
    await mkdir(aside, { recursive: true })
    await part.build(aside)
  }
  // Most of it is downloaded, and a mirror that is being renewed, or a connection that breaks off, is well a moment later.
  await build().catch(async ({ message }: Error) => {
    onProgress(`${part.title}: ${message.split('\n')[0]}; once more`)
    await pause(again)
    await build()
  })
  await rename(aside, folder)
  onProgress(`${part.title}: ready after ${Math.round((Date.now() - started) / 1000)} s`)
  return folder
}

/** Removes what older recipes and interrupted builds left of these parts. */
export async function removeOutdated(cache: string, parts: readonly Part[]): Promise<void> {
  const current = new Set(parts.map((part) => `${part.name}-${fingerprint(part.recipe)}`))
  const ours = new RegExp(`^(${parts.map(({ name }) => name).join('|')})-[0-9a-f]{12}(\\.partial)?$`)
  for (const name of await readdir(cache))
    if (ours.test(name) && !current.has(name)) await rm(join(cache, name), { recursive: true, force: true })
}
