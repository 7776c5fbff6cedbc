// The package as the deploy of many sites would make it, for what grows with their number.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packaged } from '../local/package.ts'
import { roles } from '../resources/roles.ts'
import { siteParameters } from '../resources/sites.ts'
import { aSite, siteDocument } from '../test/support/domain.ts'

const TEMPLATE = 'cloudformation-template-update-stack.json'

export const siteNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `site-${index}.example.com`)

interface Resource {
  readonly Type: string
  readonly Properties: { MemorySize?: number; FunctionName?: string }
  readonly DependsOn?: string[]
}

export interface StageOptions {
  /** For every function; without it as in serverless.yml. */
  readonly memoryMb?: number
  /** Fields of the site of this number beside what every site has. */
  readonly fieldsOf?: (index: number) => Readonly<Record<string, unknown>>
}

/** @returns a folder that is for the caller to remove */
export async function fullStage(
  hostnames: readonly string[],
  { memoryMb, fieldsOf = () => ({}) }: StageOptions = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-full-'))
  cpSync(await packaged(), folder, { recursive: true })
  const template = JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'))
  const sites = hostnames.map((hostname, index) => {
    const fields = fieldsOf(index)
    return { site: aSite(hostname, fields), document: JSON.stringify(siteDocument(hostname, fields)) }
  })
  const before = Object.entries<Resource>(template.Resources)
  const after = before.flatMap(([, { Type, DependsOn }]) => (Type === 'AWS::SSM::Parameter' ? (DependsOn ?? []) : []))
  for (const [id, { Type, Properties }] of before) {
    if (Type === 'AWS::SSM::Parameter') delete template.Resources[id]
    if (Type === 'AWS::Lambda::Function' && memoryMb !== undefined) Properties.MemorySize = memoryMb
  }
  const declared = sites.map(({ site }) => site)
  Object.assign(template.Resources, roles('prod', declared), siteParameters('prod', sites, after))
  writeFileSync(join(folder, TEMPLATE), JSON.stringify(template))
  return folder
}

/** Function, as in serverless.yml -> its megabytes. */
export function memoryOf(folder: string): ReadonlyMap<string, number> {
  const { Resources } = JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'))
  return new Map(
    Object.values<Resource>(Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties: { FunctionName = '', MemorySize = 128 } }) => [
        FunctionName.replace(/^ragstream-edge-prod-/, ''),
        MemorySize,
      ]),
  )
}
