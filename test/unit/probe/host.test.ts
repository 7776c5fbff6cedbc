// The inspection by Run Command: late, never taken, failed, garbled; and the limit around every probe.
import { jest } from '@jest/globals'
import { TryLater } from '../../../functions/lib/domain/errors.ts'
import { inspectHost } from '../../../functions/lib/hosts/command.ts'
import { type HostProbePorts, inspect } from '../../../functions/lib/probe/host.ts'
import { observe } from '../../../functions/lib/probe/limited.ts'
import { aSite } from '../../support/domain.ts'
import { anInspection } from '../../support/observation.ts'

type Invocation = Awaited<ReturnType<HostProbePorts['readInvocation']>>
const command = inspectHost(aSite(), 'InspectHost-0123abcd')
const LONG = 60_000

/** Each look at the command sees the next of these, the last one for ever. */
function ports(...seen: readonly Invocation[]): HostProbePorts & { readonly looks: string[] } {
  const looks: string[] = []
  return {
    looks,
    sendCommand: async (instanceId, { documentName }) => `${documentName} on ${instanceId}`,
    readInvocation: async (id) => {
      looks.push(id)
      return seen[Math.min(looks.length, seen.length) - 1]
    },
    sleep: () => Promise.resolve(),
  }
}
const look = (limit: number, isNeedless = () => false) => ({ instanceId: 'i-1', command, limit, isNeedless })
const status = (name: string, output = '') => ({ status: name, output })

test('a read that takes long is not begun where it would end after the limit', async () => {
  let now = 0
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now)
  const world = ports(status('Pending'))
  const slow: HostProbePorts = {
    ...world,
    readInvocation: async (...asked) => {
      now += 300
      return world.readInvocation(...asked)
    },
    sleep: async (ms) => {
      now += ms
    },
  }
  await expect(inspect(slow, look(1_200))).resolves.toEqual({ kind: 'not taken' })
  expect([world.looks.length, now]).toEqual([2, 800])
  clock.mockRestore()
})

test('unknown at first, then under way, then printed', async () => {
  const world = ports(
    undefined,
    status('Pending'),
    status('InProgress'),
    status('Success', JSON.stringify(anInspection())),
  )
  await expect(inspect(world, look(LONG))).resolves.toEqual({
    ...{ kind: 'inspected', command: 'InspectHost-0123abcd on i-1', inspection: anInspection() },
  })
  expect(world.looks).toEqual(Array(4).fill('InspectHost-0123abcd on i-1'))
})

test('inspected a moment ago: that output is read, and nothing is sent', async () => {
  const world = ports(status('Success', JSON.stringify(anInspection())))
  await expect(inspect(world, { ...look(LONG), known: 'c-1' })).resolves.toMatchObject({ command: 'c-1' })
  expect(world.looks).toEqual(['c-1'])
})

test.each([undefined, status('InProgress'), status('Failed')])(
  'that one is %j: the host is asked anew',
  async (seen) => {
    const world = ports(seen, status('Success', JSON.stringify(anInspection())))
    await expect(inspect(world, { ...look(LONG), known: 'c-1' })).resolves.toMatchObject({ kind: 'inspected' })
    expect(world.looks).toEqual(['c-1', 'InspectHost-0123abcd on i-1'])
  },
)

test.each([undefined, status('Pending'), status('Delayed'), status('Undeliverable')])(
  'never taken by the agent: %j',
  (seen) => expect(inspect(ports(seen), look(0))).resolves.toEqual({ kind: 'not taken' }),
)

test('throttled while it is under way: nothing is sent again; throttled to the limit: that is no answer of the host', async () => {
  const throttled = new TryLater('Throttling')
  const world = (...seen: readonly (Invocation | Error)[]) => {
    let reads = 0
    const readInvocation = async () => {
      const next = seen[Math.min(reads++, seen.length - 1)]
      if (next instanceof Error) throw next
      return next
    }
    return { ...ports(), readInvocation }
  }
  const printed = status('Success', JSON.stringify(anInspection()))
  await expect(inspect(world(throttled, throttled, printed), look(LONG))).resolves.toMatchObject({ kind: 'inspected' })
  await expect(inspect(world(throttled), look(0))).rejects.toBe(throttled)
  await expect(inspect(world(new Error('no right')), look(LONG))).rejects.toThrow('no right')
})

test.each([
  [status('InProgress', 'half'), /is InProgress: half/],
  [status('Failed', 'one\nbash: no such file\n'), /is Failed: bash: no such file/],
  [status('Success', 'Traceback'), /found "Traceback", wanted one JSON object/],
  [status('Success', '{"schema":2}'), /inspection: /],
])('%j is a failure', (seen, message) => expect(inspect(ports(seen), look(0))).rejects.toThrow(message))

test('all is well from outside: taken is enough, after a second', async () => {
  let now = 0
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now)
  const world = {
    ...ports(status('Pending'), status('InProgress')),
    sleep: async (ms: number) => {
      now += ms
    },
  }
  await expect(
    inspect(
      world,
      look(LONG, () => true),
    ),
  ).resolves.toEqual({ kind: 'taken' })
  expect(now).toBe(1_200)
  clock.mockRestore()
})

test('the parameters are those of the document, and the comment is none of a configuration', () =>
  expect(command).toEqual({
    documentName: 'InspectHost-0123abcd',
    parameters: {
      Hostname: 'app.example.com',
      HostPort: '8501',
      ContainerPort: '8501',
      HealthPath: '/_stcore/health',
      Websocket: '/_stcore/stream',
    },
    comment: 'a look by diagnose',
  }))

describe('a probe', () => {
  test('its value and its time', async () =>
    expect(await observe(LONG, async () => 'here')).toEqual({ kind: 'seen', value: 'here', ms: expect.any(Number) }))

  test('its failure is an observation, with the name of the error', async () => {
    const denied = Object.assign(new Error('not authorized'), { name: 'UnauthorizedOperation' })
    expect(await observe(LONG, () => Promise.reject(denied))).toMatchObject({
      kind: 'failed',
      error: 'UnauthorizedOperation: not authorized',
    })
    expect(await observe(LONG, () => Promise.reject('a word'))).toMatchObject({ kind: 'failed', error: 'a word' })
  })

  test('what never ends is left at the limit, and told so', async () => {
    let told: AbortSignal | undefined
    const never = (signal: AbortSignal) => {
      told = signal
      return new Promise<never>(() => {})
    }
    expect(await observe(1, never)).toMatchObject({ kind: 'failed', error: 'no result within 1 ms' })
    expect(told?.aborted).toBe(true)
  })
})
