// Carries out what outcome has planned: notices, marks and events, each said once although runs overlap, repeat and die.
import type { Diagnosis, Hop } from '../diagnosis/diagnosis.ts'
import { TryLater } from '../domain/errors.ts'
import { type Instance, startOf } from '../domain/instance.ts'
import type { SiteSet } from '../domain/site-set.ts'
import type { Clock } from '../steps/clock.ts'
import type { OutcomeAct, SeenHost } from './act.ts'
import { type Notice, overNotice, problemNotice } from './notice.ts'
import {
  type LiveMark,
  lastMark,
  lastNotice,
  liveName,
  NOT_SAID,
  noticeName,
  outlivedBy,
  outlivedNotices,
  overName,
  problemName,
  problemValue,
  readState,
  type StateEntry,
  type ToldProblem,
  type WholeState,
} from './state.ts'

export interface WantedDiagnosis {
  /** A command that has just inspected the host. */
  readonly inspection: string | undefined
  /** Only whether the site is live counts: no notice shows the hops. */
  readonly patient: boolean
}

export interface SayPorts {
  /** What is below `state/<hostname>/`. */
  readState(hostname: string): Promise<readonly StateEntry[]>
  /** False where it is there already: of two runs at once only one creates it. */
  createState(hostname: string, name: string, value: string): Promise<boolean>
  overwriteState(hostname: string, name: string, value: string): Promise<void>
  /** False where it is gone already. */
  deleteState(hostname: string, name: string): Promise<boolean>
  /** By the sites that were read for the plan. */
  diagnose(hostname: string, deadline: number, sites: SiteSet, wanted: WantedDiagnosis): Promise<Diagnosis>
  publish(notice: Notice): Promise<void>
  putEvent(detailType: string, detail: Readonly<Record<string, unknown>>): Promise<void>
  /** A look of host-config, so many seconds from now. */
  askForHostLook(seconds: number): Promise<void>
  readonly region: string
  readonly clock: Clock
}

interface Context {
  readonly hosts: readonly SeenHost[]
  readonly diagnosis: Diagnosis | Error | undefined
  /** By which it was planned. */
  readonly state: WholeState
  /** The site has a page of its own to start it. */
  readonly hasDoor: boolean
  /** Milliseconds since the epoch: when it was found out. */
  readonly now: number
}

/** @returns false where another run has done it meanwhile */
export async function carryOut(ports: SayPorts, site: string, act: OutcomeAct, context: Context): Promise<boolean> {
  if (act.act === 'open') return open(ports, site, act, context)
  if (act.act === 'renew') return renew(ports, site, act.problem, context)
  if (act.act === 'close') return close(ports, site, act, context)
  if (act.act === 'live') return announce(ports, site, act.mark, context)
  if (act.act === 'retry') await ports.askForHostLook(act.seconds)
  return true
}

/** Milliseconds after which a notice that was begun and not sent counts as lost: its run has died. */
const GIVEN_WITHIN = 120_000

/** The entry is made first and marked as given last: a run that dies between them leaves it for the next look. */
async function open(
  ports: SayPorts,
  site: string,
  act: Extract<OutcomeAct, { act: 'open' }>,
  { hosts, diagnosis, state, hasDoor, now }: Context,
): Promise<boolean> {
  const since = new Date(now).toISOString()
  const begun = state.told.find((one) => problemName(one) === problemName(act.problem))
  const n = begun?.n ?? lastNotice(state.entries, act.problem) + 1
  const serves = servesPage(diagnosis)
  const told: ToldProblem = { ...act.problem, since, headline: act.headline, given: false, serves, n }
  const name = noticeName(told)
  if (!(await ports.createState(site, name, problemValue(told))) && (await isGiven(ports, site, told))) return false
  const host = hosts.find(({ instance }) => instance.id === act.problem.instanceId)
  const door = hasDoor ? await doorOf(ports, site) : undefined
  const notice = problemNotice(act, {
    ...{ site, region: ports.region },
    ...(door ? { door } : {}),
    ...(host ? { instance: host.instance } : {}),
    ...(host?.end && act.problem.name === 'CommandFailed' ? { end: host.end } : {}),
    ...(diagnosis && act.problem.name !== 'BrokenSite' ? { diagnosis } : {}),
  })
  await orPutBack(
    () => ports.publish(notice),
    () => ports.createState(site, overName(told), since),
  )
  await ports.overwriteState(site, name, problemValue({ ...told, given: true }))
  return true
}

