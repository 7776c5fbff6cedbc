// Site documents as the test means them: written into Parameter Store as JSON, read by the oracle as they are here.
export interface SiteDocument {
  readonly hostname: string
  readonly hostedZoneId: string
  readonly instances: Readonly<Record<string, string>>
  readonly image: string
  readonly aliases: readonly string[]
  readonly retired: readonly string[]
  readonly ttl: number
  readonly parkTtl: number
  readonly ipv6: boolean
  readonly onStop: 'park' | 'delete' | 'keep'
  readonly parkAddress: string
}

/** By hostname, what is sound; a broken or deleted document is missing. */
export type Documents = ReadonlyMap<string, SiteDocument>

/** With a trailing dot, as Route 53 spells it. */
export const liveNames = (site: SiteDocument): string[] => [site.hostname, ...site.aliases].map((name) => `${name}.`)
export const retiredNames = (site: SiteDocument): string[] => site.retired.map((name) => `${name}.`)
