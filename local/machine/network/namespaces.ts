// Namespaces and the legs that join them to the edge. A leg is a pair of interfaces and one host route at the edge: no bridge, so every
// packet passes the edge's filter (bridged frames would pass it only under bridge-nf-call-iptables, which Docker switches on per namespace).
import { attempt, run } from '../command.ts'

export interface Leg {
  readonly edge: string
  readonly namespace: string
  /** Name of the edge's end. */
  readonly link: string
  readonly address: string
  readonly prefixLength: number
  readonly gateway: string
  /** Further addresses of the namespace. */
  readonly more?: readonly string[]
}

const batch = (namespace: string, lines: readonly string[]) =>
  run(['ip', '-n', namespace, '-batch', '-'], { stdin: `${lines.join('\n')}\n` })

export async function addNamespace(name: string): Promise<void> {
  await run(['ip', 'netns', 'add', name])
  await run(['ip', '-n', name, 'link', 'set', 'lo', 'up'])
}

/** Also ends what it holds of the leg: the edge's end goes at once, not when the kernel gets to it. */
export async function removeNamespace(
  name: string,
  leg?: { readonly edge: string; readonly link: string },
): Promise<void> {
  if (leg) await attempt(['ip', '-n', leg.edge, 'link', 'delete', leg.link])
  await attempt(['ip', 'netns', 'delete', name])
}

export async function addLeg(leg: Leg): Promise<void> {
  const addresses = [leg.address, ...(leg.more ?? [])]
  await batch(leg.edge, [
    `link add ${leg.link} type veth peer name eth0 netns ${leg.namespace}`,
    `link set ${leg.link} up`,
    ...addresses.map((address) => `route add ${address}/32 dev ${leg.link}`),
  ])
  await batch(leg.namespace, [
    // The subnet is not on the link: neighbours are reached through the edge, which filters.
    ...addresses.map((address) => `addr add ${address}/${leg.prefixLength} dev eth0 noprefixroute`),
    'link set eth0 up',
    `route add ${leg.gateway}/32 dev eth0 scope link`,
    `route add default via ${leg.gateway} dev eth0 src ${leg.address}`,
  ])
}

/** Kernel settings of one namespace. */
export async function sysctl(namespace: string, settings: Readonly<Record<string, number>>): Promise<void> {
  const pairs = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  await run(['ip', 'netns', 'exec', namespace, 'sysctl', '-qw', ...pairs])
}
