// One request of a visitor on real machines, observed at every node of the picture at once. Observes only: local/picture/hops.ts judges.

import { setTimeout as pause } from 'node:timers/promises'
import type { LocalCloud } from '../cloud.ts'
import { HEALTH_PATH } from '../machine/app-paths.ts'
import { attempt } from '../machine/command.ts'
import { CLIENT } from '../machine/network/layout.ts'
import type { Visit, Visitor } from '../machine/nspawn/browser.ts'
import type { Capture } from '../machine/nspawn/evidence.ts'
import type { AccessLine, Connection, GroupDecision, Listener, Packet, QueryLine } from '../machine/nspawn/observe.ts'
import { parseListeners } from '../machine/nspawn/observe.ts'
import type { NspawnRoom } from '../machine/nspawn/room.ts'
import type { Machine } from '../machine/types.ts'

export interface Walk {
  readonly room: NspawnRoom
  readonly visitor: Visitor
  /** The zone's name server. */
  readonly nameServer: LocalCloud['dns']
  readonly hostname: string
  readonly address: string
  readonly privateIp: string
  readonly machine: Machine
}

export interface Observed {
  readonly hostname: string
  readonly address: string
  readonly privateIp: string
  /** The visitor's resolver: what it was asked, and what it asked. */
  readonly resolver: readonly QueryLine[]
  readonly authoritative: LocalCloud['dns']['queries']
  readonly visit: Visit
  /** Of the visit: in front of the edge, behind it, on the host's loopback, on Docker's bridge. */
  readonly packets: Readonly<Record<Spot, readonly Packet[]>>
  readonly connections: readonly Connection[]
  /** First packets of connections that each rule of the security group decided, before and after. */
  readonly group: { readonly before: readonly GroupDecision[]; readonly after: readonly GroupDecision[] }
  /** Bodies that the visitor got; undefined where nothing answered. */
  readonly answers: {
    readonly health: string | undefined
    readonly wrongHost: string | undefined
    readonly port8501: string | undefined
    readonly private8501: string | undefined
  }
  readonly access: readonly AccessLine[]
  /** IPv4 addresses of the host's own interfaces. */
  readonly hostAddresses: readonly string[]
  readonly listeners: readonly Listener[]
  readonly container: Container
}

export interface Container {
  readonly address: string
  /** The interface of the host that leads to it. */
  readonly link: string
  readonly listeners: readonly Listener[]
}

type Spot = 'outside' | 'inside' | 'loopback' | 'bridge'

export async function observeWalk(walk: Walk): Promise<Observed> {
  const { room, hostname, address, privateIp, machine, nameServer } = walk
  const { evidence } = room
  const container = await containerOf(machine, hostname)
  const [answered, resolved] = [nameServer.queries.length, evidence.dnsQueries(hostname).length]
  const [logged, before] = [(await evidence.accessLog(machine)).length, await evidence.groupDecisions(privateIp)]
  await room.emptyResolverCache()
  const captures = await startCaptures(walk, container)
  const [visit, port8501, private8501] = await Promise.all([
    walk.visitor.visit(`http://${hostname}/`, { timeoutMs: 60_000 }),
    asVisitor(room, `http://${address}:8501${HEALTH_PATH}`),
    asVisitor(room, `http://${privateIp}:8501${HEALTH_PATH}`),
  ])
  // First, since the kernel keeps the entry of a reset connection for 10 s only.
  const connections = await evidence.connections(address)
  const packets = await stopCaptures(captures)
  return {
    ...{ hostname, address, privateIp, visit, packets, connections, container },
    resolver: evidence.dnsQueries(hostname).slice(resolved),
    authoritative: nameServer.queries.slice(answered).filter(({ name }) => name.toLowerCase() === hostname),
    answers: {
      ...{ port8501, private8501 },
      health: await asVisitor(room, `http://${hostname}${HEALTH_PATH}`),
      wrongHost: await asVisitor(room, `http://${address}${HEALTH_PATH}`, '--header', 'Host: stranger.example'),
    },
    group: { before, after: await evidence.groupDecisions(privateIp) },
    access: await accessSince(logged, walk, visit),
    hostAddresses: (await machine.exec(['hostname', '--all-ip-addresses'])).stdout.trim().split(/\s+/),
    listeners: await evidence.listeners(machine),
  }
}

/** Milliseconds from the end of a page's WebSocket to its line. */
const LINE_LIMIT = 120_000

/** The new lines of the access log. nginx writes the line of the page's WebSocket when it sees its end. */
async function accessSince(logged: number, { room, machine }: Walk, { webSocket }: Visit): Promise<AccessLine[]> {
  const path = webSocket && new URL(webSocket.url).pathname
  for (const limit = Date.now() + LINE_LIMIT; ; await pause(50)) {
    const lines = (await room.evidence.accessLog(machine)).slice(logged)
    const isThere = lines.some(({ client, request }) => client === CLIENT && request.includes(` ${path}`))
    if (path === null || isThere || Date.now() > limit) return lines
  }
}

/** What curl gets in the visitor's namespace; undefined where nobody answers. Its kernel gives a connection up after 3 s (machine/network/network.ts). */
export const asVisitor = (room: NspawnRoom, url: string, ...more: string[]): Promise<string | undefined> =>
  attempt([...room.client, 'curl', '--silent', '--max-time', '60', ...more, url])

async function startCaptures({ room, address, privateIp }: Walk, container: Container) {
  const { capture } = room.evidence
  const onHost = { host: privateIp }
  const entries: readonly [Spot, Promise<Capture>][] = [
    ['outside', capture('client', `host ${address} and tcp port 80`)],
    ['inside', capture(onHost, 'tcp port 80')],
    ['loopback', capture({ ...onHost, link: 'lo', address: '127.0.0.1' }, 'tcp port 8501')],
    ['bridge', capture({ ...onHost, link: container.link, address: container.address }, 'tcp port 8501')],
  ]
  return Promise.all(entries.map(async ([spot, started]) => [spot, await started] as const))
}

async function stopCaptures(captures: readonly (readonly [Spot, Capture])[]): Promise<Observed['packets']> {
  const packets = captures.map(async ([spot, capture]) => [spot, (await capture.stop()).packets] as const)
  return Object.fromEntries(await Promise.all(packets)) as Observed['packets']
}

/** The site's container, seen from inside its own network namespace. */
async function containerOf(machine: Machine, hostname: string): Promise<Container> {
  const format = '{{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
  const found = await machine.exec(['docker', 'inspect', '--format', format, `ragstream-edge-${hostname}`])
  const [pid = '', address] = found.stdout.trim().split(' ')
  if (!address) return { address: '127.0.0.1', link: 'lo', listeners: [] } // It does not run, and every look at it will say so.
  const sockets = await machine.exec(['nsenter', '--target', pid, '--net', 'ss', '-Hltn'])
  const route = await machine.exec(['ip', '-oneline', 'route', 'get', address])
  const link = / dev (\S+)/.exec(route.stdout)?.[1] ?? 'lo'
  return { address, link, listeners: parseListeners(sockets.stdout) }
}
