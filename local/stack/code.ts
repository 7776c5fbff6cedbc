// A function's zip, unpacked into a folder as Lambda does into /var/task.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { unzipSync } from 'fflate'

export function unpack(zipFile: string, folder: string): void {
  const root = resolve(folder)
  mkdirSync(root, { recursive: true })
  for (const [name, content] of Object.entries(unzipSync(readFileSync(zipFile)))) {
    if (name.endsWith('/')) continue
    const file = join(root, name)
    if (!file.startsWith(root + sep)) throw new Error(`${zipFile}: the entry "${name}" leads out of the folder`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}
