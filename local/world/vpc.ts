// The default VPC: its subnet, security groups, network ACL and route table, as the API tells them. Pure; who obeys them is the room.
import { type Handler, quiet } from './outcome.ts'
import { setOne } from './share.ts'
import { type Instance, ServiceError, type World } from './types.ts'

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

export const HTTP_FOR_ALL: GroupRule = { protocol: 'tcp', ports: { from: 80, to: 80 }, source: '0.0.0.0/0' }

const everything = { number: 100, action: 'allow', protocol: '-1', ports: null, cidr: '0.0.0.0/0' } as const

/** As AWS makes it with an account, and one security group `web` that lets visitors in. */
export function defaultVpc(): Vpc {
  const group: SecurityGroup = { id: 'sg-0a1b2c3d4e5f60718', name: 'web', inbound: [HTTP_FOR_ALL] }
  const internetGateway = 'igw-0a1b2c3d4e5f60718'
  return {
    id: 'vpc-0a1b2c3d4e5f60718',
    cidr: '172.31.0.0/16',
    subnet: { id: 'subnet-0a1b2c3d4e5f60718', cidr: '172.31.0.0/20' },
    internetGateway,
    securityGroups: new Map([[group.id, group]]),
    networkAcl: {
      id: 'acl-0a1b2c3d4e5f60718',
      entries: [
        { ...everything, egress: false },
        { ...everything, egress: true },
      ],
    },
    routeTable: {
      id: 'rtb-0a1b2c3d4e5f60718',
      routes: [
        { destination: '172.31.0.0/16', target: 'local' },
        { destination: '0.0.0.0/0', target: internetGateway },
      ],
    },
  }
}

export const groupsOf = ({ vpc }: World, { groupIds }: Instance): SecurityGroup[] =>
  groupIds.flatMap((id) => vpc.securityGroups.get(id) ?? [])

/** Whether the instance's subnet has a way to the Internet and back. */
export const hasInternet = ({ vpc }: World): boolean =>
  vpc.routeTable.routes.some(({ destination, target }) => destination === '0.0.0.0/0' && target === vpc.internetGateway)

/** Sets all inbound rules at once. */
export const setGroupRules: Handler<'SetGroupRules'> = (state, { groupId, inbound }) => {
  const group = state.vpc.securityGroups.get(groupId)
  if (group === undefined)
    throw new ServiceError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`)
  const securityGroups = setOne(state.vpc.securityGroups, groupId, { ...group, inbound })
  return quiet({ ...state, vpc: { ...state.vpc, securityGroups } })
}

export const setAclEntries: Handler<'SetAclEntries'> = (state, { entries }) =>
  quiet({ ...state, vpc: { ...state.vpc, networkAcl: { ...state.vpc.networkAcl, entries } } })

export const setRoutes: Handler<'SetRoutes'> = (state, { routes }) =>
  quiet({ ...state, vpc: { ...state.vpc, routeTable: { ...state.vpc.routeTable, routes } } })
