// What a fault is: something that really breaks on the local cloud, how it is undone, and what a diagnosis has to say of it.
import type { Authority } from '../machine/authority.ts'
import type { Machine } from '../machine/types.ts'
import type { LiveWorld } from '../world/types.ts'

/** Where faults are injected. */
export interface Scene {
  readonly world: LiveWorld
  readonly stage: string
  readonly site: { readonly hostname: string; readonly hostedZoneId: string }
  /** The instance behind the site. */
  readonly instanceId: string
  machine(instanceId: string): Machine
  /** Every machine is as the world says. */
  settled(): Promise<void>
  /** No message waits, none comes again within seconds, and no function runs. */
  idle(): Promise<void>
  /** The instance runs, its address is served, its host is configured. */
  live(): Promise<unknown>
  /** The next who ask are visitors whose resolver has not been asked yet. */
  forgetNames(): Promise<void>
  /** What the schedule does for the site: finds and mends what no event told. */
  resync(): Promise<unknown>
  /** Of the room; undefined where machines serve nobody. */
  readonly authority: Authority | undefined
  /** The SSM agent of the instance. */
  readonly agent: { stop(): Promise<void>; start(): Promise<void> }
}

export type Undo = () => Promise<void>

export interface Fault {
  /** One line for people. */
  readonly about: string
  /** What a diagnosis must say: the verdict, and causes of which one is the injected fault and all are told. */
  readonly expected: {
    readonly verdict: 'live' | 'asleep' | 'broken'
    /** Each of them must be named; none: a healthy site. */
    readonly causes: readonly string[]
    readonly restricted?: boolean
  }
  /** False: folders in place of machines show it too. */
  readonly needsRealMachines: boolean
  /** True: of a site with HTTPS, which the fault brings with it where the site has none; a scene that has it is quicker. */
  readonly ofHttps?: boolean
  inject(scene: Scene): Promise<Undo>
}

/** Resolves once the world is so. Rejects after `seconds`, naming what was waited for. */
export function until(world: LiveWorld, what: string, so: () => boolean, seconds = 300): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => void (so() && resolve())
  const unsubscribe = world.subscribe(look)
  const timer = setTimeout(() => reject(new Error(`${what}: not so after ${seconds} s`)), seconds * 1000)
  look()
  return promise.finally(() => {
    unsubscribe()
    clearTimeout(timer)
  })
}

/** Runs a script as root on a host. @throws Error with what it said when it fails */
export async function onHost(machine: Machine, script: string, ...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.exec(['bash', '-euc', script, 'bash', ...words], {
    timeoutMs: 180_000,
  })
  if (exitCode !== 0)
    throw new Error(`${machine.name}: exit code ${exitCode}, wanted 0: ${stderr.trim() || stdout.trim()}`)
  return stdout.trim()
}

/** The instance's own address and group, as the world has them now. */
export function instanceOf({ world, instanceId }: Scene) {
  const instance = world.state.instances.get(instanceId)
  if (instance === undefined) throw new Error(`${instanceId}: found no such instance, wanted one`)
  return instance
}
