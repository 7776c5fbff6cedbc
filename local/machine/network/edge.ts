// The edge: the Internet gateway's 1:1 NAT and the security groups, as nftables of one namespace. What no rule admits is dropped silently.
import { attempt, run } from '../command.ts'
import { turns } from '../turn.ts'
import type { AclRule, InboundRule, PortRange, Protocol } from '../types.ts'
import { CLIENT, type Layout, PUBLIC_POOL, PUBLIC_SIDE, REGISTRY, RESOLVER, VPC, VPC_RESOLVER } from './layout.ts'

const nft = (edge: string, text: string) => run(['ip', 'netns', 'exec', edge, 'nft', '-f', '-'], { stdin: text })

export const groupChain = (privateIp: string) => `group_${privateIp.replaceAll('.', '_')}`

/** The rules that stand for the whole run; pure, for reading and for tests. */
function edgeRules(net: Layout): string {
  const { client, publicSide, resolver, hosts } = net.callers
  return `table ip edge {
  map public_to_private { type ipv4_addr : ipv4_addr; }
  map private_to_public { type ipv4_addr : ipv4_addr; }
  set addressed { type ipv4_addr; }
  map groups { type ipv4_addr : verdict; }
  map acls_in { type ipv4_addr : verdict; }
  map acls_out { type ipv4_addr : verdict; }
  set unrouted { type ipv4_addr; }
  map callers { type ipv4_addr : ipv4_addr; elements = { ${CLIENT} : ${client}, ${PUBLIC_SIDE} : ${publicSide}, ${RESOLVER} : ${resolver} }; }

  chain from_outside {
    type nat hook prerouting priority dstnat;
    ip daddr ${PUBLIC_POOL} dnat to ip daddr map @public_to_private
  }
  chain to_outside {
    type nat hook postrouting priority srcnat;
    oifname "pub-*" snat to ip saddr map @private_to_public
    oifname "vpc-*" ct status dnat snat to ip saddr map @private_to_public
    oifname "cloud" ip saddr ${VPC} snat to ${hosts}
    oifname "cloud" snat to ip saddr map @callers
  }
  # Before connection tracking's word counts: a network ACL and a route table keep no state.
  chain subnet {
    type filter hook forward priority filter - 10;
    oifname "pub-*" ip saddr @unrouted drop
    iifname "pub-*" ip daddr vmap @acls_in
    oifname "pub-*" ip saddr vmap @acls_out
  }
  chain between {
    type filter hook forward priority filter; policy drop;
    ct state invalid drop
    ct state established,related accept
    oifname "cloud" accept
    iifname "pub-*" oifname "pub-*" accept
    iifname "vpc-*" ip daddr { ${VPC_RESOLVER}, ${REGISTRY} } accept
    iifname "vpc-*" oifname "pub-*" ip saddr @addressed accept
    iifname "pub-*" ct status dnat ip daddr vmap @groups
    iifname "vpc-*" oifname "vpc-*" ip daddr vmap @groups
  }
  chain own_answers {
    type filter hook output priority filter;
    icmp type destination-unreachable drop
  }
}
`
}

export interface Edge {
  associate(publicIp: string, privateIp: string): Promise<void>
  disassociate(publicIp: string): Promise<void>
  setInbound(privateIp: string, rules: readonly InboundRule[]): Promise<void>
  setAcl(privateIp: string, rules: readonly AclRule[]): Promise<void>
  setInternetRoute(privateIp: string, there: boolean): Promise<void>
}

/** Loads the rules into the edge's namespace. */
export async function startEdge(net: Layout): Promise<Edge> {
  await nft(net.edge, edgeRules(net))
  const addresses = new Map<string, string>()
  const groups = new Map<string, readonly InboundRule[]>()
  // Each change writes the whole map in one transaction; in turn, so that the last call wins and not the last program to end.
  const inTurn = turns()
  const forget = (side: 'orig' | 'reply', address: string) =>
    attempt(['ip', 'netns', 'exec', net.edge, 'conntrack', '-D', `--${side}-dst`, address])

  const move = (publicIp: string, privateIp: string | null) =>
    inTurn(async () => {
      for (const [held, by] of addresses) if (by === privateIp || held === publicIp) addresses.delete(held)
      if (privateIp !== null) addresses.set(publicIp, privateIp)
      await nft(net.edge, addressElements(addresses))
      // Else an open flow lives on through its entry in the connection table.
      await Promise.all([forget('orig', publicIp), forget('reply', publicIp)])
    })

  return {
    associate: (publicIp, privateIp) => move(publicIp, privateIp),
    disassociate: (publicIp) => move(publicIp, null),
    setInbound: (privateIp, rules) =>
      inTurn(async () => {
        const before = groups.get(privateIp) ?? []
        groups.set(privateIp, rules)
        await nft(net.edge, groupElements(privateIp, rules))
        await Promise.all(
          cutFlows(privateIp, before, rules).map((filter) =>
            attempt(['ip', 'netns', 'exec', net.edge, 'conntrack', '-D', ...filter]),
          ),
        )
      }),
    setAcl: (privateIp, rules) => inTurn(async () => void (await nft(net.edge, aclElements(privateIp, rules)))),
    setInternetRoute: (privateIp, there) =>
      inTurn(async () => {
        const set = `element ip edge unrouted { ${privateIp} }`
        // Adding comes first: what is not there cannot be deleted.
        await nft(net.edge, there ? `add ${set}\ndelete ${set}\n` : `add ${set}\n`)
      }),
  }
}

