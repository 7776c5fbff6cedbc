// npm run sbom [-- folder]: the bill of materials of what is in the zips, with licences, in the form of CycloneDX, beside them.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Component {
  readonly name: string
  readonly version: string
  /** SPDX expression. */
  readonly license: string
  /** Functions whose bundles hold some of it. */
  readonly usedBy: readonly string[]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** `node_modules/a/node_modules/@b/c/lib/d.js` -> `node_modules/a/node_modules/@b/c` */
const folderOf = (file: string): string | undefined => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]

/** The packages of which the bundles in a package folder are made, by name. */
export function components(packageFolder: string): Component[] {
  const users = new Map<string, Set<string>>()
  for (const file of globSync('*.contents.json', { cwd: packageFolder }).sort())
    for (const held of Object.keys(JSON.parse(readFileSync(join(packageFolder, file), 'utf8')))) {
      const folder = folderOf(held)
      if (!folder) continue
      users.set(folder, (users.get(folder) ?? new Set()).add(basename(file, '.contents.json')))
    }
  if (users.size === 0)
    throw new Error(`${packageFolder}: found no *.contents.json, wanted what npm run package writes`)
  return [...users]
    .map(([folder, usedBy]) => componentOf(folder, [...usedBy]))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function componentOf(folder: string, usedBy: readonly string[]): Component {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
  if (typeof license !== 'string')
    throw new Error(`${folder}/package.json: license: found ${JSON.stringify(license)}, wanted an SPDX expression`)
  return { name, version, license, usedBy }
}

/** https://cyclonedx.org/docs/1.6/json/ */
export function cycloneDx(all: readonly Component[]): object {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name, version, licenses: [{ license: { id: 'MIT' } }] } },
    components: all.map((one) => ({
      type: 'library',
      name: one.name,
      version: one.version,
      purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
      licenses: [{ expression: one.license }],
      properties: one.usedBy.map((value) => ({ name: 'ragstream-edge:function', value })),
    })),
  }
}

function main(folder: string): void {
  const all = components(folder)
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(cycloneDx(all), null, 2)}\n`)
  const byLicense = Map.groupBy(all, ({ license }) => license)
  for (const [license, some] of byLicense)
    console.log(`${license}: ${some.map((one) => `${one.name} ${one.version}`).join(', ')}`)
  console.log(`${all.length} packages; ${join(folder, 'sbom.cdx.json')} written`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2] ?? join(ROOT, '.serverless'))
