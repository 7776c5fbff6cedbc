// Which certificate a site has, and whether it needs another one: a pure function of both and of the time.
import type { Site } from '../domain/site.ts'
import { certificateNames } from '../domain/site-certificate.ts'

/** Where the proof of control for a name is published (RFC 8555, 8.4), as Route 53 spells it. */
export const challengeName = (hostname: string): string => `_acme-challenge.${hostname}.`

export interface PlannedCertificate {
  readonly site: string
  readonly action: 'obtain' | 'renew' | 'keep'
  readonly reason: string
}

/** After this share of its life; what Let's Encrypt and its clients recommend. A third is left to mend what hinders. */
const RENEW_AT = 2 / 3

/** `now` in milliseconds since the epoch; `directory` is where a new certificate would come from. */
export function planCertificate(site: Site, directory: string, now: number): PlannedCertificate {
  const { certificate: stored, hostname } = site
  const plan = (action: PlannedCertificate['action'], reason: string) => ({ site: hostname, action, reason })
  if (!stored) return plan('obtain', 'there is no certificate yet')
  const change = changedNames(certificateNames(site), stored.names)
  if (change) return plan('obtain', `its names changed: ${change}`)
  if (stored.directory !== directory) return plan('obtain', `it is of ${stored.directory}, wanted ${directory}`)
  const [from, until] = [Date.parse(stored.notBefore), Date.parse(stored.notAfter)]
  const due = from + (until - from) * RENEW_AT
  if (now >= until) return plan('renew', `it expired at ${stored.notAfter}`)
  if (now >= due) return plan('renew', `two thirds of its life have passed; it is valid until ${stored.notAfter}`)
  return plan('keep', `valid until ${stored.notAfter}, to be renewed from ${new Date(due).toISOString()} on`)
}

/** Milliseconds, or half of what is then left: daily looks have failed since, and messages may all be given up by then. */
const GRACE = 3 * 24 * 3600_000

/** Why people should hear of a certificate that is still good: it should have been renewed days ago. Undefined for any other, and an expired one. */
export function overdueCertificate({ certificate, tls }: Site, now: number): string | undefined {
  if (!certificate || tls !== 'acme') return undefined
  const [from, until] = [Date.parse(certificate.notBefore), Date.parse(certificate.notAfter)]
  const due = from + (until - from) * RENEW_AT
  if (now < due + Math.min(GRACE, (until - due) / 2) || now >= until) return undefined
  return `the certificate was to be renewed from ${new Date(due).toISOString()} on, and is still the one that ends at ${certificate.notAfter}`
}

function changedNames(wanted: readonly string[], found: readonly string[]): string {
  const added = wanted.filter((name) => !found.includes(name)).map((name) => `+${name}`)
  const gone = found.filter((name) => !wanted.includes(name)).map((name) => `-${name}`)
  return [...added, ...gone].join(' ')
}

export const describePlannedCertificate = ({ action, site, reason }: PlannedCertificate): string =>
  `${action} the certificate of ${site}: ${reason}`
