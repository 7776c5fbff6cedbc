// ./edge history, ./edge rollback: which images were chosen, when, by whom, and what became of each.
import {
  type Command,
  type ParameterHistory,
  paginateGetParameterHistory,
  paginateListCommands,
} from '@aws-sdk/client-ssm'
import { firstPages } from '../../functions/lib/aws/pages.ts'
import { ssm } from '../../functions/lib/aws/ssm/client.ts'
import { readTree } from '../../functions/lib/aws/ssm/parameters.ts'
import { subjectOf } from '../../functions/lib/hosts/command.ts'
import { readState, type SiteState } from '../../functions/lib/outcome/state.ts'
import { type Answer, chosenSite, pathOf, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'
import { documentOf, readDeclared, resolved, siteIn } from './read.ts'
import { rollTo } from './rollout.ts'

export interface Chosen {
  readonly image: string
  /** ISO 8601. */
  readonly at: string
  /** The principal, by the last part of its ARN. */
  readonly by: string
  readonly became: Became
}

/** `not sent`: no instance ran. `not known`: Systems Manager has forgotten, which it does after 30 days. */
export type Became = 'live' | 'configured' | 'failed' | 'under way' | 'not sent' | 'not known'

export async function history(scene: Scene): Promise<Answer> {
  const hostname = await chosenSite(scene)
  const [chosen, now] = await Promise.all([chosenImages(scene, hostname), currentImage(scene, hostname)])
  const rows = chosen.map(({ image, at, by, became }) => `${at}  ${became.padEnd(10)}  ${image}  by ${by}`)
  const screen = rows.length > 0 ? rows : [`${hostname}: no image was chosen yet: the site’s file says ${now}`]
  return { code: 0, screen, value: { site: hostname, image: now, history: chosen } }
}

export async function rollback(scene: Scene): Promise<Answer> {
  const hostname = await chosenSite(scene)
  const [chosen, now, file] = await Promise.all([
    chosenImages(scene, hostname),
    currentImage(scene, hostname),
    imageOfFile(scene, hostname),
  ])
  const back = earlierImage(now, chosen, file)
  if (!back) throw new Refused(`${hostname}: found no other image before ${now}, wanted one to go back to`)
  return rollTo(scene, hostname, back)
}

/** The newest one that did not fail; before the first choice the file's own ran. */
export function earlierImage(now: string, chosen: readonly Chosen[], file: string): string | undefined {
  const before = chosen.filter(({ image, became }) => image !== now && became !== 'failed')
  return before.at(0)?.image ?? (file === now ? undefined : file)
}

async function currentImage(scene: Scene, hostname: string): Promise<string> {
  return siteIn(resolved(await readDeclared(scene)), hostname).image
}

async function imageOfFile(scene: Scene, hostname: string): Promise<string> {
  const declared = await readDeclared(scene)
  return siteIn(resolved({ ...declared, images: [] }), hostname).image
}

/** The newest first. */
async function chosenImages(scene: Scene, hostname: string): Promise<Chosen[]> {
  const versions = await versionsOf(`${pathOf(scene)}/images/${hostname}`)
  if (versions.length === 0) return []
  const document = await documentOf(scene, 'ConfigureHost')
  const [commands, state] = await Promise.all([
    commandsFor(hostname, document, versions[0]!.LastModifiedDate),
    readTree(`${pathOf(scene)}/state/${hostname}`),
  ])
  return tellVersions(versions, commands, readState(state))
}

/** Versions in their order; a command belongs to the newest version before it. */
export function tellVersions(
  versions: readonly ParameterHistory[],
  commands: readonly Command[],
  state: SiteState,
): Chosen[] {
  const told = versions.map(({ Value = '', LastModifiedDate, LastModifiedUser = '' }, index) => {
    const from = LastModifiedDate?.getTime() ?? 0
    const to = versions[index + 1]?.LastModifiedDate?.getTime() ?? Number.POSITIVE_INFINITY
    const own = commands.filter(({ RequestedDateTime, Parameters }) => {
      const at = RequestedDateTime?.getTime() ?? 0
      // Systems Manager tells whole seconds of some times.
      return at >= from - 1000 && at < to && Parameters?.Image?.[0] === Value.trim()
    })
    const at = new Date(from).toISOString()
    return { image: Value.trim(), at, by: LastModifiedUser.split('/').at(-1)!, became: became(own, from, state) }
  })
  return told.reverse()
}

const DAYS_30 = 30 * 86_400_000

function became(commands: readonly Command[], from: number, { live }: SiteState, now = Date.now()): Became {
  const newest = commands.toSorted(
    (a, b) => (b.RequestedDateTime?.getTime() ?? 0) - (a.RequestedDateTime?.getTime() ?? 0),
  )
  const [last] = newest
  if (!last) return now - from > DAYS_30 ? 'not known' : 'not sent'
  const isLive = newest.some(({ Parameters }) => live.some(({ siteHash }) => siteHash === Parameters?.SiteHash?.[0]))
  if (isLive) return 'live'
  if (newest.some(({ Status }) => Status === 'Success')) return 'configured'
  return ['Pending', 'InProgress'].includes(last.Status ?? '') ? 'under way' : 'failed'
}

/** The oldest first; none where the image was never chosen. */
async function versionsOf(name: string): Promise<ParameterHistory[]> {
  const versions: ParameterHistory[] = []
  try {
    for await (const { Parameters = [] } of paginateGetParameterHistory({ client: ssm() }, { Name: name }))
      versions.push(...Parameters)
  } catch (error) {
    if ((error as Error).name !== 'ParameterNotFound') throw error
  }
  return versions
}

/** Pages of 50. */
const MOST_PAGES = 20

async function commandsFor(hostname: string, document: string, since: Date | undefined): Promise<Command[]> {
  const from = new Date((since?.getTime() ?? 0) - 1000).toISOString().replace(/\.\d+Z$/, 'Z')
  const Filters = [
    { key: 'InvokedAfter' as const, value: from },
    { key: 'DocumentName' as const, value: document },
  ]
  const list = {
    pages: paginateListCommands({ client: ssm(), pageSize: 50 }, { Filters }),
    itemsOf: ({ Commands }: { readonly Commands?: Command[] | undefined }) => Commands,
    keyOf: ({ CommandId }: Command) => CommandId,
  }
  const { items } = await firstPages(list, MOST_PAGES)
  const subject = subjectOf({ hostname } as Parameters<typeof subjectOf>[0])
  return items.filter(({ Comment = '' }) => Comment.split(' ')[0] === subject)
}
