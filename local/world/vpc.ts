// The default VPC: its subnet, security groups, network ACL and route table, as the API tells them. Pure; who obeys them is the room.

import { setOne } from './share.ts'
import { type Handler, quiet } from './transition.ts'
import { type Instance, ServiceError, type World } from './types.ts'
import type { GroupRule, SecurityGroup, Vpc } from './vpc-types.ts'

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
