// The requests of an order to a certificate authority, and the answers.
import type { Challenge } from './challenge.ts'

export interface Issued {
  /** PEM of the certificate, and of those between it and the root. */
  readonly certificate: string
  readonly chain: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** What has to be done here while an order is open. */
export interface OrderSteps {
  /** Has published every value when it resolves. */
  prove(challenges: readonly Challenge[]): Promise<void>
  /** Has stored the key (PEM, PKCS 8) when it resolves: from then on a certificate may have been issued. */
  keep(key: string): Promise<void>
}
