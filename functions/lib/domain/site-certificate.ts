// The certificate of a site: the stored document, and the names that it covers.
import * as v from 'valibot'
import { date, parsedJson } from './schema.ts'

/** A stored certificate without its secrets: the document below `certificates/`. */
export interface Certificate {
  /** Parameter Store path of `key`, `certificate` and `chain`. Ends in the fingerprint of the key, so that a new certificate has a new one. */
  readonly path: string
  readonly names: readonly string[]
  /** The directory of the authority that issued it. */
  readonly directory: string
  /** ISO 8601. */
  readonly notBefore: string
  readonly notAfter: string
  /** The path of the certificate before this one: a host may be fetching it at this moment. */
  readonly previous?: string
}

interface Names {
  readonly hostname: string
  readonly aliases: readonly string[]
}

/** The names that one certificate of the site covers. Retired names are parked: nobody is served there. */
export const certificateNames = (site: Names): string[] => [site.hostname, ...site.aliases]

/**
 * A certificate has to fit into a standard parameter: 4,096 characters of PEM are 2,985 bytes, of which keys, signatures and the authority's own
 * fields take up to 1,200. 100 names are the most that Let's Encrypt takes.
 */
const MOST = { bytes: 1_785, names: 100 }

/** Each name has two or three bytes before it (RFC 5280, GeneralName). */
const bytesOf = (names: readonly string[]): number => names.reduce((sum, name) => sum + 3 + name.length, 0)

/** Says which limit the names exceed; undefined if they fit into one certificate. */
export function excessOf(site: Names): { found: string; wanted: string } | undefined {
  const names = certificateNames(site)
  const bytes = bytesOf(names)
  if (bytes <= MOST.bytes && names.length <= MOST.names) return undefined
  return {
    found: `${names.length} names, which take ${bytes} bytes in a certificate`,
    wanted: `with tls at most ${MOST.names} names and ${MOST.bytes} bytes: make some of them a site of their own`,
  }
}

const certificate: v.GenericSchema<unknown, Certificate> = v.object({
  ...{ path: v.string(), names: v.array(v.string()), directory: v.string() },
  ...{ notBefore: date, notAfter: date, previous: v.exactOptional(v.string()) },
})

/**
 * The value of a parameter that stands for no parameter. Parameter Store wants 30 s between a deletion and a new parameter of the same name
 * (DeleteParameter), and HTTPS may be switched on again at any time: so these names are overwritten and never deleted.
 */
export const NOTHING = 'none'

/** @returns undefined for a document that this project did not write */
export const parseCertificate = (text: string): Certificate | undefined => parsedJson(certificate, text)
