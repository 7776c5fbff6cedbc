// The declared sites of a stage, from the documents in Parameter Store: two owners, two parameters, one picture.

import { describeFieldError, type FieldError } from './field-error.ts'
import { namesOf } from './record.ts'
import { parseSite, type Site } from './site.ts'
import { type Certificate, parseCertificate } from './site-certificate.ts'

/** A parameter below `/ragstream-edge/<stage>`: `name` is what follows `sites/`, `images/` or `certificates/`. */
export interface StoredDocument {
  readonly name: string
  readonly value: string
}

export interface BrokenSite {
  readonly hostname: string
  readonly errors: readonly FieldError[]
}

export interface SiteSet {
  /** In the order of their hostnames. */
  readonly sites: readonly Site[]
  /** Documents with errors: what they declare is left as it is. */
  readonly broken: readonly BrokenSite[]
}

export const describeBrokenSite = (broken: BrokenSite): string =>
  `site ${broken.hostname} is left as it is: ${broken.errors.map(describeFieldError).join('; ')}`

/**
 * `sites` belong to the deploy; `images` to the CI of the app, whose image wins; `certificates` to the function of that
 * name. One that cannot be read is as good as none: another one is obtained.
 */
export function resolveSites(
  sites: readonly StoredDocument[],
  images: readonly StoredDocument[],
  certificates: readonly StoredDocument[] = [],
): SiteSet {
  const certificateOf = new Map(certificates.map(({ name, value }) => [name, parseCertificate(value)]))
  const imageOf = new Map(images.map(({ name, value }) => [name, value.trim()]))
  const parsed = sites.map(({ name, value }) => readDocument(name, value, imageOf.get(name)))
  const sound = parsed.filter(isSound)
  const claimed = claims(sound)
  const verdicts = parsed.map((entry) => (isBroken(entry) ? entry : contested(entry, claimed, sound)))
  return {
    sites: verdicts
      .filter(isSound)
      .map((site) => withCertificate(site, certificateOf.get(site.hostname)))
      .sort(byHostname),
    broken: verdicts.filter(isBroken),
  }
}

export const wantsCertificates = ({ sites }: SiteSet): boolean => sites.some(({ tls }) => tls === 'acme')

const isBroken = (entry: Site | BrokenSite): entry is BrokenSite => 'errors' in entry
const isSound = (entry: Site | BrokenSite): entry is Site => !isBroken(entry)

const byHostname = (a: Site, b: Site): number => (a.hostname < b.hostname ? -1 : a.hostname > b.hostname ? 1 : 0)

function readDocument(hostname: string, text: string, image: string | undefined): Site | BrokenSite {
  const document = readJson(text)
  if (document instanceof SyntaxError)
    return { hostname, errors: [{ path: '(document)', found: withoutExcerpt(document.message), wanted: 'JSON' }] }
  const result = parseSite(withImage(document, image))
  if (!result.ok) return { hostname, errors: result.errors.map((error) => inImageParameter(error, image)) }
  if (result.site.hostname === hostname) return result.site
  const wanted = `"${hostname}", as in the name of the file or parameter`
  return { hostname, errors: [{ path: 'hostname', found: JSON.stringify(result.site.hostname), wanted }] }
}

const withImage = (document: unknown, image: string | undefined): unknown =>
  image !== undefined && typeof document === 'object' && document !== null ? { ...document, image } : document

const inImageParameter = (error: FieldError, image: string | undefined): FieldError =>
  error.path === 'image' && image !== undefined ? { ...error, path: 'image (of the images/ parameter)' } : error

const withCertificate = (site: Site, certificate: Certificate | undefined): Site =>
  certificate && site.tls === 'acme' ? { ...site, certificate } : site

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return error
  }
}

/** V8 quotes the text around the error, which may be the value of a secret: `Unexpected token 'x', ..."y"... is not valid JSON`. */
export const withoutExcerpt = (message: string): string =>
  message.replace(/, (\.\.\.)?".*" ?(\.\.\. )?is not valid JSON$/s, '')

export function claims(sites: readonly Named[]): Map<string, string[]> {
  const claimed = new Map<string, string[]>()
  for (const site of sites)
    for (const name of namesOf(site)) claimed.set(name, [...(claimed.get(name) ?? []), site.hostname])
  return claimed
}

/** Two sites that claim one name would overwrite each other for ever: neither is touched. */
function contested(
  site: Site,
  claimed: ReadonlyMap<string, readonly string[]>,
  all: readonly Site[],
): Site | BrokenSite {
  const errors = [...sharedNames(site, claimed), ...otherRoles(site, all)]
  return errors.length > 0 ? { hostname: site.hostname, errors } : site
}

type Named = Pick<Site, 'hostname' | 'aliases' | 'retired'>

export const sharedNames = (site: Named, claimed: ReadonlyMap<string, readonly string[]>): FieldError[] =>
  namesOf(site).flatMap((name) => {
    const others = (claimed.get(name) ?? []).filter((hostname) => hostname !== site.hostname)
    return others.map((other) => ({
      path: 'hostname, aliases or retired',
      found: JSON.stringify(name.slice(0, -1)),
      wanted: `a name that site ${other} does not claim too`,
    }))
  })

type Zoned = Pick<Site, 'hostname' | 'hostedZoneId' | 'dnsRoleArn'>

/** A zone lies in one account: of two sites that say two, one is wrong, and nobody here knows which. */
export function otherRoles({ hostedZoneId, dnsRoleArn }: Zoned, all: readonly Zoned[]): FieldError[] {
  const others = all.filter((other) => other.hostedZoneId === hostedZoneId && other.dnsRoleArn !== dnsRoleArn)
  return others.map((other) => ({
    path: 'dnsRoleArn',
    found: JSON.stringify(dnsRoleArn),
    wanted: `${JSON.stringify(other.dnsRoleArn)}, as the dnsRoleArn of site ${other.hostname} in the same hostedZoneId ${hostedZoneId}`,
  }))
}
