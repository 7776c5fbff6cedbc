// One run's network, made and removed as a whole: client, resolver and public side, the edge, the VPC, and the link to the local cloud.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { attempt, run } from '../command.ts'
import { RUN_MARK } from '../paths.ts'
import { type Edge, startEdge } from './edge.ts'
import * as net from './layout.ts'
import { addLeg, addNamespace, removeNamespace, sysctl } from './namespaces.ts'

export interface Network {
  readonly layout: net.Layout
  readonly edge: Edge
  /** Prefix of an argv: the program starts in that namespace of the run, with the resolver that belongs there. */
  inside(namespace: string): readonly string[]
  attachHost(privateIp: string): Promise<{ readonly namespace: string; readonly link: string }>
  detachHost(privateIp: string): Promise<void>
}

export async function startNetwork(run: number): Promise<Network> {
  const layout = net.layout(run)
  await addNamespace(layout.edge)
  await sysctl(layout.edge, {
    'net.ipv4.ip_forward': 1,
    'net.ipv4.conf.all.rp_filter': 0,
    'net.ipv4.conf.default.rp_filter': 0,
  })
  await gateways(layout)
  await Promise.all([
    cloudLeg(layout),
    publicLeg(layout, layout.client, net.CLIENT_LINK, net.CLIENT, net.RESOLVER),
    publicLeg(layout, layout.publicSide, 'pub-cloud', net.PUBLIC_SIDE, layout.cloudAddress),
    publicLeg(layout, layout.resolver, 'pub-resolver', net.RESOLVER, layout.cloudAddress),
    vpcLeg(layout, layout.vpc, 'vpc-services', net.VPC_RESOLVER, [net.REGISTRY]),
  ])
  const edge = await startEdge(layout)
  // The rules load connection tracking. A packet from the middle of a connection that was cut must not count as a new one.
  await sysctl(layout.edge, { 'net.netfilter.nf_conntrack_tcp_loose': 0 })
  // With the default of 6 a browser waits 2 minutes for a dead address; with 1 its own error page is there after 3 s.
  await sysctl(layout.client, { 'net.ipv4.tcp_syn_retries': 1 })
  return {
    layout,
    edge,
    inside: (namespace) => ['ip', 'netns', 'exec', namespace, 'env', `${RUN_MARK}=${run}`],
    attachHost: (privateIp) => attachHost(layout, privateIp),
    detachHost: (privateIp) =>
      removeNamespace(net.hostNamespace(layout, privateIp), { edge: layout.edge, link: net.hostLink(privateIp) }),
  }
}

/** The edge holds both gateways' addresses, and what nobody holds is swallowed: no "network unreachable" from here. */
async function gateways(layout: net.Layout): Promise<void> {
  await run(['ip', '-n', layout.edge, '-batch', '-'], {
    stdin: [
      `addr add ${net.INTERNET_GATEWAY}/32 dev lo`,
      `addr add ${net.VPC_ROUTER}/32 dev lo`,
      'route add blackhole default',
      '',
    ].join('\n'),
  })
}

/** The root namespace gets this one link and its own subnet, no other route; the edge speaks for everybody on it. */
async function cloudLeg(layout: net.Layout): Promise<void> {
  await run(['ip', 'link', 'add', layout.cloudLink, 'type', 'veth', 'peer', 'name', 'cloud', 'netns', layout.edge])
  await run(['ip', '-n', layout.edge, '-batch', '-'], {
    stdin: [
      `addr add ${layout.cloudGateway}/24 dev cloud`,
      ...Object.values(layout.callers).map((address) => `addr add ${address}/32 dev cloud`),
      'link set cloud up',
      '',
    ].join('\n'),
  })
  await run(['ip', 'addr', 'add', `${layout.cloudAddress}/24`, 'dev', layout.cloudLink])
  await run(['ip', 'link', 'set', layout.cloudLink, 'up'])
}

/**
 * `ip netns exec` shows /etc/netns/<name>/resolv.conf as /etc/resolv.conf. The answers come out of the process that runs the cloud, which has
 * other work, too.
 */
async function publicLeg(layout: net.Layout, namespace: string, link: string, address: string, nameserver: string) {
  await mkdir(`/etc/netns/${namespace}`, { recursive: true })
  await writeFile(`/etc/netns/${namespace}/resolv.conf`, `nameserver ${nameserver}\noptions timeout:10 attempts:3\n`)
  await writeFile(`/etc/netns/${namespace}/nsswitch.conf`, 'hosts: files dns\n')
  await addNamespace(namespace)
  await addLeg({ edge: layout.edge, namespace, link, address, prefixLength: 24, gateway: net.INTERNET_GATEWAY })
}

async function vpcLeg(
  layout: net.Layout,
  namespace: string,
  link: string,
  address: string,
  more: readonly string[] = [],
) {
  await addNamespace(namespace)
  await addLeg({ edge: layout.edge, namespace, link, address, more, prefixLength: 20, gateway: net.VPC_ROUTER })
}

/** A fresh network stack for each boot: no docker0, no rules, no connections of the last one. */
async function attachHost(layout: net.Layout, privateIp: string) {
  const namespace = net.hostNamespace(layout, privateIp)
  const link = net.hostLink(privateIp)
  await vpcLeg(layout, namespace, link, privateIp)
  // Inherited as 1 on some machines; on EC2 it is 0, and Docker sets FORWARD to DROP only when it finds 0.
  await sysctl(namespace, { 'net.ipv4.ip_forward': 0 })
  return { namespace, link }
}

/** Removes every namespace and link whose name begins with `prefix`-. */
export async function removeNetwork(prefix: string): Promise<void> {
  await attempt(['ip', 'link', 'delete', `${prefix}-cloud`])
  for (const name of await namespacesOf(prefix)) {
    await removeNamespace(name)
    await rm(`/etc/netns/${name}`, { recursive: true, force: true })
  }
}

export async function namespacesOf(prefix: string): Promise<string[]> {
  const list = (await attempt(['ip', 'netns', 'list'])) ?? ''
  return list
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(`${prefix}-`))
}
