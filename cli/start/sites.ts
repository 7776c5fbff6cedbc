// The sites that a packaged stack declares, as the stack itself says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeclaredSite } from '../../local/scenario.ts'

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >
}

/** Names are `/ragstream-edge/<stage>/sites/<hostname>`. */
export function declaredSites(packageFolder: string): { stage: string; sites: DeclaredSite[] } {
  const file = join(packageFolder, 'cloudformation-template-update-stack.json')
  const template: Template = JSON.parse(readFileSync(file, 'utf8'))
  const parameters = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::SSM::Parameter')
  const sites = parameters.filter(({ Properties }) => String(Properties.Name).includes('/sites/'))
  const stage = String(sites[0]?.Properties.Name).split('/')[2] ?? ''
  return { stage, sites: sites.map(({ Properties }) => JSON.parse(String(Properties.Value))) }
}
