// The packaged stack with other sites than the repository declares, as their owner's deploy would make it.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSite } from '../../functions/lib/domain/site.ts'
import { packaged } from '../../local/package.ts'
import type { Resource } from '../../resources/cloudformation.ts'
import { roles } from '../../resources/roles.ts'
import { siteParameters } from '../../resources/sites.ts'

const TEMPLATE = 'cloudformation-template-update-stack.json'

type Fields = Readonly<Record<string, unknown>>

/**
 * Each site is the declared one with these fields. `declared` false: the roles are ready for it, and the site is declared as it is.
 * @returns a folder of its own, for the test to remove
 */
export async function declaring(
  sites: readonly Fields[],
  declared = true,
  from: Promise<string> = packaged(),
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-declaring-'))
  cpSync(await from, folder, { recursive: true })
  const template = JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'))
  const [[id, parameter]] = Object.entries<Resource>(template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::SSM::Parameter',
  ) as [[string, Resource]]
  const made = sites.map((fields) => {
    const document = { ...JSON.parse(String(parameter.Properties.Value)), ...fields }
    const parsed = parseSite(document)
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
    return { site: parsed.site, document: JSON.stringify(document) }
  })
  if (declared) {
    delete template.Resources[id]
    Object.assign(template.Resources, siteParameters('prod', made, parameter.DependsOn ?? []))
  }
  Object.assign(
    template.Resources,
    roles(
      'prod',
      made.map(({ site }) => site),
    ),
  )
  writeFileSync(join(folder, TEMPLATE), JSON.stringify(template))
  return folder
}
