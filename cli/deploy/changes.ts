// What a deploy changes on running hosts, and what a removal leaves there, in sentences. Pure.
import type { Site } from '../../functions/lib/domain/site.ts'
import { configureHost } from '../../functions/lib/hosts/command.ts'

export interface Deployment {
  /** Of the files. */
  readonly sites: readonly Site[]
  /** As deployed; none before the first deploy. */
  readonly deployed: readonly Site[]
  /** Ids of the running instances of a site. */
  readonly running: ReadonlyMap<string, readonly string[]>
  /** The document that configures hosts is another one than the deployed one. */
  readonly isOtherDocument: boolean
}

const FIRST =
  'its record is written, nginx and Docker are installed where they are missing, nginx’s own default site is replaced, and its container runs in a network of its own; what was set up by hand stays, unless the file says adopt'

export function changesOf({ sites, deployed, running, isOtherDocument }: Deployment): string[] {
  const told = sites.map((site) => {
    const { hostname } = site
    const ids = running.get(hostname) ?? []
    const hosts = ids.length > 0 ? `${ids.join(', ')} ${ids.length === 1 ? 'runs' : 'run'}: ` : ''
    const before = deployed.find((one) => one.hostname === hostname)
    if (!before)
      return `${hostname}: new. ${hosts ? `${hosts}${FIRST}` : 'No instance of it runs: it is configured at its next start'}`
    const fields = differences(before, site)
    if (fields.length === 0 && !isOtherDocument) return `${hostname}: as deployed. No host is touched`
    const what = fields.length > 0 ? `other values of ${fields.join(', ')}` : 'the document of its hosts is another one'
    if (!isOtherDocument && !reachesHosts(before, site, fields)) return `${hostname}: ${what}. No host is touched`
    return `${hostname}: ${what}. ${hosts ? hosts + consequence(fields) : 'No instance of it runs: it is configured at its next start'}`
  })
  const gone = deployed.filter(({ hostname }) => sites.every((site) => site.hostname !== hostname))
  return [...told, ...gone.map(({ hostname }) => leaves(hostname, running.get(hostname) ?? []))]
}

/** Other instances are told the site, and a host gets `tls` with the certificate. */
const reachesHosts = (before: Site, site: Site, fields: readonly string[]): boolean =>
  fields.some((field) => /^(instances|tls)\b/.test(field)) ||
  configureHost(before, '').comment !== configureHost(site, '').comment

function consequence(fields: readonly string[]): string {
  if (fields.length === 0)
    return 'it runs there once more, and changes only what it wants otherwise than the one before'
  const isContainer = fields.some((field) => /^(image|pull|container|health|rollout)\b/.test(field))
  return isContainer
    ? 'the host is configured anew; its container is replaced, and the old one comes back if the new one is not healthy'
    : 'the host is configured anew; its container stays'
}

const leaves = (hostname: string, ids: readonly string[]): string =>
  `${hostname}: no file any more. Its record stays as it is${ids.length > 0 ? `, and ${ids.join(', ')} goes on serving it until remove-site takes it off the host` : ''}`

/** Of a removal: no host is touched. */
export const remainsOf = ({ deployed, running }: Pick<Deployment, 'deployed' | 'running'>): string[] =>
  deployed.map(({ hostname }) => {
    const ids = running.get(hostname) ?? []
    const hosts = ids.length > 0 ? `${ids.join(', ')} goes on serving it` : 'no instance of it runs'
    return `${hostname}: ${hosts}. Nobody writes its record from then on`
  })

/** Paths of the fields whose values differ, such as `container.env`. */
export function differences(one: object, other: object, above = ''): string[] {
  const [a, b] = [one, other] as Record<string, unknown>[]
  return [...new Set([...Object.keys(a!), ...Object.keys(b!)])].flatMap((key) => {
    const [before, after] = [a![key], b![key]]
    if (JSON.stringify(before) === JSON.stringify(after)) return []
    return above === '' && isTree(before) && isTree(after) ? differences(before, after, `${key}.`) : [`${above}${key}`]
  })
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
