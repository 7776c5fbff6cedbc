// What can be observed on the way of a request, each by the program that a person would use.
import { attempt, run } from '../command.ts'
import { startDaemon } from '../daemon.ts'
import { groupChain } from '../network/edge.ts'
import { CLIENT, CLIENT_LINK, hostLink } from '../network/layout.ts'
import type { Network } from '../network/network.ts'
import type { Services } from '../network/services.ts'
import type { Machine } from '../types.ts'
import * as observe from './observe.ts'

export interface Capture {
  /** What passed so far; ends the capture. */
  stop(): Promise<{ readonly packets: readonly observe.Packet[]; readonly lines: readonly string[] }>
}

export interface Evidence {
  /** Entries of the edge's connection table that began at this public address. */
  connections(publicIp: string): Promise<observe.Connection[]>
  /** Packets on the visitor's side of the edge, or on a host's interface behind it. `filter` in the words of pcap-filter(7). */
  capture(where: 'client' | { readonly host: string }, filter?: string): Promise<Capture>
  /** What the security group of this private address let in and dropped. */
  groupDecisions(privateIp: string): Promise<observe.GroupDecision[]>
  /** Lines of the visitor's resolver: queries, what it asked upstream, what it had in its cache. */
  dnsQueries(name?: string): observe.QueryLine[]
  accessLog(machine: Machine): Promise<observe.AccessLine[]>
  listeners(machine: Machine): Promise<observe.Listener[]>
}

export function evidence(network: Network, services: Services): Evidence {
  const atEdge = ['ip', 'netns', 'exec', network.layout.edge]
  return {
    connections: async (publicIp) =>
      observe.parseConnections(await run([...atEdge, 'conntrack', '-L', '--orig-dst', publicIp])),
    capture: (where, filter) => capture(network, where, filter),
    groupDecisions: async (privateIp) =>
      observe.parseGroup(
        (await attempt([...atEdge, 'nft', 'list', 'chain', 'ip', 'edge', groupChain(privateIp)])) ?? '',
      ),
    dnsQueries: (name) =>
      services.resolver.lines
        .flatMap((line) => observe.parseQuery(line) ?? [])
        .filter((line) => name === undefined || line.name === name),
    accessLog: async (machine) =>
      observe.parseAccessLog((await machine.exec(['cat', '/var/log/nginx/access.log'])).stdout),
    listeners: async (machine) => observe.parseListeners((await machine.exec(['ss', '-Hltn'])).stdout),
  }
}

/** Sent last through the captured interface: once it is there, so is everything before it. Port 9 is `discard`. */
const MARK = /\.9: UDP/

async function capture(
  network: Network,
  where: 'client' | { readonly host: string },
  filter = 'tcp',
): Promise<Capture> {
  const [link, address] = where === 'client' ? [CLIENT_LINK, CLIENT] : [hostLink(where.host), where.host]
  const words = ['-n', '-tt', '-l', '--immediate-mode', '-i', link, `(${filter}) or (udp and dst port 9)`]
  const atEdge = network.inside(network.layout.edge)
  const tcpdump = await startDaemon({ argv: [...atEdge, 'tcpdump', ...words], ready: /listening on/ })
  return {
    async stop() {
      const marked = await attempt([...atEdge, 'bash', '-c', `echo > /dev/udp/${address}/9`])
      // The interface is gone with a host that was powered off, and tcpdump with it.
      if (marked !== undefined) await tcpdump.line(MARK).catch(() => {})
      await tcpdump.stop()
      const lines = tcpdump.lines.filter((line) => !MARK.test(line))
      return { lines, packets: lines.flatMap((line) => observe.parsePacket(line) ?? []) }
    },
  }
}
