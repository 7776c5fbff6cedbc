// All results of a diagnosis' probes as one value: each answer, each failure, each probe that was not made. judge.ts judges it.

import type { Instance } from '../domain/instance.ts'
import type { RecordSet } from '../domain/record.ts'
import type { Site } from '../domain/site.ts'
import type { Inspection } from '../hosts/inspection.ts'
import type { Place } from '../steps/place.ts'
import type { Network } from './network.ts'

/** A probe that failed is an observation too. `ms`: how long it took. */
export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T; readonly ms: number }
  | { readonly kind: 'failed'; readonly error: string; readonly ms: number }
  | { readonly kind: 'not asked'; readonly why: string }

export interface PlacedInstance extends Instance {
  readonly vpcId: string | undefined
  readonly subnetId: string | undefined
  readonly groupIds: readonly string[]
}

/** One name server's or resolver's A records for the site's name. */
export interface DnsAnswer {
  readonly server: string
  readonly addresses: readonly string[]
  /** Seconds for which this server remembers the answer. */
  readonly ttl: number | undefined
  /** The resolver's own code where there are none: ENOTFOUND (NXDOMAIN), ENODATA, ETIMEOUT, ESERVFAIL, EREFUSED. */
  readonly code: string | undefined
}

/** A TCP connection: `silent` is no answer inside the limit. */
export type Connection = 'open' | 'refused' | 'unreachable' | 'silent'

/** One HTTP exchange. `ended`: the connection ended without an answer, as nginx does at 444. */
export type HttpAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly server: string | undefined
      readonly body: string
      /** Where a redirect leads. */
      readonly location?: string
    }
  | { readonly kind: 'ended' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' }

/** The certificate that a visitor is shown. */
export interface ServedCertificate {
  readonly names: readonly string[]
  /** Names of the site that the certificate does not cover. */
  readonly lacks: readonly string[]
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly validTo: number
  /** `incomplete`: the certificate came without its chain, and its issuer is unknown; `untrusted`: its chain ends at an unknown issuer; `unjudged`: not known. */
  readonly chain: 'trusted' | 'incomplete' | 'untrusted' | 'unjudged'
}

/** A TLS handshake for the site's name. `ended`: the server broke it off. */
export type TlsAnswer =
  | { readonly kind: 'served'; readonly certificate: ServedCertificate }
  | { readonly kind: 'ended' | 'refused' | 'silent' }

/** The host's agent, as Systems Manager knows it; undefined if it knows none. */
export interface Agent {
  readonly pingStatus: string
  /** Milliseconds since the epoch. */
  readonly lastPing: number | undefined
}

/** The newest configure-host command for the site since the host's start. */
export interface LastCommand {
  readonly id: string
  readonly status: string
  /** Milliseconds since the epoch. */
  readonly requestedAt: number
  /** The last line that it printed. */
  readonly lastLine: string | undefined
}

/**
 * How the inspection ended: it printed; or the agent took it and we did not wait, because all was well from outside; or the agent
 * did not take it inside the limit.
 */
export type InspectionResult =
  /** `command`: the inspection. */
  | { readonly kind: 'inspected'; readonly command: string; readonly inspection: Inspection }
  | { readonly kind: 'taken' }
  | { readonly kind: 'not taken' }

/** The answer of an address that stands in the record and is not the instance's. */
export interface Stranger {
  readonly address: string
  readonly answer: HttpAnswer
}

export interface Observation {
  readonly site: Site
  /** Of the stack that looks. */
  readonly place: Place
  /** When the diagnosis began, milliseconds since the epoch. */
  readonly at: number
  readonly instances: Seen<readonly PlacedInstance[]>
  /** Records of every type at the site's name, as Route 53 holds them. */
  readonly records: Seen<readonly RecordSet[]>
  readonly nameServers: Seen<readonly DnsAnswer[]>
  readonly resolvers: Seen<readonly DnsAnswer[]>
  readonly network: Seen<Network>
  /** From outside, at the instance's public address. */
  readonly port80: Seen<Connection>
  readonly appPort: Seen<Connection>
  /** Of a site with a certificate, at port 443. */
  readonly tls: Seen<TlsAnswer>
  readonly health: Seen<HttpAnswer>
  readonly unknownHost: Seen<HttpAnswer>
  readonly webSocket: Seen<HttpAnswer>
  /** Headers of an upload of `UPLOAD_BYTES` and no body: status 100 when nginx asks for the body. */
  readonly upload: Seen<HttpAnswer>
  readonly strangers: Seen<readonly Stranger[]>
  readonly agent: Seen<Agent | undefined>
  readonly command: Seen<LastCommand | undefined>
  readonly host: Seen<InspectionResult>
}

/** Above nginx's own limit of 1 MB, and below what a site has by default. */
export const UPLOAD_BYTES = 2 * 1024 * 1024

/** The value of a probe that succeeded; undefined otherwise. */
export const valueIn = <T>(seen: Seen<T>): T | undefined => (seen.kind === 'seen' ? seen.value : undefined)

/**
 * The instance that is checked. If there are several: a running one, and of these the one that was started last, since
 * only a recent start can be unfinished.
 */
export function chosenInstance<Some extends Pick<PlacedInstance, 'id' | 'state' | 'launchTime'>>(
  instances: readonly Some[],
): Some | undefined {
  const rank = ({ state, launchTime }: Some): number => (state === 'running' ? 1e15 : 0) + launchTime
  return instances
    .filter(({ state }) => state !== 'terminated' && state !== 'shutting-down')
    .toSorted((a, b) => rank(b) - rank(a) || (a.id < b.id ? -1 : 1))[0]
}
