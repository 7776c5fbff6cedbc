// StartInstances: the exact command, and what each refusal becomes.
import { EC2Client, StartInstancesCommand } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { startInstances } from '../../functions/lib/aws/ec2/start.ts'
import { TryLater } from '../../functions/lib/domain/errors.ts'

const ec2 = mockClient(EC2Client)
beforeEach(() => ec2.reset())

const failing = (name: string) => ec2.on(StartInstancesCommand).rejects(Object.assign(new Error('why'), { name }))

test('several by their ids, in one call', async () => {
  ec2.on(StartInstancesCommand).resolves({})
  await expect(startInstances(['i-1', 'i-2'])).resolves.toBe('started')
  expect(ec2.commandCalls(StartInstancesCommand, { InstanceIds: ['i-1', 'i-2'] }, true)).toHaveLength(1)
})

test.each([
  ['IncorrectInstanceState', 'stopping'],
  ['InsufficientInstanceCapacity', 'no capacity'],
  ['InsufficientHostCapacity', 'no capacity'],
])('%s: %s', async (name, answer) => {
  failing(name)
  await expect(startInstances(['i-1'])).resolves.toBe(answer)
})

test.each(['VcpuLimitExceeded', 'UnauthorizedOperation', 'InvalidInstanceID.NotFound'])(
  '%s: refused, in EC2’s words',
  async (name) => {
    failing(name)
    await expect(startInstances(['i-1'])).rejects.toMatchObject({ name: 'StartRefused', message: `${name}: why` })
  },
)

test.each(['RequestLimitExceeded', 'InternalError'])('%s: later', async (name) => {
  failing(name)
  await expect(startInstances(['i-1'])).rejects.toBeInstanceOf(TryLater)
})
