// Settles one site: reads its hosts, records and earlier notices, plans, and reports what is new.

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { chosenInstance } from '../diagnosis/observation.ts'
import { TryLater } from '../domain/errors.ts'
import { describeFieldError } from '../domain/field-error.ts'
import { type Instance, selectInstances } from '../domain/instance.ts'
import type { News } from '../domain/news.ts'
import type { DnsRole } from '../domain/site.ts'
import type { SiteSet } from '../domain/site-set.ts'
import type { Invocation, SentCommand } from '../hosts/command.ts'
import type { CommandEnd } from '../hosts/output.ts'
import { type PlannedHost, planHosts } from '../hosts/plan.ts'
import { keepLast } from '../steps/hand-over.ts'
import { together } from '../steps/together.ts'
import type { OutcomeAct, OutcomeInput, SeenHost } from './act.ts'
import { carryOut, type SayPorts } from './carry-out.ts'
import { contestEntry, outlivedContests, readContests } from './contested.ts'
import { planOutcome } from './plan.ts'
import { readState, type StateEntry } from './state.ts'

export interface OutcomePorts extends SayPorts {
  readSites(): Promise<SiteSet>
  /** The sites without their images and certificates. */
  readDocuments(): Promise<SiteSet>
  listInstances(): Promise<readonly Instance[]>
  listCommands(instanceId: string, since: number): Promise<readonly SentCommand[]>
  /** Undefined while the service does not know the invocation yet. */
  readInvocation(commandId: string, instanceId: string): Promise<Invocation | undefined>
  /** Whether a change of Route 53 has reached every name server; `role`: of the zone that it is about. */
  isInSync(changeId: string, role: DnsRole): Promise<boolean>
  readonly documentName: string
  /** As host-config waits. */
  readonly retryAfter?: readonly number[] | undefined
}

export interface OutcomeRequest {
  /** Milliseconds since the epoch by which the step must have ended. */
  readonly deadline: number
  /** Whether the message may still wait for the site to become live. */
  readonly patient: boolean
  readonly onAct: (site: string, act: OutcomeAct, hosts: readonly Instance[], now: number) => void
}

export interface Surroundings {
  readonly siteSet: SiteSet
  readonly instances: readonly Instance[]
}

/** What the messages of a batch need of the world, each part read once. */
export interface World {
  /** Sites without their images and certificates. */
  outline(): Promise<Surroundings>
  whole(): Promise<Surroundings>
}

export function lookAround(ports: Pick<OutcomePorts, 'readSites' | 'readDocuments' | 'listInstances'>): World {
  const instances = keepLast(() => ports.listInstances())
  const seen = (read: () => Promise<SiteSet>) =>
    keepLast(async (): Promise<Surroundings> => {
      const [siteSet, all] = await together([read(), instances.last()])
      return { siteSet, instances: all }
    })
  const [outline, whole] = [seen(() => ports.readDocuments()), seen(() => ports.readSites())]
  let isWhole = false
  return {
    outline: () => (isWhole ? whole.last() : outline.last()),
    whole() {
      isWhole = true
      return whole.last()
    },
  }
}

export const isDeclared = (name: string, { siteSet }: Surroundings): boolean =>
  [...siteSet.sites, ...siteSet.broken].some(({ hostname }) => hostname === name)

/** The sites of a message. An instance may serve several sites, or none. */
export function sitesOf(news: News, { siteSet, instances }: Surroundings): string[] {
  if (news.kind === 'records') return [...new Set(news.changes.flatMap(({ sites }) => sites))]
  if (news.kind === 'findings') return [...new Set(news.sites)]
  if (news.kind === 'site') return [news.hostname]
  const members = selectInstances(siteSet.sites, instances)
  return [...members].flatMap(([hostname, own]) => (own.some(({ id }) => id === news.instanceId) ? [hostname] : []))
}

/**
 * @returns what was done, each act after it was carried out
 * @throws TryLater while Systems Manager does not show yet what the event told
 */
export async function settleSite(
  ports: OutcomePorts,
  site: string,
  news: News,
  world: World,
  request: OutcomeRequest,
): Promise<readonly OutcomeAct[]> {
  await rememberContests(ports, site, news)
  const early = news.kind === 'records' ? await ports.readState(site) : undefined
  if (early && isSaid(site, early, await world.outline())) return []
  const around = await world.whole()
  const [hosts, entries, recordsPending] = await together([
    seeHosts(ports, site, news, around),
    early ?? ports.readState(site),
    isPending(ports, site, news, around),
  ])
  const state = readState(entries)
  const input: OutcomeInput = {
    ...{ site, hosts, recordsPending, patient: request.patient, state, retryAfter: ports.retryAfter },
    asked: news.kind === 'site',
    contested: { contests: readContests(entries), now: ports.clock.now() },
    ...(news.kind === 'command' ? { ended: news.commandId } : {}),
    errors: around.siteSet.broken.flatMap((one) => (one.hostname === site ? one.errors.map(describeFieldError) : [])),
    // Of a site that is not declared nothing is opened; what was told while it was may be over.
    ...(news.kind === 'findings' ? { findings: isDeclared(site, around) ? news : { ...news, findings: [] } } : {}),
  }
  const first = planOutcome(input)
  const diagnosis = needsDiagnosis(first) ? await diagnosed(ports, site, request, first, around, news) : undefined
  if (first.some(({ act }) => act === 'look') && diagnosis instanceof Error) throw diagnosis
  const acts = diagnosis && !(diagnosis instanceof Error) ? planOutcome({ ...input, diagnosis }) : first
  const now = ports.clock.now()
  const hasDoor = around.siteSet.sites.some(({ hostname, door }) => hostname === site && door !== null)
  for (const act of acts) {
    const done = await carryOut(ports, site, act, { hosts, diagnosis, state, hasDoor, now })
    if (done) request.onAct(site, act, actInstances(act, hosts), now)
  }
  return acts
}

