// What a diagnosis says: every hop with its evidence, and the causes with what to do. Judged in verdict.ts.

/** In the order of the picture. */
export const HOPS = [
  'instance',
  'public address',
  'record',
  'resolvers',
  'route',
  'network ACL',
  'security group',
  'port 80',
  'nginx',
  'container',
  'app',
  'websocket',
] as const

export type HopName = (typeof HOPS)[number]

export interface Hop {
  readonly hop: HopName
  readonly state: 'ok' | 'broken' | 'not reached' | 'unknown'
  /** Values and sources, one line. */
  readonly evidence: string
  /** Milliseconds that the slowest probe behind it took. */
  readonly ms?: number
}

/** Names are searched for in the runbook and asserted by tests: never renamed lightly. */
export const CAUSES = [
  'site-unknown',
  'site-broken',
  'no-instance',
  'instance-not-running',
  'no-public-address',
  'record-missing',
  'record-parked',
  'record-stale',
  'record-wrong',
  'resolvers-behind',
  'no-internet-gateway',
  'network-acl-closed',
  'security-group-closed',
  'app-port-open',
  'host-firewall',
  'no-answer',
  'connection-refused',
  'tls-closed',
  'served-by-hand',
  'nginx-down',
  'other-default-site',
  'site-block-missing',
  'container-down',
  'not-mapped',
  'not-kept-apart',
  'disk-low',
  'app-not-listening',
  'health-wrong',
  'site-full',
  'websocket-not-upgraded',
  'body-limit',
  'certificate-missing',
  'certificate-overdue',
  'certificate-expired',
  'certificate-wrong-name',
  'certificate-chain-incomplete',
  'certificate-untrusted',
  'redirect-loop',
  'gateway-timeout',
  'agent-offline',
  'command-failed',
] as const

export type CauseName = (typeof CAUSES)[number]

export interface Cause {
  readonly name: CauseName
  readonly hop: HopName
  /** One sentence: what is broken, with the values. */
  readonly what: string
  /** What to do. */
  readonly fix: string
  /** A second reading of the same evidence, and how to tell the two apart. */
  readonly or?: { readonly name: CauseName; readonly how: string }
}

export interface Diagnosis {
  readonly site: string
  /** ISO 8601. */
  readonly at: string
  readonly tookMs: number
  /** `asleep`: nothing is broken, the instance is stopped and the name is parked. */
  readonly verdict: 'live' | 'asleep' | 'broken' | 'unknown'
  /** The security group admits only some addresses, so the host's own probe decided. */
  readonly restricted: boolean
  /** One sentence for the person. */
  readonly sentence: string
  /** Most upstream first; several when several are proved. Also on a live site, for what is open or about to break. */
  readonly causes: readonly Cause[]
  readonly hops: readonly Hop[]
  /** At most 80 columns a line: the hops, the broken one marked. */
  readonly path: readonly string[]
}
