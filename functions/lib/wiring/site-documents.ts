// The documents of all sites as they were last listed, of which single ones are read again by name.
import { MOST_NAMED, type NamedValue, readChildren, readNamed } from '../aws/ssm/parameters.ts'
import { resolveSites, type SiteSet, wantsCertificates } from '../domain/site-set.ts'
import type { HostPorts } from '../hosts/ports.ts'
import { together } from '../steps/together.ts'

type Kind = 'sites' | 'images' | 'certificates'
type Documents = Readonly<Record<Kind, readonly NamedValue[]>>

/** `path` is `/ragstream-edge/<stage>`. Certificates are read only where a site has some. */
export function siteDocuments(path: string): Required<Pick<HostPorts, 'readSites' | 'readAgain'>> {
  let last: Documents | undefined

  async function readSites(): Promise<SiteSet> {
    const read = (kind: Kind) => readChildren(`${path}/${kind}`)
    const [sites, images] = await together([read('sites'), read('images')])
    const plain = resolveSites(sites, images)
    const certificates = wantsCertificates(plain) ? await read('certificates') : []
    last = { sites, images, certificates }
    return resolveSites(sites, images, certificates)
  }

  async function readAgain(hostnames: readonly string[]): Promise<SiteSet> {
    const known = last
    const wants = known && wantsCertificates(resolve(known))
    const kinds: Kind[] = ['sites', 'images', ...(wants ? (['certificates'] as const) : [])]
    const names = hostnames.flatMap((hostname) => kinds.map((kind) => `${path}/${kind}/${hostname}`))
    if (!known || names.length === 0 || names.length > MOST_NAMED) return readSites()
    const found = await readNamed(names)
    const of = (kind: Kind): NamedValue[] => {
      const below = `${path}/${kind}/`
      return [
        ...known[kind].filter(({ name }) => !names.includes(`${below}${name}`)),
        ...found.flatMap(({ name, value }) =>
          name.startsWith(below) ? [{ name: name.slice(below.length), value }] : [],
        ),
      ]
    }
    const now: Documents = { sites: of('sites'), images: of('images'), certificates: of('certificates') }
    // The first site with a certificate: none was listed.
    if (!wants && wantsCertificates(resolve(now))) return readSites()
    last = now
    return resolve(now)
  }

  return { readSites, readAgain }
}

const resolve = ({ sites, images, certificates }: Documents): SiteSet => resolveSites(sites, images, certificates)
