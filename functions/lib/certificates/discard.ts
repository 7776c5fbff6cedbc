// Deletes keys and certificates that no site with TLS needs any more: an unused private key is not kept.

import type { Clock } from '../steps/clock.ts'
import { patiently } from '../steps/patiently.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import type { UnwantedCertificate } from './unwanted.ts'

export interface UnwantedPorts {
  readUnwanted(): Promise<{
    readonly unwanted: readonly UnwantedCertificate[]
    /** True if no other site has a certificate, or may need one. */
    readonly isLast: boolean
  }>
  /** Deletes the secrets at a path. */
  discard(path: string): Promise<void>
  /** Deletes the account's key. */
  leaveAuthority(): Promise<void>
  /** Overwrites the certificate's document with NOTHING. */
  forget(hostname: string): Promise<void>
  /** Names of secrets that no document names, and that no run can be about to name. */
  listOrphans(): Promise<readonly string[]>
  deleteOrphan(name: string): Promise<void>
  readonly clock: Clock
}

export async function discardLeftovers(ports: UnwantedPorts, deadline: number, telemetry: Telemetry): Promise<void> {
  for (const { hostname } of await discardUnwanted(ports, deadline))
    telemetry.info(`the certificate of ${hostname} and its key are deleted: no site with TLS has that name`)
  for (const name of await discardOrphans(ports, deadline))
    telemetry.info(`${name} is deleted: no certificate in use belongs to it`)
}

/** The documents are emptied last: they lead the next run to what a killed run left. */
export async function discardUnwanted(ports: UnwantedPorts, deadline: number): Promise<readonly UnwantedCertificate[]> {
  const within = <T>(act: () => Promise<T>) => patiently(ports.clock, deadline, act)
  const { unwanted } = await within(ports.readUnwanted)
  const discarded: UnwantedCertificate[] = []
  for (const one of unwanted) {
    // Read again before each act: if HTTPS was switched on again since, its parameters are needed.
    const isStill = async () => await stillUnwanted(ports, deadline, one)
    if (!(await isStill())) continue
    for (const path of one.paths) await within(() => ports.discard(path))
    const still = await isStill()
    if (!still) continue
    if (still.isLast) await within(ports.leaveAuthority)
    await within(() => ports.forget(one.hostname))
    discarded.push(one)
  }
  return discarded
}

async function stillUnwanted(ports: UnwantedPorts, deadline: number, { hostname, paths }: UnwantedCertificate) {
  const { unwanted, isLast } = await patiently(ports.clock, deadline, ports.readUnwanted)
  const isSame = unwanted.some((one) => one.hostname === hostname && one.paths.join() === paths.join())
  return isSame ? { isLast } : undefined
}

/** @returns what runs that were killed, or failed, had left, by name */
async function discardOrphans(ports: UnwantedPorts, deadline: number): Promise<readonly string[]> {
  const names = await patiently(ports.clock, deadline, ports.listOrphans)
  for (const name of names) await patiently(ports.clock, deadline, () => ports.deleteOrphan(name))
  return names
}
