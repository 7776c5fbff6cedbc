// HTTPS as far as the local cloud has it: no certificate authority can look into a zone that is here alone.
import type { DeclaredSite } from '../../local/scenario.ts'

type Web = Pick<DeclaredSite, 'hostname' | 'tls'>

const wantsHttps = ({ tls }: Web): boolean => tls === 'acme'

/** A line for each site that wants a certificate. */
export const lacksAuthority = (sites: readonly Web[]): string[] =>
  sites
    .filter(wantsHttps)
    .map(({ hostname }) => `a certificate authority: ${hostname} gets no certificate, and HTTPS is not exercised`)

/** The last line of a run on real machines: HTTPS is a hop of a site that wants it. */
export function liveLine(site: Web, address: string, seconds: number, exercised: number): string {
  const hops = wantsHttps(site) ? `${exercised} of ${exercised + 1}, without HTTPS` : `${exercised} of ${exercised}`
  return `LIVE http://${site.hostname}/ ${address} ${seconds.toFixed(1)} s, hops exercised: ${hops}`
}
