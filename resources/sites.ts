// The declared sites: one parameter each, created last, so that its own creation event is the first roll-out.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeFieldError, type FieldError } from '../functions/lib/domain/field-error.ts'
import { namesOf } from '../functions/lib/domain/record.ts'
import type { Site } from '../functions/lib/domain/site.ts'
import { claims, otherRoles, sharedNames } from '../functions/lib/domain/site-set.ts'
import type { Resources } from './cloudformation.ts'
import { type Draft, readDraft } from './draft.ts'
import { readSiteFile, type SiteFile } from './site-file.ts'

/** An inline policy holds 10,240 characters, a stack 500 resources: beyond about this many sites a stage is split. */
const MOST_SITES = 100
/** Characters of a standard parameter. */
export const MOST_CHARACTERS = 4096

export interface DeclaredSite {
  readonly site: Site
  /** As written in the repository: defaults are filled in when it is read. */
  readonly document: string
}

/** The stage of the files directly in `resources/sites`; any other has a folder of its name there. */
const MAIN_STAGE = 'prod'

/**
 * The sites of a stage. Two stages that held one name would each park or overwrite what the other wrote, so that is refused, too.
 * @throws Error that lists every mistake
 */
export function sitesOfStage(root: string, stage: string): DeclaredSite[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const stages = [MAIN_STAGE, ...folders.map(({ name }) => name)]
  if (!stages.includes(stage)) return []
  const read = (one: string) => readFolder(one === MAIN_STAGE ? root : join(root, one))
  const { sites, mistakes, names } = read(stage)
  const mine = new Set(names)
  const others = stages
    .filter((one) => one !== stage)
    .flatMap((other) => {
      const found = read(other)
      const shared = found.names.filter((name) => mine.has(name))
      const both = `found ${shared.join(', ')} in stage ${stage} and in stage ${other}, wanted each name in one`
      return [...found.mistakes.map((mistake) => `stage ${other}: ${mistake}`), ...(shared.length > 0 ? [both] : [])]
    })
  return refused(sites, [...mistakes, ...others])
}

/** Reads and checks every `<hostname>.json` of a folder. @throws Error that lists every mistake of every file */
export function readDeclaredSites(folder: string): DeclaredSite[] {
  const { sites, mistakes } = readFolder(folder)
  return refused(sites, mistakes)
}

function refused(sites: DeclaredSite[], mistakes: readonly string[]): DeclaredSite[] {
  if (mistakes.length > 0) throw new Error(`resources/sites:\n  ${mistakes.join('\n  ')}`)
  return sites
}

interface Folder {
  /** Those that have no mistake. */
  readonly sites: DeclaredSite[]
  readonly mistakes: readonly string[]
  /** That its files claim, as far as they can be read. */
  readonly names: readonly string[]
}

function readFolder(folder: string): Folder {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  const files = entries
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort()
    .map((name) => readFile(folder, name))
  const tooMany = `${files.length} sites in ${folder}: found ${files.length}, wanted at most ${MOST_SITES} a stage: move some to another stage`
  const mistakes = [
    ...entries.flatMap(({ name }) => otherEnding(name)),
    ...files.flatMap((file) => file.mistakes),
    ...oversized(files),
    ...betweenFiles(files),
    ...(files.length > MOST_SITES ? [tooMany] : []),
  ]
  return {
    sites: files.flatMap(({ site, value }) => (site ? [{ site, document: value }] : [])),
    mistakes: [...new Set(mistakes)],
    names: taken(files, namesOf).flat(),
  }
}

const inFile = (name: string, errors: readonly FieldError[]): string[] =>
  errors.map((error) => `${name}.json: ${describeFieldError(error)}`)

interface NamedDraft extends SiteFile, Omit<Draft, 'errors'> {
  readonly name: string
}

function readFile(folder: string, name: string): NamedDraft {
  const file = readSiteFile(readFileSync(join(folder, `${name}.json`), 'utf8'))
  const { errors, ...draft } = 'document' in file ? readDraft(file.document) : UNREAD
  const all = [...errors, ...(draft.take((site) => misnamed(site, name)) ?? [])]
  const mistakes = [...file.mistakes.map((mistake) => `${name}.json: ${mistake}`), ...inFile(name, all)]
  return { ...file, ...draft, name, mistakes }
}

const UNREAD: Draft = { errors: [], take: () => undefined }

const taken = <T>(drafts: readonly NamedDraft[], of: (site: Site) => T): T[] =>
  drafts.flatMap(({ take }) => take(of) ?? [])

