// Names and addresses of one run's network, as pure data. Two runs differ in their names and in the link to the local cloud only:
// everything else lives in namespaces of its own and may be the same.

/** What the pool of public addresses is taken from (RFC 5737). */
export const PUBLIC_POOL = '203.0.113.0/24'
export const VPC = '172.31.0.0/20'
export const INTERNET_GATEWAY = '198.51.100.1'
export const VPC_ROUTER = '172.31.0.1'
/** The VPC's own resolver, at the address where EC2 has it: base of the VPC plus two. */
export const VPC_RESOLVER = '172.31.0.2'
export const REGISTRY = '172.31.0.3'
export const REGISTRY_NAME = 'registry.bench.internal'
export const REGISTRY_PORT = 5000

export const CLIENT = '198.51.100.10'
export const PUBLIC_SIDE = '198.51.100.20'
export const RESOLVER = '198.51.100.53'

export interface Layout {
  /** Every namespace, link and cgroup of the run begins with it. */
  readonly prefix: string
  readonly client: string
  readonly publicSide: string
  readonly resolver: string
  readonly vpc: string
  readonly edge: string
  /** The one link that reaches into the namespace of this process. */
  readonly cloudLink: string
  readonly cloudAddress: string
  readonly cloudGateway: string
  /** As whom the local cloud sees each caller: it has no route to their own addresses. */
  readonly callers: Callers
}

export interface Callers {
  readonly client: string
  readonly publicSide: string
  readonly resolver: string
  /** All hosts together. */
  readonly hosts: string
}

/** `run` is 0 to 255: the third byte of the link's network, taken from the range for benches (RFC 2544). */
export function layout(run: number): Layout {
  const prefix = `rse-${run}`
  const link = (last: number) => `198.18.${run}.${last}`
  return {
    prefix,
    client: `${prefix}-client`,
    publicSide: `${prefix}-public`,
    resolver: `${prefix}-resolver`,
    vpc: `${prefix}-vpc`,
    edge: `${prefix}-edge`,
    cloudLink: `${prefix}-cloud`,
    cloudAddress: link(1),
    cloudGateway: link(2),
    callers: { client: link(10), publicSide: link(20), resolver: link(53), hosts: link(31) },
  }
}

export const hostNamespace = (net: Layout, privateIp: string): string => `${net.prefix}-host-${hostPart(privateIp)}`

/** The edge's end of a host's network interface. Link names have at most 15 characters. */
export const hostLink = (privateIp: string): string => `vpc-${hostPart(privateIp)}`

export const CLIENT_LINK = 'pub-client'

function hostPart(privateIp: string): string {
  const bytes = privateIp.split('.').map(Number)
  const [a, b, c = -1, d = -1] = bytes
  if (bytes.length !== 4 || a !== 172 || b !== 31 || !(c >= 0 && c < 16) || !(d >= 0 && d < 256))
    throw new Error(`privateIp: found ${privateIp}, wanted an address in ${VPC}`)
  return `${c}-${d}`
}
