// A security group's inbound rules, opened and closed by hand, as the lines `do:` of a diagnosis say.
import { ServiceError } from '../../world/types.ts'
import type { GroupRule, Protocol } from '../../world/vpc-types.ts'
import type { Operation } from '../service.ts'

interface Permission {
  readonly IpProtocol?: string
  readonly FromPort?: string
  readonly ToPort?: string
  readonly IpRanges?: readonly { readonly CidrIp?: string }[]
  readonly Ipv6Ranges?: readonly { readonly CidrIpv6?: string }[]
}

interface Change {
  readonly GroupId?: string
  readonly IpPermissions?: readonly Permission[]
}

/** `--protocol --port --cidr` of the AWS CLI become IpPermissions before they are sent. */
function rulesOf({ IpPermissions = [] }: Change): GroupRule[] {
  return IpPermissions.flatMap(({ IpProtocol: protocol = '-1', FromPort, ToPort, IpRanges = [], Ipv6Ranges = [] }) => {
    if (!isProtocol(protocol))
      throw new ServiceError('InvalidParameterValue', `The local cloud does not know the protocol ${protocol}`)
    const ports = FromPort === undefined ? null : { from: Number(FromPort), to: Number(ToPort) }
    const sources = [...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6)]
    return sources.flatMap((source) => (source ? [{ protocol, ports, source }] : []))
  })
}

const isProtocol = (text: string): text is Protocol => ['-1', 'tcp', 'udp', 'icmp'].includes(text)

/** A rule that is there twice, or is to go and is not there, fails the whole call. */
function changeRules(
  operation: string,
  refusal: string,
  change: (inbound: readonly GroupRule[], rules: readonly GroupRule[]) => readonly GroupRule[] | undefined,
): Operation<Change> {
  return {
    access: ({ GroupId = '' }, { state: { region, account } }) => [
      { action: `ec2:${operation}`, resources: [`arn:aws:ec2:${region}:${account}:security-group/${GroupId}`] },
    ],
    run(input, { state, world }) {
      const { GroupId = '' } = input
      const rules = rulesOf(input)
      if (rules.length === 0) throw new ServiceError('MissingParameter', 'The request must contain a rule')
      const inbound = change(state.vpc.securityGroups.get(GroupId)?.inbound ?? [], rules)
      if (inbound === undefined) throw new ServiceError(refusal, `${operation}: found ${JSON.stringify(rules)}`)
      world.dispatch({ type: 'SetGroupRules', groupId: GroupId, inbound })
      return { return: 'true' }
    },
  }
}

const isSame = (one: GroupRule, other: GroupRule): boolean => JSON.stringify(one) === JSON.stringify(other)
const has = (rules: readonly GroupRule[], rule: GroupRule): boolean => rules.some((one) => isSame(one, rule))

const authorize = changeRules('AuthorizeSecurityGroupIngress', 'InvalidPermission.Duplicate', (inbound, rules) =>
  rules.some((rule) => has(inbound, rule)) ? undefined : [...inbound, ...rules],
)

const revoke = changeRules('RevokeSecurityGroupIngress', 'InvalidPermission.NotFound', (inbound, rules) =>
  rules.every((rule) => has(inbound, rule)) ? inbound.filter((rule) => !has(rules, rule)) : undefined,
)

export const groupOperations = { AuthorizeSecurityGroupIngress: authorize, RevokeSecurityGroupIngress: revoke }