const portOf = (port: number | PortRange | null): string =>
  typeof port === 'object' && port !== null ? `${port.from}-${port.to}` : String(port)

/** What of a packet a rule looks at, in nftables' words. */
function matching(protocol: Protocol, port: number | PortRange | null): string {
  if (protocol === 'all') return ''
  return port === null || protocol === 'icmp' ? `ip protocol ${protocol} ` : `${protocol} dport ${portOf(port)} `
}

function aclElements(privateIp: string, rules: readonly AclRule[]): string {
  const chains = (['in', 'out'] as const).flatMap((direction) => {
    const name = `acl_${direction}_${privateIp.replaceAll('.', '_')}`
    const chain = `ip edge ${name}`
    const other = direction === 'in' ? 'saddr' : 'daddr'
    const of = rules.filter((rule) => rule.direction === direction)
    return [
      `add chain ${chain}`,
      `flush chain ${chain}`,
      ...of.map(({ action, protocol, port, peer }) => {
        const verdict = action === 'allow' ? 'accept' : 'drop'
        return `add rule ${chain} ip ${other} ${peer} ${matching(protocol, port)}counter ${verdict}`
      }),
      `add rule ${chain} counter drop`,
      `add element ip edge acls_${direction} { ${privateIp} : jump ${name} }`,
    ]
  })
  return `${chains.join('\n')}\n`
}

function addressElements(addresses: ReadonlyMap<string, string>): string {
  const list = (one: (held: string, by: string) => string) =>
    [...addresses].map(([held, by]) => one(held, by)).join(', ')
  const clear = ['map ip edge public_to_private', 'map ip edge private_to_public', 'set ip edge addressed']
  const lines = clear.map((what) => `flush ${what}`)
  if (addresses.size > 0)
    lines.push(
      `add element ip edge public_to_private { ${list((held, by) => `${held} : ${by}`)} }`,
      `add element ip edge private_to_public { ${list((held, by) => `${by} : ${held}`)} }`,
      `add element ip edge addressed { ${list((_, by) => by)} }`,
    )
  return `${lines.join('\n')}\n`
}

/** A group is a chain: each rule counts what it admits, the last line counts what it drops. */
function groupElements(privateIp: string, rules: readonly InboundRule[]): string {
  const chain = `ip edge ${groupChain(privateIp)}`
  return `${[
    `add chain ${chain}`,
    `flush chain ${chain}`,
    ...rules.map(
      (rule) => `add rule ${chain} ip saddr ${rule.source} ${matching(rule.protocol, rule.port)}counter accept`,
    ),
    `add rule ${chain} counter drop`,
    `add element ip edge groups { ${privateIp} : jump ${groupChain(privateIp)} }`,
  ].join('\n')}\n`
}

/**
 * A removed rule that admitted everybody cuts its flows at once, others let theirs live: EC2 does not track what 0.0.0.0/0 admits in both
 * directions (EC2 user guide, "Security group connection tracking").
 */
function cutFlows(privateIp: string, before: readonly InboundRule[], after: readonly InboundRule[]): string[][] {
  const words = ({ protocol, port, source }: InboundRule) => `${protocol} ${portOf(port)} ${source}`
  const kept = new Set(after.map(words))
  return before
    .filter((rule) => rule.source === '0.0.0.0/0' && !kept.has(words(rule)))
    .map(({ protocol, port }) => [
      ...['--reply-src', privateIp],
      ...(protocol === 'all' ? [] : ['-p', protocol]),
      ...(typeof port === 'number' ? ['--reply-port-src', String(port)] : []),
    ])
}
