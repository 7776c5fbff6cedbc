// The scene of the faults on a running cloud: one site, its instance, and what stands behind it.
import { setTimeout as pause } from 'node:timers/promises'
import type { LocalCloud } from './cloud.ts'
import type { Scene } from './faults/fault.ts'
import type { MachineRoom } from './machine/types.ts'
import { type DeclaredSite, untilLive } from './scenario.ts'

export interface FaultScene {
  readonly cloud: LocalCloud
  readonly room: MachineRoom
  readonly site: DeclaredSite
  readonly stage: string
  readonly instanceId: string
}

/** Milliseconds. Who found another's change of the record under way looks again sooner; what comes later is not about the record. */
const LONGEST_RETRY = 20_000

export function faultScene({ cloud, room, site, stage, instanceId }: FaultScene): Scene {
  const { world, hosts } = cloud
  return {
    ...{ world, stage, site, instanceId },
    machine(id) {
      const found = hosts.machine(id)
      if (!found) throw new Error(`${id}: found no machine, wanted one`)
      return found
    },
    settled: () => hosts.settled(),
    async idle() {
      await cloud.stack.idle()
      await Promise.race([cloud.stack.idle({ retries: true }), pause(LONGEST_RETRY, undefined, { ref: false })])
    },
    live: () => untilLive(cloud, site, instanceId),
    forgetNames: () => room.emptyResolverCache(),
    resync: () => cloud.stack.invoke('resync', { site: site.hostname }),
    authority: room.authority,
    agent: { stop: () => hosts.stopAgent(instanceId), start: () => hosts.startAgent(instanceId) },
  }
}