/** The record alone may be wrong: a command can fail before the record of its start is INSYNC, and the door itself asks the name servers. */
function servesPage(diagnosis: Context['diagnosis']): boolean {
  if (!diagnosis || diagnosis instanceof Error) return false
  const { verdict, hops } = diagnosis
  const hopsWith = (wanted: Hop['state']) => hops.flatMap(({ hop, state }) => (state === wanted ? [hop] : []))
  const ok = hopsWith('ok')
  return (
    verdict === 'live' || (hopsWith('broken').join() === 'record' && ok.includes('app') && ok.includes('websocket'))
  )
}

/** The previous version, which a failed command restores, may be dead by now, or may serve again. */
async function renew(ports: SayPorts, site: string, told: ToldProblem, { diagnosis, now }: Context): Promise<true> {
  const fresh = { ...told, serves: servesPage(diagnosis), seen: new Date(now).toISOString() }
  await ports.overwriteState(site, noticeName(told), problemValue(fresh))
  return true
}

/** Where visitors start it. The stack writes the address below `state`, where this function reads anyway. */
async function doorOf(ports: SayPorts, site: string): Promise<string | undefined> {
  const address = (await ports.readState('door')).find(({ name }) => name === 'address')
  return address && `${address.value}/${site}`
}

/**
 * False where the run that began with it has died.
 * @throws TryLater while it may still be giving it: whether the topic takes the notice is not known yet
 */
async function isGiven(ports: SayPorts, site: string, { n, ...problem }: ToldProblem): Promise<boolean> {
  const name = problemName(problem)
  const told = readState(await ports.readState(site)).told.find((one) => problemName(one) === name && one.n === n)
  if (told?.given) return true
  if (told && ports.clock.now() - Date.parse(told.since) > GIVEN_WITHIN) return false
  throw new TryLater(`the notice ${name} of ${site} is being given by another run`)
}

async function close(
  ports: SayPorts,
  site: string,
  { problem, reason, quiet }: Extract<OutcomeAct, { act: 'close' }>,
  { state, now }: Context,
): Promise<boolean> {
  if (!(await ports.createState(site, overName(problem), new Date(now).toISOString()))) return false
  if (!quiet)
    await orPutBack(
      () => ports.publish(overNotice(problem, reason, site, now)),
      () => ports.createState(site, noticeName({ ...problem, n: problem.n + 1 }), problemValue(problem)),
    )
  for (const name of outlivedNotices(state.entries, problem, now)) await ports.deleteState(site, name)
  return true
}

async function announce(
  ports: SayPorts,
  site: string,
  mark: LiveMark,
  { hosts, state, now }: Context,
): Promise<boolean> {
  const said = { ...mark, n: lastMark(state.entries, mark) + 1 }
  const name = liveName(said)
  if (!(await ports.createState(site, name, new Date(now).toISOString()))) return false
  const { instance } = hosts.find((one) => one.instance.id === mark.instanceId)!
  await orPutBack(
    () => ports.putEvent('Site Live', liveDetail(site, instance, now)),
    () => ports.overwriteState(site, name, NOT_SAID),
  )
  for (const outlived of outlivedBy(state.entries, said)) await ports.deleteState(site, outlived)
  return true
}

const liveDetail = (site: string, instance: Instance, now: number): Readonly<Record<string, unknown>> => ({
  ...{ site, instance: instance.id, address: instance.publicIp, start: startOf(instance) },
  launchTime: new Date(instance.launchTime).toISOString(),
  timeToLive: now - instance.launchTime,
})

async function orPutBack(act: () => Promise<unknown>, putBack: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    await putBack()
    throw error
  }
}
