// StopInstances: the exact command, and what each refusal becomes.
import { EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { stopInstance } from '../../functions/lib/aws/ec2/stop.ts'
import { TryLater } from '../../functions/lib/domain/errors.ts'

const ec2 = mockClient(EC2Client)
beforeEach(() => ec2.reset())

const failing = (name: string) => ec2.on(StopInstancesCommand).rejects(Object.assign(new Error('why'), { name }))

test('one instance by its id', async () => {
  ec2.on(StopInstancesCommand).resolves({})
  await stopInstance('i-1')
  expect(ec2.commandCalls(StopInstancesCommand, { InstanceIds: ['i-1'] }, true)).toHaveLength(1)
})

test.each(['OperationNotPermitted', 'UnsupportedOperation', 'UnauthorizedOperation'])(
  '%s: refused, in EC2’s words',
  async (name) => {
    failing(name)
    await expect(stopInstance('i-1')).rejects.toMatchObject({ name: 'StopRefused', message: `${name}: why` })
  },
)

test.each(['RequestLimitExceeded', 'InternalError'])('%s: later', async (name) => {
  failing(name)
  await expect(stopInstance('i-1')).rejects.toBeInstanceOf(TryLater)
})

test.each(['IncorrectInstanceState', 'InvalidInstanceID.NotFound'])(
  '%s: it stops already, or is gone',
  async (name) => {
    failing(name)
    await expect(stopInstance('i-1')).resolves.toBeUndefined()
  },
)
