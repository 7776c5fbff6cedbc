// May visitors' packets reach the host? Its security groups, the network ACL and the routes of its subnet. Pure.
import {
  admittedByAcl,
  admittedByGroups,
  admittedByRoutes,
  type Network,
  publicSources,
  ruleWords,
} from '../../functions/lib/diagnosis/network.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { AccountInstance } from './account.ts'
import { type Line, note, ok, problem, unread } from './line.ts'
import type { Read } from './reading.ts'

interface Placed {
  readonly instance: Pick<AccountInstance, 'groupIds'>
  readonly network: Read<Network>
}

/** They are read side by side, and EC2 does not always say which of them it refused. */
const RIGHTS = 'ec2:DescribeSecurityGroups, ec2:DescribeNetworkAcls and ec2:DescribeRouteTables'

export function judgeNetwork({ instance, network }: Placed, { tls, container }: Site): Line[] {
  if ('error' in network) return [unread('network', network.error, RIGHTS)]
  const ports = tls === 'acme' ? [80, 443] : [80]
  const group = instance.groupIds[0] ?? '<group>'
  return [
    ...ports.map((port) => judgeGroups(network.value, group, port)),
    ...judgeAppPort(network.value, group, container.hostPort),
    ...ports.flatMap((port) => judgeAcl(network.value, port)),
    ...judgeRoutes(network.value),
  ]
}

function judgeGroups({ groups }: Network, group: string, port: number): Line {
  const web = admittedByGroups(groups, port)
  const open = `aws ec2 authorize-security-group-ingress --region <region> --group-id ${group} --protocol tcp --port ${port} --cidr 0.0.0.0/0`
  return {
    all: ok('security group', `${web.by} admits TCP ${port}`),
    some: note(
      'security group',
      `TCP ${port} is open for some only: ${web.by}`,
      `when everybody shall see the site: ${open}`,
    ),
    none: problem('security group', `no rule of ${web.by} admits TCP ${port}`, open),
  }[web.kind]
}

function judgeAppPort({ groups }: Network, group: string, port: number): Line[] {
  const exposed = publicSources(groups, port)
  if (exposed.length === 0) return []
  const close = exposed.map(
    (source) =>
      `aws ec2 revoke-security-group-ingress --region <region> --group-id ${group} ${ruleWords(source, String(port))}`,
  )
  return [
    problem('security group', `TCP ${port}, the app’s own port, is open for ${exposed.join(', ')}`, close.join('; ')),
  ]
}

/** Said only where it is in the way: the default one lets everything through. */
function judgeAcl({ acl }: Network, port: number): Line[] {
  const way = acl && admittedByAcl(acl, port)
  if (!acl || !way || way.kind === 'all') return []
  const [direction, range] =
    way.way === 'out' ? ['--egress', 'From=1024,To=65535'] : ['--ingress', `From=${port},To=${port}`]
  const allow = `aws ec2 create-network-acl-entry --region <region> --network-acl-id ${acl.id} ${direction} --protocol tcp --port-range ${range} --cidr-block 0.0.0.0/0 --rule-action allow --rule-number <a number below the denying entry>`
  return way.kind === 'none'
    ? [problem('network ACL', way.by, allow)]
    : [note('network ACL', way.by, `when everybody shall see the site: ${allow}`)]
}

function judgeRoutes({ routeTable }: Network): Line[] {
  const way = routeTable && admittedByRoutes(routeTable)
  if (!routeTable || way?.kind !== 'none') return []
  return [
    problem(
      'route',
      `no way to an internet gateway: ${way.by}`,
      `aws ec2 create-route --region <region> --route-table-id ${routeTable.id} --destination-cidr-block 0.0.0.0/0 --gateway-id <the VPC’s igw-…>`,
    ),
  ]
}
