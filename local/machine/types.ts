// A host that can be booted, told to run programs, and powered off. Knows nothing of AWS.
import type { Authority } from './authority.ts'

export interface ExecOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
}

export interface ExecResult {
  /** Null when ended by a signal or by the time limit. */
  readonly exitCode: number | null
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
}

export interface Machine {
  readonly name: string
  readonly running: boolean
  /** Resolves when the host accepts programs. Its disk is as the last power-off left it. */
  boot(): Promise<void>
  /** Runs a program as root on the host. Rejects only when the host is not running. A power-off ends it: exitCode null. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** Every process of the host ends; the disk stays. */
  powerOff(): Promise<void>
  /** Power off and remove the disk. */
  destroy(): Promise<void>
}

/** `all`: every protocol and port. */
export type Protocol = 'tcp' | 'udp' | 'icmp' | 'all'

export interface PortRange {
  readonly from: number
  readonly to: number
}

/** One line of the subnet's network ACL, which keeps no state: both directions of a flow are judged. The first that matches decides, else denied. */
export interface AclRule {
  readonly direction: 'in' | 'out'
  readonly action: 'allow' | 'deny'
  readonly protocol: Protocol
  readonly port: number | PortRange | null
  /** CIDR of the other side. */
  readonly peer: string
}

/** Inbound rules of the security group as the edge filters them: what is not listed is dropped silently. */
export interface InboundRule {
  readonly protocol: Protocol
  /** Null: every port. */
  readonly port: number | PortRange | null
  /** CIDR, for example 0.0.0.0/0. */
  readonly source: string
}

/** Where machines come from, and the network between them and the public side. */
export interface MachineRoom {
  readonly kind: 'rendered' | 'nspawn'
  /** What this kind of machine can not exercise, in words for the person who reads the run; empty when all is real. */
  readonly notExercised: readonly string[]
  machine(name: string, options: { readonly privateIp: string }): Promise<Machine>
  /** 1:1 NAT at the edge: packets to the public address reach the private one. */
  associate(publicIp: string, privateIp: string): Promise<void>
  disassociate(publicIp: string): Promise<void>
  setInbound(privateIp: string, rules: readonly InboundRule[]): Promise<void>
  /** What passes between a host's subnet and the Internet. All does until this is called. */
  setAcl(privateIp: string, rules: readonly AclRule[]): Promise<void>
  /** Whether the subnet's route table leads to an Internet gateway. It does until this is called. */
  setInternetRoute(privateIp: string, there: boolean): Promise<void>
  /** How to start a program on the public side of the network: prefix for its argv, empty when there is no namespace. */
  readonly publicSide: readonly string[]
  /** A caching resolver as visitors have one, `ip:port`, reachable from the public side; undefined where there is none. */
  readonly visitorsResolver: string | undefined
  /** A certificate authority that the functions trust; undefined where nobody meets a certificate. */
  readonly authority?: Authority
  /** From now on the visitor is somebody whose resolver has not been asked yet. */
  emptyResolverCache(): Promise<void>
  /** Address on which servers of the local cloud listen so that the public side and the hosts reach them. */
  readonly cloudAddress: string
  close(): Promise<void>
}
