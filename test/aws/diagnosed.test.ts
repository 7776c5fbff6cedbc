// A person's diagnosis: a look that fails or proves nothing on a busy day is taken again, what the function refuses is told at once.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { jest } from '@jest/globals'
import { mockClient } from 'aws-sdk-client-mock'
import { diagnosed } from '../../cli/diagnose.ts'
import { Refused } from '../../cli/invoke.ts'

const lambda = mockClient(LambdaClient)
beforeEach(() => {
  lambda.reset()
  jest.useFakeTimers()
})
afterEach(() => void jest.useRealTimers())

const reply = (answer: object, FunctionError?: string) => ({
  ...(FunctionError && { FunctionError }),
  Payload: Object.assign(Buffer.from(JSON.stringify(answer)), { transformToString: () => JSON.stringify(answer) }),
})
const LATE = reply({ errorType: 'TryLater', errorMessage: 'the sites were not read in time' }, 'Unhandled')

/** Its outcome, and how often the function was asked. */
async function asking(): Promise<readonly [unknown, number]> {
  const outcome = diagnosed({ stage: 'prod' }, 'a.example.com').catch((error: Error) => error)
  await jest.advanceTimersByTimeAsync(60_000)
  return [await outcome, lambda.commandCalls(InvokeCommand).length]
}

test('two looks that fail, and one that is well', async () => {
  const live = { verdict: 'live' }
  lambda.on(InvokeCommand).resolvesOnce(LATE).resolvesOnce(LATE).resolves(reply(live))
  expect(await asking()).toEqual([live, 3])
})

test('three that fail: the last is told', async () => {
  lambda.on(InvokeCommand).resolves(LATE)
  expect(await asking()).toEqual([
    new Error('ragstream-edge-prod-diagnose: TryLater: the sites were not read in time'),
    3,
  ])
})

test('one that proves nothing is taken once more, and no more', async () => {
  const [unknown, live] = [{ verdict: 'unknown' }, { verdict: 'live' }]
  lambda.on(InvokeCommand).resolvesOnce(reply(unknown)).resolves(reply(live))
  expect(await asking()).toEqual([live, 2])
  lambda.reset()
  lambda.on(InvokeCommand).resolves(reply(unknown))
  expect(await asking()).toEqual([unknown, 2])
})

test('what is refused is not asked again', async () => {
  lambda.on(InvokeCommand).resolves(reply({ errorType: 'InvalidInput', errorMessage: 'site: found none' }, 'Unhandled'))
  expect(await asking()).toEqual([new Refused('site: found none'), 1])
})
