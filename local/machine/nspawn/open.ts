// The room of real machines: one run's network, services and hosts, and everything that can be observed on them.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openAuthority } from '../authority.ts'
import { cleanDeadRuns, removeRun, runsLock } from '../clean.ts'
import { withLock } from '../lock.ts'
import { type Callers, RESOLVER } from '../network/layout.ts'
import { type Network, startNetwork } from '../network/network.ts'
import { type RegistryStore, type Services, startServices } from '../network/services.ts'
import { cacheFolder } from '../paths.ts'
import { type RunRecord, registerRun } from '../runs.ts'
import type { MachineRoom } from '../types.ts'
import { type Evidence, evidence } from './evidence.ts'
import { type Host, host } from './machine.ts'
import type { Disk } from './supervise.ts'

export interface NspawnRoom extends MachineRoom {
  readonly kind: 'nspawn'
  machine(name: string, options: { readonly privateIp: string }): Promise<Host>
  /** How to start a program as the visitor: his namespace, his caching resolver. */
  readonly client: readonly string[]
  /** As whom the local cloud sees each caller: the edge translates, there is no route back to their own addresses. */
  readonly callers: Callers
  readonly evidence: Evidence
  /** The run's own folder: logs, disks; removed at the end. */
  readonly folder: string
}

/** Cleans what dead runs left, and builds the network. */
export async function openRoom(disk: Disk, registry: RegistryStore): Promise<NspawnRoom> {
  const record = await withLock(runsLock, async () => {
    await cleanDeadRuns()
    return registerRun((run) => join(cacheFolder(), 'runs', `rse-${run}`))
  })
  try {
    await mkdir(record.folder, { recursive: true })
    const network = await startNetwork(record.run)
    const services = await startServices(network, registry, record.folder)
    return roomOf(record, network, services, disk)
  } catch (error) {
    await withLock(runsLock, () => removeRun(record))
    throw error
  }
}

function roomOf(record: RunRecord, network: Network, services: Services, disk: Disk): NspawnRoom {
  const { layout, edge } = network
  const hosts = new Map<string, Host>()
  let closing: Promise<void> | undefined
  const close = async () => {
    await Promise.all([...hosts.values()].map((one) => one.cutPower()))
    await services.stop()
    await withLock(runsLock, () => removeRun(record))
  }
  return {
    kind: 'nspawn',
    notExercised: [],
    publicSide: network.inside(layout.publicSide),
    client: network.inside(layout.client),
    cloudAddress: layout.cloudAddress,
    callers: layout.callers,
    folder: record.folder,
    evidence: evidence(network, services),
    async emptyResolverCache() {
      const cleared = services.resolver.nextLine(/cleared cache/)
      process.kill(services.resolver.pid, 'SIGHUP') // dnsmasq(8): clears the cache
      await cleared
    },
    async machine(name, { privateIp }) {
      const taken = hosts.get(privateIp)
      if (taken) throw new Error(`machine ${name}: found ${privateIp} at ${taken.name}, wanted an address of its own`)
      const folder = join(record.folder, name)
      const onDestroyed = () => hosts.delete(privateIp)
      const made = host(name, { run: record.run, network, disk, folder, privateIp, onDestroyed })
      hosts.set(privateIp, made)
      return made
    },
    associate: edge.associate,
    disassociate: edge.disassociate,
    setInbound: edge.setInbound,
    setAcl: edge.setAcl,
    setInternetRoute: edge.setInternetRoute,
    visitorsResolver: `${RESOLVER}:53`,
    authority: openAuthority(record.folder),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
