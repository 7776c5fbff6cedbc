// A declared site as it is now: what its parameters say, its instances, and the document that configures hosts.
import { type DocumentIdentifier, paginateListDocuments } from '@aws-sdk/client-ssm'
import { listInstances } from '../../functions/lib/aws/ec2/instances.ts'
import { ssm } from '../../functions/lib/aws/ssm/client.ts'
import { readChildren } from '../../functions/lib/aws/ssm/parameters.ts'
import { describeFieldError } from '../../functions/lib/domain/field-error.ts'
import { type Instance, selectInstances } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { resolveSites, type SiteSet, type StoredDocument } from '../../functions/lib/domain/site-set.ts'
import { targetOf } from '../../functions/lib/steps/place.ts'
import { pathOf, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'

export interface Declared {
  readonly sites: readonly StoredDocument[]
  readonly images: readonly StoredDocument[]
  readonly certificates: readonly StoredDocument[]
}

export async function readDeclared(scene: Pick<Scene, 'stage'>): Promise<Declared> {
  const read = (kind: string) => readChildren(`${pathOf(scene)}/${kind}`)
  const [sites, images, certificates] = await Promise.all([read('sites'), read('images'), read('certificates')])
  return { sites, images, certificates }
}

/** As the functions see them; with `image` in the place of the one that is chosen for a site. */
export function resolved({ sites, images, certificates }: Declared, chosen?: StoredDocument): SiteSet {
  const others = chosen ? images.filter(({ name }) => name !== chosen.name) : images
  return resolveSites(sites, [...others, ...(chosen ? [chosen] : [])], certificates)
}

/** @throws Refused with what is wrong with its document */
export function siteIn({ sites, broken }: SiteSet, hostname: string): Site {
  const site = sites.find((one) => one.hostname === hostname)
  if (site) return site
  const errors = broken.find((one) => one.hostname === hostname)?.errors ?? []
  throw new Refused(`${hostname}: ${errors.map(describeFieldError).join('; ')}`)
}

export async function instancesOf({ stage }: Pick<Scene, 'stage'>, site: Site): Promise<readonly Instance[]> {
  return selectInstances([site], await listInstances(stage)).get(site.hostname) ?? []
}

/** The newest document of the stage: its name ends in a hash, and a deploy makes the new one before it deletes the old one. */
export async function documentOf({ stage }: Pick<Scene, 'stage'>, kind: string): Promise<string> {
  const base = `ragstream-edge-${stage}-${kind}-`
  const found: DocumentIdentifier[] = []
  const Filters = [{ Key: 'Name', Values: [base] }]
  for await (const page of paginateListDocuments({ client: ssm() }, { Filters }))
    found.push(...(page.DocumentIdentifiers ?? []))
  const time = ({ CreatedDate }: DocumentIdentifier) => CreatedDate?.getTime() ?? 0
  const [newest] = found.filter(({ Name }) => Name?.startsWith(base)).sort((a, b) => time(b) - time(a))
  if (newest?.Name) return newest.Name
  // Set wherever a command is aimed.
  const target = targetOf({ stage, region: process.env.AWS_REGION! })
  throw new Refused(`document ${base}…: found none, wanted the one of a deployed stack: ./edge deploy ${target}`)
}
