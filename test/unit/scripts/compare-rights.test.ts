// The deploy role against the handlers' schemas: what is missing, what is too much, and what a table says that a schema no longer does.
import { compareRights } from '../../../scripts/compare-rights.ts'
import { deployRole, type Template } from '../../../scripts/deploy-role.ts'
import type { Schema } from '../../../scripts/handler-rights.ts'

const LOGS = 'AWS::Logs::LogGroup'

/** Enough of the real one (cfn-lint 1.58.0) to hold the table's entries for log groups. */
const schema: Schema = {
  properties: {
    BearerTokenAuthenticationEnabled: {},
    DataProtectionPolicy: {},
    DeletionProtectionEnabled: {},
    FieldIndexPolicies: {},
    KmsKeyId: {},
    ResourcePolicyDocument: {},
  },
  handlers: {
    create: {
      permissions: [
        'logs:CreateLogGroup',
        'logs:PutBearerTokenAuthentication',
        'logs:PutDataProtectionPolicy',
        'logs:CreateLogDelivery',
        'firehose:TagDeliveryStream',
        'logs:PutLogGroupDeletionProtection',
        'logs:PutIndexPolicy',
        'logs:AssociateKmsKey',
        'logs:PutResourcePolicy',
        's3:REST.PUT.OBJECT',
      ],
    },
    update: { permissions: ['logs:DeleteIndexPolicy', 'logs:DisassociateKmsKey', 'logs:DeleteResourcePolicy'] },
    delete: { permissions: ['logs:DeleteLogGroup', 'logs:DeleteDataProtectionPolicy'] },
    list: { permissions: ['logs:ListLogGroups'] },
  },
  tagging: { permissions: ['logs:TagResource'] },
}

const RIGHTS = ['logs:CreateLogGroup', 'logs:DeleteLogGroup', 'logs:TagResource']

const compare = (rights: readonly string[], properties = {}, schemas = { [LOGS]: schema }) =>
  compareRights(
    { Resources: { Log: { Type: LOGS, Properties: properties } } },
    schemas,
    (action) => !action.startsWith('s3:REST'),
    { own: { [LOGS]: rights }, always: [] },
  )

test('enough: what the handlers ask for, without properties that nobody sets, and without a list', () =>
  expect(compare(RIGHTS)).toEqual([]))

test('a right removed from the role', () =>
  expect(compare(RIGHTS.slice(1))).toEqual([
    `${LOGS}: found no right to logs:CreateLogGroup, which its handlers ask for`,
  ]))

test('a property that is set from now on wants its rights, at whatever depth', () =>
  expect(compare(RIGHTS, { Some: [{ KmsKeyId: 'key' }] })).toEqual([
    `${LOGS}: found no right to logs:AssociateKmsKey, which its handlers ask for`,
    `${LOGS}: found no right to logs:DisassociateKmsKey, which its handlers ask for`,
  ]))

test('a right that no handler asks for', () =>
  expect(compare([...RIGHTS, 'logs:GetLogEvents'])).toEqual([
    `${LOGS}: found the right to logs:GetLogEvents, which no handler asks for`,
  ]))

test('the right of a neighbour of the same service does not count; a type without rights of its own has those', () => {
  const both = (own: Readonly<Record<string, readonly string[]>>) => {
    const Resources: Template['Resources'] = { Log: { Type: LOGS }, Other: { Type: 'AWS::Logs::Other' } }
    const schemas = { [LOGS]: schema, 'AWS::Logs::Other': { properties: {}, handlers: schema.handlers } }
    return compareRights({ Resources }, schemas, (action) => action === 'logs:CreateLogGroup', { own, always: [] })
  }
  expect(both({ [LOGS]: ['logs:CreateLogGroup'] })).toEqual([])
  expect(both({ [LOGS]: [], 'AWS::Logs::Other': ['logs:CreateLogGroup'] })).toEqual([])
  expect(both({ [LOGS]: ['logs:DeleteLogGroup'], 'AWS::Logs::Other': ['logs:CreateLogGroup'] })).toEqual([
    `${LOGS}: found no right to logs:CreateLogGroup, which its handlers ask for`,
    `${LOGS}: found the right to logs:DeleteLogGroup, which no handler asks for`,
  ])
})

test('an entry of the table for which the schema has no property, or no handler that asks, is told', () => {
  const { KmsKeyId: _, ...properties } = schema.properties
  const { update: __, ...handlers } = schema.handlers
  expect(compare(RIGHTS, {}, { [LOGS]: { ...schema, properties, handlers } })).toEqual([
    `${LOGS} FieldIndexPolicies: found no handler that asks for logs:DeleteIndexPolicy`,
    `${LOGS} KmsKeyId: found no such property in the schema`,
    `${LOGS} KmsKeyId: found no handler that asks for logs:DisassociateKmsKey`,
    `${LOGS} ResourcePolicyDocument: found no handler that asks for logs:DeleteResourcePolicy`,
  ])
})

test('a boundary: no role without it, and nobody may take it away', () => {
  const bound = 'arn:aws:iam::123456789012:policy/bound'
  const written = (Properties: object) =>
    deployRole({ Resources: { Role: { Type: 'AWS::IAM::Role', Properties } } }).Statement.find(
      ({ Sid }) => Sid === 'RolesWritten',
    )
  expect(written({})).toMatchObject({ Action: ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy'] })
  expect(written({})).not.toHaveProperty('Condition')
  expect(written({ PermissionsBoundary: bound })).toMatchObject({
    Action: ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary'],
    Condition: { StringEquals: { 'iam:PermissionsBoundary': bound } },
  })
})
