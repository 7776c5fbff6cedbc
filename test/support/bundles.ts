// The packaged functions: their zips, and of which files of which packages each bundle is made.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { unzipSync } from 'fflate'
import { packaged } from '../../local/package.ts'

export interface Bundle {
  readonly functionName: string
  readonly zip: Uint8Array
  /** Name in the zip -> content. */
  readonly entries: Readonly<Record<string, Uint8Array>>
  /** Source file -> bytes of it that are in the bundle. Of a package: `node_modules/…`. */
  readonly contents: Readonly<Record<string, number>>
}

export async function bundles(folder?: string): Promise<Bundle[]> {
  const from = folder ?? (await packaged())
  return globSync('*.zip', { cwd: from })
    .sort()
    .map((file) => {
      const functionName = basename(file, '.zip')
      const zip = readFileSync(join(from, file))
      const contents = JSON.parse(readFileSync(join(from, `${functionName}.contents.json`), 'utf8'))
      return { functionName, zip, entries: unzipSync(zip), contents }
    })
}
