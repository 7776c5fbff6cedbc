// What the compiled roles let the functions do, and nothing beyond: asked of the same policies that the cloud enforces.
import { join } from 'node:path'
import { packaged } from '../../../local/package.ts'
import { unknownActions, unknownConditionKeys } from '../../../local/stack/audit.ts'
import { readStack } from '../../../local/stack/deploy.ts'
import { ofType } from '../../../local/stack/template.ts'

const ACCOUNT = '123456789012'
const REGION = 'eu-central-1'
const ZONE = 'arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ'

const { template, authorize } = readStack(join(await packaged(), 'cloudformation-template-update-stack.json'), {
  account: ACCOUNT,
  region: REGION,
  queueOrigin: 'http://127.0.0.1:1',
})

const change = (names: string[], types = ['A'], actions = ['CREATE'], zone = ZONE) =>
  authorize({
    accessKeyId: 'DnsSyncRole',
    action: 'route53:ChangeResourceRecordSets',
    resources: [zone],
    context: {
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': names,
      'route53:ChangeResourceRecordSetsRecordTypes': types,
      'route53:ChangeResourceRecordSetsActions': actions,
    },
  })

describe('dns-sync', () => {
  test('may change the declared name', () => {
    expect(change(['ragstream.rusbehabtahi.com'], ['A'], ['CREATE', 'DELETE'])).toBeUndefined()
  })

  test.each([
    ['another name', change(['www.rusbehabtahi.com'])],
    ['the declared name together with another', change(['ragstream.rusbehabtahi.com', 'rusbehabtahi.com'])],
    ['another type', change(['ragstream.rusbehabtahi.com'], ['TXT'])],
    ['an UPSERT, which could overwrite an alias', change(['ragstream.rusbehabtahi.com'], ['A'], ['UPSERT'])],
    ['another zone', change(['ragstream.rusbehabtahi.com'], ['A'], ['CREATE'], 'arn:aws:route53:::hostedzone/ZOTHER')],
  ])('may not change %s', (_, denial) => {
    expect(denial).toMatch(/not authorized/i)
  })

  test('may not change anything when the request bears no names', () => {
    const request = {
      accessKeyId: 'DnsSyncRole',
      action: 'route53:ChangeResourceRecordSets',
      resources: [ZONE],
      context: {},
    }
    expect(authorize(request)).toMatch(/not authorized/i)
  })
})

describe('host-config', () => {
  const send = (resource: string, context = {}) =>
    authorize({ accessKeyId: 'HostConfigRole', action: 'ssm:SendCommand', resources: [resource], context })
  const instance = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-1234567890abcdef0`

  test('may send our document to an instance of the stage', () => {
    const document = template.resources.get('ConfigureHostDocument')!.ref
    expect(send(`arn:aws:ssm:${REGION}:${ACCOUNT}:document/${document}`)).toBeUndefined()
    expect(send(instance, { 'ssm:resourceTag/ragstream-edge:stage': 'prod' })).toBeUndefined()
  })

  test('may ask a host how it is, and cancel what it has sent', () => {
    const document = template.resources.get('InspectHostDocument')!.ref
    expect(send(`arn:aws:ssm:${REGION}:${ACCOUNT}:document/${document}`)).toBeUndefined()
    const cancel = { accessKeyId: 'HostConfigRole', action: 'ssm:CancelCommand', resources: ['*'], context: {} }
    expect(authorize(cancel)).toBeUndefined()
    expect(authorize({ ...cancel, accessKeyId: 'OutcomeRole' })).toMatch(/not authorized/i)
  })

  test.each([
    ['a document of somebody else', send(`arn:aws:ssm:${REGION}::document/AWS-RunShellScript`)],
    ['to an instance without the tag', send(instance)],
    ['to an instance of another stage', send(instance, { 'ssm:resourceTag/ragstream-edge:stage': 'dev' })],
  ])('may not send %s', (_, denial) => {
    expect(denial).toMatch(/not authorized/i)
  })

  test('may not change records', () => {
    expect(
      authorize({
        accessKeyId: 'HostConfigRole',
        action: 'route53:ChangeResourceRecordSets',
        resources: [ZONE],
        context: {},
      }),
    ).toMatch(/not authorized/i)
  })
})

test('AWS’s own document, which runs any text, is for the maintainer alone: no role of a function may send it', () => {
  const resources = [`arn:aws:ssm:${REGION}::document/AWS-RunShellScript`]
  const denied = ofType(template, 'AWS::IAM::Role').map(({ logicalId: accessKeyId }) => [
    accessKeyId,
    authorize({ accessKeyId, action: 'ssm:SendCommand', resources, context: {} }),
  ])
  expect(denied.length).toBeGreaterThan(5)
  expect(denied.filter(([, denial]) => !denial)).toEqual([])
  expect(authorize({ accessKeyId: 'local-admin', action: 'ssm:SendCommand', resources, context: {} })).toBeUndefined()
})

test('every action and condition key of the roles exists', async () => {
  expect(await unknownActions(template)).toEqual([])
  expect(await unknownConditionKeys(template)).toEqual([])
})