/**
 * A record was written, and all is said: no notice is open, nobody else wrote the record, and the start was said to be live. Commands and their
 * ends bring news of their own.
 */
function isSaid(site: string, entries: readonly StateEntry[], { siteSet, instances }: Surroundings): boolean {
  const { told, live } = readState(entries)
  if (told.length > 0 || readContests(entries).length > 0) return false
  const running = membersOf(site, siteSet, instances)
  const looked = chosenInstance(running)
  return !looked || live.some((mark) => mark.instanceId === looked.id && mark.launchTime === looked.launchTime)
}

const membersOf = (site: string, { sites }: SiteSet, instances: readonly Instance[]): Instance[] =>
  (selectInstances(sites, instances).get(site) ?? []).filter(({ state }) => state === 'running')

/** The newest of each record stay; a message that comes twice tells nothing new. */
async function rememberContests(ports: OutcomePorts, site: string, news: News): Promise<void> {
  const mine = news.kind === 'records' ? (news.contests ?? []).filter((one) => one.site === site) : []
  if (mine.length === 0) return
  const known = readContests(await ports.readState(site))
  const outlived = new Set(outlivedContests([...known, ...mine]))
  // A message that comes again does not bring back what was deleted.
  for (const { name, value } of mine.map(contestEntry))
    if (!outlived.has(name)) await ports.createState(site, name, value)
  for (const { name } of known.map(contestEntry)) if (outlived.has(name)) await ports.deleteState(site, name)
}

/** Every notice but one about a document shows the hops. */
const needsDiagnosis = (acts: readonly OutcomeAct[]): boolean =>
  acts.some(
    (one) => one.act === 'look' || one.act === 'renew' || (one.act === 'open' && one.problem.name !== 'BrokenSite'),
  )

const diagnosed = (
  ports: OutcomePorts,
  site: string,
  { deadline, patient }: OutcomeRequest,
  plan: readonly OutcomeAct[],
  { siteSet }: Surroundings,
  news: News,
): Promise<Diagnosis | Error> =>
  ports
    .diagnose(site, deadline, siteSet, {
      inspection: news.kind === 'site' ? news.inspection : undefined,
      patient: patient && !plan.some(({ act }) => act === 'open'),
    })
    .catch((error: Error) => error)

/** The running hosts of the site, each with what its newest command left behind where it failed. */
async function seeHosts(ports: OutcomePorts, site: string, news: News, around: Surroundings): Promise<SeenHost[]> {
  const { siteSet, instances } = around
  const running = membersOf(site, siteSet, instances)
  const sent = (await together(running.map(({ id, launchTime }) => ports.listCommands(id, launchTime)))).flat()
  const plan = planHosts({
    sites: siteSet.sites,
    instances: running,
    sent,
    ...{ documentName: ports.documentName, retryAfter: ports.retryAfter },
    force: false,
    now: ports.clock.now(),
  })
  return together(
    plan
      .filter((planned) => planned.site === site)
      .map(async (planned) => {
        const instance = running.find(({ id }) => id === planned.instanceId)!
        const end = await endOf(ports, planned, news)
        return { instance, planned, ...(end ? { end } : {}) }
      }),
  )
}

const UNDER_WAY = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling'])

async function endOf(
  ports: OutcomePorts,
  { last, instanceId }: PlannedHost,
  news: News,
): Promise<CommandEnd | undefined> {
  if (!last || last.status === 'Success') return undefined
  if (!UNDER_WAY.has(last.status)) {
    const { status = last.status, output = '', errors = '' } = (await ports.readInvocation(last.id, instanceId)) ?? {}
    return { commandId: last.id, instanceId, details: status, stdout: output, stderr: errors }
  }
  if (news.kind === 'command' && news.commandId === last.id)
    throw new TryLater(`command ${last.id} has ended, and Systems Manager still shows it as ${last.status}`)
  return undefined
}

async function isPending(ports: OutcomePorts, site: string, news: News, { siteSet }: Surroundings): Promise<boolean> {
  if (news.kind !== 'records') return false
  const role = siteSet.sites.find(({ hostname }) => hostname === site)?.dnsRoleArn ?? null
  const mine = news.changes.filter(({ sites }) => sites.includes(site))
  return (await together(mine.map(({ id }) => ports.isInSync(id, role)))).includes(false)
}

function actInstances(act: OutcomeAct, hosts: readonly SeenHost[]): Instance[] {
  const id = 'problem' in act ? act.problem.instanceId : 'mark' in act ? act.mark.instanceId : undefined
  const named = id ?? ('instanceId' in act ? act.instanceId : undefined)
  return hosts.flatMap(({ instance }) => (named === undefined || instance.id === named ? [instance] : []))
}
