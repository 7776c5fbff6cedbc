// The account's network around an instance, and who its rules let through. Pure: rules are judged, never changed.
import { covers, type Span, spanOf, subtract } from './addresses.ts'

export interface GroupRule {
  readonly groupId: string
  /** `tcp`, `udp`, `icmp`, a number, or `-1` for everything. */
  readonly protocol: string
  /** Undefined: all ports. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** CIDR blocks, ids of prefix lists and of security groups. */
  readonly sources: readonly string[]
}

export interface AclEntry {
  readonly number: number
  readonly egress: boolean
  readonly action: 'allow' | 'deny'
  /** As number: `6` is TCP, `-1` everything. */
  readonly protocol: string
  readonly from: number | undefined
  readonly to: number | undefined
  readonly cidr: string
}

export interface Route {
  readonly destination: string
  /** `local`, or an id such as `igw-…`. */
  readonly target: string
  readonly active: boolean
}

export interface Network {
  readonly groups: readonly { readonly id: string; readonly inbound: readonly GroupRule[] }[]
  readonly acl: { readonly id: string; readonly entries: readonly AclEntry[] } | undefined
  readonly routeTable: { readonly id: string; readonly main: boolean; readonly routes: readonly Route[] } | undefined
}

/** Who gets through: all of the IPv4 Internet, only some (named), or nobody. */
export interface Admission {
  readonly kind: 'all' | 'some' | 'none'
  /** The rules behind it, for a person. */
  readonly by: string
  /** Of a network ACL: whether visitors' packets or the answers to them are held back. */
  readonly way?: 'in' | 'out'
}

const isTcp = (protocol: string): boolean => ['tcp', '6', '-1'].includes(protocol)

const hasPort = ({ from, to }: { from: number | undefined; to: number | undefined }, port: number): boolean =>
  from === undefined || from === -1 || (from <= port && port <= (to ?? from))

/** A group has no deny: what one rule of one group admits is admitted. */
export function admittedByGroups(groups: Network['groups'], port: number): Admission {
  const rules = groups.flatMap(({ inbound }) => inbound).filter((rule) => isTcp(rule.protocol) && hasPort(rule, port))
  const sources = [...new Set(rules.flatMap((rule) => rule.sources))]
  const spans = sources.flatMap((source) => spanOf(source) ?? [])
  const by = [...new Set(rules.map((rule) => rule.groupId))].join(', ') || groups.map(({ id }) => id).join(', ')
  if (covers(spans)) return { kind: 'all', by }
  if (sources.length > 0) return { kind: 'some', by: `${by}: only ${sources.join(', ')}` }
  return { kind: 'none', by }
}

/** What `aws ec2 revoke-security-group-ingress` wants besides the group: `--cidr` takes IPv4 alone. */
export const ruleWords = (source: string, port: string): string =>
  source.includes(':')
    ? `--ip-permissions "IpProtocol=tcp,FromPort=${port},ToPort=${port},Ipv6Ranges=[{CidrIpv6=${source}}]"`
    : `--protocol tcp --port ${port} --cidr ${source}`

/** Sources outside the private ranges (RFC 1918) that a group admits to this port. */
export function publicSources(groups: Network['groups'], port: number): string[] {
  const rules = groups.flatMap(({ inbound }) => inbound).filter((rule) => isTcp(rule.protocol) && hasPort(rule, port))
  const sources = [...new Set(rules.flatMap((rule) => rule.sources))]
  return sources.filter((source) => source.includes(':') || leavesPrivate(source))
}

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8'].flatMap((cidr) => spanOf(cidr) ?? [])

const leavesPrivate = (source: string): boolean => {
  const span = spanOf(source)
  return span !== undefined && subtract(span, PRIVATE).length > 0
}

/**
 * Entries are tried by number, and the first that matches decides (VPC user guide, "Network ACL rules"). An ACL keeps no
 * state, so the answers need a way of their own.
 */
export function admittedByAcl(acl: NonNullable<Network['acl']>, port: number): Admission {
  const inward = throughAcl(acl, false, port)
  const denied = inward === 'none' ? 'is denied' : 'is allowed for some only'
  if (inward !== 'all') return { kind: inward, by: `${acl.id}: inbound TCP ${port} ${denied}`, way: 'in' }
  const back = ephemeralSegments(acl).map((segment) => ({ ...segment, kind: throughAcl(acl, true, segment.from) }))
  const shut = back.filter(({ kind }) => kind !== 'all')
  const by = shut.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
  if (shut.length === 0) return { kind: 'all', by: acl.id }
  const kind = shut.length === back.length && shut.every((one) => one.kind === 'none') ? 'none' : 'some'
  return { kind, by: `${acl.id}: outbound answers to TCP ports ${by} are denied`, way: 'out' }
}

/** Whether an ACL lets a connection from the inside to this port out, and its answers in. */
export const letsOut = (acl: NonNullable<Network['acl']>, port: number): boolean =>
  throughAcl(acl, true, port) !== 'none' && throughAcl(acl, false, EPHEMERAL.from) !== 'none'

/** Ports that today's systems open connections from: Linux 32768-60999, Windows and macOS 49152-65535. */
const EPHEMERAL = { from: 32_768, to: 65_535 }

/** The ephemeral ports, cut wherever an entry begins or ends: inside a piece all ports fare alike. */
function ephemeralSegments({ entries }: NonNullable<Network['acl']>): { from: number; to: number }[] {
  const cuts = entries
    .filter(({ egress }) => egress)
    .flatMap(({ from, to }) => (from === undefined ? [] : [from, (to ?? from) + 1]))
    .filter((cut) => cut > EPHEMERAL.from && cut <= EPHEMERAL.to)
  const starts = [...new Set([EPHEMERAL.from, ...cuts])].sort((a, b) => a - b)
  return starts.map((from, index) => ({ from, to: (starts[index + 1] ?? EPHEMERAL.to + 1) - 1 }))
}

function throughAcl(acl: NonNullable<Network['acl']>, egress: boolean, port: number): Admission['kind'] {
  const decided: Span[] = []
  const allowed: Span[] = []
  for (const entry of acl.entries.toSorted((a, b) => a.number - b.number)) {
    const span = spanOf(entry.cidr)
    if (entry.egress !== egress || !span || !isTcp(entry.protocol) || !hasPort(entry, port)) continue
    if (entry.action === 'allow') allowed.push(...subtract(span, decided))
    decided.push(span)
  }
  return covers(allowed) ? 'all' : allowed.length > 0 ? 'some' : 'none'
}

export function admittedByRoutes(table: NonNullable<Network['routeTable']>): Admission {
  const outward = table.routes.filter(({ target, active }) => active && target.startsWith('igw-'))
  const spans = outward.flatMap(({ destination }) => spanOf(destination) ?? [])
  const name = `${table.id}${table.main ? ' (main)' : ''}`
  if (covers(spans)) return { kind: 'all', by: `${name}: 0.0.0.0/0 -> ${outward[0]!.target}` }
  const instead = table.routes.find(({ destination }) => destination === '0.0.0.0/0')
  const told = instead
    ? `0.0.0.0/0 -> ${instead.target}${instead.active ? '' : ' (blackhole)'}`
    : 'no route for 0.0.0.0/0'
  if (outward.length === 0) return { kind: 'none', by: `${name}: ${told}` }
  return {
    kind: 'some',
    by: `${name}: an internet gateway only for ${outward.map((one) => one.destination).join(', ')}`,
  }
}
