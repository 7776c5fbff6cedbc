// The SSM agent of one instance: registers after a boot, takes the commands that wait for it, reports how they ended.
import type { Machine } from '../machine/types.ts'
import { type Command, type LiveWorld, ServiceError } from '../world/types.ts'
import { runCommand } from './run.ts'

export interface AgentOptions {
  readonly world: LiveWorld
  readonly instanceId: string
  readonly machine: Machine
  /** From the machine being up to the registration; on EC2 seconds to minutes. */
  readonly registerAfterMs: number
  /**
   * What the agent keeps on the host's disk: each document that it has begun and not reported, with how often it began. One that starts runs
   * those again (amazon-ssm-agent, agent/framework/processor/processor.go).
   */
  readonly inProgress?: Map<string, number>
  /** Each complete line of standard output, as soon as it is there. */
  readonly onLine?: (line: string, command: Command) => void
}

export interface Agent {
  /** Takes nothing more and reports nothing more. What runs on the machine goes on. */
  close(): void
}

/** The agent carries out up to five commands at once (CommandWorkersLimit). */
const WORKERS = 5

/** A document is begun so often at most, and not when it was sent longer ago (milliseconds). */
const MOST_RUNS = 15
const OLDEST = 48 * 3_600_000

/** A machine tells nobody that it is up or down, so it is asked. */
const LOOK_MS = 50

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { world, instanceId, machine } = options
  const { inProgress = new Map<string, number>() } = options
  const running = new Set<string>()
  let upSince: number | null = null
  let closed = false

  /** Up, registered since the instance's launch, and not before its time. */
  function online(): boolean {
    if (closed || !machine.running) {
      upSince = null
      return false
    }
    if (upSince === null) {
      upSince = world.now()
      resume()
    }
    const instance = world.state.instances.get(instanceId)
    if (instance?.state !== 'running') return false
    if (instance.agent !== null && instance.agent.registeredAt >= instance.launchTime) return true
    if (world.now() - upSince < options.registerAfterMs) return false
    world.dispatch({ type: 'RegisterAgent', instanceId })
    return true
  }

  /** Of what it finds on the disk nobody tells it whether the service still waits for it. */
  function resume(): void {
    for (const [id, runs] of inProgress) {
      const command = world.state.commands.get(id)
      const isOver = command === undefined || runs >= MOST_RUNS || world.now() - command.requestedAt > OLDEST
      if (isOver) inProgress.delete(id)
      else if (!running.has(id)) begin(command)
    }
  }

  function look(): void {
    if (!online()) return
    for (const id of world.state.openCommands.keys()) {
      const command = world.state.commands.get(id)
      if (running.size >= WORKERS || command?.invocations.get(instanceId)?.status !== 'Pending') continue
      inProgress.set(id, 0)
      world.dispatch({ type: 'StartInvocation', commandId: id, instanceId })
      begin(command)
    }
  }

  function begin(command: Command): void {
    running.add(command.id)
    inProgress.set(command.id, (inProgress.get(command.id) ?? 0) + 1)
    void carryOut(command).finally(() => {
      running.delete(command.id)
      look()
    })
  }

  async function carryOut(command: Command): Promise<void> {
    const onLine = (line: string): void => options.onLine?.(line, command)
    const report = await runCommand(machine, command, onLine)
    if (report === null || closed) return
    inProgress.delete(command.id)
    endInvocation(world, { type: 'EndInvocation', commandId: command.id, instanceId, ...report })
  }

  const unsubscribe = world.subscribe(look)
  const timer = setInterval(look, LOOK_MS)
  look()
  return {
    close() {
      closed = true
      unsubscribe()
      clearInterval(timer)
    },
  }
}

type End = Extract<Parameters<LiveWorld['dispatch']>[0], { type: 'EndInvocation' }>

// The service may have given up on it meanwhile: then the report comes too late and changes nothing.
function endInvocation(world: LiveWorld, end: End): void {
  try {
    world.dispatch(end)
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === 'InvalidInvocationStatus')) throw error
  }
}
