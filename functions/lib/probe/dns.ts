// Asks given servers for a name's A records, as a visitor's resolver would, with the time for which they keep the answer.
import { Resolver } from 'node:dns/promises'
import type { DnsAnswer } from '../diagnosis/observation.ts'

/** Milliseconds a try, and tries: a lost packet is not yet a silent server. */
const PATIENCE = { timeout: 1_000, tries: 2 }

/** Values of one record (Route 53 quotas); whoever answers with more is not the zone. */
const MOST = 400

/** @param servers `ip` or `ip:port`. Never fails: what a server did not say is its answer's code. */
export const askServers = (servers: readonly string[], hostname: string): Promise<DnsAnswer[]> =>
  Promise.all(servers.map((server) => ask(server, hostname)))

async function ask(server: string, hostname: string): Promise<DnsAnswer> {
  const resolver = new Resolver({ ...PATIENCE, maxTimeout: PATIENCE.timeout })
  try {
    resolver.setServers([server])
    const records = await resolver.resolve4(hostname, { ttl: true })
    // A CNAME that leads to no address.
    if (records.length === 0) return { server, addresses: [], ttl: undefined, code: 'ENODATA' }
    return {
      server,
      addresses: records
        .map(({ address }) => address)
        .sort()
        .slice(0, MOST),
      ttl: Math.min(...records.map(({ ttl }) => ttl)),
      code: undefined,
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    return { server, addresses: [], ttl: undefined, code }
  }
}

/** Addresses of name servers by their names; those without one are left out. */
export async function addressesOf(names: readonly string[]): Promise<string[]> {
  const resolver = new Resolver({ ...PATIENCE, maxTimeout: PATIENCE.timeout })
  const found = await Promise.allSettled(names.map((name) => resolver.resolve4(name)))
  const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value.slice(0, 1) : []))
  if (addresses.length === 0) throw new Error(`none of the zone's name servers has an address: ${names.join(', ')}`)
  return addresses
}

/**
 * Addresses of the name servers of the zone that holds a name, as public DNS delegates it: the longest ending that has some. It takes no call to Route 53.
 * @throws Error where no ending has any
 */
export async function serversOf(hostname: string): Promise<string[]> {
  const resolver = new Resolver({ ...PATIENCE, maxTimeout: PATIENCE.timeout })
  const labels = hostname.split('.')
  for (let first = 0; first < labels.length - 1; first++) {
    const names = await resolver.resolveNs(labels.slice(first).join('.')).catch(() => [])
    if (names.length > 0) return addressesOf(names)
  }
  throw new Error(`no name server of ${hostname} is known`)
}