/** Also of files with other mistakes. */
function betweenFiles(drafts: readonly NamedDraft[]): string[] {
  const named = taken(drafts, ({ hostname, aliases, retired }) => ({ hostname, aliases, retired }))
  const claimed = claims(named)
  const zoned = taken(drafts, ({ hostname, hostedZoneId, dnsRoleArn }) => ({ hostname, hostedZoneId, dnsRoleArn }))
  const placed = taken(drafts, ({ hostname, container: { hostPort }, instances }) => {
    // Taken whole: a selector with a value that cannot be read would select others.
    return { hostname, hostPort, instances: { ...instances } }
  })
  return [
    ...named.flatMap((site) => inFile(site.hostname, sharedNames(site, claimed))),
    ...zoned.flatMap((site) => inFile(site.hostname, otherRoles(site, zoned))),
    ...taken(drafts, preloaded).flat(),
    ...placed.flatMap((site) => samePort(site, placed)),
  ]
}

function misnamed({ hostname }: Site, name: string): FieldError[] {
  const wanted = `"${name}", as in the name of the file or parameter`
  return hostname === name ? [] : [{ path: 'hostname', found: JSON.stringify(hostname), wanted }]
}

/** A file of another ending would be left out without a word. Notes and hidden files are no sites. */
function otherEnding(name: string): string[] {
  if (name.endsWith('.json') || name.startsWith('.') || /\.(md|txt)$/i.test(name)) return []
  return [`${name}: found another ending, wanted <hostname>.json, in small letters`]
}

/** Two sites of which one selects all that the other does meet on a host, where each needs a port of its own. */
function samePort({ hostname, hostPort, instances }: Placed, all: readonly Placed[]): string[] {
  const rivals = all.filter(
    (other) =>
      other.hostname < hostname &&
      other.hostPort === hostPort &&
      (covers(instances, other.instances) || covers(other.instances, instances)),
  )
  return rivals.map(
    (other) =>
      `${hostname}.json: container/hostPort: found ${hostPort}, wanted a port that site ${other.hostname} does not use too, since both select the same instances`,
  )
}

interface Placed extends Pick<Site, 'hostname' | 'instances'> {
  readonly hostPort: number
}

const covers = (wide: Site['instances'], narrow: Site['instances']): boolean =>
  Object.entries(wide).every(([key, value]) => narrow[key] === value)

/**
 * Top-level domains of which every name is on the browsers' preload list (Chromium's transport_security_state_static.json, as of
 * November 2026; there is no kept package of it): browsers ask for them by HTTPS only.
 */
const PRELOADED = new Set(
  'android app bank boo channel chrome dad day dev eat esq fly foo gle gmail google hangout ing insurance meet meme mov new nexus page phd play prof rsvp search youtube zip'.split(
    ' ',
  ),
)

const preloaded = (site: Site): string[] => {
  const name = [site.hostname, ...site.aliases].find((one) => PRELOADED.has(one.split('.').at(-1)!))
  if (!name || site.tls === 'acme') return []
  const why = `browsers ask for names below .${name.split('.').at(-1)} by HTTPS only`
  return [`${site.hostname}.json: tls: found "off", wanted "acme": ${name}: ${why}`]
}

const oversized = (documents: readonly { name: string; value: string }[]): string[] =>
  documents
    .filter(({ value }) => value.length > MOST_CHARACTERS)
    .map(({ name, value }) => `site ${name}: found ${value.length} characters, wanted at most ${MOST_CHARACTERS}`)

/** Of 100 parameters that CloudFormation writes at once Systems Manager would throttle most: it takes 3 writes a second of an account. */
const AT_ONCE = 10

/**
 * `after`: logical ids of the rules, policies and mappings without which the creation event would be lost. Each waits for the one ten before
 * it, so that no more than ten are under way.
 */
export const siteParameters = (stage: string, sites: readonly DeclaredSite[], after: readonly string[]): Resources =>
  Object.fromEntries(
    sites.map(({ site, document }, index) => [
      logicalId(site.hostname),
      {
        Type: 'AWS::SSM::Parameter',
        DependsOn: [...after, ...(index < AT_ONCE ? [] : [logicalId(sites[index - AT_ONCE]!.site.hostname)])],
        Properties: {
          Name: `/ragstream-edge/${stage}/sites/${site.hostname}`,
          Type: 'String',
          Description: 'A site of ragstream-edge. Declared in its repository: change it there.',
          Value: document,
        },
      },
    ]),
  )

/** Letters and digits only; `.` and `-` keep names apart. */
const logicalId = (hostname: string): string => `Site${hostname.replaceAll('.', 'Dot').replaceAll('-', 'Dash')}`
