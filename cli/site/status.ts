// ./edge status: each declared site in one line.

import { listInstances } from '../../functions/lib/aws/ec2/instances.ts'
import { listCommands } from '../../functions/lib/aws/ssm/commands.ts'
import { readTree } from '../../functions/lib/aws/ssm/parameters.ts'
import { type Instance, selectInstances } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { isUnderWay, type SentCommand, subjectOf } from '../../functions/lib/hosts/command.ts'
import type { Outlook } from '../../functions/lib/idle/outlook.ts'
import type { PlannedIdle } from '../../functions/lib/idle/plan.ts'
import { readState } from '../../functions/lib/outcome/state.ts'
import { diagnosed } from '../diagnose.ts'
import type { Diagnosis } from '../diagnosis.ts'
import { hasColour } from '../edge/paper.ts'
import { type Answer, chosenSite, line, pathOf, type Scene } from '../edge/scene.ts'
import { invoke } from '../invoke.ts'
import { type Awake, awakeThisMonth, hoursOf } from './awake.ts'
import { doorAddress } from './door.ts'
import { documentOf, readDeclared, resolved } from './read.ts'

export interface SiteStatus {
  readonly site: string
  readonly state: 'live' | 'asleep' | 'starting' | 'broken' | 'unknown'
  /** ISO 8601: of the instance's start, or of the problem that a notice told. */
  readonly since?: string
  readonly image?: string
  readonly sentence: string
  /** This month (UTC), of its instances together, with one decimal. Null: not known, or it has no instance. */
  readonly hoursAwake: number | null
  /** Of a site with `idle` that is awake. */
  readonly use?: SiteUse
  /** Of a site with a door: where visitors start it. */
  readonly door?: string
  readonly command?: { readonly id: string; readonly status: string; readonly at: string }
}

export interface SiteUse {
  /** Who uses its instance, or since when nobody does. */
  readonly reason: string
  /** ISO 8601: the end of the last session at the latest, the stop when nobody comes, and the stop whoever comes. */
  readonly lastUse?: string
  readonly stopsAt?: string
  readonly endsAt?: string
}

export async function status(scene: Scene): Promise<Answer> {
  const only = scene.words.site ? await chosenSite(scene) : undefined
  const { sites, broken } = resolved(await readDeclared(scene))
  const document = await documentOf(scene, 'ConfigureHost')
  const wanted = sites.filter(({ hostname }) => only === undefined || hostname === only)
  const uses = wanted.some(({ idle }) => idle !== null) ? await usesOf(scene) : []
  const address = wanted.some(({ door }) => door !== null) ? await doorAddress(scene) : undefined
  const chosen = selectInstances(wanted, await listInstances(scene.stage))
  const ids = new Set([...chosen.values()].flat().map(({ id }) => id))
  const awake = awakeThisMonth([...ids], Date.now())
  const known = await Promise.all(
    wanted.map(async (site): Promise<SiteStatus> => {
      const one = await statusOf(scene, site, { document, uses, awake, instances: chosen.get(site.hostname) ?? [] })
      return site.door && address ? { ...one, door: `${address}/${site.hostname}` } : one
    }),
  )
  const unread = broken
    .filter(({ hostname }) => only === undefined || hostname === only)
    .map(({ hostname }): SiteStatus => {
      return {
        site: hostname,
        state: 'broken',
        hoursAwake: null,
        sentence: `${hostname}: its document has errors: ${line(scene, 'doctor')}`,
      }
    })
  const all = [...known, ...unread]
  const { unknown } = await awake
  const screen =
    all.length > 0
      ? [...shown(all), ...(unknown ? [`hours awake: not known: ${unknown}`] : [])]
      : [`stage ${scene.stage} declares no site: ${line(scene, 'init <hostname>')}`]
  return {
    code: all.some(({ state }) => state === 'broken' || state === 'unknown') ? 1 : 0,
    screen,
    value: { sites: all, ...(unknown && { hoursAwakeUnknown: unknown }) },
  }
}

type Use = Pick<PlannedIdle, 'instanceId' | 'sites' | 'reason'> & Outlook

/** One look at each host, which stops nothing. */
async function usesOf({ stage }: Scene): Promise<readonly Use[]> {
  return ((await invoke(stage, 'idle', { dryRun: true })) as { readonly plan: readonly Use[] }).plan
}

interface Seen {
  readonly document: string
  readonly uses: readonly Use[]
  readonly awake: Promise<Awake>
  readonly instances: readonly Instance[]
}

async function statusOf(scene: Scene, site: Site, { document, uses, awake, instances }: Seen): Promise<SiteStatus> {
  const newest = instances.toSorted((a, b) => b.launchTime - a.launchTime)[0]
  const [diagnosis, command, entries] = await Promise.all([
    diagnosed(scene, site.hostname),
    newest && newestCommand(site, newest, document),
    readTree(`${pathOf(scene)}/state/${site.hostname}`),
  ])
  const state = stateOf(diagnosis, newest, command)
  const use = uses.find(({ instanceId }) => instanceId === newest?.id && site.idle !== null)
  const told = readState(entries)
    .told.map(({ since }) => since)
    .sort()[0]
  const since = state === 'broken' ? told : newest?.state === 'running' ? iso(newest.launchTime) : undefined
  return {
    ...{ site: site.hostname, state, image: site.image, sentence: diagnosis.sentence },
    hoursAwake: hoursAwake(instances, await awake),
    ...(since && { since }),
    ...(use && { use: useOf(use) }),
    ...(command && { command: { id: command.id, status: command.status, at: iso(command.requestedAt) } }),
  }
}

function hoursAwake(instances: readonly Instance[], { points }: Awake): number | null {
  if (!points || instances.length === 0) return null
  return hoursOf(instances.reduce((sum, { id }) => sum + (points.get(id) ?? 0), 0))
}

const useOf = ({ reason, lastUse, stopsAt, endsAt }: Use): SiteUse => ({
  reason,
  ...(lastUse && { lastUse: iso(lastUse) }),
  ...(stopsAt && { stopsAt: iso(stopsAt) }),
  ...(endsAt && { endsAt: iso(endsAt) }),
})

/** The schedule looks every 5 minutes, twice before a stop. */
export function describeUse({ reason, lastUse, stopsAt, endsAt }: SiteUse, now = Date.now()): string {
  const at = (time: string) => `${time.slice(0, 16)}Z`
  const parts = [
    reason,
    lastUse && `last use at ${at(lastUse)} or before`,
    stopsAt && Date.parse(stopsAt) > now && `nobody comes: stops from ${at(stopsAt)} on`,
    endsAt && `stops from ${at(endsAt)} on, whoever uses it`,
  ]
  return parts.filter(Boolean).join('; ')
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
  return all.flatMap(({ site, state, since, hoursAwake: hours, image, sentence, command, use, door }) => {
    const word = state.padEnd(8)
    const text = state === 'live' || state === 'asleep' ? '' : `  ${sentence}`
    const told = command ? `configured ${command.at.slice(0, 16)}Z: ${command.status}` : 'no command shown'
    const parts = [site.padEnd(widest), colour ? `\x1b[${COLOUR[state]}m${word}\x1b[0m` : word]
    const awake = `awake ${hours === null ? '?' : hours.toFixed(1)} h this month`
    const more = [...(use ? [`use: ${describeUse(use)}`] : []), ...(door ? [`door: ${door}`] : [])]
    return [
      `${[...parts, since ? `since ${since.slice(0, 16)}Z` : 'since ?', awake, image ?? '', told].join('  ')}${text}`,
      ...more.map((text) => `${' '.repeat(widest)}  ${text}`),
    ]
  })
}
