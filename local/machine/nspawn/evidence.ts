// What can be observed on the way of a request, each by the program that a person would use.
import { setTimeout as pause } from 'node:timers/promises'
import { attempt, run } from '../command.ts'
import { startDaemon } from '../daemon.ts'
import { groupChain } from '../network/edge.ts'
import { CLIENT, CLIENT_LINK, hostLink, hostNamespace } from '../network/layout.ts'
import type { Network } from '../network/network.ts'
import type { Services } from '../network/services.ts'
import type { Machine } from '../types.ts'
import * as observe from './observe.ts'

/** The visitor's side of the edge, a host's interface behind it, all of the edge, or a link on a host (`address` is an address behind that link). */
export type Place =
  | 'client'
  | 'edge'
  | { readonly host: string }
  | { readonly host: string; readonly link: string; readonly address: string }

export interface Capture {
  /** What passed so far, as tcpdump prints it. */
  readonly lines: readonly string[]
  /** What passed so far; ends the capture. */
  stop(): Promise<{ readonly packets: readonly observe.Packet[]; readonly lines: readonly string[] }>
}

export interface Evidence {
  /** Entries of the edge's connection table that began at this public address. */
  connections(publicIp: string): Promise<observe.Connection[]>
  /** Packets at a place. `filter` in the words of pcap-filter(7). */
  capture(where: Place, filter?: string): Promise<Capture>
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

/** Milliseconds after which a mark that did not pass will not: it took another way. */
const MARK_LIMIT = 30_000

async function capture(network: Network, where: Place, filter = 'tcp'): Promise<Capture> {
  const { namespace, link, address } = placeOf(network, where)
  const words = ['-n', '-tt', '-l', '--immediate-mode', '-i', link, `(${filter}) or (udp and dst port 9)`]
  const there = network.inside(namespace)
  const tcpdump = await startDaemon({ argv: [...there, 'tcpdump', ...words], ready: /listening on/ })
  const passed = () => tcpdump.lines.filter((line) => !MARK.test(line))
  return {
    get lines() {
      return passed()
    },
    async stop() {
      const marked = await attempt([...there, 'bash', '-c', `echo > /dev/udp/${address}/9`])
      // The interface is gone with a host that was powered off, and tcpdump with it.
      if (marked !== undefined)
        await Promise.race([tcpdump.line(MARK).catch(() => {}), pause(MARK_LIMIT, undefined, { ref: false })])
      await tcpdump.stop()
      const lines = passed()
      return { lines, packets: lines.flatMap((line) => observe.parsePacket(line) ?? []) }
    },
  }
}

function placeOf({ layout }: Network, where: Place): { namespace: string; link: string; address: string } {
  if (where === 'client') return { namespace: layout.edge, link: CLIENT_LINK, address: CLIENT }
  if (where === 'edge') return { namespace: layout.edge, link: 'any', address: CLIENT }
  if (!('link' in where)) return { namespace: layout.edge, link: hostLink(where.host), address: where.host }
  return { namespace: hostNamespace(layout, where.host), link: where.link, address: where.address }
}
