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
  /** Each complete line of standard output, as soon as it is there. */
  readonly onLine?: (line: string, command: Command) => void
}

export interface Agent {
  /** Takes nothing more and reports nothing more. What runs on the machine goes on. */
  close(): void
}

/** The agent carries out up to five commands at once (CommandWorkersLimit). */
const WORKERS = 5

/** A machine tells nobody that it is up or down, so it is asked. */
const LOOK_MS = 50

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { world, instanceId, machine } = options
  const running = new Set<string>()
  let upSince: number | null = null
  let closed = false

  /** Up, registered since the instance's launch, and not before its time. */
  function online(): boolean {
    if (closed || !machine.running) {
      upSince = null
      return false
    }
    upSince ??= world.now()
    const instance = world.state.instances.get(instanceId)
    if (instance?.state !== 'running') return false
    if (instance.agent !== null && instance.agent.registeredAt >= instance.launchTime) return true
    if (world.now() - upSince < options.registerAfterMs) return false
    world.dispatch({ type: 'RegisterAgent', instanceId })
    return true
  }

  function look(): void {
    if (!online()) return
    for (const id of world.state.openCommands.keys()) {
      const command = world.state.commands.get(id)
      if (running.size >= WORKERS || command?.invocations.get(instanceId)?.status !== 'Pending') continue
      running.add(id)
      void take(command).finally(() => {
        running.delete(id)
        look()
      })
    }
  }

  async function take(command: Command): Promise<void> {
    const of = { commandId: command.id, instanceId }
    world.dispatch({ type: 'StartInvocation', ...of })
    const onLine = (line: string): void => options.onLine?.(line, command)
    const report = await runCommand(machine, command, onLine)
    if (report !== null && !closed) endInvocation(world, { type: 'EndInvocation', ...of, ...report })
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
