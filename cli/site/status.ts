// ./edge status: each declared site in one line.

import { listCommands } from '../../functions/lib/aws/ssm/commands.ts'
import { readTree } from '../../functions/lib/aws/ssm/parameters.ts'
import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { isUnderWay, type SentCommand, subjectOf } from '../../functions/lib/hosts/command.ts'
import { readState } from '../../functions/lib/outcome/state.ts'
import { diagnosed } from '../diagnose.ts'
import type { Diagnosis } from '../diagnosis.ts'
import { hasColour } from '../edge/paper.ts'
import { type Answer, chosenSite, line, pathOf, type Scene } from '../edge/scene.ts'
import { documentOf, instancesOf, readDeclared, resolved } from './read.ts'

export interface SiteStatus {
  readonly site: string
  readonly state: 'live' | 'asleep' | 'starting' | 'broken' | 'unknown'
  /** ISO 8601: of the instance's start, or of the problem that a notice told. */
  readonly since?: string
  readonly image?: string
  readonly sentence: string
  readonly command?: { readonly id: string; readonly status: string; readonly at: string }
}

export async function status(scene: Scene): Promise<Answer> {
  const only = scene.words.site ? await chosenSite(scene) : undefined
  const { sites, broken } = resolved(await readDeclared(scene))
  const document = await documentOf(scene, 'ConfigureHost')
  const wanted = sites.filter(({ hostname }) => only === undefined || hostname === only)
  const known = await Promise.all(wanted.map((site) => statusOf(scene, site, document)))
  const unread = broken
    .filter(({ hostname }) => only === undefined || hostname === only)
    .map(({ hostname }): SiteStatus => {
      return { site: hostname, state: 'broken', sentence: `${hostname}: its document has errors: ./edge doctor` }
    })
  const all = [...known, ...unread]
  const screen =
    all.length > 0 ? shown(all) : [`stage ${scene.stage} declares no site: ${line(scene, 'init <hostname>')}`]
  return {
    code: all.some(({ state }) => state === 'broken' || state === 'unknown') ? 1 : 0,
    screen,
    value: { sites: all },
  }
}

async function statusOf(scene: Scene, site: Site, document: string): Promise<SiteStatus> {
  const instances = await instancesOf(scene, site)
  const newest = instances.toSorted((a, b) => b.launchTime - a.launchTime)[0]
  const [diagnosis, command, entries] = await Promise.all([
    diagnosed(scene, site.hostname),
    newest && newestCommand(site, newest, document),
    readTree(`${pathOf(scene)}/state/${site.hostname}`),
  ])
  const state = stateOf(diagnosis, newest, command)
  const told = readState(entries)
    .told.map(({ since }) => since)
    .sort()[0]
  const since = state === 'broken' ? told : newest?.state === 'running' ? iso(newest.launchTime) : undefined
  return {
    ...{ site: site.hostname, state, image: site.image, sentence: diagnosis.sentence },
    ...(since && { since }),
    ...(command && { command: { id: command.id, status: command.status, at: iso(command.requestedAt) } }),
  }
}

const iso = (time: number): string => new Date(time).toISOString()

async function newestCommand(site: Site, { id }: Instance, document: string): Promise<SentCommand | undefined> {
  const commands = await listCommands(document, id, 0)
  const own = commands.filter(({ comment }) => comment.split(' ')[0] === subjectOf(site))
  return own.sort((a, b) => b.requestedAt - a.requestedAt)[0]
}

/** Milliseconds that an agent may take to register, so that no command was sent. */
const REGISTERS = 10 * 60_000

/** A site that is not live yet starts while its instance does, until a command could be sent, and while it is under way. */
export function stateOf(
  { verdict }: Pick<Diagnosis, 'verdict'>,
  instance: Pick<Instance, 'state' | 'launchTime'> | undefined,
  command: SentCommand | undefined,
  now = Date.now(),
): SiteStatus['state'] {
  if (verdict === 'live' || verdict === 'asleep') return verdict
  if (instance?.state === 'pending') return 'starting'
  if (instance?.state !== 'running') return verdict
  const isOwn = command !== undefined && command.requestedAt >= instance.launchTime
  return (isOwn ? isUnderWay(command) : now - instance.launchTime < REGISTERS) ? 'starting' : verdict
}

const COLOUR = { live: '32', asleep: '2', starting: '33', broken: '31', unknown: '33' } as const

function shown(all: readonly SiteStatus[]): string[] {
  const widest = Math.max(...all.map(({ site }) => site.length))
  const colour = hasColour(process.stdout)
  return all.map(({ site, state, since, image, sentence, command }) => {
    const word = state.padEnd(8)
    const text = state === 'live' || state === 'asleep' ? '' : `  ${sentence}`
    const told = command ? `configured ${command.at.slice(0, 16)}Z: ${command.status}` : 'no command shown'
    const parts = [site.padEnd(widest), colour ? `\x1b[${COLOUR[state]}m${word}\x1b[0m` : word]
    return `${[...parts, since ? `since ${since.slice(0, 16)}Z` : 'since ?', image ?? '', told].join('  ')}${text}`
  })
}
