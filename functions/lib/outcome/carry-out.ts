// Carries out what outcome has planned: notices, marks and events, each said once although runs overlap, repeat and die.
import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { TryLater } from '../domain/errors.ts'
import { type Instance, startOf } from '../domain/instance.ts'
import type { Clock } from '../steps/clock.ts'
import type { OutcomeAct, SeenHost } from './act.ts'
import { type Notice, overNotice, problemNotice } from './notice.ts'
import {
  type LiveMark,
  liveName,
  problemName,
  problemValue,
  readState,
  type StateEntry,
  type ToldProblem,
} from './state.ts'

export interface SayPorts {
  /** What is below `state/<hostname>/`. */
  readState(hostname: string): Promise<readonly StateEntry[]>
  /** False where it is there already: of two runs at once only one creates it. */
  createState(hostname: string, name: string, value: string): Promise<boolean>
  overwriteState(hostname: string, name: string, value: string): Promise<void>
  /** False where it is gone already. */
  deleteState(hostname: string, name: string): Promise<boolean>
  diagnose(hostname: string, deadline: number): Promise<Diagnosis>
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
  /** Milliseconds since the epoch: when it was found out. */
  readonly now: number
}

/** @returns false where another run has done it meanwhile */
export async function carryOut(ports: SayPorts, site: string, act: OutcomeAct, context: Context): Promise<boolean> {
  if (act.act === 'open') return open(ports, site, act, context)
  if (act.act === 'close') return close(ports, site, act, context.now)
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
  { hosts, diagnosis, now }: Context,
): Promise<boolean> {
  const name = problemName(act.problem)
  const since = new Date(now).toISOString()
  const told: ToldProblem = { ...act.problem, since, headline: act.headline, given: false }
  if (!(await ports.createState(site, name, problemValue(told))) && (await isGiven(ports, site, name))) return false
  const host = hosts.find(({ instance }) => instance.id === act.problem.instanceId)
  const notice = problemNotice(act, {
    ...{ site, region: ports.region },
    ...(host ? { instance: host.instance } : {}),
    ...(host?.end && act.problem.name === 'CommandFailed' ? { end: host.end } : {}),
    ...(diagnosis && act.problem.name !== 'BrokenSite' ? { diagnosis } : {}),
  })
  await orPutBack(
    () => ports.publish(notice),
    () => ports.deleteState(site, name),
  )
  await ports.overwriteState(site, name, problemValue({ ...told, given: true }))
  return true
}

/**
 * False where the run that began with it has died.
 * @throws TryLater while it may still be giving it: whether the topic takes the notice is not known yet
 */
async function isGiven(ports: SayPorts, site: string, name: string): Promise<boolean> {
  const told = readState(await ports.readState(site)).told.find((one) => problemName(one) === name)
  if (told?.given) return true
  if (told && ports.clock.now() - Date.parse(told.since) > GIVEN_WITHIN) return false
  throw new TryLater(`the notice ${name} of ${site} is being given by another run`)
}

async function close(
  ports: SayPorts,
  site: string,
  act: Extract<OutcomeAct, { act: 'close' }>,
  now: number,
): Promise<boolean> {
  const name = problemName(act.problem)
  if (!(await ports.deleteState(site, name))) return false
  if (act.quiet) return true
  await orPutBack(
    () => ports.publish(overNotice(act.problem, act.reason, site, now)),
    () => ports.createState(site, name, problemValue(act.problem)),
  )
  return true
}

async function announce(ports: SayPorts, site: string, mark: LiveMark, { hosts, now }: Context): Promise<boolean> {
  const name = liveName(mark)
  if (!(await ports.createState(site, name, new Date(now).toISOString()))) return false
  const { instance } = hosts.find((one) => one.instance.id === mark.instanceId)!
  await orPutBack(
    () => ports.putEvent('Site Live', liveDetail(site, instance, now)),
    () => ports.deleteState(site, name),
  )
  const older = (await ports.readState(site)).filter((one) => one.name.startsWith(`live/${mark.instanceId}/`))
  for (const one of older) if (one.name !== name) await ports.deleteState(site, one.name)
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
