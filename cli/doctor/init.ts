// Writes the file of a site from the zone and the instance that the account has. Guesses nothing silently: what is unclear is asked for.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { STAGE_TAG } from '../../functions/lib/aws/ec2/instances.ts'
import { describeFieldError } from '../../functions/lib/domain/field-error.ts'
import { selects } from '../../functions/lib/domain/instance.ts'
import { parseSite } from '../../functions/lib/domain/site.ts'
import type { Region } from '../../resources/region.ts'
import { type DeclaredSite, sitesOfStage } from '../../resources/sites.ts'
import { Refused } from '../invoke.ts'
import { type AccountInstance, allInstances, type Zone, zonesNamed } from './account.ts'

export interface Wish {
  readonly hostname: string
  readonly stage: string
  readonly region: string
  /** Folder of the site files. */
  readonly sites: string
  readonly instance?: string | undefined
  readonly image?: string | undefined
  /** `idle.stopAfter`. */
  readonly idle?: string | undefined
}

/** A forgotten tab is the commonest waste: who lets an instance sleep wants an end to that, too. */
const LONGEST = '12h'

/** The default of `container.hostPort`. */
const APP_PORT = 8501

export interface Begun {
  readonly file: string
  readonly instance: AccountInstance
  /** Without an image. */
  readonly site: {
    readonly hostname: string
    readonly hostedZoneId: string
    readonly instances: object
    readonly container?: object
  }
}

/** @throws Error with what was found and what is wanted */
export async function initSite(wish: Wish) {
  const { file, instance, site } = await beginSite(wish)
  if (existsSync(file)) throw new Error(`${file}: found it, wanted none: change it by hand, or remove it first`)
  const { container, ...fields } = site
  const image = wish.image ?? guessedImage(site)
  const idle = wish.idle && { idle: { stopAfter: wish.idle, longest: LONGEST } }
  const text = writeSite(file, wish.stage, { ...fields, image, ...(container && { container }), ...idle })
  return { file, text, notes: [...(wish.image ? [] : [GUESS]), ...tagNotes(wish, instance)] }
}

export const guessedImage = ({ hostname }: { readonly hostname: string }): string => `${hostname.split('.')[0]}:latest`
export const GUESS = 'the image is a guess: put there what Docker on the host may run (or --image name:tag)'

/**
 * What the account says of a site: its zone, its instance, and a port where the usual one is taken.
 * @throws Error with what was found and what is wanted
 */
export async function beginSite(wish: Wish): Promise<Begun> {
  const hostname = wish.hostname.toLowerCase()
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+$/.test(hostname))
    throw new Refused(`hostname: found ${JSON.stringify(wish.hostname)}, wanted a DNS name such as app.example.com`)
  const file = join(wish.sites, wish.stage === 'prod' ? '' : wish.stage, `${hostname}.json`)
  const [zone, instances] = await Promise.all([zoneOf(hostname, wish.region), allInstances(wish.region)])
  const instance = pick(instances, wish)
  const others = sitesOfStage(wish.sites, wish.stage).filter(({ site }) => site.hostname !== hostname)
  const fields = { hostname, hostedZoneId: zone.id, instances: { 'tag:Name': instance.tags.Name } }
  return { file, instance, site: { ...fields, ...beside(others, instance) } }
}

/** @throws Error where it is no site */
export function writeSite(file: string, stage: string, site: object): string {
  const parsed = parseSite(site)
  if (!parsed.ok) throw new Error(parsed.errors.map(describeFieldError).join('\n'))
  const $schema = stage === 'prod' ? '../../docs/site.schema.json' : '../../../docs/site.schema.json'
  const text = `${JSON.stringify({ $schema, ...site }, null, 2).replace(/\{\n\s+("tag:Name": .+)\n\s+\}/, '{ $1 }')}\n`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return text
}

/** From then on a command that goes elsewhere is refused. A file that is there stays. */
export function bindRegion({ region, bound: { file, region: before } }: Region): void {
  if (before === undefined) writeFileSync(file, `${region}\n`)
}

/** A port of its own where other sites live on the instance. */
function beside(declared: readonly DeclaredSite[], instance: AccountInstance): { container?: { hostPort: number } } {
  const there = declared.filter(({ site }) => selects(site.instances, instance))
  const taken = there.map(({ site }) => site.container.hostPort)
  return taken.includes(APP_PORT) ? { container: { hostPort: Math.max(...taken) + 1 } } : {}
}

export function tagNotes({ stage, region }: Pick<Wish, 'stage' | 'region'>, { id, tags }: AccountInstance): string[] {
  const tag = `its instance ${id} needs the tag: aws ec2 create-tags --region ${region} --resources ${id} --tags Key=${STAGE_TAG},Value=${stage}`
  return tags[STAGE_TAG] === stage ? [] : [tag]
}

/** The public zone with the longest name in which the hostname lies. */
async function zoneOf(hostname: string, region: string): Promise<Zone> {
  const labels = hostname.split('.')
  for (let first = 0; first < labels.length - 1; first++) {
    const name = labels.slice(first).join('.')
    const zones = (await zonesNamed(name, region)).filter(({ isPrivate }) => !isPrivate)
    if (zones.length === 1) return zones[0]!
    if (zones.length > 1)
      throw new Error(
        `zone ${name}: found ${zones.map(({ id }) => id).join(', ')}, wanted one public zone: write the file by hand with the one to which the domain is delegated`,
      )
  }
  throw new Error(
    `zone: found no public one for ${hostname}, wanted one: aws route53 create-hosted-zone --name <domain> --caller-reference $(date +%s)`,
  )
}

/** The one that was named; else the one of the stage; else the only one. */
function pick(all: readonly AccountInstance[], { instance: wanted, stage, region }: Wish): AccountInstance {
  const named = wanted ? all.filter(({ id }) => id === wanted) : all
  const ours = named.filter(({ tags }) => tags[STAGE_TAG] === stage)
  const candidates = ours.length > 0 ? ours : named
  const shown = candidates.map(({ id, tags }) => `${id} (${tags.Name ?? 'no Name'})`).join(', ') || 'none'
  if (candidates.length !== 1)
    throw new Error(`instance in ${region}: found ${shown}, wanted one: say which by --instance i-…`)
  const [one] = candidates as [AccountInstance]
  if (!one.tags.Name)
    throw new Error(
      `instance ${one.id}: found no tag Name, wanted one to select it by: aws ec2 create-tags --region ${region} --resources ${one.id} --tags Key=Name,Value=<name>`,
    )
  const twins = all.filter(({ id, tags }) => id !== one.id && tags.Name === one.tags.Name)
  if (twins.length > 0)
    throw new Error(
      `instance ${one.id}: found ${twins.map(({ id }) => id).join(', ')} with the same tag Name, wanted one of that name`,
    )
  return one
}
