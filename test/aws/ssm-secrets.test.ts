// The vault's adapter: what lies below a path, by the call that answers with no values.
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { listStored } from '../../functions/lib/aws/ssm/secrets.ts'
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
