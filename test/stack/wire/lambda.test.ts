// Lambda's Invoke as the real SDK client sees it.
import { GetAccountSettingsCommand, InvokeCommand } from '@aws-sdk/client-lambda'
import type { Functions } from '../../../local/wire/service.ts'
import { type Cloud, startCloud } from './clients.ts'

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:diagnose'

/** Echoes its payload; fails when it is asked to. */
const functions: Functions = {
  resources: () => [],
  logs: () => [],
  arnOf: (name) => ([ARN, 'diagnose'].includes(name) ? ARN : undefined),
  invoke: async (arn, payload) => ({
    payload: { arn, payload },
    failed: (payload as { fail?: boolean }).fail === true,
    log: `first\n${'x'.repeat(5000)}\nlast\n`,
  }),
}

let cloud: Cloud
beforeEach(async () => {
  cloud = await startCloud({ functions })
})
afterEach(() => cloud.close())

const invoke = (payload: unknown, more: object = {}) =>
  cloud.lambda.send(new InvokeCommand({ FunctionName: 'diagnose', Payload: JSON.stringify(payload), ...more }))

test('a payload goes in and a result comes out; by name or ARN', async () => {
  const answer = await invoke({ site: 'a.example' }, { FunctionName: ARN })
  expect(JSON.parse(answer.Payload!.transformToString())).toEqual({ arn: ARN, payload: { site: 'a.example' } })
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' })
  expect(answer.FunctionError).toBeUndefined()
  expect(answer.LogResult).toBeUndefined()
  expect(cloud.asked).toContainEqual(expect.objectContaining({ action: 'lambda:InvokeFunction', resources: [ARN] }))
})

test('an error is marked; the log’s last 4 KB come when asked for', async () => {
  const answer = await invoke({ fail: true }, { LogType: 'Tail' })
  expect(answer.FunctionError).toBe('Unhandled')
  const log = Buffer.from(answer.LogResult!, 'base64').toString()
  expect(log).toHaveLength(4096)
  expect(log.endsWith('x\nlast\n')).toBe(true)
})

test('a function that is not there, a denial, and a payload that is no JSON', async () => {
  await expect(invoke({}, { FunctionName: 'other' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await expect(invoke({}, { Payload: '{' })).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
  cloud.authorize = ({ action }) => `may not ${action}`
  await expect(invoke({})).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: 'may not lambda:InvokeFunction',
  })
})

test('what the account may run at once', async () => {
  const { AccountLimit } = await cloud.lambda.send(new GetAccountSettingsCommand())
  expect(AccountLimit).toEqual({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 })
  expect(cloud.asked).toContainEqual(expect.objectContaining({ action: 'lambda:GetAccountSettings' }))
})
