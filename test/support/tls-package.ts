// The packaged stack with HTTPS switched on for the declared site, as its owner's deploy would make it.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSite } from '../../functions/lib/domain/site.ts'
import { packaged } from '../../local/package.ts'
import { roles } from '../../resources/roles.ts'

const TEMPLATE = 'cloudformation-template-update-stack.json'

/**
 * `declared` false: the roles are ready, and the site is declared without.
 * @returns a folder of its own, for the test to remove
 */
export async function tlsPackage(fields: Readonly<Record<string, unknown>> = {}, declared = true): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-tls-'))
  cpSync(await packaged(), folder, { recursive: true })
  const template = JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'))
  const parameters: { Type: string; Properties: { Name: string; Value: string } }[] = Object.values(template.Resources)
  const [parameter] = parameters.filter(({ Type }) => Type === 'AWS::SSM::Parameter')
  const document = { ...JSON.parse(parameter!.Properties.Value), tls: 'acme', ...fields }
  if (declared) parameter!.Properties.Value = JSON.stringify(document)
  const parsed = parseSite(document)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  Object.assign(template.Resources, roles('prod', [parsed.site]))
  writeFileSync(join(folder, TEMPLATE), JSON.stringify(template))
  return folder
}
