// A private key that nobody needs is not kept: deletes what no site with TLS asks for any more.
import type { UnwantedCertificate } from '../domain/certificate.ts'
import type { Clock } from './clock.ts'
import { patiently } from './patiently.ts'

export interface UnwantedPorts {
  readUnwanted(): Promise<{
    readonly unwanted: readonly UnwantedCertificate[]
    /** Nobody else has a certificate, or may be meant to have one. */
    readonly isLast: boolean
  }>
  /** Deletes the secrets at a path. */
  discard(path: string): Promise<void>
  /** Deletes the account's key. */
  leaveAuthority(): Promise<void>
  /** Deletes the certificate's document. */
  forget(hostname: string): Promise<void>
  readonly clock: Clock
}

/** The documents go last: by them the next run finds what one that was killed has left. */
export async function discardUnwanted(ports: UnwantedPorts, deadline: number): Promise<readonly UnwantedCertificate[]> {
  const within = <T>(act: () => Promise<T>) => patiently(ports.clock, deadline, act)
  const { unwanted, isLast } = await within(ports.readUnwanted)
  for (const path of unwanted.flatMap(({ paths }) => paths)) await within(() => ports.discard(path))
  if (isLast && unwanted.length > 0) await within(ports.leaveAuthority)
  for (const { hostname } of unwanted) await within(() => ports.forget(hostname))
  return unwanted
}
