// Readers of what the bench's programs print: connection table, packets, filter counters, access log, sockets, query log. Pure.

export interface Flow {
  readonly src: string
  readonly dst: string
  readonly sport: number
  readonly dport: number
}

/** One entry of the edge's connection table: the addresses before the NAT, and those of the answers behind it. */
export interface Connection {
  readonly protocol: string
  /** TCP only. */
  readonly state?: string
  readonly original: Flow
  readonly reply: Flow
}

/** Output of `conntrack -L`. */
export function parseConnections(text: string): Connection[] {
  return text.split('\n').flatMap((line) => {
    const [protocol, , , ...rest] = line.trim().split(/\s+/)
    const all = (key: string) =>
      rest.filter((word) => word.startsWith(`${key}=`)).map((word) => word.slice(key.length + 1))
    const flow = (at: 0 | 1): Flow | undefined => {
      const [src, dst, sport, dport] = ['src', 'dst', 'sport', 'dport'].map((key) => all(key)[at])
      return src && dst && sport && dport ? { src, dst, sport: Number(sport), dport: Number(dport) } : undefined
    }
    const [original, reply] = [flow(0), flow(1)]
    if (!protocol || !original || !reply) return []
    const state = rest.find((word) => /^[A-Z_]+[A-Z0-9_]*$/.test(word))
    return [{ protocol, ...(state && { state }), original, reply }]
  })
}

export interface Packet extends Flow {
  /** Seconds since the epoch. */
  readonly at: number
  /** As tcpdump prints them: S, S., P., F., R. and so on. */
  readonly flags: string
  readonly length: number
}

/** A line of `tcpdump -n -tt`; undefined for what is not TCP over IPv4. */
export function parsePacket(line: string): Packet | undefined {
  const found =
    /^(\d+\.\d+) IP (\d+\.\d+\.\d+\.\d+)\.(\d+) > (\d+\.\d+\.\d+\.\d+)\.(\d+): Flags \[([^\]]+)\].*length (\d+)/.exec(
      line,
    )
  if (!found) return undefined
  const [, at, src, sport, dst, dport, flags, length] = found as unknown as [string, ...string[]]
  return {
    at: Number(at),
    src: src as string,
    sport: Number(sport),
    dst: dst as string,
    dport: Number(dport),
    flags: flags as string,
    length: Number(length),
  }
}

export interface GroupDecision {
  readonly verdict: 'accept' | 'drop'
  /** The rule's words, empty for the drop at the end. */
  readonly rule: string
  /** First packets of connections since the rules were last set. */
  readonly packets: number
}

/** Output of `nft list chain` for a security group. */
export function parseGroup(text: string): GroupDecision[] {
  return [...text.matchAll(/^[ \t]*(.*?)[ \t]*counter packets (\d+) bytes \d+ (accept|drop)$/gm)].map(
    ([, rule, packets, verdict]) => ({
      verdict: verdict as 'accept' | 'drop',
      rule: rule ?? '',
      packets: Number(packets),
    }),
  )
}

export interface AccessLine {
  readonly client: string
  readonly time: string
  readonly request: string
  readonly status: number
  readonly agent: string
}

/** nginx's access log in its `combined` form. */
export function parseAccessLog(text: string): AccessLine[] {
  return [...text.matchAll(/^(\S+) - \S+ \[([^\]]+)\] "([^"]*)" (\d{3}) \d+ "[^"]*" "([^"]*)"/gm)].map(
    ([, client, time, request, status, agent]) => ({
      client: client ?? '',
      time: time ?? '',
      request: request ?? '',
      status: Number(status),
      agent: agent ?? '',
    }),
  )
}

export interface Listener {
  readonly address: string
  readonly port: number
}

/** Output of `ss -Hltn`. */
export function parseListeners(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const found = /^LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s/.exec(line)
    return found ? [{ address: found[1] as string, port: Number(found[2]) }] : []
  })
}

export interface QueryLine {
  /** query: asked by `peer`; forwarded: to `peer`; reply and cached: the answer is `value`. */
  readonly what: 'query' | 'forwarded' | 'reply' | 'cached'
  readonly name: string
  readonly type?: string
  readonly peer?: string
  readonly value?: string
}

/** A line of dnsmasq's query log. */
export function parseQuery(line: string): QueryLine | undefined {
  const query = /query\[(\w+)\] (\S+) from (\S+)/.exec(line)
  if (query) return { what: 'query', type: query[1] as string, name: query[2] as string, peer: query[3] as string }
  const forwarded = /forwarded (\S+) to (\S+)/.exec(line)
  if (forwarded) return { what: 'forwarded', name: forwarded[1] as string, peer: forwarded[2] as string }
  const answer = /(reply|cached) (\S+) is (\S+)/.exec(line)
  if (answer) return { what: answer[1] as 'reply' | 'cached', name: answer[2] as string, value: answer[3] as string }
  return undefined
}
