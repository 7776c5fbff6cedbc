// A package repository on the bench: the real Debian packages of what the document installs and all that they need, served over HTTP.
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from '../../../local/machine/command.ts'
import { withLock } from '../../../local/machine/lock.ts'
import { cacheFolder } from '../../../local/machine/paths.ts'
import { debianTree, SUITES, type Suite, treeRecipe } from '../../../local/machine/prepare/debian.ts'
import { buildPart, type Part, removeOutdated } from '../../../local/machine/prepare/part.ts'
import { describe as describeFile } from '../../../local/machine/prepare/registry.ts'
import { SUITE } from './bench.ts'

const KEEP = ['--skip=cleanup/apt/cache,essential/unlink']

/** Flat: every package beside the index. `packages` is the program's folder `archives` of a tree of the hosts' own suite. */
const repository = (packages: readonly string[], suite: Suite): Part => ({
  title: 'package repository',
  name: 'packages',
  recipe: { ...treeRecipe('extract', packages, suite), KEEP, index: 1 },
  async build(folder) {
    const tree = join(folder, 'tree')
    await debianTree(tree, 'extract', packages, { suite, more: KEEP })
    const archives = join(tree, 'var/cache/apt/archives')
    const files = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort()
    const entries: string[] = []
    for (const file of files) {
      entries.push(await entryOf(join(archives, file)))
      await rename(join(archives, file), join(folder, file))
    }
    await writeFile(join(folder, 'Packages'), entries.join('\n'))
    await rm(tree, { recursive: true })
  },
})

/** As dpkg-scanpackages writes it: the package's own fields, and where its file is and how it is known. */
async function entryOf(path: string): Promise<string> {
  const fields = await run(['dpkg-deb', '--field', path])
  const { digest, size } = await describeFile(path, '')
  return `${fields}Filename: ./${basename(path)}\nSize: ${size}\nSHA256: ${digest.replace('sha256:', '')}\n`
}

export interface PackageRepository {
  /** The line of a host's sources.list. */
  readonly source: string
  /** Paths that were asked for and answered with 200, in order. */
  readonly served: readonly string[]
  /** From now on a file whose name begins with it is answered with 404; undefined: none. */
  withhold(beginning: string | undefined): void
  close(): Promise<void>
}

export async function packageRepository(address: string, packages: readonly string[]): Promise<PackageRepository> {
  const cache = cacheFolder()
  const part = repository(packages, SUITE)
  await mkdir(cache, { recursive: true })
  const folder = await withLock(join(cache, 'prepare.lock'), async () => {
    const built = await buildPart(cache, part, () => {})
    await removeOutdated(
      cache,
      SUITES.map((suite) => repository(packages, suite)),
    )
    return built
  })
  return serve(address, folder)
}

async function serve(address: string, folder: string): Promise<PackageRepository> {
  const files = new Set(await readdir(folder))
  const served: string[] = []
  let withheld: string | undefined
  const server = createServer(({ url = '' }, response) => {
    const name = basename(decodeURIComponent(url))
    if (!files.has(name) || (withheld !== undefined && name.startsWith(withheld))) {
      response.writeHead(404).end()
      return
    }
    served.push(name)
    // apt hangs up on what it no longer wants.
    pipeline(createReadStream(join(folder, name)), response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, address, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    source: `deb [trusted=yes] http://${address}:${port}/ ./`,
    served,
    withhold(beginning) {
      withheld = beginning
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
