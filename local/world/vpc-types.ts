// The shapes of a VPC's subnet, security groups, network ACL and route table.

/** `-1`: every protocol and port. */
export type Protocol = 'tcp' | 'udp' | 'icmp' | '-1'

/** What a rule of a security group admits; inbound rules are the only ones that can be changed here, all egress is open. */
export interface GroupRule {
  readonly protocol: Protocol
  /** Null: all ports. */
  readonly ports: PortRange | null
  /** CIDR, for example 0.0.0.0/0. */
  readonly source: string
}

export interface PortRange {
  readonly from: number
  readonly to: number
}

export interface SecurityGroup {
  readonly id: string
  readonly name: string
  readonly inbound: readonly GroupRule[]
}

/** Of the entries of one direction the lowest number that matches decides; what none matches is denied. */
export interface AclEntry {
  readonly number: number
  readonly egress: boolean
  readonly action: 'allow' | 'deny'
  readonly protocol: Protocol
  readonly ports: PortRange | null
  readonly cidr: string
}

export interface NetworkAcl {
  readonly id: string
  readonly entries: readonly AclEntry[]
}

export interface Route {
  readonly destination: string
  /** `local`, or the id of an internet gateway. */
  readonly target: string
}

/** The VPC's main table: no subnet has one of its own. */
export interface RouteTable {
  readonly id: string
  readonly routes: readonly Route[]
}

export interface Vpc {
  readonly id: string
  readonly cidr: string
  readonly subnet: { readonly id: string; readonly cidr: string }
  readonly internetGateway: string
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>
  readonly networkAcl: NetworkAcl
  readonly routeTable: RouteTable
}
