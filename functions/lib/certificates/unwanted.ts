// Which secrets below `tls/` nobody needs any more: pure functions of what is stored and of what the sites ask for.

import type { Site } from '../domain/site.ts'
import { parseCertificate } from '../domain/site-certificate.ts'

type Document = { readonly name: string; readonly value: string }

/** A certificate that no site asks for any more, and where its secrets lie. */
export interface UnwantedCertificate {
  readonly hostname: string
  readonly paths: readonly string[]
}

/** A site whose document has errors may want its certificate still. `stored`: by hostname, the documents below `certificates/`. */
export function unwantedCertificates(
  stored: readonly Document[],
  { sites, broken }: { readonly sites: readonly Site[]; readonly broken: readonly { readonly hostname: string }[] },
): UnwantedCertificate[] {
  const wanted = new Set([...sites.filter(({ tls }) => tls === 'acme'), ...broken].map(({ hostname }) => hostname))
  return stored.flatMap(({ name, value }) => {
    const certificate = parseCertificate(value)
    if (wanted.has(name) || !certificate) return []
    const { path, previous } = certificate
    return [{ hostname: name, paths: previous ? [previous, path] : [path] }]
  })
}

/** A parameter, without its value. */
export interface StoredSecret {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

const HOUR = 3600_000

/** Milliseconds: longer than any run lives, and the longest that an authority lets wait is a week. */
const AGE = { part: HOUR, wait: 8 * 24 * HOUR }

const PART = /^(.*\/tls\/[^/]+\/[0-9a-f]{32})\/(?:key|certificate|chain)$/
const WAIT = /\/tls\/[^/]+\/wait$/

/**
 * What runs that were killed, or failed, have left below `tls/`: parts that no document names. Where a document is not ours to read, nothing is
 * known, and nothing is deleted.
 */
export function orphanedSecrets(
  stored: readonly StoredSecret[],
  documents: readonly Document[],
  now: number,
): string[] {
  const certificates = documents.map(({ value }) => parseCertificate(value))
  if (certificates.includes(undefined)) return []
  const named = new Set(certificates.flatMap((one) => [one!.path, one!.previous]))
  const isOver = ({ name, modifiedAt }: StoredSecret): boolean => {
    const path = PART.exec(name)?.[1]
    if (path !== undefined) return !named.has(path) && now - modifiedAt > AGE.part
    return WAIT.test(name) && now - modifiedAt > AGE.wait
  }
  return stored.filter(isOver).map(({ name }) => name)
}
