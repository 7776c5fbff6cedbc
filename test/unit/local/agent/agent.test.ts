// The agent on a live world and a machine that records: registration, delivery, limits, and silence when the host is off.
import { startAgent } from '../../../../local/agent/agent.ts'
import type { ExecOptions, ExecResult, Machine } from '../../../../local/machine/types.ts'
import { liveWorld } from '../../../../local/world/live.ts'
import type { DocumentContent, Invocation, LiveWorld, World } from '../../../../local/world/types.ts'
import { createWorld } from '../../../../local/world/world.ts'

const ID = 'i-00000000000000001'

const content: DocumentContent = {
  schemaVersion: '2.2',
  parameters: { Name: { type: 'String', allowedPattern: '^[a-z]+$' }, Limit: { type: 'String', default: '7' } },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'one',
      inputs: { runCommand: ['#!/bin/bash', "echo '{{ Name }}' {{other}}"], timeoutSeconds: '{{ Limit }}' },
    },
  ],
}

interface Execution {
  readonly argv: readonly string[]
  readonly options: ExecOptions
  end(result: Partial<ExecResult>): void
}

/** A machine whose programs end when the test says so. */
function recordingMachine(): Machine & { executions: Execution[]; power(on: boolean): void } {
  const executions: Execution[] = []
  let running = true
  return {
    name: 'test',
    executions,
    power(on) {
      running = on
    },
    get running() {
      return running
    },
    async boot() {
      running = true
    },
    exec(argv, options = {}) {
      return new Promise((resolve) => {
        executions.push({
          argv,
          options,
          end: (result) => resolve({ exitCode: 0, timedOut: false, stdout: '', stderr: '', ...result }),
        })
      })
    },
    async powerOff() {
      running = false
    },
    async destroy() {
      running = false
    },
  }
}

let world: LiveWorld
let machine: ReturnType<typeof recordingMachine>
let agent: { close(): void }
const lines: string[] = []

beforeEach(() => {
  lines.length = 0
  world = liveWorld(createWorld({ tempo: { pendingMs: 5, stoppingMs: 5 } }))
  world.dispatch({ type: 'RunInstance', id: ID, tags: {}, state: 'running' })
  world.dispatch({ type: 'CreateDocument', name: 'doc', content })
  machine = recordingMachine()
})
afterEach(() => {
  agent.close()
  world.close()
})

async function begin(registerAfterMs = 0): Promise<void> {
  agent = await startAgent({ world, instanceId: ID, machine, registerAfterMs, onLine: (line) => lines.push(line) })
}

const send = (name = 'abc'): string =>
  world.dispatch({ type: 'SendCommand', documentName: 'doc', instanceIds: [ID], parameters: { Name: [name] } }).id

const invocation = (id: string): Invocation => world.state.commands.get(id)!.invocations.get(ID)!

/** Resolves at the first state of the world of which this is true. */
function until(holds: (state: World) => boolean): Promise<void> {
  if (holds(world.state)) return Promise.resolve()
  return new Promise((resolve) => {
    const stop = world.subscribe(({ state }) => {
      if (!holds(state)) return
      stop()
      resolve()
    })
  })
}

const ended = (id: string): Promise<void> =>
  until((state) => state.commands.get(id)!.invocations.get(ID)!.endedAt !== null)

test('it registers once the machine is up, not before', async () => {
  machine.power(false)
  await begin(1)
  expect(world.state.instances.get(ID)?.agent).toBeNull()
  expect(() => send()).toThrow(/not in a valid state/)
  machine.power(true)
  await until((state) => state.instances.get(ID)?.agent != null)
  expect(() => send()).not.toThrow()
})

test('it pastes the values as text, leaves unknown names, and runs the script by its shebang within its time limit', async () => {
  await begin()
  send('abc')
  expect(machine.executions[0]).toMatchObject({
    argv: ['bash', '-c', "#!/bin/bash\necho 'abc' {{other}}"],
    options: { timeoutMs: 7000 },
  })
})

test('exit code 0 is Success, any other Failed, with the output', async () => {
  await begin()
  const [good, bad] = [send(), send()]
  expect(invocation(good).status).toBe('InProgress')
  machine.executions[0]!.end({ stdout: 'out\n', stderr: 'err\n' })
  machine.executions[1]!.end({ exitCode: 3 })
  await Promise.all([ended(good), ended(bad)])
  expect(invocation(good)).toMatchObject({ status: 'Success', responseCode: 0, stdout: 'out\n', stderr: 'err\n' })
  expect(invocation(bad)).toMatchObject({ status: 'Failed', responseCode: 3 })
})

