// nginx, wrk and HAProxy as Debian has them, unpacked below the cache folder: installed, two of them would start as services.
import { globSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../local/machine/command.ts'
import { cacheFolder } from '../../local/machine/paths.ts'
import { buildPart, type Part, partFolder } from '../../local/machine/prepare/part.ts'
import type { Say } from '../figures.ts'

const PACKAGES = [
  ...['wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'],
  ...['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
  'nginx',
]

const part: Part = {
  title: 'nginx, wrk and HAProxy from Debian',
  name: 'bench-programs',
  recipe: PACKAGES,
  async build(folder) {
    const archives = join(folder, 'archives')
    await mkdir(archives)
    await run(['apt-get', 'download', ...PACKAGES], { cwd: archives })
    for (const file of globSync('*.deb', { cwd: archives })) await run(['dpkg', '-x', join(archives, file), folder])
    await rm(archives, { recursive: true })
  },
}

export interface Programs {
  readonly nginx: string
  readonly wrk: string
  readonly haproxy: string
  /** For all of them. */
  readonly env: Readonly<Record<string, string>>
}

export async function programs(say: Say): Promise<Programs> {
  await mkdir(cacheFolder(), { recursive: true })
  await buildPart(cacheFolder(), part, say)
  const folder = partFolder(cacheFolder(), part)
  const [libraries = ''] = globSync('usr/lib/*-linux-gnu*', { cwd: folder })
  const at = (path: string) => join(folder, path)
  return {
    nginx: at('usr/sbin/nginx'),
    wrk: at('usr/bin/wrk'),
    haproxy: at('usr/sbin/haproxy'),
    env: { LD_LIBRARY_PATH: at(libraries) },
  }
}
