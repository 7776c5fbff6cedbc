// Finds the secrets below `tls/` that no site needs any more. Pure functions of the stored parameters and of the sites.

import type { Site } from '../domain/site.ts'
import { NOTHING, parseCertificate } from '../domain/site-certificate.ts'

type Document = { readonly name: string; readonly value: string }

/** A certificate that no site asks for any more, and where its secrets lie. */
export interface UnwantedCertificate {
  readonly hostname: string
  readonly paths: readonly string[]
}

/** A site whose document has errors keeps its certificate. `stored`: by hostname, the documents below `certificates/`. */
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

/** Milliseconds: longer than any run lives. */
const AGE = HOUR

const PART = /^(.*\/tls\/[^/]+\/[0-9a-f]{32})\/(?:key|certificate|chain)$/

/**
 * Parts below `tls/` that no document names: killed or failed runs left them. If a document is not in our form, we do not know its
 * parts, and nothing is deleted.
 */
export function orphanedSecrets(
  stored: readonly StoredSecret[],
  documents: readonly Document[],
  now: number,
): string[] {
  const certificates = documents.filter(({ value }) => value !== NOTHING).map(({ value }) => parseCertificate(value))
  if (certificates.includes(undefined)) return []
  const named = new Set(certificates.flatMap((one) => [one!.path, one!.previous]))
  const isOver = ({ name, modifiedAt }: StoredSecret): boolean => {
    const path = PART.exec(name)?.[1]
    return path !== undefined && !named.has(path) && now - modifiedAt > AGE
  }
  return stored.filter(isOver).map(({ name }) => name)
}