test('a script over its time limit is TimedOut', async () => {
  await begin()
  const id = send()
  machine.executions[0]!.end({ exitCode: null, timedOut: true })
  await ended(id)
  expect(invocation(id)).toMatchObject({ status: 'TimedOut', responseCode: -1 })
})

test('output is cut at 24,000 and 8,000 characters', async () => {
  await begin()
  const id = send()
  machine.executions[0]!.end({ stdout: 'x'.repeat(30_000), stderr: 'y'.repeat(30_000) })
  await ended(id)
  expect([invocation(id).stdout.length, invocation(id).stderr.length]).toEqual([24_000, 8_000])
})

test('each complete line is passed on at once, the rest at the end', async () => {
  await begin()
  const id = send()
  const { options, end } = machine.executions[0]!
  options.onOutput?.('stdout', 'step=a resu')
  expect(lines).toEqual([])
  options.onOutput?.('stdout', 'lt=ok\nstep=b result=ok\nstep')
  options.onOutput?.('stderr', 'not this\n')
  expect(lines).toEqual(['step=a result=ok', 'step=b result=ok'])
  end({})
  await ended(id)
  expect(lines).toEqual(['step=a result=ok', 'step=b result=ok', 'step'])
})

test('five at once, the sixth when one has ended', async () => {
  await begin()
  const ids = Array.from({ length: 6 }, () => send())
  expect(machine.executions).toHaveLength(5)
  expect(invocation(ids[5]!).status).toBe('Pending')
  machine.executions[0]!.end({})
  await until((state) => state.commands.get(ids[5]!)!.invocations.get(ID)!.status === 'InProgress')
  expect(machine.executions).toHaveLength(6)
})

test('a host that went down under a command reports nothing, and takes nothing', async () => {
  await begin()
  const [under, waiting] = [send(), send()]
  machine.power(false)
  machine.executions[0]!.end({ exitCode: null })
  machine.executions[1]!.end({ exitCode: null })
  const after = send()
  await new Promise((resolve) => setImmediate(resolve))
  expect([under, waiting, after].map((id) => invocation(id).status)).toEqual(['InProgress', 'InProgress', 'Pending'])
  expect(machine.executions).toHaveLength(2)
})

test('one that starts again begins what it finds in progress once more, but not what it lost or what is too old', async () => {
  const inProgress = new Map<string, number>()
  const startAnew = async () => {
    agent?.close()
    agent = await startAgent({ world, instanceId: ID, machine, registerAfterMs: 0, inProgress })
  }
  await startAnew()
  const id = send()
  expect([...inProgress]).toEqual([[id, 1]])
  await startAnew()
  expect(machine.executions).toHaveLength(2)
  machine.executions[0]!.end({ stdout: 'of the one that is gone' })
  machine.executions[1]!.end({ stdout: 'again' })
  await ended(id)
  expect(invocation(id)).toMatchObject({ status: 'Success', stdout: 'again' })
  expect(inProgress.size).toBe(0)
  const lost = send()
  inProgress.clear()
  await startAnew()
  expect([machine.executions.length, invocation(lost).status]).toEqual([3, 'InProgress'])
  inProgress.set(lost, 15)
  await startAnew()
  expect([machine.executions.length, inProgress.size]).toEqual([3, 0])
})

test('after a stop and a start it registers again', async () => {
  await begin()
  const { registeredAt } = world.state.instances.get(ID)!.agent!
  machine.power(false)
  world.dispatch({ type: 'StopInstances', ids: [ID] })
  await until((state) => state.instances.get(ID)?.state === 'stopped')
  world.dispatch({ type: 'StartInstances', ids: [ID] })
  await until((state) => state.instances.get(ID)?.state === 'running')
  expect(() => send()).toThrow(/not in a valid state/)
  machine.power(true)
  await until((state) => (state.instances.get(ID)?.agent?.registeredAt ?? 0) > registeredAt)
  expect(() => send()).not.toThrow()
})

test('a value outside the pattern fails on the agent, too, and nothing runs', async () => {
  const { parameterProblems } = await import('../../../../local/agent/script.ts')
  expect(parameterProblems(content, { Name: ["'; reboot"], Limit: ['7'] })).toEqual([
    `Parameter Name has a value that is not allowed: "'; reboot"`,
  ])
  expect(parameterProblems(content, { Limit: ['7'] })).toEqual(['Parameter Name is missing'])
  await begin()
})

test('a report that comes too late changes nothing', async () => {
  await begin()
  const id = send()
  world.dispatch({
    type: 'EndInvocation',
    commandId: id,
    instanceId: ID,
    status: 'TimedOut',
    responseCode: -1,
    stdout: '',
    stderr: '',
  })
  machine.executions[0]!.end({ stdout: 'late' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(invocation(id)).toMatchObject({ status: 'TimedOut', stdout: '' })
})
