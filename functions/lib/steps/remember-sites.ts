// Remembers between looks what the sites are, so that an event that changes nothing is seen to be one with two reads.
import type { SiteSet } from '../domain/site-set.ts'
import type { Clock } from './clock.ts'

interface SitePorts {
  readSites(): Promise<SiteSet>
  readonly clock: Clock
}

/** Milliseconds. */
const MAX_AGE = 60_000

/** The same ports, with the sites of the last read at hand for a minute. `readSites` still reads. */
export function rememberSites<Ports extends SitePorts>(ports: Ports): Ports & { lastSites(): SiteSet | undefined } {
  let last: { readonly siteSet: SiteSet; readonly readAt: number } | undefined
  const { clock } = ports
  return {
    ...ports,
    lastSites: () => (last && clock.now() - last.readAt < MAX_AGE ? last.siteSet : undefined),
    async readSites() {
      last = undefined
      const readAt = clock.now()
      const siteSet = await ports.readSites()
      last = { siteSet, readAt }
      return siteSet
    },
  }
}
