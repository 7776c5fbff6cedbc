// The vault's adapter: what lies below a path, by the call that answers with no values.
import { DescribeParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { keyOf, listStored, writeSecret } from '../../functions/lib/aws/ssm/secrets.ts'
import { TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { inTurn, serviceError } from '../support/aws.ts'

const ssm = mockClient(SSMClient)
beforeEach(() => void ssm.reset())

const PATH = '/ragstream-edge/prod/tls'
const stored = (name: string) => ({ Name: `${PATH}/${name}`, LastModifiedDate: new Date(7000) })

test('every page, at any depth, with the time of the last change', async () => {
  const { inputs, answer } = inTurn(
    { Parameters: [stored('account')], NextToken: 'more' },
    { Parameters: [stored('app.example.com/ff/key')] },
  )
  ssm.on(DescribeParametersCommand).callsFake(answer)
  await expect(listStored(PATH)).resolves.toEqual([
    { name: `${PATH}/account`, modifiedAt: 7000 },
    { name: `${PATH}/app.example.com/ff/key`, modifiedAt: 7000 },
  ])
  const request = { ParameterFilters: [{ Key: 'Path', Option: 'Recursive', Values: [PATH] }], MaxResults: 50 }
  expect(inputs).toEqual([request, { ...request, NextToken: 'more' }])
})

test('half a parameter is no reply; throttled: later', async () => {
  ssm.on(DescribeParametersCommand).resolves({ Parameters: [{ Name: `${PATH}/account` }] })
  await expect(listStored(PATH)).rejects.toThrow(UnexpectedReply)
  ssm.on(DescribeParametersCommand).rejects(serviceError('ThrottlingException'))
  await expect(listStored(PATH)).rejects.toThrow(TryLater)
})

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1'
const SECRET = { Name: '/n', Type: 'SecureString', Overwrite: true }

test('the key of a secret, asked for by its whole name; of none: none', async () => {
  const { inputs, answer } = inTurn(
    { Parameters: [], NextToken: 'more' },
    { Parameters: [{ ...stored('account'), KeyId: KEY }] },
    { Parameters: [] },
  )
  ssm.on(DescribeParametersCommand).callsFake(answer)
  await expect(keyOf(`${PATH}/account`)).resolves.toBe(KEY)
  await expect(keyOf('/new')).resolves.toBeUndefined()
  const request = (name: string) => ({ ParameterFilters: [{ Key: 'Name', Values: [name] }], MaxResults: 50 })
  const first = request(`${PATH}/account`)
  expect(inputs).toEqual([first, { ...first, NextToken: 'more' }, request('/new')])
})

test.each([
  ['under the key of Parameter Store', 4096, undefined, {}],
  ['under a key of one’s own', 4096, KEY, { KeyId: KEY }],
  ['too long for a standard parameter: as an advanced one', 4097, undefined, { Tier: 'Advanced' }],
  ['the longest that there is', 8192, KEY, { KeyId: KEY, Tier: 'Advanced' }],
])('a secret is written %s', async (_, length, key, more) => {
  ssm.on(PutParameterCommand).resolves({ Version: 1 })
  await writeSecret('/n', 'v'.repeat(length), key)
  expect(ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input)).toEqual([
    { ...SECRET, Value: 'v'.repeat(length), ...more },
  ])
})

test('a secret that no parameter holds is not sent', async () => {
  await expect(writeSecret('/n', 'v'.repeat(8193))).rejects.toThrow('/n: found 8193 characters, wanted at most 8192')
  expect(ssm.commandCalls(PutParameterCommand)).toEqual([])
})
